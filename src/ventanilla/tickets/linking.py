"""Saying what two tickets have to do with each other, and taking that back."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import lock
from ventanilla.tickets.models import Link, Ticket
from ventanilla.tickets.relations import IN_ONE_DIRECTION, Relation, leads_to, relation_of
from ventanilla.tickets.sight import sees
from ventanilla.tickets.state import context


@transaction.atomic
def link_tickets(*, by: Author, ticket: Ticket, other: Ticket, relation: Relation, cause: Cause | None = None) -> Link:
    """Say what `other` is to `ticket`. Records `ticket.linked` on both; nothing when it is known.

    Needs the right to change tickets and sight of both, else raises `PermissionDenied`. Raises `ValidationError` for a
    ticket and itself, for a ticket that was merged, and for a circle of tickets that block each other or are each
    other's principal.
    """
    here, there = _both(by, ticket, other)
    if not relation.by_hand:
        raise ValidationError({"relation": _("Choose one of the list.")})
    for row in (here, there):
        if row.stage == Ticket.Stage.MERGED:
            raise ValidationError(_("%(number)s was merged already.") % {"number": row.number})
    if here.pk == there.pk:
        raise ValidationError({"other": _("A ticket is not linked with itself.")})
    if (relation.kind == Link.Kind.RELATED and here.pk > there.pk) or not relation.outward:
        here, there = there, here
    circle = IN_ONE_DIRECTION.get(relation.kind)
    if circle is not None and leads_to(relation.kind, there.pk, here.pk):
        raise ValidationError({"other": str(circle)})
    return link(by=by, ticket=here, to=there, kind=relation.kind, cause=cause)


@transaction.atomic
def unlink_tickets(*, by: Author, ticket: Ticket, link: Link, cause: Cause | None = None) -> Relation:
    """Remove a link of `ticket` and say what it was. Records `ticket.unlinked` on both.

    Needs what making it needs. Raises `ValidationError` for a link that follows from what happened, such as that one
    ticket continues the other.
    """
    ends = [link.ticket, link.other]
    _both(by, *ends)
    outward = ticket.pk in (link.ticket_id, link.ticket.survivor_id)
    relation = relation_of(link.kind, outward=outward)
    if not relation.by_hand:
        raise ValidationError({"link": _("This link tells what happened and stays.")})
    if not Link.objects.filter(pk=link.pk).delete()[0]:
        return relation
    _say("ticket.unlinked", by=by, ticket=link.ticket, to=link.other, kind=link.kind, cause=cause)
    return relation


def link(*, by: Author, ticket: Ticket, to: Ticket, kind: Link.Kind, cause: Cause | None = None) -> Link:
    """Note that `ticket` has to do with another one. Records `ticket.linked` on both; nothing when it is known.

    Inside the caller's transaction; rights and circles are the caller's matter.
    """
    row, made = Link.objects.get_or_create(ticket=ticket, other=to, kind=kind)
    if made:
        _say("ticket.linked", by=by, ticket=ticket, to=to, kind=kind, cause=cause)
    return row


def _both(by: Author, *tickets: Ticket) -> list[Ticket]:
    """The tickets locked in id order, as they are given; refused to whoever may not change or does not see them.

    What was merged stands for the ticket it went into.
    """
    by.require(Right.CHANGE)
    rows = {row.pk: row for row in lock(ticket.pk for ticket in tickets)}
    for row in rows.values():
        if by.person is not None and not by.trusted and not sees(by.person, row.survivor_id or row.pk):
            raise PermissionDenied(Right.CHANGE)
    # Open pages tell by the version whether anything has changed.
    Ticket.objects.filter(pk__in=rows).update(version=F("version") + 1)
    return [rows[ticket.pk] for ticket in tickets]


def _say(kind_of_event: str, *, by: Author, ticket: Ticket, to: Ticket, kind: str, cause: Cause | None) -> None:
    for here, there, direction in ((ticket, to, "to"), (to, ticket, "from")):
        record(
            kind_of_event,
            here.topic,
            actor=by.actor,
            data={"ticket": there.pk, "kind": str(kind), "direction": direction, "context": context(here)},
            cause=cause,
        )
