"""Working days: by table, and by counting day for day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.workdays import after_workdays

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-11-16T10:00", 3, "2026-11-19T10:00"),  # Monday to Thursday
        ("2026-11-18T10:00", 3, "2026-11-23T10:00"),  # over the weekend
        ("2026-11-20T10:00", 1, "2026-11-23T10:00"),  # Friday to Monday
        ("2026-11-21T10:00", 1, "2026-11-24T10:00"),  # a Saturday counts from Monday
        ("2026-11-22T23:30", 0, "2026-11-23T23:30"),
        ("2026-10-23T10:00", 1, "2026-10-26T10:00"),  # the clocks go back in between, the wall shows the same
        ("2026-03-27T10:00", 1, "2026-03-30T10:00"),
        ("2026-11-16T10:00", 10, "2026-11-30T10:00"),
    ],
)
def test_by_the_clock_on_the_wall(moment, days, expected):
    local = datetime.fromisoformat(moment).replace(tzinfo=MADRID)
    found = after_workdays(local.astimezone(UTC), days, MADRID)
    assert found.astimezone(MADRID).strftime("%Y-%m-%dT%H:%M") == expected


@given(
    moment=st.integers(1_700_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    days=st.integers(0, 60),
)
def test_as_many_working_days_lie_between(moment, days):
    found = after_workdays(moment, days, MADRID).astimezone(MADRID)
    first = moment.astimezone(MADRID).date()
    between = [first + timedelta(days=n) for n in range(1, (found.date() - first).days + 1)]
    counted = sum(day.weekday() < 5 for day in between)
    assert found.weekday() < 5
    assert counted == days + (first.weekday() >= 5)
