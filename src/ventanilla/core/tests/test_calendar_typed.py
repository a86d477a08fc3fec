"""Hours and dates as people type them: tables, and what is shown reads back as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.calendar_text import canonical
from ventanilla.core.calendar_typed import (
    Unreadable,
    day_in_text,
    day_typed,
    days_typed,
    holidays_typed,
    lines_in_text,
    windows_in_text,
    windows_typed,
)

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("typed", "windows"),
    [
        ("", []),
        ("-", []),
        ("cerrado", []),
        ("Closed", []),
        ("09:00-14:00", [["09:00", "14:00"]]),
        ("9-14", [["09:00", "14:00"]]),
        ("9:00 – 14:00, 16:00 – 19:00", [["09:00", "14:00"], ["16:00", "19:00"]]),
        ("16-19; 9-14", [["09:00", "14:00"], ["16:00", "19:00"]]),
        ("9 a 14 y 16 a 19", [["09:00", "14:00"], ["16:00", "19:00"]]),
        ("9 to 14 and 16 to 19", [["09:00", "14:00"], ["16:00", "19:00"]]),
        ("9h-14.30h", [["09:00", "14:30"]]),
        ("22:00-06:00", [["22:00", "06:00"]]),
        ("18:00-24:00", [["18:00", "24:00"]]),
        ("24h", [["00:00", "24:00"]]),
        ("24 horas", [["00:00", "24:00"]]),
    ],
)
def test_hours(typed: str, windows: list):
    assert windows_typed(typed) == windows


@pytest.mark.parametrize(
    ("typed", "why", "part"),
    [
        ("9", "hours", "9"),
        ("09:00-25:00", "hours", "09:00-25:00"),
        ("09:75-14:00", "hours", "09:75-14:00"),
        ("24:00-06:00", "hours", "24:00-06:00"),
        ("09:00-14:00, later", "hours", ", later"),
        ("09:00-14:00, 13:00-15:00", "overlap", "09:00-14:00, 13:00-15:00"),
        ("22:00-06:00, 23:00-24:00", "overlap", "22:00-06:00, 23:00-24:00"),
        ("mañana", "hours", "mañana"),
    ],
)
def test_what_are_no_hours(typed: str, why: str, part: str):
    with pytest.raises(Unreadable) as caught:
        windows_typed(typed)
    assert (caught.value.why, caught.value.part) == (why, part)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("25/12", "*-12-25"),
        ("25.12", "*-12-25"),
        ("*-12-25", "*-12-25"),
        ("29/2", "*-02-29"),
        ("25/12/2026", "2026-12-25"),
        ("25-12-2026", "2026-12-25"),
        ("1.5.2027", "2027-05-01"),
        ("2026-12-25", "2026-12-25"),
    ],
)
def test_dates(typed: str, stored: str):
    assert day_typed(typed) == stored
    assert day_typed(day_in_text(stored)) == stored


@pytest.mark.parametrize("typed", ["", "31/02", "30/02/2026", "2026-13-01", "25/12/26", "Christmas", "25/12 Christmas"])
def test_what_is_no_date(typed: str):
    with pytest.raises(Unreadable) as caught:
        day_typed(typed)
    assert caught.value.why == "date"


def test_holidays_one_a_line():
    read = holidays_typed(
        "25/12 Navidad\n\n  2026-10-12\tDía de la   Hispanidad\n15/05/2026 - San Isidro\n01/01/2027\n", longest_name=40
    )
    assert list(read.windows) == ["*-12-25", "2026-10-12", "2026-05-15", "2027-01-01"]
    assert read.names == {
        "*-12-25": "Navidad",
        "2026-10-12": "Día de la Hispanidad",
        "2026-05-15": "San Isidro",
    }


def test_single_days_one_a_line():
    read = days_typed(
        "24/12/2026 9-13 Nochebuena\n31/12/2026 cerrado por inventario\n05/01/2027 9-14, 16-20", longest_name=40
    )
    assert read.windows == {
        "2026-12-24": [["09:00", "13:00"]],
        "2026-12-31": [],
        "2027-01-05": [["09:00", "14:00"], ["16:00", "20:00"]],
    }
    assert read.names == {"2026-12-24": "Nochebuena", "2026-12-31": "por inventario"}


@pytest.mark.parametrize(
    ("read", "typed", "why", "line"),
    [
        (holidays_typed, "25/12 Navidad\nNochevieja", "date", 2),
        (holidays_typed, "25/12\n\n2026-12-25\n25.12", "twice", 4),
        (holidays_typed, "25/12 " + "x" * 41, "name", 1),
        (days_typed, "24/12 9-13", "no_year", 1),
        (days_typed, "24/12/2026 Nochebuena", "no_hours", 1),
        (days_typed, "24/12/2026 9-13, 12-14", "overlap", 1),
    ],
)
def test_a_mistake_names_its_line(read, typed: str, why: str, line: int):
    with pytest.raises(Unreadable) as caught:
        read(typed, longest_name=40)
    assert (caught.value.why, caught.value.line) == (why, line)


times = st.integers(0, 23 * 60 + 59).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
weeks = st.lists(st.tuples(times, times | st.just("24:00")).map(list), max_size=1)
dates = st.dates().filter(lambda day: day.year >= 1000).map(str)
words = (
    st.text("abcñ éx", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(lambda t: len(t) > 4)
)


@given(days=st.dictionaries(dates, weeks, max_size=5), names=st.dictionaries(dates, words, max_size=5))
def test_what_is_shown_reads_back_as_the_same(days: dict, names: dict):
    stored = canonical({"tz": "UTC", "overrides": days, "names": names, "holidays": list(names)})
    kept = stored.get("names", {})
    shown = lines_in_text(stored.get("overrides", {}), kept, "closed")
    read = days_typed(shown, longest_name=40)
    assert dict(read.windows) == stored.get("overrides", {})
    assert read.names == {day: name for day, name in kept.items() if day in read.windows}
    holidays = lines_in_text(dict.fromkeys(stored.get("holidays", [])), kept, "closed")
    assert list(holidays_typed(holidays, longest_name=40).windows) == stored.get("holidays", [])


@given(windows=weeks)
def test_windows_shown_read_back(windows: list):
    assert windows_typed(windows_in_text(windows)) == windows
