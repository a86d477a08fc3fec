"""The kinds of event about tickets. How each reads stands in `history.py`."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind
from ventanilla.tickets.sections import SECTIONS
from ventanilla.tickets.work_sections import SECTIONS as WORK_SECTIONS

KINDS = (
    Kind("ticket.opened", audience="requester"),
    Kind("ticket.changed", audience="requester"),
    Kind("ticket.change_undone", audience="requester"),
    Kind("ticket.replied", audience="requester"),
    Kind("ticket.requester_replied", audience="requester"),
    Kind("ticket.noted", audience="staff"),
    Kind("ticket.reminded", audience="requester"),
    Kind("ticket.asked", audience="requester"),
    Kind("ticket.linked", audience="requester"),
    Kind("ticket.unlinked", audience="staff"),
    Kind("ticket.merged", audience="requester"),
    Kind("ticket.unmerged", audience="requester"),
    Kind("ticket.split", audience="staff"),
    Kind("ticket.split_undone", audience="staff"),
    Kind("task.added", audience="staff"),
    Kind("task.changed", audience="staff"),
    Kind("task.done", audience="staff"),
    Kind("task.reopened", audience="staff"),
    Kind("task.removed", audience="staff"),
    Kind("task.restored", audience="staff"),
    Kind("task.due_soon", audience="staff"),
    Kind("task.fell_due", audience="staff"),
    Kind("tasks.ordered", audience="staff"),
    Kind("checklist.added", audience="staff"),
    Kind("checklist.renamed", audience="staff"),
    Kind("checklist.removed", audience="staff"),
    Kind("checklist.restored", audience="staff"),
    Kind("time.added", audience="staff"),
    Kind("time.changed", audience="staff"),
    Kind("time.removed", audience="staff"),
    Kind("timer.started", audience="staff"),
    Kind("timer.ended", audience="staff"),
    Kind("hours.locked", audience="admin", audit="settings", sentence=_("Month of hours closed")),
    Kind("hours.unlocked", audience="admin", audit="settings", sentence=_("Month of hours opened again")),
    Kind("snooze.began", audience="staff"),
    Kind("snooze.ended", audience="staff"),
    Kind("message.redacted", audience="requester"),
    Kind("draft.returned", audience="admin"),
    Kind("ticket.restricted_opened", audience="admin", audit="restricted", sentence=_("Restricted ticket opened")),
    Kind("bulk.started", audience="admin"),
    Kind("bulk.undone", audience="admin"),
    *(kind for section in (*SECTIONS, *WORK_SECTIONS) for kind in section.kinds()),
    Kind("matrix.changed", audience="admin", audit="settings", sentence=_("Matrix of priorities changed")),
    Kind("life_cycle.changed", audience="admin", audit="settings", sentence=_("Life cycle changed")),
)
