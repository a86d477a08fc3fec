"""Django's PostgreSQL with connections that are looked at without asking the server."""
