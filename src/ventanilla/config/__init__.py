"""Settings, root addresses, command line and wiring: the only folder that knows everybody."""
