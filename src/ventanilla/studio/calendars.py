"""A calendar: its week, seasons, holidays and single days, with the picture of the year; holidays from elsewhere."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.core.calendar_text import MOST_NAME
from ventanilla.core.calendar_typed import Unreadable, holidays_typed
from ventanilla.core.calendars import Calendar, CalendarError
from ventanilla.core.ics import NotICalendar, whole_days
from ventanilla.fields.section_actions import change_row, create_row, topic_of
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.calendar_section import CALENDARS
from ventanilla.people.calendar_versions import OFFICE_WEEK
from ventanilla.people.calendars import calendar_with
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.studio.calendar_forms import PRESETS, CalendarForm, FileForm, edited, in_words, seasons_in, typed_of
from ventanilla.studio.public_holidays import YEARS, NotAnswered, PublicHolidays, public_holidays
from ventanilla.studio.queries import row_of
from ventanilla.studio.rows import crumbs, done, end_of, toast
from ventanilla.studio.year_picture import year_of, year_picture

# Days that come back on changing dates are worked out for so many years from the present one on.
ICS_YEARS: Final = 5
_SHOWN_LEFT_OUT = 8


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new calendar or an existing one. A button that writes into the form (`do`) keeps nothing yet."""
    row = row_of(CALENDARS, pk) if pk is not None else None
    definition = row.definition if row is not None else {"tz": installation().time_zone, "week": OFFICE_WEEK}
    typed: dict[str, Any] = typed_of(definition)
    if row is not None:
        typed |= CalendarForm.initial_of(row.label) | {"archived": row.archived_at is not None}
    if "do" in request.POST:
        typed = edited(request.POST.dict(), request.POST["do"])
        form = CalendarForm(initial=typed, seasons=seasons_in(typed), kept=row is not None)
        return _page(request, by, row, form, CalendarForm(typed, **_how(row, typed)).readable())
    form = CalendarForm(posted(request), **_how(row, request.POST or typed, typed))

    def write(values: dict[str, Any]) -> Any:
        given = {"by": by, "section": CALENDARS, "label": values["label"], "definition": values["definition"]}
        if row is None:
            return create_row(**given)
        return change_row(row=row, archived=values["archived"], **given)

    if request.method == "POST" and (written := save(form, write)):
        return done(reverse("calendar", args=[written.pk]), by, topic_of(CALENDARS, written))
    return _page(request, by, row, form, form.readable() if request.method == "POST" else definition)


def _how(row: Any, typed: Mapping[str, Any], initial: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"initial": initial or typed, "seasons": seasons_in(typed), "kept": row is not None}


def _page(
    request: HttpRequest, by: Author, row: Any, form: CalendarForm, definition: Mapping[str, Any] | None
) -> HttpResponse:
    context = {
        "form": form,
        "title": str(row) if row is not None else str(CALENDARS.new),
        "crumbs": crumbs(CALENDARS),
        "key": row.key if row is not None else "",
        "presets": [{"key": key, "label": str(label)} for key, label in PRESETS],
        "unsaved": request.method == "POST",
        "toast": toast(request, CALENDARS, by),
        "holidays_url": reverse("calendar-holidays", args=[row.pk]) if row is not None else "",
        **_pictured(request, definition),
    }
    if row is not None:
        context |= end_of(CALENDARS, row)
    return render(request, "studio/calendar.html", context, status=422 if form.errors else 200)


@managed(Right.SETTINGS)
@require_POST
def preview(request: HttpRequest, by: Author) -> HttpResponse:
    """The picture of the year for what is typed so far; keeps nothing."""
    del by
    form = CalendarForm(request.POST, **_how(None, request.POST))
    return render(request, "studio/calendar_year.html", _pictured(request, form.readable()))


def _pictured(request: HttpRequest, definition: Mapping[str, Any] | None) -> dict[str, Any]:
    """The picture for a template; none where the hours cannot be read."""
    wanted = request.POST.get("do", "").partition("year-")[2] or request.POST.get("year", "")
    year = year_of(wanted, timezone.localdate())
    try:
        found = calendar_with(definition) if definition is not None else None
    except CalendarError:
        found = None
    names = definition.get("names", {}) if definition is not None else {}
    return {"picture": year_picture(found, names, year) if found is not None else None, "year": year}


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def holidays(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Holidays from elsewhere: those of a country and its region, or of a calendar file. What is ticked is added."""
    row = row_of(CALENDARS, pk)
    adding, problem = "add" in request.POST, ""
    if adding:
        try:
            return _add(request, by, row)
        except ValidationError as error:
            problem = " ".join(error.messages)
    form = FileForm(None if adding else posted(request), request.FILES or None)
    found: dict[str, str] = {}
    left_out: list[str] = []
    offered = None
    if adding:
        found = _days_in(request.POST.getlist("offered"))
    elif request.method == "POST":
        found, left_out = _of_file(form, row)
    else:
        offered = _of_country(request, row)
        found = dict(offered.days) if offered is not None else {}
    known, ticked = calendar_with(row.definition), request.POST.getlist("day") if adding else None
    context = {
        "title": _("Add holidays"),
        "crumbs": [*crumbs(CALENDARS), {"label": str(row), "url": reverse("calendar", args=[row.pk])}],
        "form": form,
        "problem": problem,
        "offered": offered,
        "of_file": request.method == "POST",
        "days": [_line(day, name, known, ticked) for day, name in found.items()],
        "left_out": left_out[:_SHOWN_LEFT_OUT],
        "more_left_out": max(0, len(left_out) - _SHOWN_LEFT_OUT),
        "years": YEARS,
        "back_url": reverse("calendar", args=[row.pk]),
    }
    return render(request, "studio/calendar_holidays.html", context, status=422 if form.errors or problem else 200)


def _of_country(request: HttpRequest, row: Any) -> PublicHolidays | None:
    try:
        return public_holidays(
            language=(get_language() or "es")[:2],
            zone=row.definition["tz"],
            country=request.GET.get("country", "")[:2],
            region=request.GET.get("region", "")[:40],
            first_year=timezone.localdate().year,
        )
    except NotAnswered:
        return None


def _of_file(form: FileForm, row: Any) -> tuple[dict[str, str], list[str]]:
    """The days of the file that was sent, and what of it was left out; a mistake goes into the form."""
    if not form.is_valid():
        return {}, []
    year = timezone.localdate().year
    zone = calendar_with(row.definition).zone
    try:
        read = whole_days(form.cleaned_data["file"].read(), zone=zone, years=range(year, year + ICS_YEARS))
    except NotICalendar:
        form.add_error("file", _("This is no calendar file (.ics), or it is larger than 2 MB."))
        return {}, []
    if not read.days:
        form.add_error("file", _("There are no whole days in it."))
    return dict(read.days), list(read.left_out)


def _line(day: str, name: str, known: Calendar, ticked: Collection[str] | None) -> dict[str, Any]:
    """A day as it is offered, ticked unless it is over. It is there already where its date is a holiday."""
    yearly = day.startswith("*")
    at = date.fromisoformat(day.replace("*", "2000"))
    there = any(one.of(at) for one in known.yearly_holidays) if yearly else known.is_holiday(at)
    said = formats.date_format(at, "MONTH_DAY_FORMAT" if yearly else "DATE_FORMAT")
    value = f"{day} {name}".strip()
    return {
        "value": value,
        "day": _("%(day)s, every year") % {"day": said} if yearly else said,
        "name": name,
        "there": there,
        "ticked": value in ticked if ticked is not None else yearly or at >= timezone.localdate(),
    }


def _add(request: HttpRequest, by: Author, row: Any) -> HttpResponse:
    """Add the days that are ticked. Raises `ValidationError` where there are none, or too many."""
    added = _days_in(request.POST.getlist("day"))
    if not added:
        raise ValidationError(_("Tick the days to add."))
    now = row.definition
    definition = {
        **now,
        "holidays": [*now.get("holidays", []), *added],
        "names": {**added, **now.get("names", {})},
    }
    change_row(by=by, section=CALENDARS, row=row, label=row.label, definition=definition)
    return done(reverse("calendar", args=[row.pk]), by, topic_of(CALENDARS, row))


def _days_in(lines: Iterable[str]) -> dict[str, str]:
    """Days with their names out of what a form sent back. Raises `ValidationError` for what no form of ours sends."""
    try:
        typed = holidays_typed("\n".join(dict.fromkeys(lines)), longest_name=MOST_NAME)
    except Unreadable as error:
        raise ValidationError(in_words(error)) from None
    return {day: typed.names.get(day, "") for day in typed.windows}
