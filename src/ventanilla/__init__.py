"""Ventanilla: a help desk that grows into a service desk."""
