"""Persons, identities, organizations, departments, teams, roles and sign-in."""
