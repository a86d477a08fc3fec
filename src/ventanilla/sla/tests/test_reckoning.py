"""Clocks from histories: by tables, and against a reference that looks at every minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.calendars import Calendar
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.reckoning import METRICS, OLA, RESOLUTION, SLA, Reckoned, Row, Terms, reckon
from ventanilla.tickets.replay import LAST_OPEN, Lens, Snapshot, Told, snapshots

pytestmark = pytest.mark.pure

NEW, WORKING, PENDING, RESOLVED = 1, 2, 3, 4
OURS, THEIRS = 10, 20
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
LUNCH = Calendar(ZoneInfo("UTC"), {day: [(9 * 3600, 14 * 3600), (16 * 3600, 19 * 3600)] for day in range(5)})
LENS = Lens({NEW: 1, WORKING: 2, PENDING: 3, RESOLVED: 4}, lambda _name, stored: stored)


def terms(side: str = SLA, team: int | None = None, **more: Any) -> Terms:
    every = {metric: Target(8 * 3600) for metric in METRICS}
    given: dict[str, Any] = {
        "agreement": 1,
        "version": 1,
        "side": side,
        "team": team,
        "calendar_version": 1,
        "calendar": LUNCH,
        "covers": lambda _values: True,
        "rows": [Row(lambda _values: True, every)],
        "pausing": frozenset({PENDING}),
    }
    return Terms(**(given | more))


def opened(at: datetime = MONDAY, **state: Any) -> Told:
    whole = {"status": NEW, "team": OURS, "assignee": None, "priority": 3, "pending_reason": None, **state}
    return Told("ticket.opened", at, {"state": whole})


def changed(at: datetime, **changes: Any) -> Told:
    return Told("ticket.changed", at, {"changes": {name: [None, value] for name, value in changes.items()}})


def clocks(told: Sequence[Told], *agreed: Terms) -> dict[tuple[str, int, str, int], Reckoned]:
    return {clock.key: clock for clock in reckon(list(snapshots(told, LENS)), lambda _at: agreed or [terms()])}


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def test_a_ticket_answered_resolved_and_reopened():
    told = [
        opened(),
        changed(MONDAY + hours(1), assignee=7, status=WORKING),
        Told("ticket.replied", MONDAY + hours(2), {}),
        changed(MONDAY + hours(3), status=PENDING),
        Told("ticket.requester_replied", MONDAY + hours(4), {}),
        changed(MONDAY + hours(4), status=WORKING),
        changed(MONDAY + hours(8), status=RESOLVED),  # 17:00
        changed(MONDAY + hours(24), status=WORKING),  # Tuesday 9:00
    ]
    found = clocks(told)
    ends = {key[2:]: clock.ended_at for key, clock in found.items()}
    assert ends["first_response", 1] == MONDAY + hours(2)
    assert ends["assignment", 1] == MONDAY + hours(1)
    assert ends["next_response", 1] == MONDAY + hours(8)
    assert ends["resolution", 1] is None
    resolution = found[SLA, 0, "resolution", 1]
    # 9–12 and 13–14, 16–17: five hours; what is left of eight lies on Tuesday.
    assert resolution.clock.due() == MONDAY + hours(27)
    assert resolution.clock.paused_seconds() == 3600 + 2 * 3600
    assert [turn.why for turn in resolution.turns] == ["", "status:3", "", "resolved", ""]


def test_machines_answer_nobody():
    told = [opened(), Told("ticket.replied", MONDAY + hours(1), {"automatic": True})]
    assert clocks(told)[SLA, 0, "first_response", 1].ended_at is None


def test_what_a_row_grants_follows_the_ticket_as_it_is():
    urgent = Row(lambda values: values["priority"] == 1, {"resolution": Target(3600)})
    other = Row(lambda _values: True, {"resolution": Target(8 * 3600)})
    agreed = terms(rows=[urgent, other])
    told = [opened(), changed(MONDAY + hours(2), priority=1)]
    found = clocks(told, agreed)[SLA, 0, "resolution", 1]
    # Two hours have run already: an hour was all there was.
    assert (found.target, found.clock.due()) == (Target(3600), MONDAY + hours(1))
    back = clocks([*told, changed(MONDAY + hours(3), priority=3)], agreed)[SLA, 0, "resolution", 1]
    assert back.clock.due() == clocks([opened()], agreed)[SLA, 0, "resolution", 1].clock.due()


def test_three_sides_run_at_once_and_the_supplier_stops_the_customers_clock_where_that_is_agreed():
    agreed = [terms(standing_teams=frozenset({THEIRS})), terms(OLA, OURS), terms("supplier", THEIRS)]
    told = [opened(), changed(MONDAY + hours(1), team=THEIRS), changed(MONDAY + hours(3), team=OURS)]
    found = clocks(told, *agreed)
    at = MONDAY + hours(4)
    elapsed = {key[0]: found[key].clock.reading(at).elapsed_seconds for key in found if key[2] == RESOLUTION}
    assert elapsed == {"sla": 2 * 3600, "ola": 2 * 3600, "supplier": 2 * 3600}
    assert [turn.why for turn in found[SLA, 0, RESOLUTION, 1].turns] == ["", "supplier", ""]
    assert [key[3] for key in found if key[:3] == (OLA, OURS, "in_team")] == [1, 2]


def test_a_pending_reason_may_let_it_run():
    told = [opened(), changed(MONDAY + hours(1), status=PENDING, pending_reason=5)]
    assert not clocks(told)[SLA, 0, RESOLUTION, 1].runs
    assert clocks(told, terms(running_reasons=frozenset({5})))[SLA, 0, RESOLUTION, 1].runs


def test_an_agreement_without_a_row_that_fits_measures_nothing():
    assert clocks([opened()], terms(rows=[Row(lambda _values: False, {"resolution": Target(60)})])) == {}
    assert clocks([opened()], terms(covers=lambda _values: False)) == {}


def test_what_ended_keeps_the_words_of_its_time():
    first, second = terms(version=1), terms(version=2, rows=[Row(lambda _v: True, {"first_response": Target(60)})])
    told = [opened(), Told("ticket.replied", MONDAY + hours(1), {})]
    history = list(snapshots(told, LENS))
    found = list(reckon(history, lambda at: [first] if at is not None and at < MONDAY + hours(2) else [second]))
    assert {clock.key[2]: clock.terms.version for clock in found}["first_response"] == 1


_STEPS = st.tuples(
    st.integers(0, 900),
    st.one_of(
        st.sampled_from(["reply", "ask", "machine"]),
        st.tuples(st.just("status"), st.sampled_from([NEW, WORKING, PENDING, RESOLVED])),
        st.tuples(st.just("team"), st.sampled_from([OURS, THEIRS])),
        st.tuples(st.just("assignee"), st.sampled_from([None, 7, 8])),
        st.tuples(st.just("priority"), st.sampled_from([1, 3])),
    ),
)
_HISTORIES = st.lists(_STEPS, max_size=14)
_AGREED = [terms(standing_teams=frozenset({THEIRS})), terms(OLA, OURS), terms("supplier", THEIRS)]


def history(steps: Sequence[tuple[int, Any]]) -> list[Snapshot]:
    told, at = [opened()], MONDAY
    for minutes, what in steps:
        at += timedelta(minutes=minutes)
        if isinstance(what, tuple):
            told.append(changed(at, **{what[0]: what[1]}))
        else:
            kind = "ticket.requester_replied" if what == "ask" else "ticket.replied"
            told.append(Told(kind, at, {"automatic": what == "machine"}))
    return list(snapshots(told, LENS))


@settings(deadline=None, max_examples=60)
@given(_HISTORIES)
def test_what_has_ended_never_changes_again_but_for_what_is_reopened(steps):
    whole = history(steps)
    last = {clock.key: clock for clock in reckon(whole, lambda _at: _AGREED)}
    for length in range(1, len(whole)):
        for clock in reckon(whole[:length], lambda _at: _AGREED):
            if clock.ended_at is None or clock.key[2] == RESOLUTION:
                continue
            assert (last[clock.key].turns, last[clock.key].ended_at) == (clock.turns, clock.ended_at)


@settings(deadline=None, max_examples=40)
@given(_HISTORIES)
def test_every_minute_of_the_resolution_is_counted_as_a_slow_reader_counts_it(steps):
    whole = history(steps)
    end = whole[-1].at + timedelta(minutes=37)
    found = {clock.key[0]: clock for clock in reckon(whole, lambda _at: _AGREED) if clock.key[2] == RESOLUTION}
    for side, team in ((SLA, None), (OLA, OURS), ("supplier", THEIRS)):
        slow = _slowly(whole, side, team, end)
        if side not in found:
            assert slow is None
            continue
        clock = found[side]
        until = clock.ended_at or end
        assert clock.clock.reading(until).elapsed_seconds == (slow or 0) * 60
        parts = list(clock.clock.stretches(until))
        assert sum((part.ends - part.begins for part in parts), timedelta()) == until - clock.started_at


def _slowly(whole: Sequence[Snapshot], side: str, team: int | None, end: datetime) -> int | None:
    """The minutes in which the clock of a side ran; None when it never began."""
    minutes, begun, at = 0, False, whole[0].at
    coming = list(whole)
    while at < end:
        while coming and coming[0].at <= at:
            values = coming.pop(0).values
            here, over = team is None or values["team"] == team, values["status.category"] > LAST_OPEN
            if here and not begun:
                if over:
                    return None
                begun = True
        away = side == SLA and values["team"] == THEIRS
        if begun and here and not over and not away and values["status"] != PENDING and LUNCH.is_open(at):
            minutes += 1
        at += timedelta(minutes=1)
    return minutes if begun else None
