"""An agent's notifications: the page, the bell, and reading them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.notify.actions import read_all, set_read
from ventanilla.notify.models import Notification
from ventanilla.notify.queries import notification_for, page_of
from ventanilla.notify.wording import headline, why
from ventanilla.people.author import Author
from ventanilla.people.doors import signed_out
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer

SIZE = 50


def _agents(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Let in who works at the desk: visitors are sent to sign in, others get 403."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = signed_out(request)
        if refused is not None:
            return refused
        person: Person = request.user  # type: ignore[assignment]
        Author.of(person).require(Right.DESK)
        return page(request, person, *args, **kwargs)

    return guarded


@never_cache
@require_safe
@_agents
def notifications(request: HttpRequest, person: Person) -> HttpResponse:
    """The inbox, newest first; with `only=unread` what has not been read."""
    only = request.GET.get("only") == "unread"
    given = request.GET.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    rows, more = page_of(person, unread=only, before=before, size=SIZE)
    path, chosen = reverse("notifications"), "only=unread&" if only else ""
    context = {
        "rows": [_line(row, person) for row in rows],
        "only_unread": only,
        "older_url": f"{path}?{chosen}before={more}" if more else "",
        "first": before is None,
        "here": request.get_full_path(),
        "live": f"notices:{person.pk}",
    }
    return render(request, "notify/notifications.html", context)


def _line(row: Notification, person: Person) -> dict[str, Any]:
    ticket = row.ticket
    # What a restricted ticket says is read there, where its opening is recorded.
    readable = row.message is not None and row.message.readable_by(viewer(person))
    shown = row.message is not None and readable and row.message.redacted_at is None and not ticket.restricted
    said = row.message.text if row.message is not None and shown else ""
    return {
        "pk": row.pk,
        "headline": headline(row),
        "why": why(row, person),
        "number": ticket.number,
        "subject": ticket.subject,
        "said": said[:240],
        "internal": row.message is not None and not row.message.public,
        "url": reverse("desk-ticket", args=[ticket.number]) + (f"#message-{row.message_id}" if row.message_id else ""),
        "at": row.created_at,
        "unread": row.read_at is None,
        "read_url": reverse("notification-read", args=[row.pk]),
    }


@never_cache
@require_safe
@_agents
def bell(request: HttpRequest, person: Person) -> HttpResponse:
    """The bell with the number of what has not been read, as it stands now."""
    return render(request, "ui/components/bell.html")


@require_POST
@_agents
def mark(request: HttpRequest, person: Person, notification: int) -> HttpResponse:
    """Mark one of one's own as read, or with `unread=1` as unread again; 404 for another's."""
    row = notification_for(person, notification)
    set_read(person=person, notification=row, read=not request.POST.get("unread"))
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("notifications"))
    return render(request, "notify/line.html", {"row": _line(notification_for(person, notification), person)})


@require_POST
@_agents
def read_everything(request: HttpRequest, person: Person) -> HttpResponse:
    """Mark everything as read."""
    read_all(person=person)
    return HttpResponseRedirect(reverse("notifications"))
