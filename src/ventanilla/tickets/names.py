"""The names of a ticket's fields, written once for history, lists and forms."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, str | Promise] = {
    "number": _("Number"),
    "type": _("Type"),
    "subject": _("Subject"),
    "requester": _("Requester"),
    "affected": _("Affected person"),
    "organization": _("Organization"),
    "department": _("Department"),
    "service": _("Service"),
    "category": _("Category"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "priority": _("Priority"),
    "status": _("Status"),
    "pending_reason": _("Waiting for"),
    "pending_until": _("Waiting until"),
    "due_at": _("Due date"),
    "team": _("Team"),
    "assignee": _("Assignee"),
    "restricted": _("Restricted"),
    "stage": _("Spam"),
    "participants": _("Participants"),
    "watchers": _("Watchers"),
    "tags": _("Tags"),
    "channel": _("Channel"),
    "created_at": _("Opened"),
    "updated_at": _("Last change"),
    "resolved_at": _("Resolved on"),
    "satisfaction": _("Satisfaction"),
}


SATISFACTION: dict[int, str | Promise] = {1: _("Bad"), 2: _("Fair"), 3: _("Good")}


def field_label(name: str) -> str:
    """The field's name in the reader's language."""
    return str(LABELS.get(name, name))
