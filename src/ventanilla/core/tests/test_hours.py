"""Working hours: when somebody is told, by the clock on their wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.hours import ALWAYS, OFFICE, WorkingHours

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")
NIGHT = WorkingHours(frozenset({4}), time(22), time(6))


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        (OFFICE, "2026-11-23T09:00", "2026-11-23T09:00"),
        (OFFICE, "2026-11-23T07:59", "2026-11-23T08:00"),
        (OFFICE, "2026-11-23T18:00", "2026-11-24T08:00"),
        (OFFICE, "2026-11-27T20:00", "2026-11-30T08:00"),
        (OFFICE, "2026-11-28T12:00", "2026-11-30T08:00"),
        (NIGHT, "2026-11-28T05:59", "2026-11-28T05:59"),
        (NIGHT, "2026-11-28T06:00", "2026-12-04T22:00"),
        (ALWAYS, "2026-11-29T03:00", "2026-11-29T03:00"),
        (WorkingHours(frozenset(), time(8), time(9)), "2026-11-29T03:00", "2026-11-29T03:00"),
    ],
)
def test_when_hours_begin(hours: WorkingHours, moment: str, opens: str):
    found = hours.open_from(datetime.fromisoformat(moment).replace(tzinfo=MADRID), MADRID)
    assert found == datetime.fromisoformat(opens).replace(tzinfo=MADRID)


HOURS = st.builds(WorkingHours, st.frozensets(st.integers(0, 6), min_size=1), st.times(), st.times())


@given(HOURS, st.integers(0, 366 * 24 * 60).map(lambda minutes: YEAR + timedelta(minutes=minutes)))
def test_nobody_waits_longer_than_a_week_and_what_has_begun_has_begun(hours: WorkingHours, moment: datetime):
    opens = hours.open_from(moment, MADRID)
    assert moment <= opens <= moment + timedelta(days=7, hours=1)
    assert hours.open_from(opens, MADRID) == opens
    short = WorkingHours.of(hours.stored())
    assert short.days == hours.days and short.begins == hours.begins.replace(second=0, microsecond=0)
