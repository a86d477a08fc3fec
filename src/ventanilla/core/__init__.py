"""Pure building blocks without a database."""
