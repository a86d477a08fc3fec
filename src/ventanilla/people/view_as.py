"""Seeing the pages as somebody else: whoever manages people looks at what that person sees, and changes nothing.

What is seen is what both may see: nobody reaches a private department or a restricted ticket by it.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ventanilla.core.addresses import reverse
from ventanilla.events.record import record
from ventanilla.people.actions import check_rank
from ventanilla.people.author import Author
from ventanilla.people.managing import managed
from ventanilla.people.models import Person
from ventanilla.people.queries import person_by_id, person_with
from ventanilla.people.rights import Right

LONGEST_SECONDS: Final = 3600
_SESSION: Final = "view_as"
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


def seen_as(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let whoever looks as somebody else read that person's pages, and refuse whatever would change anything."""

    def middleware(request: HttpRequest) -> HttpResponse:
        kept = request.session.get(_SESSION) if request.user.is_authenticated else None
        if kept is None or request.path in _ways_back():
            return get_response(request)
        target, real = person_by_id(kept["person"]), request.user
        over = int(time.time()) - kept["since"] > LONGEST_SECONDS
        if over or target is None or not isinstance(real, Person) or not real.may_see_as(target):
            del request.session[_SESSION]
            return get_response(request)
        if request.method not in _SAFE:
            raise PermissionDenied(_("You only look: nothing can be changed while you see this as somebody else."))
        target.seen_through = real
        request.user = target
        return get_response(request)

    return middleware


@cache
def _ways_back() -> tuple[str, ...]:
    """Where one asks with one's own eyes: what ends it."""
    return reverse("view-as-end"), reverse("brand-preview-end")


@transaction.atomic
def note_view_as(*, by: Author, person: Person) -> None:
    """Record `person.viewed_as`. Raises `PermissionDenied` for a person with more rights, `ValidationError` for one who
    is switched off or the author."""
    by.require(Right.PEOPLE)
    check_rank(by, person.role)
    if by.person is None or not by.person.may_see_as(person):
        raise ValidationError(_("Choose somebody else who may sign in."))
    record("person.viewed_as", f"person:{person.pk}", actor=by.actor)


def see_as(request: HttpRequest, *, by: Author, person: Person) -> None:
    """See the pages as this person from now on, for an hour at most. Raises what `note_view_as` raises."""
    note_view_as(by=by, person=person)
    request.session[_SESSION] = {"person": person.pk, "since": int(time.time())}


def end_seeing(request: HttpRequest) -> int | None:
    """See one's own pages again; returns as whom one saw them."""
    kept = request.session.pop(_SESSION, None)
    return kept["person"] if kept else None


@managed(Right.PEOPLE)
@require_POST
def begin(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """See the pages as this person from now on, for an hour at most."""
    row = person_with(pk)
    try:
        see_as(request, by=by, person=row)
    except ValidationError as error:
        raise PermissionDenied(" ".join(error.messages)) from None
    return redirect("home")


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """See one's own pages again."""
    pk = end_seeing(request)
    return redirect("person", pk=pk) if pk else redirect("home")
