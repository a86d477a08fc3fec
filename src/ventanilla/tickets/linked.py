"""Which tickets are linked with one, of those somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import Http404

from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Link, Ticket
from ventanilla.tickets.queries import lines_of, with_words
from ventanilla.tickets.relations import RELATIONS, Relation, relation_of
from ventanilla.tickets.survivors import with_merged

_PLACES = {relation.key: place for place, relation in enumerate(RELATIONS)}


@dataclass(frozen=True)
class Linked:
    """A link as one of its tickets sees it: `ticket` is the other one, as a line shows it."""

    pk: int
    relation: Relation
    ticket: Ticket


def linked_with(person: Person, ticket: Ticket) -> Sequence[Linked]:
    """The tickets linked with this one, or with what was merged into it, that the person may see, by relation.

    A ticket that was merged since stands as the one it went into. Of the others there is not even a count.
    """
    mine = with_merged([ticket.pk])
    links = Link.objects.filter(Q(ticket__in=mine) | Q(other__in=mine)).annotate(
        here=Coalesce("ticket__survivor", "ticket"), there=Coalesce("other__survivor", "other")
    )
    rows = [row for row in links.values_list("pk", "kind", "here", "there") if row[2] != row[3]]
    ends = {pk: (here == ticket.pk, there if here == ticket.pk else here) for pk, _kind, here, there in rows}
    shown = lines_of(person, sorted({end for _outward, end in ends.values()}))
    found: dict[tuple[str, int], Linked] = {}
    for pk, kind, _here, _there in sorted(rows):
        outward, end = ends[pk]
        if end in shown:
            relation = relation_of(kind, outward=outward)
            found.setdefault((relation.key, end), Linked(pk, relation, shown[end]))
    return sorted(found.values(), key=lambda one: (_PLACES[one.relation.key], one.ticket.pk))


def link_of(person: Person, ticket: Ticket, pk: int) -> Link:
    """A link of this ticket with one that the person may see too, else `Http404`."""
    if all(one.pk != pk for one in linked_with(person, ticket)):
        raise Http404
    return Link.objects.select_related("ticket", "other").get(pk=pk)


def open_dependents(person: Person, ticket: Ticket) -> Sequence[Ticket]:
    """The open tickets that depend on this one and that the person may see, oldest first."""
    mine = with_merged([ticket.pk])
    links = Link.objects.filter(kind=Link.Kind.DEPENDENT, other__in=mine)
    ids = links.annotate(end=Coalesce("ticket__survivor", "ticket")).values("end")
    who = viewer(person)
    seen = Ticket.objects.seen_by(who).filter(pk__in=ids, is_open=1)
    return [with_words(row, who) for row in seen.exclude(pk=ticket.pk).order_by("pk")]
