"""Where a merged ticket has gone: the one that is left, and which went into it."""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef
from django.http import Http404

from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.numbering import normal_number


class Moved(Http404):
    """The ticket asked for was merged; its reader finds it in the one with this `number`, which they may open."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def survivor_of(ticket: Ticket) -> Ticket:
    """The ticket in which this one goes on: itself unless it was merged. However often it was, one query."""
    if ticket.survivor_id is None:
        return ticket
    return Ticket.objects.get(pk=ticket.survivor_id)


def survivor_id(pk: int) -> int:
    """The same by id; an id that is no ticket's stays what it is."""
    return Ticket.objects.filter(pk=pk).values_list("survivor_id", flat=True).first() or pk


def with_merged(ticket_ids: Iterable[int]) -> list[int]:
    """These tickets and all that went into them, in order of their ids."""
    ids = set(ticket_ids)
    return sorted(ids | set(Ticket.objects.filter(survivor__in=ids).values_list("pk", flat=True)))


def merged_in(ticket: Ticket) -> Sequence[Ticket]:
    """The tickets that went into this one, however deep, and can be brought back, oldest first."""
    own = Message.objects.filter(origin_ticket=OuterRef("pk"))
    return list(Ticket.objects.filter(Exists(own), survivor=ticket).order_by("pk"))


def merged_part(ticket: Ticket, number: str) -> Ticket:
    """The ticket with this number that went into `ticket`, else `Http404`."""
    found = Ticket.objects.filter(survivor=ticket, number=normal_number(number)).first()
    if found is None:
        raise Http404
    return found
