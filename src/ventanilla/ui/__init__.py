"""List engine, components and page rendering."""
