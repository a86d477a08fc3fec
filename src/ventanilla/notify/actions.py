"""Reading what one was told. Reading is no event."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from ventanilla.events import doorbell
from ventanilla.notify.models import Notification
from ventanilla.notify.queries import inbox, rings_of, unread_of
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Ticket


def read_about(*, person: Person, ticket: Ticket) -> None:
    """The person looks at the ticket: what they were told of it is read. Nothing is written when all of it was."""
    unread = unread_of(person, ticket)
    if unread:
        _read(person, unread)


def read_all(*, person: Person) -> int:
    """Everything in the person's inbox is read; returns how much of it was not before."""
    return _read(person, list(inbox(viewer(person)).filter(read_at=None).values_list("pk", flat=True)))


def set_read(*, person: Person, notification: Notification, read: bool) -> None:
    """One notification of the person's own is read, or unread again (then nobody is told of it a second time)."""
    if read:
        _read(person, [notification.pk])
        return
    rows = Notification.objects.filter(person=person, pk=notification.pk)
    _change(person, rows.update(read_at=None, changed_at=timezone.now()))


@transaction.atomic
def _read(person: Person, ids: Sequence[int]) -> int:
    """Read rows are told to nobody any more: a mail that waited for the morning is not written."""
    now = timezone.now()
    rows = Notification.objects.filter(person=person, pk__in=ids, read_at=None)
    return _change(person, rows.update(read_at=now, changed_at=now, tell_at=None))


def _change(person: Person, changed: int) -> int:
    if changed:
        rings = rings_of([(person.pk, timezone.now())])
        transaction.on_commit(lambda: doorbell.ring(rings))
    return changed
