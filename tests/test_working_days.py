"""Working days of the life cycle: by table, by counting day for day, and over holidays."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.calendar_text import calendar_from
from ventanilla.people.calendar_versions import OFFICE_WEEK
from ventanilla.tickets.life_cycle import after_working_days

pytestmark = pytest.mark.pure
MADRID = ZoneInfo("Europe/Madrid")
OFFICE = {"tz": "Europe/Madrid", "week": OFFICE_WEEK}


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
    found = after_working_days(calendar_from(OFFICE), local.astimezone(UTC), days)
    assert found.astimezone(MADRID).strftime("%Y-%m-%dT%H:%M") == expected


@given(
    moment=st.integers(1_700_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    days=st.integers(0, 60),
)
def test_as_many_working_days_lie_between(moment, days):
    found = after_working_days(calendar_from(OFFICE), moment, days).astimezone(MADRID)
    first = moment.astimezone(MADRID).date()
    between = [first + timedelta(days=n) for n in range(1, (found.date() - first).days + 1)]
    counted = sum(day.weekday() < 5 for day in between)
    assert found.weekday() < 5
    assert counted == days + (first.weekday() >= 5)


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-12-04T10:00", 1, "2026-12-09T10:00"),  # Friday; Monday and Tuesday are holidays
        ("2026-12-07T10:00", 1, "2026-12-10T10:00"),  # a holiday counts from the next working day
        ("2026-12-22T23:30", 2, "2026-12-24T23:30"),
        ("2026-12-24T10:00", 1, "2026-12-28T10:00"),  # Christmas comes every year
    ],
)
def test_holidays_are_no_working_days(moment, days, expected):
    calendar = calendar_from(OFFICE | {"holidays": ["2026-12-07", "2026-12-08", "*-12-25"]})
    local = datetime.fromisoformat(moment).replace(tzinfo=MADRID)
    found = after_working_days(calendar, local.astimezone(UTC), days)
    assert found.astimezone(MADRID).strftime("%Y-%m-%dT%H:%M") == expected


def test_a_calendar_that_closes_for_good_counts_plain_days():
    calendar = calendar_from({"tz": "Europe/Madrid", "overrides": {"2026-12-04": [["09:00", "14:00"]]}})
    since = datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert after_working_days(calendar, since, 3) == since + timedelta(days=3)
    assert after_working_days(calendar, since + timedelta(days=1), 3) == since + timedelta(days=4)
