"""The fields that administrators made, and what a ticket lacks of them, in the REST API."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.definitions import known as known_fields
from ventanilla.fields.models import FieldDefinition
from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import Custom, Short, TicketOut, caller, nothing_else, ticket_out
from ventanilla.tickets.asking import ask_for_missing, give_missing
from ventanilla.tickets.custom import ENTITY, known_rows
from ventanilla.tickets.queries import as_it_stands, ticket_for

router = Router(tags=["tickets"])


class FieldsQuery(Schema):
    """Which fields: those of an entity (`ticket`, `person`, `organization`)."""

    entity: Short = ENTITY


class OptionOut(Schema):
    """A value of a choice; an archived one may stand in tickets but is no longer taken."""

    key: str
    label: str
    archived: bool


class FieldOut(Schema):
    """A custom field. `types`: the types of ticket that have it, all when empty. `visible_when` and `required_when`:
    conditions over another field (`["custom.site", "in", ["lima"]]`) under which alone it appears, or is required;
    empty for always."""

    entity: str
    key: str
    kind: str
    label: str
    help: str
    unit: str
    audience: Literal["staff", "requester"]
    types: list[str]
    required: bool
    required_when: list[Any]
    visible_when: list[Any]
    options: list[OptionOut]
    archived: bool


class FieldList(Schema):
    """All custom fields of an entity, in order."""

    items: list[FieldOut]


@router.get("/fields", response=FieldList, summary="Custom fields, in order")
def list_fields(request: HttpRequest, query: Query[FieldsQuery]) -> dict[str, Any]:
    """The fields that an administrator made, of those you may know; labels in your language."""
    nothing_else(request, query)
    made = definitions_of(query.entity)
    who = viewer(caller(request))
    rows = known_fields(query.entity, made, staff=who.staff)
    if who.staff and query.entity == ENTITY:
        rows = known_rows(who, rows)
    return {"items": [_field_out(row) for row in rows]}


class DataIn(Input):
    """Values of the fields that a ticket lacks, by key."""

    custom: Custom


@router.post("/tickets/{number}/ask", response=TicketOut, summary="Ask the requester for what is missing")
def ask(request: HttpRequest, number: str) -> dict[str, Any]:
    """Write to the requester, with a link to a form for the fields that the ticket lacks and they may fill in; the
    ticket waits for them. 422 when there is nothing to ask."""
    person = caller(request)
    ticket = ticket_for(person, number)
    ask_for_missing(by=Author.of(person), ticket=ticket)
    return ticket_out(as_it_stands(ticket), person)


@router.post("/tickets/{number}/data", response=TicketOut, summary="Fill in what is missing")
def give(request: HttpRequest, number: str, payload: DataIn) -> dict[str, Any]:
    """What whoever takes part in a ticket says of the fields it lacks; a ticket that waited for it goes on. What is
    not lacking any more is left as it is."""
    person = caller(request)
    ticket = ticket_for(person, number)
    give_missing(by=Author.of(person), ticket=ticket, values=payload.custom)
    return ticket_out(as_it_stands(ticket), person)


def _field_out(row: FieldDefinition) -> dict[str, Any]:
    labels, offered = row.option_labels, row.offered
    names = ("entity", "key", "kind", "unit", "audience", "types", "required", "required_when", "visible_when")
    return {
        **{name: getattr(row, name) for name in names},
        "label": str(row),
        "help": row.told,
        "options": [{"key": key, "label": label, "archived": key not in offered} for key, label in labels.items()],
        "archived": row.archived_at is not None,
    }
