"""The signed link of a mail: one ticket, without a password. GET changes nothing, for mail scanners follow every link.

No forgery token is asked for: no cookie counts here. Whoever can name the address may do what it allows anyway, and
`Referrer-Policy: no-referrer` makes browsers hide the origin that such a check would look at.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ventanilla.installation.queries import installation
from ventanilla.people.middleware import zone_of
from ventanilla.people.shells import link_shell, visitor_shell
from ventanilla.portal import ticket_page
from ventanilla.portal.queries import linked
from ventanilla.portal.uploading import receive_one
from ventanilla.tickets.links import LINK_DAYS, too_old


def _with_link(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Hand the view what the token opens, in the language and time zone of its person."""

    @csrf_exempt
    @wraps(view)
    def wrapper(request: HttpRequest, token: str, **more: Any) -> HttpResponseBase:
        found = linked(token)
        response: HttpResponseBase
        if found is None:
            if not too_old(token):
                raise Http404
            context = {"shell": visitor_shell(request), "days": LINK_DAYS}
            response = render(request, "portal/link_too_old.html", context, status=410)
        else:
            person = found.person
            language = person.language or translation.get_language() or "es"
            zone = zone_of(person.time_zone or installation().time_zone)
            with translation.override(language), timezone.override(zone):
                opened = ticket_page.Opened(
                    person=person,
                    ticket=found.ticket,
                    shell=link_shell(request, person),
                    address=lambda part, *more: reverse(
                        "ticket-link" if part == "ticket" else f"ticket-link-{part}", args=[token, *more]
                    ),
                    upload_url=reverse("ticket-link-upload", args=[token]),
                    by_link=True,
                )
                response = view(request, opened, **more)
            response.headers["Content-Language"] = language
        add_never_cache_headers(response)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapper


pages = ticket_page.pages(_with_link)


@_with_link
@require_POST
def upload(request: HttpRequest, opened: ticket_page.Opened) -> JsonResponse:
    """Keep one file until the answer takes it."""
    return receive_one(request, opened.person.pk)
