"""Where a merged ticket has gone: the one that is left, and which went into it."""

from collections.abc import Iterable, Sequence

from django.http import Http404

from ventanilla.tickets.models import Ticket


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
    """The tickets that went into this one directly and can be brought back, oldest first."""
    return list(Ticket.objects.filter(merged_into=ticket, stage=Ticket.Stage.MERGED).order_by("pk"))
