"""Business calendars against a slow reference that looks at the clock on the wall again and again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ventanilla.core.calendars import Calendar, CalendarError, Season, Yearly, date_of, time_of, window_of, yearly_of

MADRID = ZoneInfo("Europe/Madrid")
# Windows and jumps lie on half hours: looking four times an hour sees them all.
STEP = timedelta(minutes=15)
STEP_SECONDS = 900
OFFICE = {day: [window_of(["09:00", "14:00"]), window_of(["16:00", "19:00"])] for day in range(5)}

# A zone and a date about which its clocks jump: forward, back, by half an hour, over a whole date, or not at all.
PLACES = [
    ("Europe/Madrid", date(2026, 3, 29)),
    ("Europe/Madrid", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("America/Havana", date(2026, 3, 8)),
    ("Asia/Kolkata", date(2026, 1, 1)),
    ("UTC", date(2024, 2, 29)),
]


def is_open(calendar: Calendar, at: datetime) -> bool:
    """The reference: what the calendar says of the time that the wall shows."""
    wall = at.astimezone(calendar.zone)
    second = wall.hour * 3600 + wall.minute * 60 + wall.second
    day, night = wall.date(), wall.date() - timedelta(days=1)

    def holiday(one: date) -> bool:
        yearly = {(y.month, y.day) for y in calendar.yearly_holidays}
        return one in calendar.holidays or (one.month, one.day) in yearly

    def windows(one: date):
        if holiday(one):
            return []
        if one in calendar.overrides:
            return calendar.overrides[one]
        for season in calendar.seasons:
            if season.holds(one):
                return season.week.get(one.weekday(), [])
        return calendar.week.get(one.weekday(), [])

    if holiday(day) or any(begins <= second < ends for begins, ends in calendar.breaks.get(day, [])):
        return False
    own = any(begins <= second < ends for begins, ends in windows(day))
    return own or any(begins <= second + 86_400 < ends for begins, ends in windows(night))


def moments(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += STEP


@st.composite
def times(draw: st.DrawFn) -> int:
    return draw(st.integers(0, 47)) * 1800


@st.composite
def windows(draw: st.DrawFn) -> list[tuple[int, int]]:
    pairs = draw(st.lists(st.tuples(times(), times()), max_size=3))
    return [(begins, ends if ends > begins else ends + 86_400) for begins, ends in pairs]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a midnight of UTC some days before its zone's clocks jump."""
    name, jump = draw(st.sampled_from(PLACES))
    near = [jump + timedelta(days=ahead) for ahead in range(-3, 4)]
    weeks = st.dictionaries(st.integers(0, 6), windows(), max_size=7)
    dates = st.sampled_from(near)
    edge = st.sampled_from([Yearly(d.month, d.day) for d in near])
    once = st.tuples(dates, dates).map(sorted)
    seasons = st.one_of(
        st.builds(Season, edge, edge, weeks),
        st.builds(lambda pair, week: Season(pair[0], pair[1], week), once, weeks),
    )
    calendar = Calendar(
        zone=ZoneInfo(name),
        week=draw(weeks),
        seasons=draw(st.lists(seasons, max_size=2)),
        holidays=frozenset(draw(st.lists(dates, max_size=2))),
        yearly_holidays=frozenset(draw(st.lists(edge, max_size=1))),
        overrides=draw(st.dictionaries(dates, windows(), max_size=2)),
        breaks={
            day: [(begins, min(ends, 86_400)) for begins, ends in found]
            for day, found in draw(st.dictionaries(dates, windows(), max_size=2)).items()
        },
    )
    return calendar, datetime.combine(jump - timedelta(days=3), time(), UTC)


@settings(max_examples=60, deadline=None)
@given(calendars(), st.integers(0, 5 * 96), st.integers(0, 3 * 96))
def test_open_time_is_what_the_wall_shows(made, begins, length):
    calendar, midnight = made
    first = midnight + begins * STEP
    last = first + length * STEP
    found = [moment for moment in moments(first, last) if is_open(calendar, moment)]
    assert calendar.elapsed_seconds(first, last) == STEP_SECONDS * len(found)
    assert calendar.elapsed_seconds(last, first) == 0
    for moment in (first, last):
        assert calendar.is_open(moment) == is_open(calendar, moment)
    if found:
        half = len(found) // 2
        assert calendar.due(first, STEP_SECONDS * len(found)) == found[-1] + STEP
        assert calendar.due(first, STEP_SECONDS * half + 30) == found[half] + timedelta(seconds=30)
        assert calendar.before(last, STEP_SECONDS * len(found)) == found[0]
        assert calendar.before(last, STEP_SECONDS * half + 30) == found[-1 - half] + STEP - timedelta(seconds=30)


@settings(max_examples=60, deadline=None)
@given(calendars(), st.integers(0, 6 * 96), st.integers(-3, 3).filter(bool), st.booleans())
def test_open_dates_are_those_with_an_open_minute(made, begins, days, end_of_day):
    calendar, midnight = made
    start = midnight + begins * STEP
    by_date: dict[date, list[datetime]] = {}
    for moment in moments(midnight - timedelta(days=9), midnight + timedelta(days=16)):
        if is_open(calendar, moment):
            by_date.setdefault(moment.astimezone(calendar.zone).date(), []).append(moment)
    day = start.astimezone(calendar.zone).date()
    there = sorted(d for d in by_date if d > day) if days > 0 else sorted((d for d in by_date if d < day), reverse=True)
    edge = (midnight + timedelta(days=15 if days > 0 else -8)).date()
    there = [d for d in there if (d < edge if days > 0 else d > edge)]
    found = calendar.due_days(start, days, end_of_day=end_of_day)
    if len(there) < abs(days):
        return
    wanted = there[abs(days) - 1]
    if end_of_day:
        assert found == by_date[wanted][-1] + STEP
    else:
        local = start.astimezone(calendar.zone)
        assert found == datetime.combine(wanted, local.time(), calendar.zone).astimezone(UTC)


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 5 * 86_400), st.integers(0, 200_000))
def test_due_and_elapsed_agree_to_the_second(made, begins, seconds):
    calendar, midnight = made
    start = midnight + timedelta(seconds=begins)
    due, at = calendar.due(start, seconds), calendar.before(start, seconds)
    if due is not None:
        assert calendar.elapsed_seconds(start, due) == seconds
        assert not seconds or calendar.elapsed_seconds(start, due - timedelta(seconds=1)) == seconds - 1
    if at is not None:
        assert calendar.elapsed_seconds(at, start) == seconds
        assert not seconds or calendar.elapsed_seconds(at + timedelta(seconds=1), start) == seconds - 1


def madrid(day: str, clock: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), MADRID).astimezone(UTC)


def test_an_afternoon_runs_into_the_next_day_and_over_the_weekend():
    office = Calendar(MADRID, OFFICE)
    assert office.due(madrid("2026-11-30", "18:00"), 2 * 3600) == madrid("2026-12-01", "10:00")
    assert office.due(madrid("2026-12-04", "18:30"), 3600) == madrid("2026-12-07", "09:30")
    assert office.due(madrid("2026-12-05", "12:00"), 1) == madrid("2026-12-07", "09:00") + timedelta(seconds=1)


def test_a_target_met_exactly_at_closing_is_due_at_closing():
    office = Calendar(MADRID, OFFICE)
    assert office.due(madrid("2026-11-30", "13:00"), 3600) == madrid("2026-11-30", "14:00")
    assert office.due(madrid("2026-12-04", "18:00"), 3600) == madrid("2026-12-04", "19:00")
    assert office.before(madrid("2026-11-30", "12:00"), 3 * 3600) == madrid("2026-11-30", "09:00")


def test_a_holiday_beats_an_override_and_cuts_the_night_before():
    nights = Calendar(
        MADRID,
        {day: [window_of(["22:00", "06:00"])] for day in range(7)},
        yearly_holidays={Yearly(12, 25)},
        overrides={date(2026, 12, 25): [window_of(["10:00", "12:00"])]},
    )
    assert nights.elapsed_seconds(madrid("2026-12-24", "12:00"), madrid("2026-12-25", "12:00")) == 2 * 3600
    assert nights.elapsed_seconds(madrid("2026-12-25", "00:00"), madrid("2026-12-26", "12:00")) == 0


def test_summer_hours_every_year_and_a_season_over_new_year():
    mornings = {day: [window_of(["08:00", "15:00"])] for day in range(5)}
    summer = Calendar(MADRID, OFFICE, seasons=[Season(Yearly(6, 15), Yearly(9, 15), mornings)])
    for year in (2025, 2026, 2031):
        assert summer.is_open(madrid(f"{year}-07-01", "08:30"))
        assert not summer.is_open(madrid(f"{year}-07-01", "17:00"))
    winter = Season(Yearly(12, 20), Yearly(1, 7), {})
    assert winter.holds(date(2026, 12, 31)) and winter.holds(date(2027, 1, 7)) and not winter.holds(date(2027, 1, 8))


@pytest.mark.parametrize(
    ("jump", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-01", 24)], ids=["short", "long", "usual"]
)
def test_a_whole_day_is_as_long_as_the_clocks_make_it(jump, hours):
    always = Calendar(MADRID, {day: [window_of(["00:00", "24:00"])] for day in range(7)})
    following = (date.fromisoformat(jump) + timedelta(days=1)).isoformat()
    assert always.elapsed_seconds(madrid(jump, "00:00"), madrid(following, "00:00")) == hours * 3600


def test_a_calendar_that_never_opens_says_so_at_once():
    closed = Calendar(MADRID, {}, overrides={date(2030, 5, 5): [window_of(["09:00", "10:00"])]})
    assert closed.due(madrid("2026-01-01", "00:00"), 3600) == madrid("2030-05-05", "10:00")
    assert closed.due(madrid("2026-01-01", "00:00"), 3601) is None
    assert closed.due(madrid("2031-01-01", "00:00"), 1) is None
    assert closed.before(madrid("2026-01-01", "00:00"), 1) is None
    assert closed.due_days(madrid("2026-01-01", "00:00"), 2) is None
    assert closed.elapsed_seconds(madrid("2026-01-01", "00:00"), madrid("2029-01-01", "00:00")) == 0


def test_once_in_many_years_is_still_found():
    leap = Calendar(
        ZoneInfo("UTC"),
        {},
        seasons=[Season(Yearly(2, 29), Yearly(2, 29), {0: [window_of(["09:00", "10:00"])]})],
    )
    found = leap.due(datetime(2096, 3, 1, tzinfo=UTC), 60)
    assert found is not None and (found.month, found.day, found.weekday()) == (2, 29, 0)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (time_of, "25:00"), (time_of, "9:00"), (time_of, "24:01"), (time_of, None),
        (window_of, ["24:00", "06:00"]), (window_of, ["09:00"]), (window_of, "09:00-10:00"),
        (date_of, "2026-02-30"), (date_of, "20260101"), (date_of, 5),
        (yearly_of, "02-30"), (yearly_of, "2026-01-01"), (yearly_of, "*-1-1"),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_refused(read, text):
    with pytest.raises(CalendarError):
        read(text)


def test_negative_seconds_are_refused():
    for ask in (Calendar(MADRID, OFFICE).due, Calendar(MADRID, OFFICE).before):
        with pytest.raises(CalendarError):
            ask(madrid("2026-01-01", "00:00"), -1)
