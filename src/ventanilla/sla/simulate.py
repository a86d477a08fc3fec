"""Questions to a calendar or a clock as plain values: what `ventanilla sla simulate` answers line by line. Pure."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ventanilla.core.calendar_text import calendar_of_text, items, mapping, yes_no
from ventanilla.core.calendars import Calendar, CalendarError
from ventanilla.sla.arithmetic import Clock, Target, Turn

Answer = dict[str, Any]
MOST_SECONDS: Final = 10**11
MOST_DAYS: Final = 10**6


def answer(line: str) -> Answer:
    """The answer to one question in JSON; `{"error": …}` for one that cannot be answered. Never raises."""
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict):
            raise CalendarError("a question is an object")
        op = asked.get("op")
        ask = _OPS.get(op) if isinstance(op, str) else None
        if ask is None:
            raise CalendarError(f"unknown op {op!r:.40}; there are: {', '.join(_OPS)}")
        return ask(calendar_of_text(json.dumps(mapping(asked, "calendar"))), mapping(asked, "given"))
    except (json.JSONDecodeError, RecursionError):
        return {"error": "this line is not JSON"}
    except CalendarError as error:
        return {"error": str(error)}
    except (OverflowError, ValueError, OSError) as error:
        # Moments at the ends of time, which no zone has rules for.
        return {"error": f"this cannot be worked out: {error}"}


def _whole(given: Mapping[str, Any], name: str, most: int) -> int:
    value = given.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise CalendarError(f"{name} is a whole number")
    if abs(value) > most:
        raise CalendarError(f"{name} is beyond {most}")
    return value


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CalendarError(f"not a moment (ISO 8601 with Z): {text!r:.40}")
    return found.astimezone(UTC)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _due(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    return {"due": _said(calendar.due(_moment(given.get("start")), _whole(given, "seconds", MOST_SECONDS)))}


def _before(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    return {"at": _said(calendar.before(_moment(given.get("start")), _whole(given, "seconds", MOST_SECONDS)))}


def _due_days(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    start, days = _moment(given.get("start")), _whole(given, "days", MOST_DAYS)
    return {"due": _said(calendar.due_days(start, days, end_of_day=yes_no(given, "end_of_day")))}


def _elapsed(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    return {"seconds": calendar.elapsed_seconds(_moment(given.get("start")), _moment(given.get("end")))}


def _is_open(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    return {"open": calendar.is_open(_moment(given.get("at")))}


def _clock(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    target = _whole(given, "target_seconds", MOST_SECONDS)
    if target < 0:
        raise CalendarError("target_seconds must not be negative")
    turns = sorted((_turn(event) for event in items(given, "events")), key=lambda turn: turn.at)
    if not turns:
        raise CalendarError("a clock has events")
    clock = Clock(calendar, Target(target), turns)
    found: Answer = {"due": _said(clock.due()), "paused_business_seconds": clock.paused_seconds()}
    if given.get("as_of") is not None:
        reading = clock.reading(_moment(given["as_of"]))
        found |= {
            "elapsed_seconds": reading.elapsed_seconds,
            "remaining_seconds": reading.remaining_seconds,
            "breached": reading.breached,
        }
    return found


def _turn(event: Any) -> Turn:
    state = event.get("state") if isinstance(event, dict) else None
    if state not in ("open", "pending", "closed"):
        raise CalendarError("an event has a moment, and a state: open, pending or closed")
    return Turn(_moment(event.get("at")), state == "open")


def _clock_days(calendar: Calendar, given: Mapping[str, Any]) -> Answer:
    start, days = _moment(given.get("start")), _whole(given, "days", MOST_DAYS)
    if days < 0:
        raise CalendarError("days must not be negative")
    paused = sum(calendar.elapsed_seconds(begins, ends) for begins, ends in _pauses(given, start))
    due = calendar.due_days(start, days, end_of_day=yes_no(given, "end_of_day"))
    return {
        "due": _said(calendar.due(due, paused) if due is not None else None),
        "paused_business_seconds": paused,
    }


def _pauses(given: Mapping[str, Any], start: datetime) -> list[tuple[datetime, datetime]]:
    """The pauses since `start`, in order, what overlaps counted once."""
    found: list[tuple[datetime, datetime]] = []
    for pair in items(given, "pauses"):
        if not isinstance(pair, list) or len(pair) != 2:
            raise CalendarError("a pause is two moments")
        found.append((max(_moment(pair[0]), start), _moment(pair[1])))
    merged: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(found):
        first = max(begins, merged[-1][1]) if merged else begins
        if ends - first > timedelta():
            merged.append((first, ends))
    return merged


_OPS: Final[Mapping[str, Callable[[Calendar, Mapping[str, Any]], Answer]]] = {
    "due": _due,
    "before": _before,
    "due_days": _due_days,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "clock": _clock,
    "clock_days": _clock_days,
}
