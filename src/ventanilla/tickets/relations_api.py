"""Linking, merging and splitting tickets through the REST API."""

from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from ventanilla.core.addresses import reverse
from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import Short, Text, TicketOut, caller, ticket_out
from ventanilla.tickets.content import Content
from ventanilla.tickets.handing_over import hand_over
from ventanilla.tickets.linked import Linked, link_of, linked_with
from ventanilla.tickets.linking import link_tickets, unlink_tickets
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import as_it_stands, messages_for, ticket_for, tickets_called
from ventanilla.tickets.relations import BY_KEY as RELATIONS
from ventanilla.tickets.splitting import split_ticket, undo_split
from ventanilla.tickets.survivors import merged_part
from ventanilla.tickets.vocabulary import words_for

router = Router(tags=["tickets"])


class LinkedTicketOut(Schema):
    """The other ticket of a link."""

    number: str
    subject: str
    status: str
    status_category: Literal["new", "open", "pending", "resolved", "closed"]


class LinkOut(Schema):
    """A link: what `ticket` is to the one asked about. `fixed`: it tells what happened and cannot be removed."""

    id: int
    relation: str
    fixed: bool
    ticket: LinkedTicketOut


class LinkList(Schema):
    """The links of a ticket."""

    items: list[LinkOut]


class LinkIn(Input):
    """A new link: `ticket` is the number of the other ticket, `relation` what that is to this one."""

    ticket: Short
    relation: Literal[
        "related",
        "duplicate_of",
        "duplicated_by",
        "blocked_by",
        "blocks",
        "caused_by",
        "causes",
        "principal",
        "dependent",
    ]


class MergeIn(Input):
    """The numbers of the tickets that become part of this one."""

    tickets: Annotated[list[Short], Field(min_length=1, max_length=200)]


class UnmergeIn(Input):
    """The number of a ticket that was merged into this one."""

    ticket: Short


class SplitIn(Input):
    """The ids of the messages that become a new ticket, and its subject if it is to be another one."""

    messages: Annotated[list[int], Field(min_length=1, max_length=200)]
    subject: Short = ""


def _link_out(one: Linked) -> dict[str, Any]:
    return {
        "id": one.pk,
        "relation": one.relation.key,
        "fixed": not one.relation.by_hand,
        "ticket": {
            "number": one.ticket.number,
            "subject": one.ticket.subject,
            "status": one.ticket.status.key,
            "status_category": one.ticket.category_of_status.key,
        },
    }


def _at_the_desk(request: HttpRequest, number: str, right: Right = Right.DESK) -> Ticket:
    person = caller(request)
    ticket = ticket_for(person, number)
    Author.of(person).require(right)
    return ticket


def _others(person: Person, field: str, numbers: list[str]) -> list[Ticket]:
    found = list(tickets_called(person, numbers))
    if len(found) < len(set(numbers)):
        raise ValidationError({field: _("There is no such ticket, or you may not see it.")})
    return found


class HandOverIn(Input):
    """The key of the new team, and a note for it; `share_notes` shows the whole desk what a private department of yours
    wrote."""

    team: Short
    note: Text = ""
    share_notes: bool = False


@router.get("/tickets/{number}/links", response=LinkList, summary="Linked tickets")
def list_links(request: HttpRequest, number: str) -> dict[str, Any]:
    """The links of a ticket with tickets you may see; there is no trace of the others."""
    ticket = _at_the_desk(request, number)
    return {"items": [_link_out(one) for one in linked_with(caller(request), ticket)]}


@router.post("/tickets/{number}/links", response={201: LinkOut}, summary="Link two tickets")
def create_link(request: HttpRequest, number: str, payload: LinkIn) -> tuple[int, dict[str, Any]]:
    """Say what another ticket is to this one. A circle of blocking or of principals is refused."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    (other,) = _others(person, "ticket", [payload.ticket])
    link_tickets(by=Author.of(person), ticket=ticket, other=other, relation=RELATIONS[payload.relation])
    linked = linked_with(person, ticket)
    return 201, _link_out(
        next(one for one in linked if one.ticket.pk == other.pk and one.relation.key == payload.relation)
    )


@router.delete("/tickets/{number}/links/{link}", response={204: None}, summary="Remove a link")
def delete_link(request: HttpRequest, number: str, link: int) -> tuple[int, None]:
    """Remove a link that somebody made."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    unlink_tickets(by=Author.of(person), ticket=ticket, link=link_of(person, ticket, link))
    return 204, None


@router.post("/tickets/{number}/hand-over", response={204: None}, summary="Hand a ticket over to another team")
def hand_over_ticket(request: HttpRequest, number: str, payload: HandOverIn) -> tuple[int, None]:
    """Number and thread stay. What a private department wrote stays with its members unless `share_notes`.

    The answer has no content: you may no longer see the ticket where it is.
    """
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    known = words_for(viewer(person))
    team = next((team for team in known.usable(known.teams) if team.key == payload.team), None)
    if team is None:
        raise ValidationError({"team": _("There is no “%(key)s”.") % {"key": payload.team}})
    note = Content.of_text(payload.note)
    hand_over(by=Author.of(person), ticket=ticket, team=team, note=note, share_notes=payload.share_notes)
    return 204, None


@router.post("/tickets/{number}/merge", response=TicketOut, summary="Merge tickets into this one")
def merge(request: HttpRequest, number: str, payload: MergeIn) -> dict[str, Any]:
    """Make other tickets part of this one. Asking for one of them is answered from then on by 308 to this one."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    gone = _others(person, "tickets", payload.tickets)
    return ticket_out(as_it_stands(merge_tickets(by=Author.of(person), into=ticket, tickets=gone)), person)


@router.post("/tickets/{number}/unmerge", response=TicketOut, summary="Undo a merge")
def unmerge(request: HttpRequest, number: str, payload: UnmergeIn) -> dict[str, Any]:
    """Bring back a ticket that was merged into this one; it is answered."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    return ticket_out(
        as_it_stands(unmerge_ticket(by=Author.of(person), ticket=merged_part(ticket, payload.ticket))), person
    )


@router.post("/tickets/{number}/split", response={201: TicketOut}, summary="Make a new ticket of some messages")
def split(request: HttpRequest, number: str, payload: SplitIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    """Make a new ticket, linked with this one, of some of its messages; nobody is written to."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    wanted = set(payload.messages)
    chosen = [message for message in messages_for(person, ticket) if message.pk in wanted]
    if len(chosen) < len(wanted):
        raise ValidationError({"messages": _("Choose messages of this ticket.")})
    made = split_ticket(by=Author.of(person), ticket=ticket, messages=chosen, subject=payload.subject)
    response["Location"] = reverse("api:read_ticket", args=[made.number])
    return 201, ticket_out(as_it_stands(made), person)


@router.post("/tickets/{number}/split/undo", response=TicketOut, summary="Undo a split")
def unsplit(request: HttpRequest, number: str) -> dict[str, Any]:
    """Bring what was split off back to the ticket it came from, which is answered."""
    person, ticket = caller(request), _at_the_desk(request, number, Right.CHANGE)
    return ticket_out(as_it_stands(undo_split(by=Author.of(person), ticket=ticket)), person)
