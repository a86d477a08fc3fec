"""Announcements for requesters: read one, say that it happens to them too, and whether it works again.

Two doors lead here: the portal for whoever is signed in, and the signed link of a mail for whoever joined. Behind the
link GET changes nothing, for mail scanners follow every link.
"""

from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.announcements.actions import answer as say_whether_it_works
from ventanilla.announcements.actions import join as say_it_is_mine_too
from ventanilla.announcements.models import Announcement, Join
from ventanilla.announcements.queries import announcement_for, join_of, linked_join
from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.people.doors import signed_out
from ventanilla.people.models import Person
from ventanilla.people.shells import link_shell, portal_shell
from ventanilla.portal.by_link import told_to, unseen
from ventanilla.portal.opened import View
from ventanilla.portal.sending import done
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Ticket
from ventanilla.ui.shell import Shell


@dataclass(frozen=True)
class Read:
    """An announcement in front of a person."""

    person: Person
    announcement: Announcement
    join: Join | None
    shell: Shell
    page_url: str
    answer_url: str
    by_link: bool = False


def _signed_in(view: View) -> View:
    @never_cache
    @wraps(view)
    def wrapper(request: HttpRequest, pk: int) -> HttpResponseBase:
        refused = signed_out(request)
        if refused is not None:
            return refused
        person = request.user
        assert isinstance(person, Person)
        found = announcement_for(person, pk)
        read = Read(
            person,
            found,
            join_of(person, found),
            portal_shell(request, person),
            page_url=reverse("portal:announcement", args=[pk]),
            answer_url=reverse("portal:announcement-answer", args=[pk]),
        )
        return view(request, read)

    return wrapper


def _with_link(view: View) -> View:
    @unseen
    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponseBase:
        found = linked_join(token)
        if found is None:
            raise Http404
        person = found.person

        def answered() -> HttpResponseBase:
            read = Read(
                person,
                found.announcement,
                found,
                link_shell(request, person),
                page_url=reverse("announcement-link", args=[token]),
                answer_url=reverse("announcement-link-answer", args=[token]),
                by_link=True,
            )
            return view(request, read)

        return told_to(person, answered)

    return wrapper


def _page(request: HttpRequest, read: Read, *, problem: str = "") -> HttpResponse:
    row, join = read.announcement, read.join
    own_url = ""
    if join is not None and join.ticket is not None:
        own = join.ticket
        own_url = ticket_link(own, read.person) if read.by_link else reverse("portal:ticket", args=[own.number])
    context: dict[str, Any] = {
        "shell": read.shell,
        "read": read,
        "announcement": row,
        "updates": row.updates.order_by("at", "pk"),
        "join": join,
        "own_url": own_url,
        "over": row.ended_at is not None or (row.ends_at is not None and row.ends_at <= timezone.now()),
        "problem": problem,
        "text": request.POST.get("text", "") if problem else "",
    }
    return render(request, "portal/announcement.html", context, status=422 if problem else 200)


def _answered(request: HttpRequest, read: Read) -> HttpResponse:
    """Yes or no: a "no" makes a ticket of their own."""
    if read.join is None:
        raise Http404
    works = {"yes": True, "no": False}.get(request.POST.get("works", ""))
    if works is None:
        return _page(request, read, problem=_("Choose yes or no."))
    text = request.POST.get("text", "")
    by = Author.of(read.person)
    try:
        row = say_whether_it_works(by=by, join=read.join, works=works, text=text, channel=Ticket.Channel.PORTAL)
    except ValidationError as error:
        return _page(request, read, problem=" ".join(error.messages))
    if not read.by_link:
        if works:
            messages.success(request, _("Thank you. Good to hear."))
        elif row.ticket is not None:
            said = _("We go on with yours: its number is %(number)s.") % {"number": row.ticket.number}
            messages.success(request, said)
    return done(request, read.page_url)


@_signed_in
@require_safe
def page(request: HttpRequest, read: Read) -> HttpResponse:
    """What is said, since when, and whether it is the reader's too."""
    return _page(request, read)


@_signed_in
@require_POST
def join(request: HttpRequest, read: Read) -> HttpResponse:
    """It happens to me too: no ticket is opened."""
    try:
        say_it_is_mine_too(by=Author.of(read.person), announcement=read.announcement)
    except ValidationError as error:
        return _page(request, read, problem=" ".join(error.messages))
    messages.success(request, _("Noted. You need not open a ticket: we will tell you how it goes."))
    return HttpResponseRedirect(read.page_url)


@_signed_in
@require_POST
def answer(request: HttpRequest, read: Read) -> HttpResponse:
    """Whether it works."""
    return _answered(request, read)


@_with_link
@require_safe
def linked_page(request: HttpRequest, read: Read) -> HttpResponse:
    """The same behind the link of a mail."""
    return _page(request, read)


@_with_link
@require_POST
def linked_answer(request: HttpRequest, read: Read) -> HttpResponse:
    """Whether it works, behind the link of a mail."""
    return _answered(request, read)
