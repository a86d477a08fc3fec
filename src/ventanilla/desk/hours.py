"""The hours that were spent on tickets: sums, the entries behind them, files, and closing months."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes
from ventanilla.core.sheets import MOST_SHEET_ROWS
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.export import FILE_TYPES
from ventanilla.desk.export_actions import note_hours_export
from ventanilla.people.models import Person
from ventanilla.people.queries import known_organizations, names_of
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.hours import (
    BY_DAY,
    GROUPS,
    NONE,
    Asked,
    asked_for,
    entries_for,
    every_entry,
    locked_months,
    month_named,
    month_text,
    seen_among,
    sums,
)
from ventanilla.tickets.models import TimeEntry
from ventanilla.tickets.paging import decode, encode
from ventanilla.tickets.spending import lock_month, month_of, unlock_month
from ventanilla.tickets.time_queries import activities
from ventanilla.ui.downloads import csv_stream, xlsx_answer
from ventanilla.ui.lists import BadAddress
from ventanilla.ui.templatetags.ui import short_date

_SHOWN_ENTRIES = 100


@require_safe
@desk_page
def hours(request: HttpRequest) -> HttpResponseBase:
    """The sums under the filters of the address: one's own, or everybody's for who may see them."""
    person, asked = person_of(request), _asked(request)
    lines = sums(person, asked)
    every = person.may(Right.HOURS)
    context = _frame(person, asked) | {
        "tabs": [
            {"label": label, "url": _url("desk-hours", asked, by=by), "current": by == asked.by}
            for by, (label, _column) in GROUPS.items()
            if every or by != "person"
        ],
        "group": GROUPS[asked.by][0],
        "lines": [
            {
                "label": line.label,
                "url": _url("desk-hours-entries", asked.inside(line.key)),
                "time": hours_and_minutes(line.seconds),
                "billable": hours_and_minutes(line.billable_seconds),
                "entries": line.entries,
            }
            for line in lines
        ],
        "time": hours_and_minutes(sum(line.seconds for line in lines)),
        "billable": hours_and_minutes(sum(line.billable_seconds for line in lines)),
        "entries": sum(line.entries for line in lines),
        "entries_url": _url("desk-hours-entries", asked),
        "locked": [month_text(row.month) for row in locked_months()],
    }
    return render(request, "desk/hours.html", context)


@require_safe
@desk_page
def entries(request: HttpRequest) -> HttpResponseBase:
    """The entries under the filters of the address, the newest day first."""
    person, asked = person_of(request), _asked(request)
    after = decode(request.GET.get("cursor"), BY_DAY)
    rows = entries_for(person, asked).select_related("ticket", "person", "organization")
    found, following = BY_DAY.cut(rows, after, _SHOWN_ENTRIES)
    seen = seen_among(person, found)
    closed = {row.month for row in locked_months()}
    more = _url("desk-hours-entries", asked, cursor=encode(following) or "") if following else ""
    context = _frame(person, asked) | {
        "lines": [_line(row, person, seen, closed) for row in found],
        "pages": {"next_url": more},
        "sums_url": _url("desk-hours", asked),
        "title": _("Entries"),
        "crumbs": [{"label": _("Hours"), "url": _url("desk-hours", asked)}],
    }
    return render(request, "desk/hours_entries.html", context)


@require_POST
@desk_page
def export(request: HttpRequest) -> HttpResponseBase:
    """The entries under the filters of the address as a CSV or XLSX file; that it was taken is on the audit list."""
    person, asked = person_of(request), _asked(request)
    file_type = request.POST.get("file_type", "")
    if file_type not in FILE_TYPES:
        raise BadAddress(_("There is no such file to export to."))
    count = entries_for(person, asked).count()
    if file_type == "xlsx" and count >= MOST_SHEET_ROWS:
        most = number_format(MOST_SHEET_ROWS - 1, force_grouping=True)
        raise BadAddress(_("An XLSX file has at most %(most)s rows. Export as CSV.") % {"most": most})
    note_hours_export(by=author_of(request), count=count, file_type=file_type, query=urlencode(asked.as_query()))
    heading = [
        *(_("Day"), _("Number"), _("Subject"), _("Organization"), _("Person"), _("Activity")),
        *(_("Billable"), _("Time"), _("Minutes"), _("Note")),
    ]
    rows = chain([heading], _file_lines(person, asked, translation.get_language() or "es"))
    name = f"{_('Hours')} {month_text(asked.since)} {month_text(asked.until)}.{file_type}"
    return csv_stream(rows, name) if file_type == "csv" else xlsx_answer(rows, name)


@require_POST
@desk_page
def lock(request: HttpRequest) -> HttpResponseBase:
    """Close the month of the form, or with `open` open it again."""
    by, back = author_of(request), reverse("desk-hours")
    try:
        month = month_named(request.POST.get("month", ""), "month")
        if request.POST.get("open"):
            unlock_month(by=by, month=month)
        else:
            lock_month(by=by, month=month)
    except ValidationError as error:
        raise BadAddress(" ".join(error.messages)) from None
    return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}" if request.GET else back)


def _asked(request: HttpRequest) -> Asked:
    try:
        return asked_for(request.GET.dict())
    except ValidationError as error:
        raise BadAddress(" ".join(error.messages)) from None


def _url(name: str, asked: Asked, **more: str) -> str:
    return f"{reverse(name)}?{urlencode(asked.as_query() | more)}"


def _frame(person: Person, asked: Asked) -> dict[str, Any]:
    """What both pages are drawn with: the filters as they are, and what may be chosen."""
    every = person.may(Right.HOURS)
    people = names_of([int(asked.person)]) if every and asked.person.isdigit() else {}
    known = known_organizations(viewer(person))
    organization = known.filter(pk=asked.organization).first() if asked.organization.isdigit() else None
    return {
        "title": _("Hours") if every else _("My hours"),
        "every": every,
        "asked": asked,
        "since": month_text(asked.since),
        "until": month_text(asked.until),
        "none": NONE,
        "person_name": next(iter(people.values()), ""),
        "organization_name": organization.name if organization else "",
        "activities": list(activities().values()),
        "export_url": _url("desk-hours-export", asked),
        "lock_url": f"{reverse('desk-hours-lock')}?{urlencode(asked.as_query())}",
        "last_month": month_text(month_of(timezone.localdate().replace(day=1) - timedelta(days=1))),
        "plain_url": reverse("desk-hours"),
    }


def _line(row: TimeEntry, reader: Person, seen: set[int], closed: set[int]) -> dict[str, Any]:
    number = row.ticket.number if row.ticket_id in seen else ""
    may = bool(number) and row.month not in closed and (row.person_id == reader.pk or reader.may(Right.HOURS))
    return {
        "day": short_date(row.day),
        "number": number,
        "subject": row.ticket.subject if number else "",
        "url": reverse("desk-ticket", args=[number]) if number else "",
        "edit_url": reverse("desk-time-entry", args=[number, row.pk]) if may else "",
        "organization": row.organization.name if row.organization else "",
        "person": row.person.display_name,
        "activity": str(activities()[row.activity_id]) if row.activity_id else "",
        "billable": row.billable,
        "time": hours_and_minutes(row.seconds),
        "note": row.note,
    }


def _file_lines(person: Person, asked: Asked, language: str) -> Iterator[Sequence[str]]:
    """Each entry as a line. Whoever sends the file has left the request behind, and with it its reader's language."""
    piece: list[TimeEntry] = []
    for row in every_entry(person, asked):
        piece.append(row)
        if len(piece) == _SHOWN_ENTRIES:
            yield from _piece(piece, person, language)
            piece = []
    yield from _piece(piece, person, language)


def _piece(rows: list[TimeEntry], person: Person, language: str) -> list[Sequence[str]]:
    seen = seen_among(person, rows) if rows else set()
    with translation.override(language):
        yes, no = _("yes"), _("no")
        lines = [_line(row, person, seen, set()) for row in rows]
    names = ("number", "subject", "organization", "person", "activity")
    return [
        [
            row.day.isoformat(),
            *(line[name] for name in names),
            yes if line["billable"] else no,
            line["time"],
            str(round(row.seconds / 60)),
            line["note"],
        ]
        for line, row in zip(lines, rows, strict=True)
    ]
