"""What a day, a distance from now or a period such as `this_week` means for its reader. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Protocol

_DISTANCE: Final = re.compile(r"([+-])(\d{1,5})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PERIOD_NAMES: Final = "today yesterday tomorrow this_week last_week this_month last_month"
PERIODS: Final = frozenset(_PERIOD_NAMES.split())


class BadValue(ValueError):
    """A value that this kind of field cannot have."""


class Clock(Protocol):
    """Who asks: the moment, and where they live."""

    @property
    def now(self) -> datetime:
        """The moment at which is asked."""

    @property
    def zone(self) -> tzinfo:
        """Where days begin and end."""


def is_distance(text: str) -> bool:
    """Whether the text is a distance from now: `-7d`, `+24h`."""
    return bool(_DISTANCE.fullmatch(text))


def checked(text: str) -> str:
    """The text stripped. Raises BadValue unless it is a day, a moment, a distance or a period.

    Years near the ends of the calendar are refused, so that no zone and no day more can overflow.
    """
    text = text.strip()
    if text not in PERIODS and not is_distance(text):
        _moment_or_date(text)
    return text


def span(text: str, clock: Clock) -> tuple[datetime, datetime]:
    """[start, end) of a checked text; both the same for a single instant."""
    if distance := _DISTANCE.fullmatch(text):
        sign, count, unit = distance.groups()
        delta = timedelta(**{_UNITS[unit]: int(count)})
        try:
            instant = clock.now - delta if sign == "-" else clock.now + delta
        except OverflowError:
            instant = datetime.min.replace(tzinfo=UTC) if sign == "-" else datetime.max.replace(tzinfo=UTC)
        return instant, instant
    today = clock.now.astimezone(clock.zone).date()
    if text in PERIODS:
        first, last = _period(text, today)
        return _midnight(first, clock), _midnight(last, clock)
    value = _moment_or_date(text)
    if isinstance(value, datetime):
        instant = value if value.tzinfo else value.replace(tzinfo=clock.zone)
        return instant, instant
    return _midnight(value, clock), _midnight(value + timedelta(days=1), clock)


def bounds(operator: str, text: str, clock: Clock) -> tuple[datetime | None, datetime | None]:
    """[from, until) of what a test of a moment lets through, None for no end: `after`, `before`, `until`, `on` and
    `within` a checked text."""
    start, end = span(text, clock)
    match operator:
        case "after":
            return start, None
        case "before":
            return None, start
        case "until":
            return None, end
    if is_distance(text):
        return min(start, clock.now), max(end, clock.now)
    return start, end


def _period(name: str, today: date) -> tuple[date, date]:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    day, week = timedelta(days=1), timedelta(days=7)
    return {
        "today": (today, today + day),
        "yesterday": (today - day, today),
        "tomorrow": (today + day, today + 2 * day),
        "this_week": (monday, monday + week),
        "last_week": (monday - week, monday),
        "this_month": (first, next_first),
        "last_month": ((first - day).replace(day=1), first),
    }[name]


def _midnight(day: date, clock: Clock) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.zone)


def _moment_or_date(text: str) -> datetime | date:
    try:
        value = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else datetime.fromisoformat(text)
    except ValueError:
        raise BadValue from None
    if not 1900 <= value.year <= 9990:
        raise BadValue
    return value
