"""`ventanilla sla simulate`: one answer a line, whatever the line."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.sla.simulate import answer

OFFICE = {
    "tz": "Europe/Madrid",
    "week": {day: [["09:00", "14:00"], ["16:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "seasons": [{"from": "06-15", "to": "09-15", "week": {"mon": [["08:00", "15:00"]]}}],
    "holidays": ["2026-12-25", "*-01-01"],
    "overrides": {"2026-12-24": [["09:00", "13:00"]]},
    "breaks": {"2026-12-02": [["10:00", "11:00"]]},
}
NIGHTS = {"tz": "Europe/Madrid", "week": {day: [["22:00", "06:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
NEVER = {"tz": "UTC", "week": {}}
HOUR = 3600


def asked(op: str, calendar=OFFICE, **given):
    return answer(json.dumps({"op": op, "calendar": calendar, "given": given}))


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (("due", OFFICE, {"start": "2026-12-01T09:00:00Z", "seconds": 4 * HOUR}), {"due": "2026-12-01T13:00:00Z"}),
        (("due", OFFICE, {"start": "2026-12-01T09:00:00Z", "seconds": 7 * HOUR + 1}), {"due": "2026-12-02T08:00:01Z"}),
        (("due", OFFICE, {"start": "2026-12-02T08:00:00Z", "seconds": 2 * HOUR}), {"due": "2026-12-02T11:00:00Z"}),
        (("due", OFFICE, {"start": "2026-12-24T08:00:00Z", "seconds": 4 * HOUR}), {"due": "2026-12-24T12:00:00Z"}),
        (("due", OFFICE, {"start": "2026-12-24T08:00:00Z", "seconds": 5 * HOUR}), {"due": "2026-12-28T09:00:00Z"}),
        (("due", OFFICE, {"start": "2026-12-05T08:00:00Z", "seconds": 0}), {"due": "2026-12-05T08:00:00Z"}),
        (("due", NEVER, {"start": "2026-12-05T08:00:00Z", "seconds": 1}), {"due": None}),
        (("before", OFFICE, {"start": "2026-12-01T08:00:00Z", "seconds": HOUR}), {"at": "2026-11-30T17:00:00Z"}),
        (("before", NEVER, {"start": "2026-12-01T08:00:00Z", "seconds": HOUR}), {"at": None}),
        (("due_days", OFFICE, {"start": "2026-12-04T11:30:00Z", "days": 2}), {"due": "2026-12-08T11:30:00Z"}),
        (("due_days", OFFICE, {"start": "2026-12-04T11:30:00Z", "days": -4}), {"due": "2026-11-30T11:30:00Z"}),
        (("due_days", OFFICE, {"start": "2026-12-23T11:30:00Z", "days": 1, "end_of_day": True}),
         {"due": "2026-12-24T12:00:00Z"}),
        (("due_days", NEVER, {"start": "2026-12-23T11:30:00Z", "days": 1}), {"due": None}),
        (("elapsed", OFFICE, {"start": "2026-12-24T00:00:00Z", "end": "2026-12-28T09:00:00Z"}), {"seconds": 5 * HOUR}),
        (("elapsed", NEVER, {"start": "2026-12-24T00:00:00Z", "end": "2027-12-28T09:00:00Z"}), {"seconds": 0}),
        (("elapsed", NIGHTS, {"start": "2026-12-04T12:00:00Z", "end": "2026-12-06T12:00:00Z"}), {"seconds": 8 * HOUR}),
        (("is_open", NIGHTS, {"at": "2026-12-05T04:59:59Z"}), {"open": True}),
        (("is_open", NIGHTS, {"at": "2026-12-05T05:00:00Z"}), {"open": False}),
        (("is_open", OFFICE, {"at": "2027-01-01T10:00:00Z"}), {"open": False}),
        # Summer hours: one window, and no other day of that week.
        (("due", OFFICE, {"start": "2026-07-06T12:00:00Z", "seconds": 2 * HOUR}), {"due": "2026-07-13T07:00:00Z"}),
        (("clock_days", OFFICE, {"start": "2026-12-04T11:30:00Z", "days": 1, "end_of_day": False,
                                 "pauses": [["2026-12-04T12:00:00Z", "2026-12-04T16:00:00Z"],
                                            ["2026-12-04T15:30:00Z", "2026-12-04T17:00:00Z"]]}),
         {"due": "2026-12-07T16:30:00Z", "paused_business_seconds": 3 * HOUR}),
    ],
)  # fmt: skip
def test_questions(question, found):
    op, calendar, given_ = question
    assert asked(op, calendar, **given_) == found


def _event(at: str, state: str) -> dict[str, str]:
    return {"at": f"2026-12-01T{at}:00Z", "state": state}


def test_a_clock_stands_while_pending_or_closed():
    events = [_event("08:00", "open"), _event("09:00", "pending"), _event("11:00", "open"), _event("12:00", "closed")]
    found = asked("clock", events=events, target_seconds=3 * HOUR, as_of="2026-12-01T16:00:00Z")
    assert found == {
        "due": "2026-12-01T13:00:00Z",
        "paused_business_seconds": 2 * HOUR,
        "elapsed_seconds": 2 * HOUR,
        "remaining_seconds": HOUR,
        "breached": False,
    }


@pytest.mark.parametrize(
    ("solved", "as_of", "breached"),
    [
        ("18:00", "18:00", False),  # exactly at closing, when it is due
        ("18:30", "18:00", False),
        ("18:30", "18:10", True),  # nothing is open any more, but it is late
        ("18:30", "23:00", True),
    ],
)
def test_what_is_late_is_late_outside_hours_too(solved, as_of, breached):
    events = [_event("16:00", "open"), _event(solved, "closed")]
    found = asked("clock", events=events, target_seconds=2 * HOUR, as_of=f"2026-12-01T{as_of}:00Z")
    assert found["due"] == "2026-12-01T18:00:00Z"
    assert (found["breached"], found["remaining_seconds"]) == (breached, 0)


def test_a_pause_after_the_target_moves_nothing():
    events = [_event("08:00", "open"), _event("10:00", "pending"), _event("11:00", "open")]
    found = asked("clock", events=events, target_seconds=HOUR, as_of="2026-12-01T12:00:00Z")
    assert found["due"] == "2026-12-01T09:00:00Z" and found["breached"]
    assert (found["elapsed_seconds"], found["remaining_seconds"]) == (3 * HOUR, -2 * HOUR)


_DAY = datetime(2026, 11, 30, tzinfo=UTC)
_STATES = st.sampled_from(["open", "pending", "closed"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6 * 1440), _STATES), min_size=1, max_size=7, unique_by=lambda event: event[0]),
    st.integers(0, 30 * HOUR),
    st.integers(0, 8 * 1440),
    st.sampled_from([OFFICE, NIGHTS]),
)
def test_a_clock_adds_up(turns, target, until, calendar):
    def said(minute: int) -> str:
        return f"{_DAY + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"

    def open_seconds(first: int, last: int) -> int:
        return asked("elapsed", calendar, start=said(first), end=said(last))["seconds"]

    turns = sorted(turns)
    events = [{"at": said(minute), "state": state} for minute, state in turns]
    found = asked("clock", calendar, events=events, target_seconds=target, as_of=said(until))
    ends = [minute for minute, _state in turns[1:]]
    between = list(zip(turns, ends, strict=False))
    standing = sum(open_seconds(minute, end) for (minute, state), end in between if state != "open")
    assert found["paused_business_seconds"] == standing
    running = sum(
        open_seconds(minute, min(end, until))
        for (minute, state), end in zip(turns, [*ends, max(until, turns[-1][0])], strict=True)
        if state == "open" and minute < until
    )
    assert found["elapsed_seconds"] == running
    assert found["remaining_seconds"] == target - running
    if running > target:
        assert found["breached"] and found["due"] < said(until)
    if found["breached"]:
        assert running >= target


@pytest.mark.parametrize(
    "line",
    [
        "", "no json", "[]", "null", "[" * 100_000, '{"op": "due"}', '{"op": ["due"], "calendar": {"tz": "UTC"}}',
        '{"op": "guess", "calendar": {"tz": "UTC"}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "Europe/Atlantis", "week": {}}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "../../etc/passwd"}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "UTC", "week": []}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "UTC", "week": {"lun": []}}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "UTC", "hours": {}}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "UTC", "holidays": [1]}, "given": {}}',
        '{"op": "due", "calendar": {"tz": "UTC", "seasons": [{"from": "06-15", "to": "2026-09-15"}]}, "given": {}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_question(line):
    assert set(answer(line)) == {"error"}


@pytest.mark.parametrize(
    ("op", "given_"),
    [
        ("due", {"start": "2026-12-01T09:00:00Z", "seconds": -1}),
        ("due", {"start": "2026-12-01T09:00:00", "seconds": 1}),
        ("due", {"start": "yesterday", "seconds": 1}),
        ("due", {"start": "2026-12-01T09:00:00Z", "seconds": True}),
        ("due", {"start": "2026-12-01T09:00:00Z", "seconds": 10**30}),
        ("before", {"start": "2026-12-01T09:00:00Z", "seconds": -1}),
        ("due_days", {"start": "2026-12-01T09:00:00Z", "days": 1.5}),
        ("due_days", {"start": "2026-12-01T09:00:00Z", "days": 1, "end_of_day": "yes"}),
        ("clock", {"events": [], "target_seconds": 1}),
        ("clock", {"events": [{"at": "2026-12-01T09:00:00Z", "state": "asleep"}], "target_seconds": 1}),
        ("clock", {"events": [{"at": "2026-12-01T09:00:00Z", "state": "open"}], "target_seconds": -1}),
        ("clock_days", {"start": "2026-12-01T09:00:00Z", "days": -1, "pauses": []}),
        ("clock_days", {"start": "2026-12-01T09:00:00Z", "days": 1, "pauses": [["2026-12-01T09:00:00Z"]]}),
    ],
)
def test_a_question_that_has_no_answer(op, given_):
    assert set(asked(op, **given_)) == {"error"}


def test_the_command_goes_on_after_an_error(tmp_path):
    good = json.dumps({"op": "is_open", "calendar": OFFICE, "given": {"at": "2026-12-01T09:00:00Z"}})
    done = subprocess.run(
        [sys.executable, "-c", "from ventanilla.config.cli import main; main()", "sla", "simulate"],
        input=f"{good}\nnonsense\n\n\udcff\n{good}\n".encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=True,
        env={"VENTANILLA_DATA": str(tmp_path), "PATH": ""},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [{"open": True}, {"error": lines[1]["error"]}, {"error": lines[2]["error"]}, {"open": True}]
