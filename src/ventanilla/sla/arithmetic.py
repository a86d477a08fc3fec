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
    """From this moment on a clock runs, or stands."""

    at: datetime
    runs: bool


@dataclass(frozen=True)
class Reading:
    """What a clock shows at a moment. `remaining_seconds` is below zero once more has run than its target."""

    elapsed_seconds: int
    remaining_seconds: int
    breached: bool


@dataclass(frozen=True)
class Clock:
    """A clock with a target in open seconds and the turns of its history, in order; at least one."""

    calendar: Calendar
    target_seconds: int
    turns: Sequence[Turn]

    def due(self) -> datetime | None:
        """When the target is reached. What has happened counts as it was; after the last turn it is taken to run on.
        None when the calendar never opens for so long."""
        left = self.target_seconds
        for turn, until in self._stretches(self.turns[-1].at):
            if not turn.runs:
                continue
            ran = self.calendar.elapsed_seconds(turn.at, until)
            if ran >= left:
                return self.calendar.due(turn.at, left)
            left -= ran
        return self.calendar.due(self.turns[-1].at, left)

    def paused_seconds(self) -> int:
        """The open seconds for which it has stood between its turns."""
        stretches = self._stretches(self.turns[-1].at)
        return sum(self.calendar.elapsed_seconds(turn.at, until) for turn, until in stretches if not turn.runs)

    def reading(self, at: datetime) -> Reading:
        """What it shows at a moment. It is breached when it still ran after its due moment, open time or not."""
        due, elapsed, breached = self.due(), 0, False
        for turn, until in self._stretches(at):
            if turn.runs:
                elapsed += self.calendar.elapsed_seconds(turn.at, until)
                breached = breached or (due is not None and max(turn.at, due) < until)
        return Reading(elapsed, self.target_seconds - elapsed, breached)

    def _stretches(self, end: datetime) -> Iterator[tuple[Turn, datetime]]:
        """Each turn with the moment until which it holds, none later than `end`."""
        for turn, after in pairwise([*self.turns, None]):
            if turn is None or turn.at >= end:
                return
            yield turn, end if after is None else min(after.at, end)
