"""The toasts of a change: what was saved and how to take it back, and what became of taking it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.tickets.drafts import UNDO_SECONDS
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import field_label, place_of
from ventanilla.tickets.queries import newest_change
from ventanilla.tickets.undoing import Undone


def saved_toast(ticket: Ticket, by: Author, begun: datetime, *, query: str) -> dict[str, Any] | None:
    """The toast of what the author has changed since `begun`, with its undo; None when nothing was.

    `query` tells the undo which part of the page asks, so that it answers with that part.
    """
    event = newest_change(ticket, by, begun)
    if event is None:
        return None
    url = reverse("desk-undo-change", args=[ticket.number, event.pk])
    changes = event.data.get("changes") or {}
    if "stage" in changes:
        text = _("Marked as spam.") if changes["stage"][1] == Ticket.Stage.SPAM else _("No longer spam.")
        return {"text": text, "seconds": UNDO_SECONDS, "undo_url": f"{url}?{query}" if query else url}
    names = _names([*(event.data.get("changes") or {}), *(event.data.get("texts") or ())])
    return {
        "text": _("Saved: %(fields)s.") % {"fields": names},
        "seconds": UNDO_SECONDS,
        "undo_url": f"{url}?{query}" if query else url,
    }


def undone_toast(undone: Undone) -> dict[str, Any]:
    """The toast of an undo: what was restored, and what was left because it has changed since."""
    restored, kept = _names(undone.restored), _names(undone.kept)
    if not kept:
        return {"text": _("Undone: %(fields)s.") % {"fields": restored}}
    if not restored:
        return {"text": _("Not undone, because it has changed since: %(fields)s.") % {"fields": kept}, "tone": "error"}
    values = {"fields": restored, "kept": kept}
    return {"text": _("Undone: %(fields)s. Changed since and left: %(kept)s.") % values, "tone": "error"}


def _names(fields: Iterable[str]) -> str:
    return ", ".join(field_label(name) for name in sorted(fields, key=place_of))
