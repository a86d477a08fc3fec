"""Macros in the REST API: the ones you may use, and applying one."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from ventanilla.automation.actions import apply_macro
from ventanilla.automation.models import Macro
from ventanilla.automation.queries import macro_for, macros_for
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import TicketOut, caller, ticket_out
from ventanilla.tickets.queries import as_it_stands, ticket_for

router = Router(tags=["tickets"])


class MacroOut(Schema):
    """A macro: its names by language, whether its text is public, and what it changes ([verb, field, value] each)."""

    key: str
    label: dict[str, str]
    folder: str
    text: dict[str, str]
    public: bool
    effects: list[list[Any]]
    team: str | None


@router.get("/macros", response=dict[str, list[MacroOut]], summary="The macros you may use")
def list_macros(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    """Those for all and those of your teams, as `items`; none for whoever does not work at the desk."""
    person = caller(request)
    return {"items": [_out(macro) for macro in macros_for(viewer(person))] if viewer(person).staff else []}


@router.post("/tickets/{number}/macros/{key}", response=TicketOut, summary="Apply a macro")
def apply(request: HttpRequest, number: str, key: str) -> dict[str, Any]:
    """Say and change what the macro does, all or nothing; its text leaves ten seconds later, as any message."""
    person = caller(request)
    ticket = ticket_for(person, number)
    apply_macro(by=Author.of(person), macro=macro_for(viewer(person), key, ticket.department_id), ticket=ticket)
    return ticket_out(as_it_stands(ticket), person)


def _out(macro: Macro) -> dict[str, Any]:
    names = ("key", "label", "folder", "public", "effects")
    return {
        **{name: getattr(macro, name) for name in names},
        "text": macro.html,
        "team": macro.team.key if macro.team else None,
    }
