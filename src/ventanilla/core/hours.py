"""When somebody works: days of the week and a stretch of the day, as the clock on their wall shows it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class WorkingHours:
    """The days worked (0 is Monday) and from when until when. `until` at or before `begins` ends on the next day.

    Both at midnight is the whole day.
    """

    days: frozenset[int]
    begins: time
    until: time

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "WorkingHours":
        """From what `stored` gave. Raises `ValueError` or `KeyError` for anything else."""
        begins, until = (time.fromisoformat(stored[name]) for name in ("begins", "until"))
        return cls(frozenset(int(day) for day in stored["days"]), begins, until)

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {"days": sorted(self.days), "begins": f"{self.begins:%H:%M}", "until": f"{self.until:%H:%M}"}

    def open_from(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment at or after `moment` (aware) that lies in these hours: `moment` itself while they last.

        Without any day there are no hours to wait for: it is `moment`, too. A time that the clocks skip on that day is
        read as the clock shows it afterwards.
        """
        if not self.days:
            return moment
        local = moment.astimezone(zone)
        # From yesterday on, whose hours may last past midnight; within a week every day comes once.
        for ahead in range(-1, 8):
            day = local.date() + timedelta(days=ahead)
            if day.weekday() not in self.days:
                continue
            begins = datetime.combine(day, self.begins, zone)
            last = day if self.until > self.begins else day + timedelta(days=1)
            if moment < datetime.combine(last, self.until, zone):
                return max(moment, begins.astimezone(moment.tzinfo))
        return moment


OFFICE = WorkingHours(frozenset(range(5)), time(8), time(18))
ALWAYS = WorkingHours(frozenset(range(7)), time(0), time(0))
