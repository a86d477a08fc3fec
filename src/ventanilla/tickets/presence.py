"""Who looks at a ticket and who types in it. Presence is no event: rows that fade."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ventanilla.core.writing import put
from ventanilla.events import doorbell
from ventanilla.events.doorbell import Ring
from ventanilla.events.models import Event
from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.models import Presence, Ticket
from ventanilla.tickets.state import context

RENEW_SECONDS = 15
RESTRICTED_EVERY_SECONDS = 3600
TYPING_SECONDS = 12


def note_presence(
    *, person: Person, ticket: Ticket, state: Presence.State, here: Sequence[Presence] | None = None
) -> None:
    """Remember that the person looks at the ticket or types in it; rings the ticket's screens when that changes.

    `here`: the rows of `queries.present`, when they are at hand anyway. Whoever looks as somebody else is nowhere.
    """
    if person.seen_through is not None:
        return
    now = timezone.now()
    rows = Presence.objects.filter(person=person, ticket=ticket) if here is None else here
    row = next((row for row in rows if row.person_id == person.pk), None)
    if row is not None and row.state == state and now - row.seen_at < timedelta(seconds=RENEW_SECONDS):
        return
    changed = row is None or row.state != state or now - row.seen_at > timedelta(seconds=3 * RENEW_SECONDS)
    moment = now if changed or row is None else row.changed_at
    put(
        Presence(person=person, ticket=ticket, state=state, seen_at=now, changed_at=moment),
        unique=("person", "ticket"),
        then=("state", "seen_at", "changed_at"),
        lasting=False,
    )
    if changed:
        transaction.on_commit(lambda: doorbell.ring([Ring(f"presence:{ticket.pk}", 0)]))


def keep_presence(*, person: Person, ticket: Ticket) -> None:
    """The page is still open: its reader is reading, unless they typed a few seconds ago."""
    since = timezone.now() - timedelta(seconds=TYPING_SECONDS)
    typing = Presence.objects.filter(person=person, ticket=ticket, state=Presence.State.TYPING, seen_at__gte=since)
    if not typing.exists():
        note_presence(person=person, ticket=ticket, state=Presence.State.READING)


@transaction.atomic
def end_presence(*, person: Person, ticket: Ticket) -> None:
    """The person left the ticket's page. The row stays until it is swept: other processes learn of it by `tail`."""
    now = timezone.now()
    rows = Presence.objects.filter(person=person, ticket=ticket)
    if rows.update(state=Presence.State.READING, seen_at=now - timedelta(hours=1), changed_at=now):
        transaction.on_commit(lambda: doorbell.ring([Ring(f"presence:{ticket.pk}", 0)]))


def note_restricted_reading(*, by: Author, ticket: Ticket) -> None:
    """Opening a restricted ticket is recorded (`ticket.restricted_opened`), once an hour per person; others are not.

    Every door by which its content is read calls this: the desk, the portal, the signed link, the API.
    """
    if not ticket.restricted:
        return
    since = timezone.now() - timedelta(seconds=RESTRICTED_EVERY_SECONDS)
    known = Event.objects.filter(topic=ticket.topic, kind="ticket.restricted_opened", actor=by.actor, at__gte=since)
    with transaction.atomic():
        if not known.exists():
            record("ticket.restricted_opened", ticket.topic, actor=by.actor, data={"context": context(ticket)})


Change = tuple[int, int, datetime]


def changes_since(moment: datetime) -> set[Change]:
    """Who came, began to type or left since a moment: ticket, person and when.

    Readers ask for the same last seconds again and again and pass over what they know: of two changes the later may be
    committed first, and a cursor over moments would lose the other.
    """
    return set(Presence.objects.filter(changed_at__gte=moment).values_list("ticket_id", "person_id", "changed_at"))


def rings_of(changes: Iterable[Change]) -> list[Ring]:
    """The rings for the screens that show who is there."""
    return [Ring(f"presence:{ticket}", 0) for ticket in sorted({ticket for ticket, _person, _at in changes})]
