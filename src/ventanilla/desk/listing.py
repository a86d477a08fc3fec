"""What an address of the inbox means, for the list itself and for the tickets opened from it."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.urls import reverse

from ventanilla.desk.access import person_of, reading_of
from ventanilla.fields.kinds import Reading
from ventanilla.fields.registry import spec_of
from ventanilla.fields.spec import Spec
from ventanilla.tickets.default_views import BY_KEY, DEFAULT, View, tickets_in
from ventanilla.tickets.models import Ticket
from ventanilla.ui import lists
from ventanilla.ui.lists import Asked

COLUMNS_KEY = "tickets"
# Parameters of the parts' own addresses; the rest of an address says in which list one is.
PART_PARAMETERS = ("open", "pane", "since", "version", "images")


def list_query(request: HttpRequest) -> str:
    """The part of the address that names the list one came from."""
    query = request.GET.copy()
    for name in (*PART_PARAMETERS, "cursor", "size"):
        query.pop(name, None)
    return query.urlencode()


def part_query(request: HttpRequest, *, pane: bool) -> str:
    """The same for the address of a part, which also says whether the part stands in the pane beside the list."""
    return "&".join(part for part in ("pane=1" if pane else "", list_query(request)) if part)


@dataclass(frozen=True)
class Listing:
    """What an address of the inbox means for its reader."""

    view: View
    spec: Spec
    asked: Asked
    reading: Reading


def listing_of(request: HttpRequest) -> Listing:
    """The view, filters, order and columns of an address. Raises `BadAddress` for what makes no sense, `Http404` for a
    view that does not exist."""
    person, reading, spec = person_of(request), reading_of(request), spec_of("ticket")
    view = BY_KEY.get(request.GET.get("view") or DEFAULT.key)
    if view is None:
        raise Http404
    asked = lists.asked(
        request.GET,
        spec,
        reading,
        columns=(person.columns or {}).get(COLUMNS_KEY, ()),
        default_sort=view.sort,
        keep=("view",),
        ignore=PART_PARAMETERS,
    )
    return Listing(view, spec, asked, reading)


def neighbors(request: HttpRequest, ticket: Ticket) -> tuple[str, str]:
    """The addresses of the tickets before and after this one in the list the address speaks of; "" at an end.

    An address that names no view has no neighbors, nor has one whose filters make no sense (any more).
    """
    if not request.GET.get("view"):
        return "", ""
    try:
        here = listing_of(request)
    except (Http404, lists.BadAddress):
        return "", ""
    found = lists.beside(
        tickets_in(here.view, person_of(request)),
        here.spec,
        here.asked,
        here.reading,
        at=ticket,
        read="number",
        base=here.view.condition,
    )
    query = list_query(request)
    before, after = (f"{reverse('desk-ticket', args=[number])}?{query}" if number else "" for number in found)
    return before, after
