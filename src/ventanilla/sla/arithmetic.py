"""The arithmetic of one clock: how far it has run, when it is due, whether it was missed. Pure.

A clock runs while its ticket waits for us and stands while it waits for somebody else or is closed; both count in the
open time of a calendar.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from ventanilla.core.calendars import Calendar


@dataclass(frozen=True)
class Turn:
    """From this moment on a clock runs, or stands; `why` is the reason in the words of whoever made it."""

    at: datetime
    runs: bool
    why: str = ""


@dataclass(frozen=True)
class Target:
    """How long something may take: open seconds, or working days (those alone when there are any), which end at the
    time of the day at which they began or, with `end_of_day`, at the last closing of the day."""

    seconds: int = 0
    days: int = 0
    end_of_day: bool = False

    def stored(self) -> dict[str, int | bool]:
        """As JSON; `Target(**…)` gives it back."""
        if self.days:
            return {"days": self.days, **({"end_of_day": True} if self.end_of_day else {})}
        return {"seconds": self.seconds}


@dataclass(frozen=True)
class Reading:
    """What a clock shows at a moment. `remaining_seconds` is below zero once more has run than its target; None for a
    target in days, which is no amount of time."""

    elapsed_seconds: int
    remaining_seconds: int | None
    breached: bool


@dataclass(frozen=True)
class Stretch:
    """A part of a clock's time, during which it ran or stood, with the open seconds in it."""

    begins: datetime
    ends: datetime
    runs: bool
    why: str
    open_seconds: int


@dataclass(frozen=True)
class Clock:
    """A clock with its target and the turns of its history, in order; at least one."""

    calendar: Calendar
    target: Target
    turns: Sequence[Turn]

    def due(self) -> datetime | None:
        """When the target is reached. What has happened counts as it was; after the last turn it is taken to run on.
        None when the calendar never opens for so long."""
        return self._due_by_days() if self.target.days else self._due_by_seconds()

    def paused_seconds(self) -> int:
        """The open seconds for which it has stood between its turns."""
        return sum(part.open_seconds for part in self.stretches(self.turns[-1].at) if not part.runs)

    def reading(self, at: datetime) -> Reading:
        """What it shows at a moment."""
        elapsed = sum(part.open_seconds for part in self.stretches(at) if part.runs)
        left = None if self.target.days else self.target.seconds - elapsed
        return Reading(elapsed, left, self.breached(at))

    def breached(self, at: datetime) -> bool:
        """Whether by a moment it has run after its due moment, open time or not."""
        due = self.due()
        if due is None:
            return False
        return any(turn.runs and max(turn.at, due) < until for turn, until in self._held(at))

    def stretches(self, end: datetime) -> Iterator[Stretch]:
        """Its whole time until `end`, turn by turn."""
        for turn, until in self._held(end):
            yield Stretch(turn.at, until, turn.runs, turn.why, self.calendar.elapsed_seconds(turn.at, until))

    def _held(self, end: datetime) -> Iterator[tuple[Turn, datetime]]:
        """Each turn with the moment until which it holds, none later than `end`."""
        for turn, after in pairwise([*self.turns, None]):
            if turn is None or turn.at >= end:
                return
            yield turn, end if after is None else min(after.at, end)

    def _due_by_seconds(self) -> datetime | None:
        left = self.target.seconds
        for part in self.stretches(self.turns[-1].at):
            if not part.runs:
                continue
            if part.open_seconds >= left:
                return self.calendar.due(part.begins, left)
            left -= part.open_seconds
        return self.calendar.due(self.turns[-1].at, left)

    def _due_by_days(self) -> datetime | None:
        """Working days first, then the open time for which it stood before they were over."""
        due = self.calendar.due_days(self.turns[0].at, self.target.days, end_of_day=self.target.end_of_day)
        for part in self.stretches(self.turns[-1].at):
            if due is None or part.begins >= due:
                break
            if not part.runs:
                due = self.calendar.due(due, part.open_seconds)
        return due
