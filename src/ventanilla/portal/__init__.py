"""The requesters' portal."""
