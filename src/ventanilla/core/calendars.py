"""Business calendars: when it is open, how much open time lies between two moments, and when an amount of it is over.

It is open when the clock on the wall of the calendar's zone shows a time inside a window of that date. So a window over
the hour that the clocks skip is an hour shorter, over the hour they show twice an hour longer, and a date that a zone
has skipped is never open. Everything is exact to the second. Pure.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_SECONDS: Final = 86_400
# After the last date that is named by its year everything comes again within this, 29 February on a Monday too.
_CYCLE_DAYS: Final = 40 * 366
# Farther from where the counting begins nobody's target lies.
_FARTHEST: Final = timedelta(days=200 * 366)

# Seconds after midnight, the second one later than the first; beyond `DAY_SECONDS` it lies on the next date.
Window = tuple[int, int]
Week = Mapping[int, Sequence[Window]]
# Seconds since 1970 in UTC.
Span = tuple[int, int]


class CalendarError(ValueError):
    """What was given is no calendar, or no question to one. The text says why, in English."""


@dataclass(frozen=True)
class Yearly:
    """A date of every year."""

    month: int
    day: int

    def of(self, day: date) -> bool:
        """Whether a date is this one."""
        return (day.month, day.day) == (self.month, self.day)


@dataclass(frozen=True)
class Season:
    """Another week between two dates, both included: of every year (it may pass New Year's Eve), or once."""

    begins: Yearly | date
    ends: Yearly | date
    week: Week

    def holds(self, day: date) -> bool:
        """Whether a date lies in it."""
        if isinstance(self.begins, date) and isinstance(self.ends, date):
            return self.begins <= day <= self.ends
        begins, ends, now = ((d.month, d.day) for d in (self.begins, self.ends, day))
        return begins <= now <= ends if begins <= ends else now >= begins or now <= ends


@dataclass(frozen=True, eq=False)
class Calendar:
    """Weekly hours with what differs from them.

    On a date the first season that holds it replaces the week, an override replaces the hours of that date, a break is
    taken out of it, and a holiday closes it, the tail of the night before included. Windows past midnight belong to the
    date on which they begin.
    """

    zone: ZoneInfo
    week: Week
    seasons: Sequence[Season] = ()
    holidays: Collection[date] = frozenset()
    yearly_holidays: Collection[Yearly] = frozenset()
    overrides: Mapping[date, Sequence[Window]] = field(default_factory=dict)
    breaks: Mapping[date, Sequence[Window]] = field(default_factory=dict)
    # What has been worked out already, by date of UTC and by date of the wall.
    _spans_kept: dict[date, Sequence[Span]] = field(default_factory=dict, init=False, repr=False)
    _hours_kept: dict[date, Sequence[Window]] = field(default_factory=dict, init=False, repr=False)

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment. A window's last moment is no longer in it."""
        second = _second(at)
        return any(begins <= second < ends for begins, ends in self._open(_utc_date(second)))

    def elapsed_seconds(self, start: datetime, end: datetime) -> int:
        """The open seconds from `start` until `end`; none when `end` is not later."""
        first, last = _second(start), _second(end)
        return sum(min(ends, last) - max(begins, first) for begins, ends in self._spans(first, last))

    def due(self, start: datetime, seconds: int) -> datetime | None:
        """The earliest moment by which `seconds` open seconds have passed since `start`: exactly at closing when they
        end there. None when it never opens for so long. Raises `CalendarError` for negative ones."""
        if seconds < 0:
            raise CalendarError("seconds must not be negative")
        if not seconds:
            return start
        left = seconds
        for begins, ends in self._ahead(_second(start)):
            if left <= ends - begins:
                return _moment(begins + left)
            left -= ends - begins
        return None

    def before(self, start: datetime, seconds: int) -> datetime | None:
        """The latest moment from which `seconds` open seconds pass until `start`: exactly at opening when they begin
        there. None when there were never so many. Raises `CalendarError` for negative ones."""
        if seconds < 0:
            raise CalendarError("seconds must not be negative")
        if not seconds:
            return start
        left = seconds
        for begins, ends in self._back(_second(start)):
            if left <= ends - begins:
                return _moment(ends - left)
            left -= ends - begins
        return None

    def due_days(self, start: datetime, days: int, *, end_of_day: bool = False) -> datetime | None:
        """The same time of the day on the date that is `days` open dates after that of `start` (before it, when
        negative), or its last closing. Open is a date with any open moment; the date of `start` does not count. None
        where there are not so many."""
        local = start.astimezone(self.zone)
        day = local.date()
        if days:
            found = self._nth_open(day, days)
            if found is None:
                return None
            day = found
        if end_of_day and (opened := self._on(day)):
            return _moment(opened[-1][1])
        return datetime.combine(day, local.time(), self.zone).astimezone(UTC)

    def opens_on(self, day: date) -> bool:
        """Whether it is open at any moment of a date of its zone."""
        return bool(self._on(day))

    def is_holiday(self, day: date) -> bool:
        """Whether a date is one of the holidays."""
        return day in self.holidays or any(yearly.of(day) for yearly in self.yearly_holidays)

    def season_of(self, day: date) -> Season | None:
        """The season whose week holds on a date: the first one that has it."""
        return next((season for season in self.seasons if season.holds(day)), None)

    def hours_on(self, day: date) -> Sequence[Window]:
        """The open stretches of a date of its zone, from midnight to midnight: the tail of the night before too."""
        return self._hours(day)

    def _nth_open(self, day: date, days: int) -> date | None:
        step, left = timedelta(days=1 if days > 0 else -1), abs(days)
        begun, end = day, self._last_worth(day, step.days)
        while left:
            if day == end or abs(day - begun) > _FARTHEST:
                return None
            day += step
            if self._on(day):
                left, end = left - 1, self._last_worth(day, step.days)
        return day

    def _spans(self, first: int, last: int) -> Iterator[Span]:
        """What is open between two moments, in order; the first and the last may reach beyond them."""
        if first >= last:
            return
        day = _utc_date(first)
        while _midnight(day) < last:
            for begins, ends in self._open(day):
                if begins < last and ends > first:
                    yield begins, ends
            day += timedelta(days=1)

    def _ahead(self, first: int) -> Iterator[Span]:
        """What is open from a moment on, in order, until it never opens again."""
        begun = day = _utc_date(first)
        end = self._last_worth(day, 1)
        while day <= end and day - begun <= _FARTHEST:
            for begins, ends in self._open(day):
                if ends > first:
                    yield max(begins, first), ends
                    end = self._last_worth(day, 1)
            day += timedelta(days=1)

    def _back(self, last: int) -> Iterator[Span]:
        """What was open until a moment, the latest first."""
        begun = day = _utc_date(last)
        end = self._last_worth(day, -1)
        while day >= end and begun - day <= _FARTHEST:
            for begins, ends in reversed(self._open(day)):
                if begins < last:
                    yield begins, min(ends, last)
                    end = self._last_worth(day, -1)
            day -= timedelta(days=1)

    def _last_worth(self, day: date, direction: int) -> date:
        """The last date worth looking at when it has been closed since `day`: beyond the dates that are named, for a
        whole cycle if there are hours that come again."""
        cycle = timedelta(days=_CYCLE_DAYS if self._comes_again else 2)
        if direction > 0:
            return max([day, *self._named[-1:]]) + cycle
        return min([day, *self._named[:1]]) - cycle

    @cached_property
    def _comes_again(self) -> bool:
        weeks = [self.week, *(season.week for season in self.seasons if isinstance(season.begins, Yearly))]
        return any(windows for week in weeks for windows in week.values())

    @cached_property
    def _named(self) -> Sequence[date]:
        once = [d for season in self.seasons for d in (season.begins, season.ends) if isinstance(d, date)]
        return sorted({*self.holidays, *self.overrides, *self.breaks, *once})

    def _open(self, day: date) -> Sequence[Span]:
        """What is open on a date of UTC, in order, nothing twice."""
        found = self._spans_kept.get(day)
        if found is None:
            found = self._spans_kept[day] = self._work_out(day)
        return found

    def _work_out(self, day: date) -> Sequence[Span]:
        midnight = _midnight(day)
        spans: list[Span] = []
        for first, last, offset in _offsets(self.zone.key, midnight):
            # Between these two the zone's clock runs evenly: wall time is UTC and a difference.
            local = _utc_date(first + offset)
            while (start := _midnight(local) - offset) < last:
                spans += [
                    (max(start + begins, first), min(start + ends, last))
                    for begins, ends in self._hours(local)
                    if start + begins < last and start + ends > first
                ]
                local += timedelta(days=1)
        return _joined(spans)

    def _on(self, day: date) -> Sequence[Span]:
        """What is open while the wall shows a date."""
        if not self._hours(day):
            return ()
        spans: list[Span] = []
        for utc in (day + timedelta(days=ahead) for ahead in (-1, 0, 1)):
            for first, last, offset in _offsets(self.zone.key, _midnight(utc)):
                start = _midnight(day) - offset
                spans += [
                    (max(start + begins, first), min(start + ends, last))
                    for begins, ends in self._hours(day)
                    if start + begins < last and start + ends > first
                ]
        return _joined(spans)

    def _hours(self, day: date) -> Sequence[Window]:
        """The open stretches of a date of the wall, from its midnight to the next."""
        if self.is_holiday(day):
            return ()
        found = self._hours_kept.get(day)
        if found is None:
            night = day - timedelta(days=1)
            tail = () if self.is_holiday(night) else self._windows(night)
            found = [
                *((0, min(ends - DAY_SECONDS, DAY_SECONDS)) for _begins, ends in tail if ends > DAY_SECONDS),
                *((begins, min(ends, DAY_SECONDS)) for begins, ends in self._windows(day)),
            ]
            found = self._hours_kept[day] = _without(_joined(found), self.breaks.get(day, ()))
        return found

    def _windows(self, day: date) -> Sequence[Window]:
        if day in self.overrides:
            return self.overrides[day]
        season = self.season_of(day)
        return (self.week if season is None else season.week).get(day.weekday(), ())


@lru_cache(maxsize=20_000)
def _offsets(zone: str, midnight: int) -> Sequence[tuple[int, int, int]]:
    """The stretches of a date of UTC in which a zone's clock runs evenly: from, until, and how many seconds ahead."""
    there = ZoneInfo(zone)
    edges = [midnight, *_changes(there, midnight, midnight + DAY_SECONDS), midnight + DAY_SECONDS]
    return [(first, last, _ahead_of_utc(there, first)) for first, last in pairwise(edges)]


def _changes(zone: ZoneInfo, first: int, last: int, *, within: int = 3_600) -> Iterator[int]:
    """The moments between two others at which a zone's clock jumps: looked for hour by hour, then halved."""
    hours = [*range(first, last, within), last]
    if _ahead_of_utc(zone, first) == _ahead_of_utc(zone, last) == _ahead_of_utc(zone, (first + last) // 2):
        return
    for begins, ends in pairwise(hours):
        before = _ahead_of_utc(zone, begins)
        if before == _ahead_of_utc(zone, ends):
            continue
        while ends - begins > 1:
            middle = (begins + ends) // 2
            begins, ends = (middle, ends) if _ahead_of_utc(zone, middle) == before else (begins, middle)
        if ends < last:
            yield ends


def _ahead_of_utc(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same in order, what overlaps or touches made one."""
    made: list[Span] = []
    for begins, ends in sorted(spans):
        if made and begins <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], ends))
        elif begins < ends:
            made.append((begins, ends))
    return made


def _without(spans: Sequence[Span], taken: Iterable[Span]) -> Sequence[Span]:
    for begins, ends in taken:
        spans = [
            part
            for first, last in spans
            for part in ((first, min(last, begins)), (max(first, ends), last))
            if part[0] < part[1]
        ]
    return spans


def _second(at: datetime) -> int:
    return int(at.timestamp() // 1)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _utc_date(second: int) -> date:
    return date.fromordinal(_EPOCH + second // DAY_SECONDS)


def _midnight(day: date) -> int:
    return (day.toordinal() - _EPOCH) * DAY_SECONDS


_EPOCH: Final = date(1970, 1, 1).toordinal()
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_YEARLY: Final = re.compile(r"(?:\*-)?(\d\d)-(\d\d)")


def time_of(text: object) -> int:
    """Seconds after midnight of `09:30`; `24:00` is the end of the day. Raises `CalendarError`."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise CalendarError(f"not a time (HH:MM): {text!r:.40}")
    return DAY_SECONDS if found[1] is None else int(found[1]) * 3_600 + int(found[2]) * 60


def window_of(pair: object) -> Window:
    """A window from `["22:00", "06:00"]`. One that ends when or before it begins ends on the next date. Raises
    `CalendarError`."""
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise CalendarError(f"not a window (two times): {pair!r:.60}")
    begins, ends = time_of(pair[0]), time_of(pair[1])
    if begins == DAY_SECONDS:
        raise CalendarError("a window cannot begin at 24:00")
    return begins, ends if ends > begins else ends + DAY_SECONDS


def date_of(text: object) -> date:
    """A date from `2026-12-25`. Raises `CalendarError`."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise CalendarError(f"not a date (YYYY-MM-DD): {text!r:.40}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CalendarError(f"there is no such date: {text}") from None


def yearly_of(text: str) -> Yearly:
    """A date of every year from `06-15` or `*-06-15`; 29 February is one. Raises `CalendarError`."""
    found = _YEARLY.fullmatch(text)
    if found is None:
        raise CalendarError(f"not a date of every year (MM-DD): {text!r:.40}")
    month, day = int(found[1]), int(found[2])
    try:
        date(2000, month, day)
    except ValueError:
        raise CalendarError(f"there is no such date: {text}") from None
    return Yearly(month, day)
