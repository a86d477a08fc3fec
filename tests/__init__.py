"""Tests that cross the apps: from the front door, of the whole shape, and of crashes."""
