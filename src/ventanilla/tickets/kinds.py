"""The kinds of event about tickets. How each reads stands in `history.py`."""

from ventanilla.events.registry import Kind

KINDS = (
    Kind("ticket.opened", audience="requester"),
    Kind("ticket.changed", audience="requester"),
    Kind("ticket.change_undone", audience="requester"),
    Kind("ticket.replied", audience="requester"),
    Kind("ticket.requester_replied", audience="requester"),
    Kind("ticket.noted", audience="staff"),
    Kind("ticket.reminded", audience="requester"),
    Kind("ticket.linked", audience="requester"),
    Kind("message.redacted", audience="requester"),
    Kind("draft.returned", audience="admin"),
    Kind("ticket.restricted_opened", audience="admin"),
    Kind("category.created", audience="admin"),
    Kind("category.changed", audience="admin"),
    Kind("life_cycle.changed", audience="admin"),
    Kind("canned_reply.created", audience="admin"),
    Kind("canned_reply.changed", audience="admin"),
)
