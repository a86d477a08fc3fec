"""The signed link of a mail: one ticket, without a password. GET changes nothing, for mail scanners follow every link.

No forgery token is asked for: no cookie counts here. Whoever can name the address may do what it allows anyway, and
`Referrer-Policy: no-referrer` makes browsers hide the origin that such a check would look at.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from ventanilla.files.views import serve
from ventanilla.installation.queries import installation
from ventanilla.people.middleware import zone_of
from ventanilla.people.shells import link_shell, visitor_shell
from ventanilla.portal import ticket_page
from ventanilla.portal.queries import linked, public_file, public_message
from ventanilla.portal.uploading import receive_one
from ventanilla.tickets.links import LINK_DAYS, too_old
from ventanilla.tickets.views import frame


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
                    page_url=reverse("ticket-link", args=[token]),
                    reply_url=reverse("ticket-link-reply", args=[token]),
                    confirm_url=reverse("ticket-link-confirm", args=[token]),
                    upload_url=reverse("ticket-link-upload", args=[token]),
                    file_url=lambda pk: reverse("ticket-link-file", args=[token, pk]),
                    body_url=lambda pk: reverse("ticket-link-body", args=[token, pk]),
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


@_with_link
@require_safe
def ticket(request: HttpRequest, opened: ticket_page.Opened) -> HttpResponse:
    """The ticket as a conversation."""
    return ticket_page.show(request, opened)


@_with_link
@require_POST
def reply(request: HttpRequest, opened: ticket_page.Opened) -> HttpResponse:
    """Answer, or open again."""
    return ticket_page.answer(request, opened)


@_with_link
@require_POST
def confirm(request: HttpRequest, opened: ticket_page.Opened) -> HttpResponse:
    """It works."""
    return ticket_page.confirm(request, opened)


@_with_link
@require_POST
def upload(request: HttpRequest, opened: ticket_page.Opened) -> JsonResponse:
    """Keep one file until the answer takes it."""
    return receive_one(request, opened.person.pk)


@_with_link
@require_safe
def file(request: HttpRequest, opened: ticket_page.Opened, pk: int) -> HttpResponseBase:
    """A file of a public message of this ticket."""
    found = public_file(opened.ticket, pk)
    return serve(request, blob=found.blob, name=found.name, inline=True)


@_with_link
@require_safe
def body(request: HttpRequest, opened: ticket_page.Opened, pk: int) -> HttpResponse:
    """The HTML of a public message that came from outside, for its frame."""
    return frame(request, public_message(opened.ticket, pk), file_url=opened.file_url)
