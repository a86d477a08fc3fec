"""Calendars as plain values: the text that `ventanilla sla simulate`, bundles and the database share. Pure.

    {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "14:00"], ["16:00", "19:00"]]},
     "seasons": [{"from": "06-15", "to": "09-15", "week": {…}}], "holidays": ["2026-12-25", "*-01-01"],
     "overrides": {"2026-12-24": [["09:00", "13:00"]]}, "breaks": {"2026-05-15": [["11:00", "12:00"]]},
     "names": {"*-01-01": "Año Nuevo"}}

`names` says what holidays and single dates are called; nothing is worked out from it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from ventanilla.core.calendars import (
    DAY_SECONDS,
    DAYS,
    Calendar,
    CalendarError,
    Season,
    Window,
    Yearly,
    date_of,
    window_of,
    yearly_of,
)

PARTS: Final = ("tz", "week", "seasons", "holidays", "overrides", "breaks", "names")
# More than these nobody keeps by hand; each is looked at for every date.
MOST_DATES: Final = 2_000
MOST_SEASONS: Final = 40
MOST_NAME: Final = 120
Wanted = TypeVar("Wanted")


@lru_cache(maxsize=256)
def calendar_of_text(text: str) -> Calendar:
    """The same calendar for the same JSON: it remembers what it has worked out. Raises `CalendarError`."""
    return calendar_from(json.loads(text))


def calendar_from(given: Mapping[str, Any]) -> Calendar:
    """A calendar from plain values. Raises `CalendarError`."""
    unknown = given.keys() - set(PARTS)
    if unknown:
        raise CalendarError(f"a calendar has no {min(unknown)!r:.40}")
    holidays = items(given, "holidays")
    if not all(isinstance(day, str) for day in holidays):
        raise CalendarError("holidays are dates")
    if not all(isinstance(name, str) for name in mapping(given, "names").values()):
        raise CalendarError("names are texts")
    return Calendar(
        zone=_zone(given.get("tz")),
        week=_week(mapping(given, "week")),
        seasons=[_season(one) for one in items(given, "seasons")],
        holidays=frozenset(date_of(day) for day in holidays if not day.startswith("*")),
        yearly_holidays=frozenset(yearly_of(day) for day in holidays if day.startswith("*")),
        overrides=_by_date(given, "overrides"),
        breaks=_by_date(given, "breaks"),
    )


def canonical(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same calendar in the one way it is stored: in order, without what says nothing, names only of dates
    that it has. Raises `CalendarError` for what is none, and for more than anybody needs."""
    calendar = calendar_from(given)
    holidays = [f"*-{_month_day(day)}" for day in sorted(calendar.yearly_holidays, key=lambda d: (d.month, d.day))]
    holidays += [str(day) for day in sorted(calendar.holidays)]
    by_date = {
        name: {str(day): _plain(windows) for day, windows in sorted(found.items())}
        for name, found in (("overrides", calendar.overrides), ("breaks", calendar.breaks))
    }
    named = {*holidays, *by_date["overrides"], *by_date["breaks"]}
    names = {day: " ".join(name.split()) for day, name in sorted(mapping(given, "names").items()) if day in named}
    if len(named) > MOST_DATES:
        raise CalendarError(f"a calendar has at most {MOST_DATES} dates")
    if len(calendar.seasons) > MOST_SEASONS:
        raise CalendarError(f"a calendar has at most {MOST_SEASONS} seasons")
    if any(len(name) > MOST_NAME for name in names.values()):
        raise CalendarError(f"a name has at most {MOST_NAME} characters")
    optional = {
        "seasons": [
            {"from": _plain_edge(one.begins), "to": _plain_edge(one.ends), "week": _plain_week(one.week)}
            for one in calendar.seasons
        ],
        "holidays": holidays,
        **by_date,
        "names": {day: name for day, name in names.items() if name},
    }
    return {
        "tz": calendar.zone.key,
        "week": _plain_week(calendar.week),
        **{name: value for name, value in optional.items() if value},
    }


def ever_opens(calendar: Calendar) -> bool:
    """Whether there are any hours at all."""
    weeks = [calendar.week, *(season.week for season in calendar.seasons)]
    return any(any(week.values()) for week in weeks) or any(calendar.overrides.values())


def mapping(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part that is an object; an empty one where it is missing. Raises `CalendarError`."""
    return _of(given.get(name, {}), dict, f"{name} is an object")


def items(given: Mapping[str, Any], name: str) -> list[Any]:
    """A part that is a list; an empty one where it is missing. Raises `CalendarError`."""
    return _of(given.get(name, []), list, f"{name} is a list")


def yes_no(given: Mapping[str, Any], name: str) -> bool:
    """A part that is true or false; false where it is missing. Raises `CalendarError`."""
    return _of(given.get(name, False), bool, f"{name} is true or false")


def time_in_text(second: int) -> str:
    """`09:30` for so many seconds after midnight, also of the next date; the end of the day is `24:00`."""
    if second == DAY_SECONDS:
        return "24:00"
    second %= DAY_SECONDS
    return f"{second // 3_600:02}:{second % 3_600 // 60:02}"


def _zone(name: Any) -> ZoneInfo:
    try:
        if isinstance(name, str) and name:
            return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        pass
    raise CalendarError(f"unknown time zone {name!r:.60}")


def _week(given: Mapping[str, Any]) -> dict[int, list[Window]]:
    unknown = given.keys() - set(DAYS)
    if unknown:
        raise CalendarError(f"a week has no {min(unknown)!r:.40}; its days are {', '.join(DAYS)}")
    return {DAYS.index(day): _windows(windows) for day, windows in given.items()}


def _windows(given: Any) -> list[Window]:
    if not isinstance(given, list):
        raise CalendarError("windows are a list")
    return [window_of(pair) for pair in given]


def _season(given: Any) -> Season:
    if not isinstance(given, dict):
        raise CalendarError("a season is an object")
    begins, ends = _edge(given.get("from")), _edge(given.get("to"))
    if isinstance(begins, date) != isinstance(ends, date):
        raise CalendarError("a season is between two dates of every year, or between two of one")
    return Season(begins, ends, _week(mapping(given, "week")))


def _edge(text: Any) -> Yearly | date:
    if not isinstance(text, str):
        raise CalendarError("a season has from and to")
    return date_of(text) if len(text) > len("*-06-15") else yearly_of(text)


def _by_date(given: Mapping[str, Any], name: str) -> dict[date, list[Window]]:
    return {date_of(day): _windows(windows) for day, windows in mapping(given, name).items()}


def _of(value: Any, kind: type[Wanted], wanted: str) -> Wanted:
    if not isinstance(value, kind):
        raise CalendarError(wanted)
    return value


def _plain_week(week: Mapping[int, Sequence[Window]]) -> dict[str, list[list[str]]]:
    return {name: _plain(week[day]) for day, name in enumerate(DAYS) if week.get(day)}


def _plain(windows: Sequence[Window]) -> list[list[str]]:
    return [[time_in_text(begins), time_in_text(ends)] for begins, ends in sorted(windows)]


def _plain_edge(edge: Yearly | date) -> str:
    return str(edge) if isinstance(edge, date) else _month_day(edge)


def _month_day(day: Yearly) -> str:
    return f"{day.month:02}-{day.day:02}"
