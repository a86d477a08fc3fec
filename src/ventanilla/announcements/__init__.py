"""Telling many of one matter, and letting them say that it is theirs too."""
