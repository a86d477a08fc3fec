"""Mailboxes, the road in and the road out."""
