"""Questions about ratings."""

from collections.abc import Sequence

from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.surveys.models import Rating
from ventanilla.tickets.models import Access, Message, StatusCategory, Ticket

RATED_FROM = StatusCategory.RESOLVED


def rating_of(person: Person, ticket: Ticket) -> Rating | None:
    """How this person rated the ticket, if they did."""
    return Rating.objects.filter(ticket=ticket, person=person).first()


def may_rate(person: Person, ticket: Ticket) -> bool:
    """Whether the person may say how content they are, or say it otherwise.

    Whoever asked or takes part may, once the ticket is resolved; what was said changes no more once it is closed.
    Nobody rates their own work: not the assignee, and not whoever answered for the desk.
    """
    if ticket.status_category < RATED_FROM or ticket.assignee_id == person.pk or not sees_module(person, "surveys"):
        return False
    if not Access.objects.filter(ticket=ticket, person=person).exclude(why=Access.Why.WATCHER).exists():
        return False
    if Message.objects.filter(ticket=ticket, author=person, from_staff=True).exists():
        return False
    return ticket.status_category != StatusCategory.CLOSED or rating_of(person, ticket) is None


def ratings(ticket: Ticket) -> Sequence[Rating]:
    """The ratings of a ticket, the newest first; costs nothing where there are none."""
    if ticket.satisfaction is None:
        return []
    return list(Rating.objects.filter(ticket=ticket).select_related("person").order_by("-rated_at", "-pk"))
