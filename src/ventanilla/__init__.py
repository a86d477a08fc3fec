"""Ventanilla: the help desk that grows into a service desk."""

__version__ = "0.1.0"
