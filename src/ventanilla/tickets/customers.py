"""The tickets of a person or an organization, as far as somebody may see them, counted and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from ventanilla.people.models import Organization, Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Access, Satisfaction, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words


@dataclass(frozen=True)
class Figures:
    """Counts of tickets that the reader sees; the time is spent on them, in seconds."""

    total: int
    open: int
    waiting: int
    spent_seconds: int
    good: int
    fair: int
    bad: int
    first_at: datetime | None


def asked_by(person: Person) -> Q:
    """The tickets of a person."""
    return Q(requester=person)


def asked_in(organization: Organization) -> Q:
    """The tickets of an organization."""
    return Q(organization=organization)


def figures_of(reader: Person, of: Q) -> Figures:
    """The tickets `of` somebody that the reader may see, counted. One query."""
    faces = {face.name.lower(): Count("pk", filter=Q(satisfaction=face.value)) for face in Satisfaction}
    found = (
        Ticket.objects.visible_to(reader)
        .filter(of)
        .aggregate(
            total=Count("pk"),
            open=Count("pk", filter=Q(is_open=1)),
            waiting=Count("pk", filter=Q(status_category=StatusCategory.PENDING)),
            spent_seconds=Sum("spent_seconds"),
            first_at=Min("created_at"),
            **faces,
        )
    )
    return Figures(**found | {"spent_seconds": found["spent_seconds"] or 0})


def open_ones(reader: Person, of: Q, most: int) -> Sequence[Ticket]:
    """The open tickets of somebody that the reader may see, the last changed first."""
    return _lines(reader, of & Q(is_open=1), most)


def past_ones(reader: Person, of: Q, most: int) -> Sequence[Ticket]:
    """Those that are done."""
    return _lines(reader, of & Q(is_open=0), most)


def taken_part_in(reader: Person, person: Person, most: int) -> Sequence[Ticket]:
    """The tickets of others in which a person takes part, of those the reader may see."""
    theirs = Access.objects.filter(person=person).exclude(why=Access.Why.WATCHER).values("ticket_id")
    return _lines(reader, Q(pk__in=theirs) & ~Q(requester=person), most)


def _lines(reader: Person, of: Q, most: int) -> Sequence[Ticket]:
    rows = Ticket.objects.visible_to(reader).filter(of).select_related("requester", "assignee")
    found = list(rows.order_by("-updated_at", "-pk")[:most])
    statuses = words().statuses
    for ticket in found:
        ticket.status = statuses[ticket.status_id]
    return found


def looked_after_by(reader: Person, organization: Organization) -> Sequence[Person]:
    """The agents who look after this customer and few others, by name: for whoever is not one of them."""
    if viewer(reader).organizations:
        return ()
    return list(Person.objects.agents().filter(limited_to=organization).order_by("name", "pk"))
