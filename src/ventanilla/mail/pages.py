"""What mail's pages share: who may open them, and the tabs over each."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.people.models import Person
from ventanilla.people.rights import Right


def reader(request: HttpRequest, right: Right) -> Person:
    """The signed-in person, who must have the right; else `PermissionDenied`."""
    person = request.user
    if not isinstance(person, Person) or not person.may(right):
        raise PermissionDenied(right)
    return person


def places_for(person: Person, here: str) -> list[dict[str, Any]]:
    """Mail's pages that this person may open, for the tabs over each."""
    pages = (
        (Right.SETTINGS, "mail-state", _("State")),
        (Right.QUARANTINE, "quarantine", _("Quarantine")),
        (Right.OUTBOX, "outbox", _("Outbox")),
        (Right.SETTINGS, "mailboxes", _("Mailboxes")),
    )
    return [
        {"label": label, "url": reverse(name), "current": name == here}
        for right, name, label in pages
        if person.may(right)
    ]
