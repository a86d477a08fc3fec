"""Whole days out of an iCalendar file (RFC 5545): what a list of holidays consists of. Pure.

Read is what holiday lists are made of: events of whole days, several days long too, that come once, or every year on
the same date or the same weekday of a month. Anything else (meetings, weekly series) is named among what was left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MOST_BYTES: Final = 2_000_000
MOST_EVENTS: Final = 5_000
# A single event longer than this is no holiday.
MOST_DAYS: Final = 92
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LINE: Final = re.compile(r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)', re.DOTALL)
_STAMP: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")
_NTH: Final = re.compile(r"([+-]?[1-5])(MO|TU|WE|TH|FR|SA|SU)")
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")


class NotICalendar(ValueError):
    """The file is none of this kind."""


@dataclass(frozen=True)
class Found:
    """The days by their stored form (`2026-12-25`, `*-12-25` for every year), each with its name; and the names of what
    was left out."""

    days: Mapping[str, str]
    left_out: Sequence[str]


@dataclass(frozen=True)
class _Value:
    text: str
    zone: str


def whole_days(raw: bytes, *, zone: ZoneInfo, years: range) -> Found:
    """The whole days of a file. Those that come back on changing dates are worked out for `years`; a moment in UTC is
    read by the clock of `zone`. Raises `NotICalendar`, also for a file that is too large."""
    if len(raw) > MOST_BYTES:
        raise NotICalendar
    text = raw.decode("utf-8-sig", errors="replace").replace("\x00", "")
    if "BEGIN:VCALENDAR" not in text[:2000].upper():
        raise NotICalendar
    days: dict[str, str] = {}
    left_out: list[str] = []
    for event in _events(text):
        name = _plain(event["SUMMARY"][0].text if "SUMMARY" in event else "")
        if "STATUS" in event and event["STATUS"][0].text.strip().upper() == "CANCELLED":
            continue
        try:
            found = list(_days_of(event, zone, years))
        except (ValueError, OverflowError, LookupError):
            found = []
        if not found:
            left_out.append(name or "?")
        for day in found:
            days.setdefault(day, name)
    return Found(dict(sorted(days.items())), left_out)


def _events(text: str) -> Iterator[dict[str, list[_Value]]]:
    """The properties of each event, without those of what it contains (alarms)."""
    event: dict[str, list[_Value]] | None = None
    inside, count = 0, 0
    for line in _unfolded(text):
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        name, value = found[1].upper(), found[3]
        if name == "BEGIN" and value.strip().upper() == "VEVENT":
            event, inside = {}, 0
        elif name == "END" and value.strip().upper() == "VEVENT" and event is not None:
            yield event
            event, count = None, count + 1
            if count >= MOST_EVENTS:
                return
        elif event is not None and name in ("BEGIN", "END"):
            inside += 1 if name == "BEGIN" else -1
        elif event is not None and not inside:
            event.setdefault(name, []).append(_Value(value, _zone_of(found[2])))


def _unfolded(text: str) -> Iterator[str]:
    """The lines as they were before they were folded: a line that begins with a space or tab goes on (section 3.1)."""
    return iter(re.sub(r"\r?\n[ \t]", "", text).splitlines())


def _zone_of(parameters: str) -> str:
    found = re.search(r';TZID="?([^";:]+)', parameters, re.IGNORECASE)
    return found[1] if found else ""


def _plain(text: str) -> str:
    """A text without escapes (section 3.3.11), in one line."""
    said = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], text)
    return " ".join(said.split())[:120].strip()


def _days_of(event: Mapping[str, list[_Value]], zone: ZoneInfo, years: range) -> Iterator[str]:
    """The stored days of an event. Raises `ValueError` for one that is not of whole days or comes back otherwise."""
    first, length = _stretch(event, zone)
    rule = _rule(event)
    if rule is None:
        extra = [_date(text, zone) for value in event.get("RDATE", []) for text in value.text.split(",")]
        yield from (str(day + timedelta(days=n)) for day in (first, *extra) for n in range(length))
        return
    excepted = {_date(text, zone) for value in event.get("EXDATE", []) for text in value.text.split(",")}
    place = _place(rule, first)
    ends = {"COUNT", "UNTIL"} & rule.keys()
    if place is None and not ends and not excepted and rule.get("INTERVAL", "1") == "1":
        for n in range(length):
            # A leap day comes every four years, what follows it each year: both are dates of every year.
            day = date(2000 if (first.month, first.day) == (2, 29) else first.year, first.month, first.day)
            yield f"*-{(day + timedelta(days=n)):%m-%d}"
        return
    for day in _yearly(rule, place, first, zone, years):
        if day not in excepted:
            yield from (str(day + timedelta(days=n)) for n in range(length))


def _stretch(event: Mapping[str, list[_Value]], zone: ZoneInfo) -> tuple[date, int]:
    """The first day of an event, and how many whole days it takes."""
    begins = event["DTSTART"][0]
    start = _moment(begins, zone)
    if "DTEND" in event:
        taken = _moment(event["DTEND"][0], zone) - start
    elif "DURATION" in event:
        days = re.fullmatch(r"\+?P(?:(\d{1,3})W|(\d{1,3})D(?:T0*[HMS])?)", event["DURATION"][0].text.strip())
        if days is None:
            raise ValueError
        taken = timedelta(days=int(days[1]) * 7 if days[1] else int(days[2]))
    else:
        taken = timedelta(days=1 if "T" not in begins.text else 0)
    whole = start.time() == datetime.min.time() and taken.seconds == 0
    # Some programs write that a day ends where it begins.
    length = max(taken.days, 1) if "T" not in begins.text else taken.days
    if not whole or not 1 <= length <= MOST_DAYS:
        raise ValueError
    return start.date(), length


def _moment(value: _Value, zone: ZoneInfo) -> datetime:
    """A date or moment by the clock on the wall, without a zone."""
    found = _STAMP.fullmatch(value.text.strip())
    if found is None:
        raise ValueError
    year, month, day, hour, minute, second = (int(found[n] or 0) for n in range(1, 7))
    moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the clock on the wall
    if found[7]:
        return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    return moment


def _date(text: str, zone: ZoneInfo) -> date:
    return _moment(_Value(text, ""), zone).date()


def _rule(event: Mapping[str, list[_Value]]) -> dict[str, str] | None:
    """The parts of the rule by which an event comes back, if it does. Raises `ValueError` for others than yearly."""
    if "RRULE" not in event:
        return None
    parts = (part.partition("=") for part in event["RRULE"][0].text.strip().upper().split(";") if part)
    rule = {name: value for name, _equals, value in parts}
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
    if rule.get("FREQ") != "YEARLY" or rule.keys() - known or len(event["RRULE"]) > 1:
        raise ValueError
    return rule


def _place(rule: Mapping[str, str], first: date) -> tuple[int, int] | None:
    """The weekday and which of its month (from the end, when negative) the rule asks for; nothing where it is the date.

    Raises `ValueError` for what asks for another date than the first one's.
    """
    if int(rule.get("BYMONTH", first.month)) != first.month:
        raise ValueError
    if "BYDAY" not in rule:
        if int(rule.get("BYMONTHDAY", first.day)) != first.day:
            raise ValueError
        return None
    found = _NTH.fullmatch(rule["BYDAY"])
    if found is None or "BYMONTH" not in rule or "BYMONTHDAY" in rule:
        raise ValueError
    return _WEEKDAYS.index(found[2]), int(found[1])


def _yearly(
    rule: Mapping[str, str], place: tuple[int, int] | None, first: date, zone: ZoneInfo, years: range
) -> Iterator[date]:
    """The days within `years` on which an event comes back."""
    step, left = int(rule.get("INTERVAL", "1")), int(rule.get("COUNT", "0"))
    if step < 1 or left < 0:
        raise ValueError
    last = _date(rule["UNTIL"], zone) if "UNTIL" in rule else None
    for count, year in enumerate(range(first.year, years.stop, step), 1):
        day = _in_year(year, first, place)
        if (left and count > left) or (last is not None and day is not None and day > last):
            return
        if day is not None and day >= first and year in years:
            yield day


def _in_year(year: int, first: date, place: tuple[int, int] | None) -> date | None:
    if place is None:
        try:
            return first.replace(year=year)
        except ValueError:
            return None
    weekday, nth = place
    if nth > 0:
        month_begins = date(year, first.month, 1)
        day = month_begins + timedelta(days=(weekday - month_begins.weekday()) % 7 + 7 * (nth - 1))
    else:
        next_month = date(year + first.month // 12, first.month % 12 + 1, 1)
        month_ends = next_month - timedelta(days=1)
        day = month_ends - timedelta(days=(month_ends.weekday() - weekday) % 7 - 7 * (nth + 1))
    return day if day.month == first.month else None
