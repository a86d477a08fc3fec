"""Counting in working days, Monday to Friday, as a reader of the clock on the wall counts them. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SATURDAY: Final = 5


def after_workdays(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of the day, `days` working days after `moment` (aware), in `zone`.

    What begins on a weekend counts from the Monday after it, at the same time. A time that the clocks skip on that day
    is read as the clock shows it afterwards.
    """
    day = moment.astimezone(zone)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1 if day.weekday() + 1 < _SATURDAY else 7 - day.weekday())
    return day.astimezone(ZoneInfo("UTC"))
