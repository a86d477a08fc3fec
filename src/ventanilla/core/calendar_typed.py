"""Hours, dates and holidays as people type them, and as they are shown to be typed on. Pure.

Hours: `09:00-14:00, 16:00-19:00`; `22:00-06:00` goes past midnight; nothing, or a dash, is closed. Dates: `25/12/2026`,
`25/12` for every year, `2026-12-25`. Lines: a date, hours where the line has some, and what the day is called.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ventanilla.core.calendars import CalendarError, date_of, window_of, yearly_of

Pair = list[str]
_TIME: Final = r"(\d{1,2})(?:[:.h](\d{2}))?\s*h?"
_RANGE: Final = re.compile(rf"{_TIME}\s*(?:-|\ba\b|\bto\b)\s*{_TIME}", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\s*(?:[,;+]|\by\b|\band\b)\s*", re.IGNORECASE)
_DASHES: Final = str.maketrans("–—−", "---")
_CLOSED: Final = re.compile(r"(?:-|cerrado|closed)(?=\s|$)", re.IGNORECASE)
_ALL_DAY: Final = re.compile(r"24\s?(?:h|horas|hours)\b", re.IGNORECASE)
_DATES: Final = (
    # Each with the places of year, month and day.
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=\s|$)"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?=\s|$)"), (3, 2, 1)),
    (re.compile(r"\*-(\d{1,2})-(\d{1,2})(?=\s|$)"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})[/.](\d{1,2})(?=\s|$)"), (0, 2, 1)),
)


class Unreadable(ValueError):
    """What was typed cannot be read.

    `why` is one of `hours`, `overlap`, `date`, `no_year`, `no_hours`, `twice`, `name`; `part` what it is about; `line`
    its number, from 1, or 0 for a text of one line.
    """

    def __init__(self, why: str, part: str, line: int = 0) -> None:
        super().__init__(why, part, line)
        self.why, self.part, self.line = why, part, line


@dataclass(frozen=True)
class Dated:
    """The lines of a text: windows by date, and what the dates are called."""

    windows: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def windows_typed(text: str) -> list[Pair]:
    """The windows of a day in order; none for an empty text. Raises `Unreadable`."""
    windows, rest = _leading_windows(text)
    if rest:
        raise Unreadable("hours", rest)
    return windows


def windows_in_text(windows: Sequence[Sequence[str]]) -> str:
    """Windows as they are typed."""
    return ", ".join(f"{begins}-{ends}" for begins, ends in windows)


def day_typed(text: str) -> str:
    """A date as it is stored: `2026-12-25`, or `*-12-25` for every year. Raises `Unreadable`."""
    day, rest = _leading_day(text)
    if rest:
        raise Unreadable("date", text.strip())
    return day


def day_in_text(day: str) -> str:
    """A stored date, also the edge of a season (`06-15`), as it is typed."""
    year, month, number = ["", *day.removeprefix("*-").split("-")][-3:]
    return "/".join(part for part in (number, month, year) if part)


def holidays_typed(text: str, *, longest_name: int) -> Dated:
    """Holidays, one a line: a date and its name, if it has one. Raises `Unreadable`."""
    return _dated(text, longest_name, hours=False)


def days_typed(text: str, *, longest_name: int) -> Dated:
    """Single days, one a line: a date with its year, hours, a name if it has one. Raises `Unreadable`."""
    return _dated(text, longest_name, hours=True)


def lines_in_text(days: Mapping[str, Sequence[Sequence[str]] | None], names: Mapping[str, str], closed: str) -> str:
    """Dates as they are typed, one a line, with their hours (`closed` for none; nothing for holidays) and names."""
    lines = []
    for day, windows in days.items():
        hours = "" if windows is None else windows_in_text(windows) or closed
        lines.append(" ".join(part for part in (day_in_text(day), hours, names.get(day, "")) if part))
    return "\n".join(lines)


def _dated(text: str, longest_name: int, *, hours: bool) -> Dated:
    windows: dict[str, Sequence[Pair]] = {}
    names: dict[str, str] = {}
    for number, line in _lines(text):
        try:
            day, rest = _leading_day(line)
            if hours and day.startswith("*"):
                raise Unreadable("no_year", line)
            if day in windows:
                raise Unreadable("twice", line)
            windows[day], name = _hours_of(rest, line) if hours else ([], rest)
            if len(name) > longest_name:
                raise Unreadable("name", name)
        except Unreadable as error:
            raise Unreadable(error.why, error.part, number) from None
        if name:
            names[day] = name
    return Dated(windows, names)


def _hours_of(text: str, line: str) -> tuple[list[Pair], str]:
    said = _CLOSED.match(text)
    if said is not None:
        return [], text[said.end() :].strip()
    windows, rest = _leading_windows(text)
    if not windows:
        raise Unreadable("no_hours", line)
    return windows, rest


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        plain = " ".join(line.replace("\x00", "").split())
        if plain:
            yield number, plain


def _leading_day(text: str) -> tuple[str, str]:
    """The date that a text begins with, and the rest of it."""
    plain = text.strip()
    for shape, places in _DATES:
        found = shape.match(plain)
        if found is None:
            continue
        year, month, day = (int(found[place]) if place else 0 for place in places)
        stored = f"{year:04}-{month:02}-{day:02}" if year else f"*-{month:02}-{day:02}"
        try:
            date_of(stored) if year else yearly_of(stored)
        except CalendarError:
            raise Unreadable("date", found[0]) from None
        return stored, plain[found.end() :].strip(" \t:-–—")
    raise Unreadable("date", plain)


def _leading_windows(text: str) -> tuple[list[Pair], str]:
    """The windows that a text begins with, in order, and the rest of it."""
    rest = text.translate(_DASHES).strip()
    if _CLOSED.fullmatch(rest):
        return [], ""
    all_day = _ALL_DAY.match(rest)
    if all_day is not None:
        return [["00:00", "24:00"]], rest[all_day.end() :].strip()
    windows: list[Pair] = []
    while (found := _RANGE.match(rest)) is not None:
        windows.append([_time(found[1], found[2], found[0]), _time(found[3], found[4], found[0])])
        rest = rest[found.end() :]
        between = _BETWEEN.match(rest)
        if between is None or _RANGE.match(rest[between.end() :]) is None:
            break
        rest = rest[between.end() :]
    windows.sort()
    _check_apart(windows)
    return windows, rest.strip()


def _time(hour: str, minute: str | None, part: str) -> str:
    said = f"{int(hour):02}:{minute or '00'}"
    try:
        window_of(["00:00", said])
    except CalendarError:
        raise Unreadable("hours", part) from None
    return said


def _check_apart(windows: Sequence[Pair]) -> None:
    try:
        seconds = [window_of(pair) for pair in windows]
    except CalendarError:
        raise Unreadable("hours", windows_in_text(windows)) from None
    for (_begins, ends), (begins, _ends) in pairwise(seconds):
        if begins < ends:
            raise Unreadable("overlap", windows_in_text(windows))
