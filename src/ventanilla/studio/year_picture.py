"""A calendar as twelve small months: what is open, closed, a holiday, another season or a single day of its own."""

import calendar as months_of
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import formats
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from ventanilla.core.calendar_text import time_in_text
from ventanilla.core.calendars import Calendar

FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 2200


@dataclass(frozen=True)
class Day:
    """A day of the picture: the number, the names of its looks, what a reader hears, what is shown beside it."""

    number: int
    looks: str
    said: str
    hours: str


def year_picture(calendar: Calendar, names: Mapping[str, str], year: int) -> dict[str, Any]:
    """The months of a year with their weeks from Monday to Sunday, and its holidays and single days in words."""
    months, told = [], []
    open_days = 0
    for month in range(1, 13):
        weeks: list[list[Day | None]] = []
        for week in months_of.Calendar().monthdatescalendar(year, month):
            shown = [_day(calendar, names, day) if day.month == month else None for day in week]
            weeks.append(shown)
            for one, day in zip(shown, week, strict=True):
                if one is None:
                    continue
                open_days += bool(one.hours)
                if calendar.is_holiday(day) or _differs(calendar, day):
                    told.append({"day": formats.date_format(day, "SHORT_DATE_FORMAT"), "said": one.said})
        months.append({"name": MONTHS[month], "weeks": weeks})
    return {
        "year": year,
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < LAST_YEAR else None,
        "days": [{"short": WEEKDAYS_ABBR[n], "long": WEEKDAYS[n]} for n in range(7)],
        "months": months,
        "told": told,
        "open_days": open_days,
    }


def year_of(text: str, now: date) -> int:
    """The year that an address or form names, else the present one."""
    return int(text) if text.isdecimal() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR else now.year


def _day(calendar: Calendar, names: Mapping[str, str], day: date) -> Day:
    hours = ", ".join(f"{time_in_text(begins)}-{time_in_text(ends)}" for begins, ends in calendar.hours_on(day))
    name = names.get(str(day)) or names.get(f"*-{day:%m-%d}", "")
    looks = ["is-open" if hours else "is-closed"]
    said = hours or _("closed")
    if calendar.is_holiday(day):
        looks.append("is-holiday")
        said = _("holiday")
    elif _differs(calendar, day):
        looks.append("is-single")
        said = _("single day: %(hours)s") % {"hours": said}
    elif calendar.season_of(day) is not None:
        looks.append("is-season")
        said = _("season: %(hours)s") % {"hours": said}
    return Day(day.day, " ".join(looks), f"{name}, {said}" if name else said, hours)


def _differs(calendar: Calendar, day: date) -> bool:
    return day in calendar.overrides or day in calendar.breaks
