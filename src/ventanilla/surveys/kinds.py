"""The kinds of event about ratings. How they read stands in `tickets/history.py`."""

from ventanilla.events.registry import Kind

KINDS = (Kind("ticket.rated", audience="staff"),)
