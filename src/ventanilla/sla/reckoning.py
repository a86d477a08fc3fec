"""From what a ticket was at each moment to its clocks: when each began, ran, stood and ended. Pure.

An agreement with customers (SLA) counts wherever the ticket is; one within the house (OLA) or with a supplier counts
while the ticket is with its team. Which agreement holds and what it grants follows from the ticket as it is now, for as
long as a clock is open; once it has ended, from what the ticket and the agreements were at that moment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from ventanilla.core.calendars import Calendar
from ventanilla.sla.arithmetic import Clock, Target, Turn
from ventanilla.tickets.replay import LAST_OPEN, Snapshot

Predicate = Callable[[Mapping[str, Any]], bool]

SLA: Final = "sla"
OLA: Final = "ola"
SUPPLIER: Final = "supplier"

FIRST_RESPONSE: Final = "first_response"
NEXT_RESPONSE: Final = "next_response"
ASSIGNMENT: Final = "assignment"
RESOLUTION: Final = "resolution"
UPDATE: Final = "update"
IN_STATUS: Final = "in_status"
IN_TEAM: Final = "in_team"
_STAYS: Final = frozenset({IN_STATUS, IN_TEAM})
METRICS: Final = (FIRST_RESPONSE, NEXT_RESPONSE, ASSIGNMENT, RESOLUTION, UPDATE, IN_STATUS, IN_TEAM)

# Why a clock stands, besides `status:<id>` and `reason:<id>`.
RESOLVED: Final = "resolved"
MERGED: Final = "merged"
SPAM: Final = "spam"
ELSEWHERE: Final = "elsewhere"
WITH_SUPPLIER: Final = "supplier"


@dataclass(frozen=True)
class Row:
    """What an agreement grants the tickets of which `when` is true, by metric."""

    when: Predicate
    targets: Mapping[str, Target]


@dataclass(frozen=True)
class Terms:
    """An agreement as one of its versions has it.

    `version` and `calendar_version` are ids; `team` whose time counts (None: everybody's). While a ticket is in a
    status of `pausing` the clocks stand, but for a pending reason of `running_reasons`; likewise while it is with a
    team of `standing_teams` (suppliers, where this is agreed).
    """

    agreement: int
    version: int
    side: str
    team: int | None
    calendar_version: int
    calendar: Calendar
    covers: Predicate
    rows: Sequence[Row]
    pausing: frozenset[int] = frozenset()
    running_reasons: frozenset[int] = frozenset()
    standing_teams: frozenset[int] = frozenset()

    def target(self, metric: str, values: Mapping[str, Any]) -> Target | None:
        """What the first row that fits a ticket grants it; None where that says nothing of this metric."""
        row = next((row for row in self.rows if row.when(values)), None)
        return row.targets.get(metric) if row is not None else None


# The agreements in force at a moment, in their order; at None those in force now.
Book = Callable[[datetime | None], Sequence[Terms]]
# Side, team (0: everybody's), metric, and which of its kind, counted from 1.
Key = tuple[str, int, str, int]


@dataclass(frozen=True)
class Reckoned:
    """A clock of a ticket: `ended_at` is None while it is open."""

    key: Key
    terms: Terms
    target: Target
    turns: tuple[Turn, ...]
    ended_at: datetime | None

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.turns[0].at

    @property
    def clock(self) -> Clock:
        """Its arithmetic."""
        return Clock(self.terms.calendar, self.target, self.turns)

    def due(self, at: datetime) -> datetime | None:
        """When it is due; of a clock that stands at a moment, or stood when it ended, as if it ran on from there."""
        end = self.ended_at or at
        if self.turns[-1].runs or end <= self.turns[-1].at:
            return self.clock.due()
        return Clock(self.terms.calendar, self.target, (*self.turns, Turn(end, True))).due()

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self.ended_at is None and self.turns[-1].runs

    def late(self) -> bool:
        """Whether it ended after it was due, still running."""
        return self.ended_at is not None and self.clock.breached(self.ended_at)


@dataclass(frozen=True)
class _Part:
    """A part of a history, by the places of its first and its last snapshot; without a last one it goes on."""

    first: int
    last: int | None = None


def reckon(history: Sequence[Snapshot], book: Book) -> Iterator[Reckoned]:
    """The clocks of a ticket with this history, oldest first snapshot to newest."""
    if not history:
        return
    for side, team in _places(history, book):
        for metric in METRICS:
            for count, part in enumerate(_PARTS[metric](_Seen(history, team)), start=1):
                found = _clock(history, part, (side, team or 0, metric, count), book)
                if found is not None:
                    yield found


def _places(history: Sequence[Snapshot], book: Book) -> list[tuple[str, int | None]]:
    """The sides and teams for which any agreement has held since the ticket began."""
    agreed = [book(None), *(book(snapshot.at) for snapshot in history)]
    # Mostly the same ones throughout.
    differing = {id(terms): terms for terms in agreed}.values()
    found = dict.fromkeys((terms.side, terms.team) for some in differing for terms in some)
    been = {snapshot.values.get("team") for snapshot in history}
    return [(side, team) for side, team in found if team is None or team in been]


def _clock(history: Sequence[Snapshot], part: _Part, key: Key, book: Book) -> Reckoned | None:
    side, team, metric, _count = key
    judged = history[-1 if part.last is None else part.last]
    values = judged.values
    if part.last is not None and metric in _STAYS:
        # It ended because the ticket went on: what counts is what it was until then.
        values = history[part.last - 1].values
    in_force = book(None if part.last is None else judged.at)
    terms = next((t for t in in_force if t.side == side and (t.team or 0) == team and t.covers(values)), None)
    target = terms.target(metric, values) if terms is not None else None
    if terms is None or target is None:
        return None
    shown = history[part.first : None if part.last is None else part.last]
    turns: list[Turn] = []
    for snapshot in shown:
        why = _standing(snapshot, terms)
        if not turns or (turns[-1].runs, turns[-1].why) != (not why, why):
            turns.append(Turn(snapshot.at, not why, why))
    return Reckoned(key, terms, target, tuple(turns), None if part.last is None else judged.at)


def _standing(snapshot: Snapshot, terms: Terms) -> str:
    """Why a clock stands from a snapshot on; "" while it runs."""
    values = snapshot.values
    if snapshot.merged:
        return MERGED
    if values.get("stage") == SPAM:
        return SPAM
    if values["status.category"] > LAST_OPEN:
        return RESOLVED
    if terms.team is not None and values.get("team") != terms.team:
        return ELSEWHERE
    if values.get("team") in terms.standing_teams:
        return WITH_SUPPLIER
    if values["status"] in terms.pausing:
        reason = values.get("pending_reason")
        if reason is None:
            return f"status:{values['status']}"
        return "" if reason in terms.running_reasons else f"reason:{reason}"
    return ""


class _Seen:
    """A history as the agreements of one team see it: where the ticket was theirs, and where it was done."""

    def __init__(self, history: Sequence[Snapshot], team: int | None) -> None:
        self.history = history
        self.theirs = [team is None or snapshot.values.get("team") == team for snapshot in history]
        self.over = [snapshot.merged or snapshot.values["status.category"] > LAST_OPEN for snapshot in history]
        self.answered = [snapshot.kind == "ticket.replied" for snapshot in history]
        self.asked = [snapshot.kind == "ticket.requester_replied" for snapshot in history]

    def first(self) -> int | None:
        """Where it was theirs for the first time."""
        return next((place for place, theirs in enumerate(self.theirs) if theirs), None)

    def next(self, after: int, *tests: Sequence[bool]) -> int | None:
        """The first place after one at which one of the tests is true."""
        return next((i for i in range(after + 1, len(self.history)) if any(test[i] for test in tests)), None)

    def value(self, name: str) -> list[Any]:
        """What a value of the ticket was at each place."""
        return [snapshot.values.get(name) for snapshot in self.history]


def _first_response(seen: _Seen) -> Iterator[_Part]:
    first = seen.first()
    if first is not None and not seen.over[first]:
        yield _Part(first, seen.next(first, seen.answered, seen.over))


def _next_response(seen: _Seen) -> Iterator[_Part]:
    """From each word of the requester that nobody has answered yet, once the first response was given."""
    opening = next(_first_response(seen), None)
    place = opening.last if opening is not None else seen.first()
    while place is not None:
        asked = seen.next(place, seen.asked)
        if asked is None:
            return
        if seen.over[asked] or not seen.theirs[asked]:
            place = asked
            continue
        place = seen.next(asked, seen.answered, seen.over)
        yield _Part(asked, place)


def _assignment(seen: _Seen) -> Iterator[_Part]:
    """Until somebody has it: once for everybody's agreement, each time it comes to them for a team's."""
    taken = [value is not None for value in seen.value("assignee")]
    away = [not theirs for theirs in seen.theirs]
    always_theirs = all(seen.theirs)
    place = seen.first()
    while place is not None:
        if not seen.over[place] and not taken[place]:
            yield _Part(place, seen.next(place, taken, away, seen.over))
        if always_theirs:
            return
        left = seen.next(place, away)
        place = seen.next(left, seen.theirs) if left is not None else None


def _resolution(seen: _Seen) -> Iterator[_Part]:
    """One clock, which stands while the ticket is done and goes on if it is reopened."""
    first = seen.first()
    if first is None or seen.over[first]:
        return
    last = None
    for place in range(len(seen.history) - 1, first, -1):
        if not seen.over[place]:
            break
        last = place
    yield _Part(first, last)


def _update(seen: _Seen) -> Iterator[_Part]:
    """From one word to the requester to the next, for as long as it is not done."""
    place = seen.first()
    while place is not None:
        if seen.over[place]:
            place = seen.next(place, [not over for over in seen.over])
            continue
        until = seen.next(place, seen.answered, seen.over)
        yield _Part(place, until)
        place = until


def _in_status(seen: _Seen) -> Iterator[_Part]:
    yield from _stays(seen, seen.value("status"))


def _in_team(seen: _Seen) -> Iterator[_Part]:
    yield from _stays(seen, seen.value("team"))


def _stays(seen: _Seen, values: Sequence[Any]) -> Iterator[_Part]:
    """Each time that a value stayed the same while the ticket was theirs and not done."""
    inside = [value if theirs and not over else None for value, theirs, over in
              zip(values, seen.theirs, seen.over, strict=True)]  # fmt: skip
    begun = None
    for place, (before, value) in enumerate(pairwise([None, *inside])):
        if before == value:
            continue
        if begun is not None:
            yield _Part(begun, place)
        begun = place if value is not None else None
    if begun is not None:
        yield _Part(begun)


_PARTS: Final[Mapping[str, Callable[[_Seen], Iterator[_Part]]]] = {
    FIRST_RESPONSE: _first_response,
    NEXT_RESPONSE: _next_response,
    ASSIGNMENT: _assignment,
    RESOLUTION: _resolution,
    UPDATE: _update,
    IN_STATUS: _in_status,
    IN_TEAM: _in_team,
}
