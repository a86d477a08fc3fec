"""Brands: how the portal, the sign-in and the mails look and what they say, by host name and by customer."""
