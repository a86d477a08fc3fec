"""The few tickets kept under «Open now»: in a cookie of the browser, so that opening a ticket writes nothing here."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket

MOST_OPEN_TICKETS = 6
_COOKIE = "open-tickets"
_CHANGED = "VENTANILLA_OPEN_TICKETS"


def open_tickets(request: HttpRequest, person: Person) -> list[int]:
    """The ids of the tickets kept open in this browser, the newest first. They are a wish: rights are asked apart.

    What another person left in the same browser, or somebody wrote by hand, counts as nothing.
    """
    changed: list[int] | None = request.META.get(_CHANGED)
    if changed is not None:
        return changed
    whose, _sep, ids = request.COOKIES.get(_COOKIE, "").partition(":")
    if whose != str(person.pk):
        return []
    return [int(pk) for pk in ids.split(".")[:MOST_OPEN_TICKETS] if pk.isascii() and pk.isdigit() and len(pk) < 19]


def remember_open(request: HttpRequest, person: Person, ticket: Ticket) -> None:
    """Keep a ticket among those open; the one opened longest ago gives way. `write_cookie` tells the browser."""
    kept = open_tickets(request, person)
    if ticket.pk not in kept:
        request.META[_CHANGED] = [ticket.pk, *kept][:MOST_OPEN_TICKETS]


def forget_open(request: HttpRequest, person: Person, ticket: Ticket) -> None:
    """Take a ticket out of those open. `write_cookie` tells the browser."""
    request.META[_CHANGED] = [pk for pk in open_tickets(request, person) if pk != ticket.pk]


def write_cookie(request: HttpRequest, person: Person, response: HttpResponseBase) -> HttpResponseBase:
    """Send the list with the answer when this request has changed it."""
    changed: list[int] | None = request.META.get(_CHANGED)
    if changed is not None:
        response.set_cookie(
            _COOKIE,
            f"{person.pk}:{'.'.join(map(str, changed))}",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
