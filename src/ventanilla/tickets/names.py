"""The names of a ticket's fields, written once for history, lists and forms."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.definitions import definition_named

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
    "open_tasks": _("Open tasks"),
    "spent_seconds": _("Time worked"),
}


_PLACES = {name: place for place, name in enumerate(LABELS)}

SATISFACTION: dict[int, str | Promise] = {1: _("Bad"), 2: _("Fair"), 3: _("Good")}


def field_label(name: str) -> str:
    """The field's name in the reader's language; a custom field (`custom.site`) has the one its administrator gave."""
    return str(LABELS.get(name) or definition_named("ticket", name) or name)


def place_of(name: str) -> int:
    """Where a field stands among those of a ticket: the built-in ones first, then custom ones in their order."""
    found = _PLACES.get(name)
    if found is not None:
        return found
    made = definition_named("ticket", name)
    return len(_PLACES) + (made.position if made else 0)
