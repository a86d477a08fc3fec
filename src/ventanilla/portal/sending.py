"""Forms of the portal that are sent again when nobody knows whether they arrived: what was done is done once.

A form bears a mark of its own (`once`). A browser that hears nothing keeps what was typed, with the mark, and sends
both again. It asks for JSON, so that it learns for sure that the server has the text, and where to go; whoever sends
without scripts is led there.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2s

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from ventanilla.core.ids import token
from ventanilla.people.models import Person
from ventanilla.portal.models import Sent
from ventanilla.tickets.models import Ticket

KEPT_DAYS = 14
_MARK = re.compile(r"[A-Za-z0-9_-]{16,64}")


def mark_of(request: HttpRequest) -> str:
    """The mark of the form that is being drawn or was sent: the one it bears, else a fresh one."""
    given = request.POST.get("once", "")
    return given if _MARK.fullmatch(given) else token()


@transaction.atomic
def do_once(request: HttpRequest, person: Person, *, about: str, act: Callable[[], Ticket]) -> tuple[Ticket, bool]:
    """The ticket that `act` made or wrote in, and whether that happened now or when the same form came before.

    `about` says which form it is. The same mark with another text is no repetition: nothing anybody wrote is swallowed.
    Two at once wait for each other; what `act` raises is raised, and nothing is remembered then.
    """
    given = request.POST.get("once", "")
    if not _MARK.fullmatch(given):
        return act(), True
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in _NOT_SAID)
    files = [(file.name, file.size) for file in request.FILES.getlist("files")]
    digest = blake2s(repr((about, said, files)).encode()).hexdigest()
    row, _made = Sent.objects.get_or_create(person=person, once=given, digest=digest)
    if row.ticket is not None:
        return row.ticket, False
    row.ticket = act()
    row.save(update_fields=["ticket"])
    return row.ticket, True


_NOT_SAID = frozenset({"csrfmiddlewaretoken", "once"})


def done(request: HttpRequest, address: str) -> HttpResponse:
    """It is done, and what comes next stands at `address`: 201 for a script that asked for JSON, else a redirect."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"address": address}, status=201)
    return HttpResponseRedirect(address)


def forget_old(now: datetime) -> int:
    """Forget forms that nobody sends again. Not counted as work: returns 0."""
    Sent.objects.filter(sent_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    return 0
