"""Time spent on tickets in the REST API: the entries of a ticket, the sums, and closed months."""

from datetime import date
from typing import Annotated, Any, Literal

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Header, Query, Router, Schema
from pydantic import Field, StringConstraints

from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import Paging, PersonOut, Short, caller, nothing_else, person_out, version_in
from ventanilla.tickets.hours import (
    BY_DAY,
    asked_for,
    entries_for,
    locked_months,
    month_named,
    month_text,
    seen_among,
    sums,
)
from ventanilla.tickets.models import Activity, Ticket, TimeEntry
from ventanilla.tickets.paging import decode, encode
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.queries import ticket_for
from ventanilla.tickets.spending import add_time, change_time, lock_month, remove_time, unlock_month
from ventanilla.tickets.time_queries import activities, activity_with, entries_of, entry_of, offered_activities

router = Router(tags=["tickets"])
hours_router = Router(tags=["hours"])
IfMatch = Annotated[str | None, Header(alias="If-Match")]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class ActivityOut(Schema):
    """What time is spent on, by language."""

    key: str
    label: dict[str, str]
    billable: bool


class ActivityList(Schema):
    """The activities that may be chosen, in order."""

    items: list[ActivityOut]


class TimeOut(Schema):
    """Time that somebody spent on a ticket. `message`: what was said meanwhile. `ticket` is null for one you no longer
    see."""

    id: int
    ticket: str | None
    person: PersonOut
    day: date
    seconds: int
    activity: str | None
    billable: bool
    note: str
    message: int | None


class TimeList(Schema):
    """The time spent on a ticket, the newest first."""

    items: list[TimeOut]


class TimePage(Schema):
    """A page of entries."""

    items: list[TimeOut]
    next: str | None


class TimeIn(Input):
    """Time of yours: `day` is today and `billable` what the activity is, unless you say otherwise."""

    seconds: Annotated[int, Field(ge=1, le=86_400)]
    day: date | None = None
    activity: Short | None = None
    billable: bool | None = None
    note: Annotated[str, StringConstraints(max_length=500)] = ""


class TimePatch(Input):
    """New values of some fields; `activity: null` leaves it without one."""

    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    day: date | None = None
    activity: Short | None = None
    billable: bool | None = None
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class HoursFilter(Schema):
    """Which hours: months (this one unless they say otherwise), ids or `none`, the key of an activity, 1 or 0."""

    by: Literal["organization", "person", "activity", "month"] = "organization"
    since: Annotated[Month | None, Field(alias="from")] = None
    until: Annotated[Month | None, Field(alias="to")] = None
    organization: Short = ""
    person: Short = ""
    activity: Short = ""
    billable: Literal["", "0", "1"] = ""


class EntriesFilter(HoursFilter, Paging):
    """The same, a page at a time."""


class SumOut(Schema):
    """One group: its id or key (empty for what has none), its name, and its sums in seconds."""

    key: str
    label: str
    seconds: int
    billable_seconds: int
    entries: int


class SumList(Schema):
    """The groups, and the sum of all."""

    items: list[SumOut]
    seconds: int
    billable_seconds: int


class LockIn(Input):
    """The month to be closed, as 2026-11."""

    month: Month


class LockList(Schema):
    """The closed months, the newest first."""

    items: list[str]


@router.get("/activities", response=ActivityList, summary="What time can be spent on")
def list_activities(request: HttpRequest) -> dict[str, Any]:
    """In the administrator's order; none for whoever does not work at the desk."""
    rows = offered_activities() if viewer(caller(request)).staff else []
    return {"items": [{name: getattr(row, name) for name in ("key", "label", "billable")} for row in rows]}


@router.get("/tickets/{number}/time", response=TimeList, summary="Time spent on a ticket")
def list_time(request: HttpRequest, number: str) -> dict[str, Any]:
    """Everybody's entries of a ticket, for the desk."""
    ticket = _at_the_desk(request, number)
    return {"items": [_out(row, ticket.number) for row in entries_of(ticket)]}


@router.post("/tickets/{number}/time", response={201: TimeOut}, summary="Write time down")
def create_time(request: HttpRequest, number: str, payload: TimeIn) -> tuple[int, dict[str, Any]]:
    """Time that you spent. Refused in a closed month."""
    ticket = _at_the_desk(request, number, Right.NOTE)
    made = add_time(
        by=Author.of(caller(request)),
        ticket=ticket,
        seconds=payload.seconds,
        day=payload.day,
        activity=_activity(payload.activity),
        billable=payload.billable,
        note=payload.note,
    )
    return 201, _out(entry_of(ticket, made.pk), ticket.number)


@router.patch("/tickets/{number}/time/{entry}", response=TimeOut, summary="Correct an entry")
def patch_time(
    request: HttpRequest, number: str, entry: int, payload: TimePatch, if_match: IfMatch = None
) -> dict[str, Any]:
    """Yours, or anybody's if you see to the hours; never in a closed month. `If-Match`: the version of the ticket."""
    ticket = _at_the_desk(request, number, Right.NOTE)
    given = payload.model_dump(exclude_unset=True)
    values = {name: value for name, value in given.items() if name != "activity" and value is not None}
    if "activity" in given:
        values["activity"] = _activity(given["activity"])
    row, expected = entry_of(ticket, entry), version_in(if_match)
    change_time(by=Author.of(caller(request)), entry=row, expected_version=expected, **values)
    return _out(entry_of(ticket, row.pk), ticket.number)


@router.delete("/tickets/{number}/time/{entry}", response={204: None}, summary="Delete an entry")
def delete_time(request: HttpRequest, number: str, entry: int) -> tuple[int, None]:
    """Yours, or anybody's if you see to the hours; never in a closed month."""
    ticket = _at_the_desk(request, number, Right.NOTE)
    remove_time(by=Author.of(caller(request)), entry=entry_of(ticket, entry))
    return 204, None


@hours_router.get("/time", response=SumList, summary="Hours, added up")
def hours(request: HttpRequest, filters: Query[HoursFilter]) -> dict[str, Any]:
    """By customer, person, activity or month: yours, or everybody's if you see to the hours."""
    lines = sums(_hours_of(request), asked_for(_given(request, filters)))
    names = ("key", "label", "seconds", "billable_seconds", "entries")
    return {
        "items": [{name: getattr(line, name) for name in names} for line in lines],
        "seconds": sum(line.seconds for line in lines),
        "billable_seconds": sum(line.billable_seconds for line in lines),
    }


@hours_router.get("/time/entries", response=TimePage, summary="The entries behind the hours, newest day first")
def hours_entries(request: HttpRequest, filters: Query[EntriesFilter]) -> dict[str, Any]:
    """Under the same filters: yours, or everybody's if you see to the hours."""
    person = _hours_of(request)
    rows = entries_for(person, asked_for(_given(request, filters))).select_related("ticket", "person")
    found, following = BY_DAY.cut(rows, decode(filters.cursor, BY_DAY), filters.limit)
    seen = seen_among(person, found)
    items = [_out(row, row.ticket.number if row.ticket_id in seen else None) for row in found]
    return {"items": items, "next": encode(following)}


@hours_router.get("/time/locks", response=LockList, summary="Closed months")
def list_locks(request: HttpRequest) -> dict[str, Any]:
    """In these no entry comes, changes or goes."""
    _hours_of(request)
    return {"items": [month_text(row.month) for row in locked_months()]}


@hours_router.post("/time/locks", response={201: LockList}, summary="Close a month")
def create_lock(request: HttpRequest, payload: LockIn) -> tuple[int, dict[str, Any]]:
    """A month that is over. Stands on the audit list."""
    lock_month(by=Author.of(caller(request)), month=month_named(payload.month, "month"))
    return 201, list_locks(request)


@hours_router.delete("/time/locks/{month}", response={204: None}, summary="Open a closed month again")
def delete_lock(request: HttpRequest, month: str) -> tuple[int, None]:
    """Stands on the audit list."""
    unlock_month(by=Author.of(caller(request)), month=month_named(month, "month"))
    return 204, None


def _at_the_desk(request: HttpRequest, number: str, right: Right = Right.DESK) -> Ticket:
    person = caller(request)
    ticket = ticket_for(person, number)
    Author.of(person).require(right)
    note_restricted_reading(by=Author.of(person), ticket=ticket)
    return ticket


def _hours_of(request: HttpRequest) -> Person:
    person = caller(request)
    if not viewer(person).staff:
        raise PermissionDenied(Right.DESK)
    return person


def _given(request: HttpRequest, filters: HoursFilter) -> dict[str, str]:
    names = {"from": "since", "to": "until"}
    unknown = set(request.GET) - (set(type(filters).model_fields) - set(names.values()) | set(names))
    if unknown:
        nothing_else(request, filters)
    return {name: str(value) for name, value in request.GET.items() if name not in ("cursor", "limit")}


def _activity(key: str | None) -> Activity | None:
    found = activity_with(key) if key else None
    if key and (found is None or found.archived_at is not None):
        raise ValidationError({"activity": _("There is no “%(key)s”.") % {"key": key}})
    return found


def _out(row: TimeEntry, number: str | None) -> dict[str, Any]:
    names = ("day", "seconds", "billable", "note")
    return {
        "id": row.pk,
        "ticket": number,
        "person": person_out(row.person),
        **{name: getattr(row, name) for name in names},
        "activity": activities()[row.activity_id].key if row.activity_id else None,
        "message": row.message_id,
    }
