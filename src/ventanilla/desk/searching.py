"""Search over everything one may read, and the palette: go, act, search."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import desk_page, person_of
from ventanilla.desk.shell import build
from ventanilla.people.modules import sees_module
from ventanilla.people.queries import find_organizations, find_persons, known_to
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.search.stem import fold
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.searching import search_tickets
from ventanilla.ui.shell import NavItem

MOST = 50
MOST_IN_PALETTE = 8
MOST_PERSONS = 4
MOST_ORGANIZATIONS = 3
_LONGEST = 300


@require_safe
@desk_page
def search(request: HttpRequest) -> HttpResponseBase:
    """The tickets whose texts have the words, newest first."""
    text = request.GET.get("q", "")[:_LONGEST].replace("\x00", "").strip()
    found = search_tickets(person_of(request), text, limit=MOST) if text else []
    # One address a page, not one a row.
    base = reverse("desk-ticket", args=["-"]).removesuffix("-/")
    results = [
        {
            "number": ticket.number,
            "subject": ticket.subject,
            "url": f"{base}{ticket.number}/",
            "category": ticket.category_of_status.key,
            "status": str(ticket.status),
            "excerpt": "",
            "who": ticket.requester.display_name,
            "at": ticket.updated_at,
        }
        for ticket in found
    ]
    context = {"q": text, "results": results, "capped": len(results) == MOST}
    return render(request, "desk/search.html", context)


@require_safe
@desk_page
def palette(request: HttpRequest) -> HttpResponseBase:
    """What fits while one types: places, tickets, persons."""
    text = request.GET.get("q", "")[:_LONGEST].replace("\x00", "").strip()
    person = person_of(request)
    found = search_tickets(person, text, limit=MOST_IN_PALETTE, typing=True) if text else []
    groups: list[dict[str, Any]] = [
        {"label": _("Tickets"), "results": [_ticket(ticket) for ticket in found]},
        {"label": _("Go to"), "results": _places(request, text)},
    ]
    if len(text) >= 2:
        url = reverse("desk-search")
        persons = find_persons(known_to(viewer(person)), text, most=MOST_PERSONS)
        groups.append(
            {
                "label": _("People and organizations"),
                "results": [
                    *(
                        {
                            "label": other.display_name,
                            "url": reverse("desk-person", args=[other.pk]),
                            "icon": "person",
                            "hint": other.email or "",
                        }
                        for other in persons
                    ),
                    *(
                        {
                            "label": row.name,
                            "url": reverse("desk-organization", args=[row.pk]),
                            "icon": "building",
                            "hint": ", ".join(row.domains[:2]),
                        }
                        for row in find_organizations(viewer(person), text, most=MOST_ORGANIZATIONS)
                    ),
                ],
            }
        )
        search_all = {
            "label": _("Search for “%(text)s”") % {"text": text},
            "url": f"{url}?{urlencode({'q': text})}",
            "icon": "search",
        }
        groups.append({"label": _("Search"), "results": [search_all]})
    return render(request, "ui/components/palette_results.html", {"groups": groups})


def _ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "label": f"{ticket.number} {ticket.subject}",
        "url": reverse("desk-ticket", args=[ticket.number]),
        "category": ticket.category_of_status.key,
        "hint": ticket.requester.display_name,
    }


def _places(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    shell = build(request)
    words = fold(text).split()
    announce = NavItem(_("Post an announcement"), reverse("announcement-new"), "alert")
    person = person_of(request)
    acts = (announce,) if person.may(Right.REPLY) and sees_module(person, "announcements") else ()
    return [
        {"label": item.label, "url": item.url, "icon": item.icon}
        for item in (*shell.views, *shell.more_views, *shell.places, *acts)
        if all(word in fold(item.label) for word in words)
    ]
