"""Tickets, messages, participants and the actions that change them."""
