"""Calendar files as they come: whole days out of them, and what is left out."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.ics import NotICalendar, whole_days

pytestmark = pytest.mark.pure
MADRID = ZoneInfo("Europe/Madrid")
YEARS = range(2026, 2030)

# The shape of what Google Calendar and Outlook give away: folded lines, parameters, escapes, alarms, time zones.
REAL = """BEGIN:VCALENDAR\r
PRODID:-//Google Inc//Google Calendar 70.9054//EN\r
VERSION:2.0\r
CALSCALE:GREGORIAN\r
X-WR-CALNAME:Festivos en España\r
BEGIN:VTIMEZONE\r
TZID:Europe/Madrid\r
BEGIN:STANDARD\r
DTSTART:19701025T030000\r
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20261225\r
DTEND;VALUE=DATE:20261226\r
DTSTAMP:20261130T091500Z\r
UID:20261225_natividad@google.com\r
CLASS:PUBLIC\r
SUMMARY:Natividad del Señor\\, fiesta de toda Españ\r
 a y de Portugal\r
TRANSP:TRANSPARENT\r
BEGIN:VALARM\r
ACTION:DISPLAY\r
SUMMARY:No soy el festivo\r
TRIGGER:-P1D\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20260323\r
DTEND;VALUE=DATE:20260326\r
SUMMARY;LANGUAGE=es:Feria\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20200106\r
RRULE:FREQ=YEARLY\r
SUMMARY:Epifanía\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20201126\r
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r
SUMMARY:Thanksgiving\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20250526\r
RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20270531\r
EXDATE;VALUE=DATE:20260525\r
SUMMARY:Memorial Day\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID="Europe/Madrid":20261224T000000\r
DTEND;TZID="Europe/Madrid":20261225T000000\r
SUMMARY:Nochebuena\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART:20261230T230000Z\r
DTEND:20261231T230000Z\r
SUMMARY:Nochevieja\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART:20261201T090000Z\r
DTEND:20261201T100000Z\r
SUMMARY:Reunión\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20261207\r
RRULE:FREQ=WEEKLY\r
SUMMARY:Teletrabajo\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20261208\r
STATUS:CANCELLED\r
SUMMARY:Anulado\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_the_shape_of_real_files():
    found = whole_days(REAL.encode(), zone=MADRID, years=YEARS)
    assert found.days == {
        "*-01-06": "Epifanía",
        "2026-03-23": "Feria",
        "2026-03-24": "Feria",
        "2026-03-25": "Feria",
        "2026-11-26": "Thanksgiving",
        "2026-12-24": "Nochebuena",
        "2026-12-25": "Natividad del Señor, fiesta de toda España y de Portugal",
        "2026-12-31": "Nochevieja",
        "2027-05-31": "Memorial Day",
        "2027-11-25": "Thanksgiving",
        "2028-11-23": "Thanksgiving",
        "2029-11-22": "Thanksgiving",
    }
    assert list(found.left_out) == ["Reunión", "Teletrabajo"]


def event(*lines: str) -> bytes:
    return "\n".join(
        ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "SUMMARY:X", "END:VEVENT", "END:VCALENDAR", ""]
    ).encode()


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["DTSTART:20261225"], ["2026-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225"], ["2026-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "DURATION:P2D"], ["2026-12-25", "2026-12-26"]),
        (["DTSTART;VALUE=DATE:20261225", "RDATE;VALUE=DATE:20270102,20270103"],
         ["2026-12-25", "2027-01-02", "2027-01-03"]),
        (["DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"], ["*-02-29"]),
        (["DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270102", "RRULE:FREQ=YEARLY"], ["*-01-01", "*-12-31"]),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;COUNT=2"], ["2026-12-25", "2027-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;INTERVAL=2"], ["2026-12-25", "2028-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25"], ["*-12-25"]),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;BYMONTH=11"], []),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;INTERVAL=0"], []),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=YEARLY;BYDAY=FR"], []),
        (["DTSTART;VALUE=DATE:20261225", "RRULE:FREQ=SECONDLY"], []),
        (["DTSTART;VALUE=DATE:20261325"], []),
        (["DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20270101"], []),
        (["DTSTART:20261225T090000"], []),
    ],
)  # fmt: skip
def test_one_event(lines: list[str], days: list[str]):
    found = whole_days(event(*lines), zone=MADRID, years=YEARS)
    assert list(found.days) == days
    assert list(found.left_out) == ([] if days else ["X"])


@pytest.mark.parametrize("raw", [b"", b"\x89PNG\r\n", b"Date;Name\n2026-12-25;Navidad", b"BEGIN:VCALENDAR" * 200_000])
def test_what_is_no_calendar_file(raw: bytes):
    with pytest.raises(NotICalendar):
        whole_days(raw, zone=MADRID, years=YEARS)


@given(st.text(st.sampled_from('BEGIN:VETDSRULQXP;=-/0123456789\n\r\t "\\,'), max_size=300))
def test_nothing_breaks_it(text: str):
    found = whole_days(event(*text.splitlines()), zone=MADRID, years=YEARS)
    assert all(len(day) in (7, 10) for day in found.days)
