"""What type-ahead fields offer: persons, agents, tags, canned replies: `{"items": [{"value", "label", "hint"}]}`."""

from textwrap import shorten

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ventanilla.core.htmltext import html_to_text
from ventanilla.desk.access import desk_page, person_of, ticket_page
from ventanilla.people.models import Person
from ventanilla.people.queries import find_organizations, find_persons, known_to
from ventanilla.people.viewer import viewer
from ventanilla.tickets.canned import filled
from ventanilla.tickets.mentions import mentionable
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import canned_replies_for, tags_like
from ventanilla.tickets.searching import search_tickets

SHOWN = 20
SHOWN_AGENTS = 50
SHOWN_REPLIES = 8
_LONGEST = 100
_HINT_CHARACTERS = 90


@require_safe
@desk_page
def people(request: HttpRequest) -> HttpResponseBase:
    """Persons by name, address or phone number; `by=address` gives their addresses as values instead of ids."""
    persons = known_to(viewer(person_of(request)))
    by_address = request.GET.get("by") == "address"
    if by_address:
        persons = persons.exclude(email=None)
    found = find_persons(persons, _text(request), most=SHOWN)
    return _items(
        [
            {
                "value": (person.email or "") if by_address else str(person.pk),
                "label": (person.email or "") if by_address else person.display_name,
                "hint": person.name if by_address else _hint(person),
            }
            for person in found
        ]
    )


@require_safe
@desk_page
def agents(request: HttpRequest) -> HttpResponseBase:
    """Who works at the desk."""
    found = find_persons(Person.objects.agents(), _text(request), most=SHOWN_AGENTS)
    return _items([{"value": str(person.pk), "label": person.display_name, "hint": ""} for person in found])


@require_safe
@desk_page
def organizations(request: HttpRequest) -> HttpResponseBase:
    """The customers one may name."""
    found = find_organizations(viewer(person_of(request)), _text(request), most=SHOWN)
    return _items([{"value": str(row.pk), "label": row.name, "hint": ""} for row in found])


@require_safe
@desk_page
def tickets(request: HttpRequest) -> HttpResponseBase:
    """Tickets one may see, by number or words; without the one of `but`."""
    found = search_tickets(person_of(request), _text(request), limit=SHOWN, typing=True) if _text(request) else []
    rows = [ticket for ticket in found if ticket.number != request.GET.get("but")]
    items = [
        {"value": row.number or "", "label": f"{row.number} {row.subject}", "hint": str(row.status)} for row in rows
    ]
    return _items(items)


@require_safe
@desk_page
def tags(request: HttpRequest) -> HttpResponseBase:
    """Tags that have been used before, in tickets that one may see."""
    found = tags_like(viewer(person_of(request)), _text(request), SHOWN)
    return _items([{"value": name, "label": name, "hint": ""} for name in found])


@require_safe
@ticket_page
def canned(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Canned replies by their name, as they would stand in this ticket: each item brings its `html` too."""
    person = person_of(request)
    found = canned_replies_for(viewer(person), ticket, _text(request), SHOWN_REPLIES)
    drawn = [(row, filled(row.html, ticket=ticket, agent=person)) for row in found]
    return _items(
        [
            {
                "value": row.key,
                "label": f"{row.folder} › {row}" if row.folder else str(row),
                "hint": shorten(html_to_text(html), _HINT_CHARACTERS, placeholder="…"),
                "html": html,
            }
            for row, html in drawn
        ]
    )


@require_safe
@ticket_page
def mentions(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Colleagues and teams who may be mentioned in this ticket: those who may see it."""
    me = person_of(request)
    persons, teams = mentionable(ticket, _text(request), by=viewer(me), most=SHOWN_REPLIES)
    items = [
        {"value": f"person:{person.pk}", "label": person.display_name, "hint": person.email or ""}
        for person in persons
        if person.pk != me.pk
    ]
    items += [{"value": f"team:{team.pk}", "label": str(team), "hint": _("Team")} for team in teams]
    return _items(items[:SHOWN_REPLIES])


def _text(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:_LONGEST].replace("\x00", "").strip()


def _hint(person: Person) -> str:
    parts = [person.email or person.phone, str(person.organization) if person.organization_id else ""]
    return " · ".join(part for part in parts if part)


def _items(items: list[dict[str, str]]) -> JsonResponse:
    return JsonResponse({"items": items}, headers={"Cache-Control": "private, no-store"})
