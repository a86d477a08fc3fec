"""Writing down time that was spent on a ticket, correcting it, and closing months."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import lock, lock_survivor
from ventanilla.tickets.models import Activity, LockedMonth, Message, Ticket, TimeEntry
from ventanilla.tickets.state import context
from ventanilla.tickets.work import check_version, note_time_use, recount_time

MOST_SECONDS = 24 * 3600
MOST_DAYS_AHEAD = 1
_SETTABLE = frozenset({"seconds", "day", "activity", "billable", "note"})


def month_of(day: date) -> int:
    """The month of a day as entries have it: 202611."""
    return day.year * 100 + day.month


@transaction.atomic
def add_time(
    *,
    by: Author,
    ticket: Ticket,
    seconds: int,
    person: Person | None = None,
    day: date | None = None,
    activity: Activity | None = None,
    billable: bool | None = None,
    note: str = "",
    message: Message | None = None,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> TimeEntry:
    """Time that the author (for Ventanilla itself: `person`) spent on a ticket; in a merged one's survivor.

    `seconds`: more than none, at most a day. `day`: today (in the zone of the moment) unless said otherwise. What is
    not said is billable as its `activity` is. Records `time.added`. Raises `PermissionDenied` for whoever may not write
    notes, `ValidationError`, naming the field, for what cannot be, and for a day of a closed month.
    """
    by.require(Right.NOTE)
    whose = person if by.trusted and person is not None else by.person
    if whose is None:
        raise PermissionDenied(Right.NOTE)
    row = lock_survivor(ticket)
    when = day or timezone.localdate(at)
    _check(seconds, when)
    _check_open(month_of(when))
    note_time_use()
    entry = TimeEntry.objects.create(
        ticket=row,
        origin_ticket=row,
        person=whose,
        organization_id=row.organization_id,
        activity=activity,
        message=message,
        day=when,
        month=month_of(when),
        seconds=seconds,
        billable=billable if billable is not None else activity.billable if activity else True,
        note=_plain(note),
        created_at=at or timezone.now(),
    )
    recount_time(row)
    _say("time.added", entry, row, by=by, data={"state": _state(entry)}, cause=cause, at=at, quiet=quiet)
    return entry


@transaction.atomic
def change_time(
    *, by: Author, entry: TimeEntry, cause: Cause | None = None, expected_version: int | None = None, **changes: Any
) -> TimeEntry:
    """Set `seconds`, `day`, `activity`, `billable` or `note` of an entry.

    Records one `time.changed` with old and new of each, or nothing when nothing differs. Only for whoever spent the
    time, and who sees to everybody's hours (`PermissionDenied`); never in a closed month, nor into one
    (`ValidationError`). `expected_version` is the ticket's, as in `actions.change`.
    """
    unknown = changes.keys() - _SETTABLE
    if unknown:
        raise TypeError(f"not fields of an entry: {sorted(unknown)}")
    row, ticket = _locked(by, entry, expected_version)
    before, note = _state(row), row.note
    for name, value in changes.items():
        setattr(row, name, _plain(value) if name == "note" else value)
    if "day" in changes:
        row.month = month_of(row.day)
        _check_open(row.month)
    if {"seconds", "day"} & changes.keys():
        _check(row.seconds, row.day)
    after = _state(row)
    told = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not told and note == row.note:
        return row
    row.save()
    recount_time(ticket)
    _say("time.changed", row, ticket, by=by, data={"changes": told}, cause=cause, was=note)
    return row


@transaction.atomic
def remove_time(
    *, by: Author, entry: TimeEntry, cause: Cause | None = None, expected_version: int | None = None
) -> None:
    """Delete an entry. Records `time.removed` with what it was. Refused as `change_time` is."""
    row, ticket = _locked(by, entry, expected_version)
    _say("time.removed", row, ticket, by=by, data={"state": _state(row)}, cause=cause)
    row.delete()
    recount_time(ticket)


@transaction.atomic
def lock_month(*, by: Author, month: int) -> None:
    """Close a month, so that none of its entries comes, changes or goes. Records `hours.locked` unless it was closed.

    Raises `PermissionDenied` for whoever does not see to everybody's hours, `ValidationError` for no month, and for one
    that is not over.
    """
    by.require(Right.HOURS)
    _check_month(month)
    _row, made = LockedMonth.objects.get_or_create(month=month, defaults={"locked_by": by.person})
    if made:
        record("hours.locked", "installation:1", actor=by.actor, data={"month": month})


@transaction.atomic
def unlock_month(*, by: Author, month: int) -> None:
    """Open a closed month again. Records `hours.unlocked` unless it was open. Refused as `lock_month` is."""
    by.require(Right.HOURS)
    _check_month(month)
    deleted, _models = LockedMonth.objects.filter(month=month).delete()
    if deleted:
        record("hours.unlocked", "installation:1", actor=by.actor, data={"month": month})


def _check_month(month: int) -> None:
    # Time is written down while one works: the month that runs stays open.
    if not (200001 <= month < month_of(timezone.localdate()) and 1 <= month % 100 <= 12):
        raise ValidationError({"month": _("Choose a month that is over.")})


def _check(seconds: int, day: date) -> None:
    if not 0 < seconds <= MOST_SECONDS:
        raise ValidationError({"seconds": _("Write how long it took, at most 24 hours: 1:30, 45, 1.5 h.")})
    if not date(2000, 1, 1) <= day <= timezone.localdate() + timedelta(days=MOST_DAYS_AHEAD):
        raise ValidationError({"day": _("Choose a day that has come.")})


def _check_open(month: int) -> None:
    if LockedMonth.objects.filter(month=month).exists():
        shown = f"{month % 100:02}/{month // 100}"
        raise ValidationError({"day": _("The hours of %(month)s are closed.") % {"month": shown}})


def _locked(by: Author, entry: TimeEntry, expected_version: int | None) -> tuple[TimeEntry, Ticket]:
    """The entry and its ticket as they stand, the ticket locked; refused to whoever may not correct it."""
    by.require(Right.NOTE)
    own = by.person is not None and entry.person_id == by.person.pk
    if not own and not by.may(Right.HOURS):
        raise PermissionDenied(Right.HOURS)
    (ticket,) = lock([TimeEntry.objects.values_list("ticket_id", flat=True).get(pk=entry.pk)])
    check_version(ticket, expected_version)
    row = TimeEntry.objects.select_related("activity").get(pk=entry.pk)
    _check_open(row.month)
    return row, ticket


def _state(entry: TimeEntry) -> dict[str, Any]:
    """What may change of an entry, apart from its note, as events tell it."""
    return {
        "seconds": entry.seconds,
        "day": entry.day.isoformat(),
        "activity": entry.activity.key if entry.activity else None,
        "billable": entry.billable,
    }


def _plain(note: str) -> str:
    return " ".join(note.replace("\x00", "").split())[:500]


def _say(
    kind: str,
    entry: TimeEntry,
    ticket: Ticket,
    *,
    by: Author,
    data: dict[str, Any],
    cause: Cause | None,
    was: str = "",
    at: datetime | None = None,
    quiet: bool = False,
) -> None:
    notes = {"note": entry.note} if entry.note else {}
    record(
        kind,
        ticket.topic,
        actor=by.actor,
        data={"entry": entry.pk, "person": entry.person_id, **data, "context": context(ticket)},
        personal=notes | ({"was": was} if was and was != entry.note else {}),
        cause=cause,
        at=at,
        rows={"ticket": ticket},
        quiet=quiet,
    )
