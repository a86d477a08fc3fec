"""The one company that runs this Ventanilla: its settings and configuration version."""
