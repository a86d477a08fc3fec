"""What a person has read of a ticket. Reading is no event: one mark a person and ticket."""

from django.utils import timezone

from ventanilla.core.writing import put
from ventanilla.people.models import Person
from ventanilla.tickets.models import ReadMark, Ticket
from ventanilla.tickets.queries import last_seen


def mark_read(person: Person, ticket: Ticket) -> None:
    """Remember that the person has read the ticket as it stands. Reading is no event.

    What was read already is only looked at: a page that merely shows must not wait for the turn to write. Whoever looks
    as somebody else has read nothing for them.
    """
    if person.seen_through is not None:
        return
    seen = last_seen(person, ticket)
    if seen is not None and seen >= ticket.updated_at:
        return
    mark = ReadMark(person=person, ticket=ticket, seen_at=timezone.now())
    put(mark, unique=("person", "ticket"), then=("seen_at",), lasting=False)
