"""Telling people about events."""
