"""Asking to be told in a browser, and taking that back."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.core.webpush import check_keys
from ventanilla.events.record import Cause, Happening, record
from ventanilla.notify.models import Device
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Session
from ventanilla.people.origin import Origin

MOST_DEVICES = 20
_LONGEST_ENDPOINT = 2000
_LONGEST_KEY, _LONGEST_SECRET = 120, 40


@transaction.atomic
def add_device(
    *, by: Author, person: Person, endpoint: str, p256dh: str, auth: str, session_mark: str = "", origin: Origin
) -> Device:
    """Tell a person of events in this browser too. Records `person.push_added` unless it was known already.

    A browser tells one person: that of whoever asked last. Of more than `MOST_DEVICES` the oldest is forgotten. Raises
    `ValidationError` for what is no subscription.
    """
    if not _plausible(endpoint, p256dh, auth):
        raise ValidationError(_("The browser did not say where it can be reached. Try again."))
    digest = Device.digest_of(endpoint)
    known = Device.objects.filter(digest=digest, person=person).exists()
    row, _made = Device.objects.update_or_create(
        digest=digest,
        defaults={
            "person": person,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "agent": origin.agent,
            "session_mark": session_mark,
        },
    )
    others = Device.objects.filter(person=person).exclude(pk=row.pk).order_by("-created_at", "-pk")
    Device.objects.filter(pk__in=list(others.values_list("pk", flat=True)[MOST_DEVICES - 1 :])).delete()
    if not known:
        record("person.push_added", f"person:{person.pk}", actor=by.actor, personal=origin.as_personal())
    return row


def _plausible(endpoint: str, p256dh: str, auth: str) -> bool:
    if len(endpoint) > _LONGEST_ENDPOINT or len(p256dh) > _LONGEST_KEY or len(auth) > _LONGEST_SECRET:
        return False
    try:
        check_keys(p256dh, auth)
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None


@transaction.atomic
def remove_device(*, by: Author, device: Device) -> None:
    """Tell no more in this browser; what was on its way there is dropped. Records `person.push_removed`."""
    topic, agent = f"person:{device.person_id}", device.agent
    device.delete()
    record("person.push_removed", topic, actor=by.actor, personal={"agent": agent})


def forget_ended(happening: Happening, _cause: Cause) -> None:
    """Where sessions were ended on purpose, the browser is told nothing more: somebody else may hold it."""
    person = int(happening.event.topic.partition(":")[2])
    alive = [row.mark for row in Session.objects.filter(person_id=person)]
    Device.objects.filter(person_id=person).exclude(session_mark__in=alive).delete()
