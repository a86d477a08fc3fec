"""What a person has read of a ticket. Reading is no event: one mark a person and ticket."""

from django.utils import timezone

from ventanilla.people.models import Person
from ventanilla.tickets.models import ReadMark, Ticket


def mark_read(person: Person, ticket: Ticket) -> None:
    """Remember that the person has read the ticket as it stands. Reading is no event.

    What was read already is only looked at: a page that merely shows must not wait for the turn to write. Whoever looks
    as somebody else has read nothing for them.
    """
    if person.seen_through is not None:
        return
    if ReadMark.objects.filter(person=person, ticket=ticket, seen_at__gte=ticket.updated_at).exists():
        return
    ReadMark.objects.bulk_create(
        [ReadMark(person=person, ticket=ticket, seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["person", "ticket"],
        update_fields=["seen_at"],
    )
