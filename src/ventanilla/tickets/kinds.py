"""The kinds of event about tickets. How each reads stands in `history.py`."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind
from ventanilla.tickets.sections import SECTIONS

KINDS = (
    Kind("ticket.opened", audience="requester"),
    Kind("ticket.changed", audience="requester"),
    Kind("ticket.change_undone", audience="requester"),
    Kind("ticket.replied", audience="requester"),
    Kind("ticket.requester_replied", audience="requester"),
    Kind("ticket.noted", audience="staff"),
    Kind("ticket.reminded", audience="requester"),
    Kind("ticket.linked", audience="requester"),
    Kind("ticket.unlinked", audience="staff"),
    Kind("ticket.merged", audience="requester"),
    Kind("ticket.unmerged", audience="requester"),
    Kind("ticket.split", audience="staff"),
    Kind("ticket.split_undone", audience="staff"),
    Kind("snooze.began", audience="staff"),
    Kind("snooze.ended", audience="staff"),
    Kind("message.redacted", audience="requester"),
    Kind("draft.returned", audience="admin"),
    Kind("ticket.restricted_opened", audience="admin", audit="restricted", sentence=_("Restricted ticket opened")),
    Kind("bulk.started", audience="admin"),
    Kind("bulk.undone", audience="admin"),
    *(kind for section in SECTIONS for kind in section.kinds()),
    Kind("matrix.changed", audience="admin", audit="settings", sentence=_("Matrix of priorities changed")),
    Kind("life_cycle.changed", audience="admin", audit="settings", sentence=_("Life cycle changed")),
)
