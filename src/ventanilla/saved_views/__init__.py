"""Saved views: named lists of a person, of a team or of everybody, as stored conditions."""
