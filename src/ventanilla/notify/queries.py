"""Questions about what somebody was told."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events.doorbell import Ring
from ventanilla.installation.queries import by_config_version
from ventanilla.notify.models import Device, Notification
from ventanilla.people.models import Person
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models import Ticket

MOST_COUNTED = 99
Change = tuple[int, datetime]


def inbox(who: Viewer) -> QuerySet[Notification]:
    """Somebody's notifications about tickets that they may (still) see.

    The tickets are asked for one by one, by their key: an engine might make the list of all of them first.
    """
    seen = Ticket.objects.seen_by(who).filter(pk=OuterRef("ticket_id"))
    return Notification.objects.filter(Exists(seen), person_id=who.person)


def page_of(person: Person, *, unread: bool, before: int | None, size: int) -> tuple[Sequence[Notification], int]:
    """One page of the inbox, newest first, with what it shows; and the id before which the next begins (0: none)."""
    rows = inbox(viewer(person)).select_related("ticket", "author", "message").order_by("-pk")
    if unread:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else 0


def notification_for(person: Person, pk: int) -> Notification:
    """One of the person's own notifications, else `Http404`."""
    found = inbox(viewer(person)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def unread_count(who: Viewer) -> int:
    """How many notifications somebody has not read, counting no further than `MOST_COUNTED` and one."""
    asked = by_config_version(
        ("notify.unread", who),
        lambda: Prepared(lambda: inbox(who).filter(read_at=None).values_list("pk")[: MOST_COUNTED + 1]),
    )
    return len(asked.rows())


_UNREAD = Prepared(
    lambda: Notification.objects.filter(person_id=Given("person"), ticket_id=Given("ticket"), read_at=None).values_list(
        "pk"
    )
)


def unread_of(person: Person, ticket: Ticket) -> list[int]:
    """The ids of what the person has not read about a ticket."""
    return [pk for (pk,) in _UNREAD.rows(person=person.pk, ticket=ticket.pk)]


def changes_since(moment: datetime) -> set[Change]:
    """Whose notifications came or were read since a moment, and when.

    Asked for the same last seconds again and again, as presence is: of two changes the later may be committed first.
    """
    return set(Notification.objects.filter(changed_at__gte=moment).values_list("person_id", "changed_at"))


def rings_of(changes: Iterable[Change]) -> list[Ring]:
    """The rings for the bells of these persons."""
    return [Ring(f"notices:{person}", 0) for person in sorted({person for person, _at in changes})]


def devices_of(person: Person) -> QuerySet[Device]:
    """The browsers in which a person is told, the newest first."""
    return Device.objects.filter(person=person).order_by("-created_at", "-pk")
