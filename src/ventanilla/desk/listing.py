"""What an address of the inbox means, for the list itself and for the tickets opened from it."""

from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpRequest
from django.utils.http import urlencode

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import person_of, reading_of
from ventanilla.fields.conditions import Condition
from ventanilla.fields.kinds import Reading
from ventanilla.fields.spec import Spec
from ventanilla.people.viewer import viewer
from ventanilla.tickets.default_views import DEFAULT, View, tickets_in
from ventanilla.tickets.known_views import sound_condition, view_with
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.spec import spec_for
from ventanilla.ui import lists
from ventanilla.ui.lists import Asked

COLUMNS_KEY = "tickets"
# Parameters of the parts' own addresses; the rest of an address says in which list one is.
# `at` is the place in the list from which one set out: there one goes on, wherever the ticket has gone meanwhile.
PART_PARAMETERS = ("open", "pane", "since", "version", "images", "at", "shown")


def list_query(request: HttpRequest) -> str:
    """The part of the address that names the list one came from."""
    query = request.GET.copy()
    for name in (*PART_PARAMETERS, "cursor", "size"):
        query.pop(name, None)
    return query.urlencode()


def trail_query(request: HttpRequest) -> str:
    """The same with the place in the list: for addresses of the ticket that one went to from there."""
    place = request.GET.get("at", "")
    return "&".join(part for part in (list_query(request), urlencode({"at": place}) if place else "") if part)


def part_query(request: HttpRequest, *, pane: bool) -> str:
    """The same for the address of a part, which also says whether the part stands in the pane beside the list."""
    return "&".join(part for part in ("pane=1" if pane else "", trail_query(request)) if part)


@dataclass(frozen=True)
class Listing:
    """What an address of the inbox means for its reader."""

    view: View
    spec: Spec
    asked: Asked
    reading: Reading

    @cached_property
    def base(self) -> Condition:
        """The view's condition; what can no longer be asked finds nothing."""
        return sound_condition(self.view, self.spec, self.reading)


def columns_key(view: View) -> str:
    """Under which name a person's own columns of this view are kept: saved views have theirs, the others share."""
    return f"{COLUMNS_KEY}:{view.key}" if view.saved else COLUMNS_KEY


def listing_of(request: HttpRequest) -> Listing:
    """The view, filters, order and columns of an address. Raises `BadAddress` for what makes no sense, `Http404` for a
    view that does not exist."""
    person, reading, spec = person_of(request), reading_of(request), spec_for(viewer(person_of(request)))
    view = view_with(person, request.GET.get("view") or DEFAULT.key)
    chosen = person.columns or {}
    asked = lists.asked(
        request.GET,
        spec,
        reading,
        columns=chosen.get(columns_key(view)) or view.columns or chosen.get(COLUMNS_KEY, ()),
        default_sort=view.sort if spec.sort(view.sort.removeprefix("-")) else "",
        keep=("view",),
        ignore=PART_PARAMETERS,
    )
    return Listing(view, spec, asked, reading)


@dataclass(frozen=True)
class Way:
    """From a ticket through the view one came from: the tickets before and after it, None at an end.

    `view` is the view's name; "" for a ticket that one did not come to from a list.
    """

    view: str = ""
    before: lists.Neighbor | None = None
    after: lists.Neighbor | None = None


def way_of(request: HttpRequest, ticket: Ticket) -> Way:
    """How it goes on from this ticket in the list the address speaks of, from the place where it stood there.

    An address that names no view has no way, nor has one whose filters make no sense (any more).
    """
    if not request.GET.get("view"):
        return Way()
    try:
        here = listing_of(request)
    except (Http404, lists.BadAddress):
        return Way()
    before, after = lists.beside(
        tickets_in(here.view, person_of(request)),
        here.spec,
        here.asked,
        here.reading,
        at=ticket,
        read="number",
        place=request.GET.get("at", ""),
        base=here.base,
    )
    return Way(str(here.view.label), before, after)


def way_context(request: HttpRequest, ticket: Ticket) -> dict[str, str]:
    """The way as the bar over a ticket draws it: the addresses on its own page, "" at an end."""
    way, query = way_of(request, ticket), list_query(request)

    def address(step: lists.Neighbor | None) -> str:
        if step is None:
            return ""
        return f"{reverse('desk-ticket', args=[step.value])}?{query}&{urlencode({'at': step.place})}"

    return {"view_name": way.view, "previous_url": address(way.before), "next_url": address(way.after)}
