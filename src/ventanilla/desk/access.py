"""Who may enter: the door of every desk page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.desk.open_tickets import write_cookie
from ventanilla.fields.kinds import Reading
from ventanilla.people.author import Author
from ventanilla.people.doors import signed_out
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import ticket_for
from ventanilla.tickets.survivors import Moved

Page = Callable[..., HttpResponseBase]


def person_of(request: HttpRequest) -> Person:
    """The signed-in person of a request that has passed the door."""
    person: Person = request.user  # type: ignore[assignment]
    return person


def author_of(request: HttpRequest) -> Author:
    """The signed-in person as the author of an action."""
    return Author.of(person_of(request))


def reading_of(request: HttpRequest) -> Reading:
    """Who asks and when, for conditions: "me", "my teams", "today"."""
    person = person_of(request)
    return Reading(
        person_id=person.pk,
        now=timezone.now(),
        zone=timezone.get_current_timezone(),
        viewer=viewer(person),
    )


def desk_page(page: Page) -> Page:
    """Let in who is signed in and works at the desk.

    Visitors are sent to sign in (a part of a page gets 401, which asks for it in place); others get 403.
    """

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = signed_out(request)
        if refused is not None:
            return refused
        author_of(request).require(Right.DESK)
        return write_cookie(request, person_of(request), page(request, *args, **kwargs))

    return guarded


def ticket_page(page: Callable[..., HttpResponseBase]) -> Page:
    """The same for a page about one ticket, which the page gets instead of its number.

    Whoever may not see the ticket gets 404, whoever may see it but does not work at the desk 403: so nobody learns
    which numbers exist. The number of a merged ticket leads to the one it is in; what was to be done to it is not done
    to that one (409).
    """
    return _about_a_ticket(page, _sent_on)


def writing_page(page: Callable[..., HttpResponseBase]) -> Page:
    """The same for a page that takes what one writes: what was written in a merged ticket goes to the one it is in."""
    return _about_a_ticket(page, None)


def _about_a_ticket(
    page: Callable[..., HttpResponseBase], send_on: Callable[[HttpRequest, str], HttpResponse] | None
) -> Page:
    @wraps(page)
    def guarded(request: HttpRequest, number: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = signed_out(request)
        if refused is not None:
            return refused
        person = person_of(request)
        try:
            ticket: Ticket = ticket_for(person, number)
        except Moved as moved:
            if send_on is not None and person.may(Right.DESK):
                return send_on(request, moved.number)
            ticket = ticket_for(person, moved.number)
        if not person.may(Right.DESK):
            raise PermissionDenied(Right.DESK)
        return write_cookie(request, person, page(request, ticket, *args, **kwargs))

    return guarded


def _sent_on(request: HttpRequest, number: str) -> HttpResponse:
    """To the same page of the ticket that is left; nothing is done to it that was meant for the merged one."""
    match = request.resolver_match
    if request.method in ("GET", "HEAD") and match is not None:
        query = request.GET.copy()
        query.pop("version", None)  # that of another ticket
        url = reverse(match.view_name, kwargs={**match.kwargs, "number": number})
        return HttpResponseRedirect(f"{url}?{query.urlencode()}" if query else url)
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[number]))
    text = _("Not done: this ticket was merged into %(number)s meanwhile.") % {"number": number}
    return render(request, "desk/problem.html", {"text": text}, status=409)
