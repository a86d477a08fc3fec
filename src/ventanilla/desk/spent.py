"""Time on the page of a ticket: writing it down, correcting it, and the timer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes, parse_duration
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.page import fresh_context
from ventanilla.desk.tasks import answer, tried
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Activity, Ticket, TimeEntry
from ventanilla.tickets.spending import add_time, change_time, remove_time
from ventanilla.tickets.time_queries import activities, activity_with, entry_of, offered_activities, timer_of
from ventanilla.tickets.timing import discard_timer, run_for, start_timer, stop_timer

_FIELDS = ("spent", "day", "activity", "billable", "note")


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def new_entry(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask how long it took, and write it down. 422 with what was typed when it cannot be."""
    by = author_of(request)
    by.require(Right.NOTE)
    problems: dict[str, str] = {}
    if request.method == "POST":
        made, problems = tried(lambda: add_time(by=by, ticket=ticket, **_read(request)))
        if made is not None:
            undo = reverse("desk-time-remove", args=[ticket.number, made.pk])
            return answer(request, ticket, _written(made), undo=undo)
    first = next(iter(offered_activities()), None)
    typed = {"spent": "", "day": f"{timezone.localdate()}", "activity": first.key if first else "", "note": ""}
    typed |= {"billable": "1" if first is None or first.billable else ""}
    return _form(request, ticket, problems, typed, title=_("Record time"))


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def entry(request: HttpRequest, ticket: Ticket, entry: int) -> HttpResponseBase:
    """Correct an entry: one's own, or anybody's for who sees to the hours. 422 with what was typed when it cannot
    be."""
    by, row = author_of(request), entry_of(ticket, entry)
    _require_mine(person_of(request), row)
    problems: dict[str, str] = {}
    if request.method == "POST":
        made, problems = tried(lambda: change_time(by=by, entry=row, **_read(request)))
        if made is not None and request.GET.get("hours"):
            return HttpResponse(headers={"HX-Refresh": "true"})
        if made is not None:
            return answer(request, ticket, _("Saved: %(title)s.") % {"title": hours_and_minutes(made.seconds)})
    typed = {
        "spent": hours_and_minutes(row.seconds),
        "day": row.day.isoformat(),
        "activity": row.activity.key if row.activity else "",
        "billable": "1" if row.billable else "",
        "note": row.note,
    }
    return _form(request, ticket, problems, typed, title=_("Correct time"), row=row)


@require_POST
@ticket_page
def remove_entry(request: HttpRequest, ticket: Ticket, entry: int) -> HttpResponseBase:
    """Delete an entry."""
    row = entry_of(ticket, entry)
    _require_mine(person_of(request), row)
    _none, problems = tried(lambda: remove_time(by=author_of(request), entry=row))
    if problems:
        return render(request, "desk/problem.html", {"text": " ".join(problems.values())}, status=422)
    if request.GET.get("hours"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return answer(request, ticket, _("Deleted: %(time)s.") % {"time": hours_and_minutes(row.seconds)})


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def timer(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Start one's timer (`do=start`), throw it away (`do=discard`), or ask what it was for and write its time down."""
    by, person = author_of(request), person_of(request)
    by.require(Right.NOTE)
    do = (request.POST.get("do") or request.GET.get("do", "")) if request.method == "POST" else ""
    if do == "start":
        before = timer_of(person)
        start_timer(by=by, ticket=ticket)
        text = _("The timer runs.")
        if before is not None and before.ticket_id != ticket.pk:
            text = _("The timer runs. What it had run for %(number)s is recorded there.")
        return _again(request, ticket, text % {"number": before.ticket.number if before else ""})
    if do == "discard":
        discard_timer(by=by)
        return _again(request, ticket, _("The timer was discarded."))
    running = timer_of(person)
    if running is None or running.ticket_id != ticket.pk:
        return render(request, "desk/problem.html", {"text": _("No timer of yours runs here.")}, status=422)
    problems: dict[str, str] = {}
    if request.method == "POST":

        def write() -> TimeEntry:
            values = _read(request)
            values.pop("day", None)
            return stop_timer(by=by, **values)

        made, problems = tried(write)
        if made is not None:
            return _again(request, ticket, _written(made))
    first = next(iter(offered_activities()), None)
    typed = {
        "spent": hours_and_minutes(run_for(running, timezone.now())),
        "day": "",
        "activity": first.key if first else "",
        "billable": "1" if first is None or first.billable else "",
        "note": "",
    }
    return _form(request, ticket, problems, typed, title=_("Stop the timer"), timed=True)


def _again(request: HttpRequest, ticket: Ticket, text: str) -> HttpResponse:
    """The parts of the page as they stand, in their places, and a toast: bar and head show whether the timer runs."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    context = fresh_context(request, ticket)
    if context is None:
        return HttpResponse(headers={"HX-Redirect": reverse("desk")})
    return render(request, "desk/macro_done.html", context | {"toast": {"text": text, "tone": ""}})


def _written(made: TimeEntry) -> str:
    return _("Recorded: %(time)s.") % {"time": hours_and_minutes(made.seconds)}


def _require_mine(person: Person, row: TimeEntry) -> None:
    if row.person_id != person.pk and not person.may(Right.HOURS):
        raise PermissionDenied(Right.HOURS)
    if not person.may(Right.NOTE):
        raise PermissionDenied(Right.NOTE)


def read_spent(text: str) -> int:
    """The seconds that somebody typed. Raises `ValidationError`, naming the field."""
    seconds = parse_duration(text)
    if seconds is None:
        raise ValidationError({"seconds": _("Write how long it took, at most 24 hours: 1:30, 45, 1.5 h.")})
    return seconds


def _read(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    values: dict[str, Any] = {"seconds": read_spent(post.get("spent", ""))}
    if post.get("day"):
        try:
            values["day"] = date.fromisoformat(post["day"])
        except ValueError:
            raise ValidationError({"day": _("Write a date.")}) from None
    values["activity"] = _activity(post.get("activity", ""))
    values["billable"] = bool(post.get("billable"))
    values["note"] = post.get("note", "")
    return values


def _activity(key: str) -> Activity | None:
    if not key:
        return None
    found = activity_with(key)
    if found is None:
        raise ValidationError({"activity": _("Choose one of the list.")})
    return found


def _form(
    request: HttpRequest,
    ticket: Ticket,
    problems: Mapping[str, str],
    typed: dict[str, str],
    *,
    title: str,
    row: TimeEntry | None = None,
    timed: bool = False,
) -> HttpResponse:
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in _FIELDS}
    chosen = typed["activity"]
    context = {
        "ticket": ticket,
        "title": title,
        "typed": typed,
        "activities": [one for one in activities().values() if one.archived_at is None or one.key == chosen],
        "timed": timed,
        "entry": row,
        "problems": problems,
        "here": request.get_full_path(),
        "query": request.GET.urlencode(),
        "today": f"{timezone.localdate()}",
    }
    return render(request, "desk/time.html", context, status=422 if problems else 200)
