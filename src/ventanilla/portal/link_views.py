"""The signed link of a mail: one ticket, without a password. GET changes nothing: mail scanners follow links."""

from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ventanilla.core.addresses import reverse
from ventanilla.mail.delivery import send_fresh_link
from ventanilla.people.shells import link_shell, visitor_shell
from ventanilla.portal import ticket_page
from ventanilla.portal.by_link import told_to, unseen
from ventanilla.portal.opened import Opened, View
from ventanilla.portal.queries import linked, once_linked
from ventanilla.portal.uploading import receive_one
from ventanilla.tickets.links import LINK_DAYS, read_link, read_old_link


def _with_link(view: View) -> View:
    """Hand the view what the token opens, in the language and time zone of its person."""

    @unseen
    @wraps(view)
    def wrapper(request: HttpRequest, token: str, **more: Any) -> HttpResponseBase:
        found = linked(token)
        if found is None:
            # A link that was ours and is not too old opens nothing any more: that it once did is nobody's business.
            if read_old_link(token) is None or read_link(token) is not None:
                raise Http404
            context = {"shell": visitor_shell(request), "days": LINK_DAYS, "token": token}
            return render(request, "portal/link_too_old.html", context, status=410)
        person = found.person

        def answered() -> HttpResponseBase:
            opened = Opened(
                person=person,
                ticket=found.ticket,
                shell=link_shell(request, person),
                address=lambda part, *more: reverse(
                    "ticket-link" if part == "ticket" else f"ticket-link-{part}", args=[token, *more]
                ),
                upload_url=reverse("ticket-link-upload", args=[token]),
                by_link=True,
            )
            return view(request, opened, **more)

        return told_to(person, answered)

    return wrapper


pages = ticket_page.pages(_with_link)


@_with_link
@require_POST
def upload(request: HttpRequest, opened: Opened) -> JsonResponse:
    """Keep one file until the answer takes it."""
    return receive_one(request, opened.person.pk)


@unseen
@require_POST
def fresh(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a fresh link to whom this one was for.

    The answer is the same for every link that was ever ours, whatever became of its ticket and person, and however
    often one asks: it tells nothing. A forged one is not there.
    """
    if read_old_link(token) is None:
        raise Http404
    found = once_linked(token)
    if found is not None:
        send_fresh_link(ticket=found.ticket, person=found.person)
    return render(request, "portal/link_sent.html", {"shell": visitor_shell(request), "days": LINK_DAYS})
