"""Announcements at the desk: post one, see whom it concerns, tell them all, end it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.announcements.actions import end, post, revise, tell_all
from ventanilla.announcements.forms import AnnouncementForm, UpdateForm
from ventanilla.announcements.models import Announcement, Join, Update
from ventanilla.announcements.queries import affected_by, at_the_desk, listed
from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.queries import ticket_for
from ventanilla.ui.templatetags.ui import short_moment


@managed(Right.REPLY)
@require_safe
def announcements(request: HttpRequest, by: Author) -> HttpResponse:
    """All announcements, those that are on first."""
    now = timezone.now()
    rows = [
        {
            "url": reverse("announcement", args=[row.pk]),
            "label": row.title,
            "indent": "",
            "cells": [
                _state(row),
                short_moment(row.starts_at, now),
                getattr(row, "affected", 0) if row.ticket_id else "—",
            ],
        }
        for row in (listed(by.person) if by.person else ())
    ]
    context = {
        "title": _("Announcements"),
        "text": _("What many should know. It stands on the portal, and is shown to whoever is typing a ticket."),
        "heads": [_("Announcement"), _("State"), _("From"), _("Affected")],
        "rows": rows,
        "action": {"label": _("New announcement"), "url": reverse("announcement-new"), "icon": "plus"},
    }
    return render(request, "people/table.html", context)


def _state(row: Announcement) -> str:
    if row.ended_at is not None:
        return _("Over")
    return _("Planned") if row.starts_at > timezone.now() else _("On the portal")


@managed(Right.REPLY)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, by: Author) -> HttpResponse:
    """Post an announcement; from a ticket (`?ticket=`) everything is filled in, so that one more click posts it."""
    ticket = _ticket(request, by)
    initial: dict[str, Any] = {"audience": Announcement.Audience.EVERYONE}
    if ticket is not None:
        # What a restricted ticket is about is not for everybody.
        initial |= {"title": "" if ticket.restricted else ticket.subject}
    form = AnnouncementForm(posted(request), who=_who(by), initial=initial, new=True, ticket=ticket is not None)

    def write(values: dict[str, Any]) -> Announcement:
        wording, joinable = AnnouncementForm.wording(values), ticket is not None or bool(values.get("joinable"))
        return post(by=by, wording=wording, ticket=ticket, joinable=joinable)

    if request.method == "POST":
        row = save(form, write)
        if row is not None:
            messages.success(request, _("It is on the portal.") if row.starts_at <= timezone.now() else _("Saved."))
            return redirect("announcement", row.pk)
    text = ""
    if ticket is not None:
        text = _("Whoever it happens to as well joins %(number)s instead of opening a ticket.") % {
            "number": ticket.number
        }
    return form_page(request, form, title=_("New announcement"), crumbs=_crumbs(), text=text, submit=_("Post it"))


def _who(by: Author) -> Viewer:
    assert by.person is not None  # `managed` lets nobody else in
    return viewer(by.person)


def _ticket(request: HttpRequest, by: Author) -> Ticket | None:
    number = request.GET.get("ticket", "")
    return ticket_for(by.person, number) if number and by.person else None


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Announcements"), "url": reverse("announcements")}]


@managed(Right.REPLY)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Say it otherwise, at another time or to others."""
    row = _found(by, pk)
    who, initial = _who(by), AnnouncementForm.initial_of(row)
    form = AnnouncementForm(posted(request), who=who, initial=initial, new=False, ticket=False)

    def write(values: dict[str, Any]) -> Announcement:
        return revise(by=by, announcement=row, wording=AnnouncementForm.wording(values, row, who))

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("announcement", row.pk)
    return form_page(request, form, title=row.title, crumbs=_crumbs())


def _found(by: Author, pk: int) -> Announcement:
    found = at_the_desk(by.person).filter(pk=pk).first() if by.person else None
    if found is None:
        raise Http404
    return found


@managed(Right.REPLY)
@require_http_methods(["GET", "HEAD", "POST"])
def announcement(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """One announcement: what was said, whom it concerns; a POST says something to all of them."""
    row = _found(by, pk)
    form = UpdateForm(posted(request))

    def write(values: dict[str, Any]) -> Update:
        return tell_all(by=by, announcement=row, text=values["text"])

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Sent to everybody affected."))
        return redirect("announcement", row.pk)
    joins = affected_by(row)
    context = {
        "announcement": row,
        "state": _state(row),
        "crumbs": _crumbs(),
        "joins": joins,
        "broken": sum(one.answer == Join.Answer.NO for one in joins),
        "working": sum(one.answer == Join.Answer.YES for one in joins),
        "updates": row.updates.select_related("author").order_by("at", "pk"),
        "form": form,
        "end_words": ngettext(
            "End it and ask %(count)d affected person", "End it and ask all %(count)d affected", len(joins)
        )
        % {"count": len(joins)}
        if joins
        else _("End it"),
    }
    return render(request, "announcements/announcement.html", context, status=422 if form.errors else 200)


@managed(Right.REPLY)
@require_POST
def finish(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """It is over: everybody who joined is asked."""
    if end(by=by, announcement=_found(by, pk)):
        messages.success(request, _("It is over. Whoever joined is asked whether it works."))
    return redirect("announcement", pk)
