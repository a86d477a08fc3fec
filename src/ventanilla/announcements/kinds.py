"""The kinds of event about announcements. How those of a ticket read stands in `tickets/history.py`."""

from ventanilla.events.registry import Kind

KINDS = (
    Kind("announcement.posted", audience="staff"),
    Kind("announcement.changed", audience="staff"),
    Kind("announcement.updated", audience="staff"),
    Kind("announcement.ended", audience="staff"),
    Kind("announcement.joined", audience="staff"),
    Kind("announcement.answered", audience="staff"),
)
