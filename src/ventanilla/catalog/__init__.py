"""Services: what the organization offers and a ticket can be about."""
