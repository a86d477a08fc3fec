"""Calendars in the browser: the form with good and bad values, the picture, holidays from elsewhere, rights, undo."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.plugin import People

from ventanilla.core.tests.test_ics import REAL
from ventanilla.events.models import Event
from ventanilla.people.calendars import current_version, default_calendar
from ventanilla.people.models import Calendar, CalendarVersion, Person

SignIn = Callable[[Person], Client]
NEW = "/settings/calendars/new/"
TYPED = {
    "label_es": "Ayuntamiento",
    "label_en": "Town hall",
    "tz": "Atlantic/Canary",
    "week_mon": "9-14, 16-19",
    "week_tue": "09:00-14:00",
    "week_fri": "22:00-06:00",
    "seasons": "1",
    "season_0_from": "15/06",
    "season_0_to": "15/09",
    "season_0_mon": "8-15",
    "holidays": "25/12 Navidad\n2026-10-12 Hispanidad",
    "overrides": "24/12/2026 9-13 Nochebuena",
    "breaks": "15/05/2026 11-12:30",
    "year": "2026",
}
STORED = {
    "tz": "Atlantic/Canary",
    "week": {
        "mon": [["09:00", "14:00"], ["16:00", "19:00"]],
        "tue": [["09:00", "14:00"]],
        "fri": [["22:00", "06:00"]],
    },
    "seasons": [{"from": "06-15", "to": "09-15", "week": {"mon": [["08:00", "15:00"]]}}],
    "holidays": ["*-12-25", "2026-10-12"],
    "overrides": {"2026-12-24": [["09:00", "13:00"]]},
    "breaks": {"2026-05-15": [["11:00", "12:30"]]},
    "names": {"*-12-25": "Navidad", "2026-10-12": "Hispanidad", "2026-12-24": "Nochebuena"},
}


@pytest.fixture
def client(sign_in: SignIn, people: People) -> Client:
    return sign_in(people.administrator)


def count() -> tuple[int, int, int]:
    return Calendar.objects.count(), CalendarVersion.objects.count(), Event.objects.count()


def address() -> str:
    return f"/settings/calendars/{default_calendar().pk}/"


def test_one_is_made_and_shown_as_it_was_typed(client: Client):
    answer = client.post(NEW, TYPED, follow=True)
    row = Calendar.objects.get(key="ayuntamiento")
    assert answer.redirect_chain[-1][0].startswith(f"/settings/calendars/{row.pk}/?done=")
    assert current_version(row.pk).definition == STORED
    page = answer.content.decode()
    for shown in ("09:00-14:00, 16:00-19:00", "22:00-06:00", 'value="15/06"', "25/12 Navidad", "12/10/2026 Hispanidad"):
        assert shown in page
    assert "24/12/2026 09:00-13:00 Nochebuena" in page and "15/05/2026 11:00-12:30" in page
    assert client.post(f"/settings/calendars/{row.pk}/", TYPED, follow=True).status_code == 200
    assert current_version(row.pk).number == 1, "the same once more is no new version"


def test_a_change_is_a_version_and_can_be_taken_back(client: Client):
    client.post(NEW, TYPED)
    row = Calendar.objects.get(key="ayuntamiento")
    changed = client.post(f"/settings/calendars/{row.pk}/", TYPED | {"week_tue": ""}, follow=True).content.decode()
    assert (current_version(row.pk).number, current_version(row.pk).definition["week"].get("tue")) == (2, None)
    undo = re.search(r'hx-post="(/settings/undo/\d+/)"', changed)
    assert undo is not None
    client.post(undo[1])
    assert (current_version(row.pk).number, current_version(row.pk).definition) == (3, STORED)


def test_a_deleted_one_comes_back_with_its_hours(client: Client):
    client.post(NEW, TYPED)
    row = Calendar.objects.get(key="ayuntamiento")
    deleted = client.post(f"/settings/calendars/{row.pk}/delete/", follow=True).content.decode()
    assert not Calendar.objects.filter(key="ayuntamiento").exists()
    undo = re.search(r'hx-post="(/settings/undo/\d+/)"', deleted)
    assert undo is not None
    client.post(undo[1])
    assert current_version(Calendar.objects.get(key="ayuntamiento").pk).definition == STORED


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"label_es": "", "label_en": ""}, "at least one language"),
        ({"week_mon": "9 to late"}, "“9 to late” are no hours"),
        ({"week_mon": "9-14, 13-15"}, "These hours overlap: 09:00-14:00, 13:00-15:00."),
        ({"season_0_mon": "25-26"}, "“25-26” are no hours"),
        ({"season_0_to": ""}, "Write its first day and its last."),
        ({"season_0_from": "15/06/2026"}, "both days with a year, or both without"),
        ({"season_0_from": "15/06/2026", "season_0_to": "14/06/2026"}, "It ends before it begins."),
        ({"holidays": "25/12 Navidad\n31/02"}, "Line 2: “31/02” is no date"),
        ({"overrides": "24/12 9-13"}, "Line 1: “24/12 9-13”: a single day needs its year"),
        ({"overrides": "24/12/2026 Nochebuena"}, "write its hours, or “closed”"),
        ({"breaks": "15/05/2026 11-12\n15/05/2026 9-10"}, "Line 2: “15/05/2026 9-10”: this date stands there already."),
        ({"tz": "Europe/Atlantis"}, "Select a valid choice"),
        (
            {"week_mon": "", "week_tue": "", "week_fri": "", "season_0_mon": "", "overrides": ""},
            "It never opens: write the hours of at least one day.",
        ),
    ],
)
def test_mistakes_are_named_and_what_was_typed_stays(client: Client, typed: dict[str, str], said: str):
    before = count()
    answer = client.post(NEW, TYPED | typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    kept = {"week_mon": "9-14, 16-19", "season_0_to": "15/09", "holidays": "2026-10-12 Hispanidad"}
    assert all(text in page for name, text in kept.items() if name not in typed)
    assert all(text.partition("\n")[0] in page for text in typed.values())
    assert count() == before


@pytest.mark.parametrize(
    ("button", "shown", "gone"),
    [
        ("always", ['name="week_sun" value="00:00-24:00"'], []),
        ("office", ['name="week_mon" value="08:00-18:00"'], ['value="22:00-06:00"']),
        ("season+", ['name="season_1_from"', 'value="9-14, 16-19"'], []),
        ("season-0", ['name="seasons" value="0"'], ['name="season_0_from"']),
        ("season-7", ['name="seasons" value="1"', 'value="15/06"'], []),
        ("year-2031", [">2031<", 'value="9-14, 16-19"'], []),
        ("nonsense", ['value="9-14, 16-19"'], []),
    ],
)
def test_buttons_write_into_the_form_and_keep_nothing(client: Client, button: str, shown: list[str], gone: list[str]):
    before = count()
    answer = client.post(NEW, TYPED | {"do": button})
    page = answer.content.decode()
    assert answer.status_code == 200 and "Not saved yet." in page
    assert all(text in page for text in shown), shown
    assert not any(text in page for text in gone), gone
    assert count() == before


def test_the_picture_follows_what_is_typed(client: Client):
    before = count()
    page = client.post("/settings/calendars/preview/", TYPED | {"label_es": "", "label_en": ""}).content.decode()
    cells = dict(re.findall(r'<td class="([^"]+)" title="([^"]+)">', page))
    assert cells["is-closed is-holiday"] == "Navidad, holiday"
    assert cells["is-open is-single"] == "Nochebuena, single day: 09:00-13:00"
    assert cells["is-open is-season"] == "season: 08:00-15:00"
    assert page.count("<table") == 12 and page.count("<td class=") == 365
    other = client.post("/settings/calendars/preview/", TYPED | {"do": "year-2028"}).content.decode()
    assert other.count("<td class=") == 366 and ">2028<" in other
    broken = client.post("/settings/calendars/preview/", TYPED | {"week_mon": "late"})
    assert broken.status_code == 200 and "comes back once all hours" in broken.content.decode()
    assert client.post("/settings/calendars/preview/", {}).status_code == 200
    assert count() == before


def test_holidays_of_a_country_and_region_are_added(client: Client):
    page = client.get(f"{address()}holidays/?country=ES&region=MD").content.decode()
    assert re.search(r'<option value="ES" selected>Spain', page) and re.search(r'value="MD" selected>Madrid', page)
    year = timezone.localdate().year + 1
    may = f"{year}-05-01"
    offered = re.search(rf'name="day" value="({may} [^"]+)" checked', page)
    assert offered is not None
    answer = client.post(f"{address()}holidays/", {"add": "1", "day": [offered[1]]}, follow=True)
    assert "Saved." in answer.content.decode()
    version = current_version(default_calendar().pk)
    assert (version.number, version.definition["holidays"]) == (2, [may])
    assert version.definition["names"] == {may: offered[1].partition(" ")[2]}
    assert "already there" in client.get(f"{address()}holidays/?country=ES").content.decode()


def test_without_a_country_it_is_that_of_the_time_zone(client: Client):
    assert '<option value="ES" selected>' in client.get(f"{address()}holidays/").content.decode()
    nowhere = client.get(f"{address()}holidays/?country=XX&region=YY").content.decode()
    assert '<option value="ES" selected>' in nowhere


def test_holidays_of_a_file_are_looked_at_and_then_added(client: Client):
    before = count()
    file = SimpleUploadedFile("festivos.ics", REAL.encode(), "text/calendar")
    page = client.post(f"{address()}holidays/", {"file": file}).content.decode()
    assert count() == before
    assert "Natividad del Señor, fiesta de toda España y de Portugal" in page
    assert "Left out of the file" in page and "Teletrabajo" in page
    days = re.findall(r'name="offered" value="([^"]+)"', page)
    assert "*-01-06 Epifanía" in days
    client.post(f"{address()}holidays/", {"add": "1", "offered": days, "day": ["*-01-06 Epifanía", "2026-03-24 Feria"]})
    assert default_calendar().definition["holidays"] == ["*-01-06", "2026-03-24"]
    assert default_calendar().definition["names"] == {"*-01-06": "Epifanía", "2026-03-24": "Feria"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "This field is required"),
        ({"file": SimpleUploadedFile("a.ics", b"Date;Name")}, "This is no calendar file"),
        (
            {"file": SimpleUploadedFile("a.ics", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n")},
            "There are no whole days in it.",
        ),
        ({"add": "1"}, "Tick the days to add."),
        ({"add": "1", "day": "tomorrow"}, "is no date"),
    ],
)
def test_what_cannot_be_added_changes_nothing(client: Client, sent: dict, said: str):
    before = count()
    answer = client.post(f"{address()}holidays/", sent)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert count() == before


def test_ticks_stay_when_nothing_can_be_added(client: Client):
    offered = ["2027-01-06 Reyes", "2027-05-01 Trabajo"]
    page = client.post(f"{address()}holidays/", {"add": "1", "offered": offered}).content.decode()
    assert page.count('name="day"') == 2 and "checked" not in page.partition("v-holiday-list")[2].partition("</ul>")[0]


def test_nobody_else_sees_or_changes_anything(sign_in: SignIn, people: People):
    before, here = count(), address()
    for person in (people.agent, people.supervisor, people.requester):
        client = sign_in(person)
        assert client.get(here).status_code == 403
        assert client.post(here, TYPED).status_code == 403
        assert client.post(NEW, TYPED).status_code == 403
        assert client.post("/settings/calendars/preview/", TYPED).status_code == 403
        assert client.post(f"{here}holidays/", {"add": "1", "day": "25/12"}).status_code == 403
    assert count()[:2] == before[:2] and not Event.objects.filter(kind__startswith="calendar.").exists()


def test_there_is_no_other_calendar(client: Client):
    for path in ("/settings/calendars/99999/", "/settings/calendars/99999/holidays/"):
        assert client.get(path).status_code == 404


def test_a_day_that_is_over_is_not_ticked(client: Client):
    over, ahead = timezone.localdate() - timedelta(days=3), timezone.localdate() + timedelta(days=3)
    raw = "BEGIN:VCALENDAR\n" + "".join(
        f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{day:%Y%m%d}\nSUMMARY:X\nEND:VEVENT\n" for day in (over, ahead)
    )
    page = client.post(f"{address()}holidays/", {"file": SimpleUploadedFile("a.ics", raw.encode())}).content.decode()
    assert f'value="{ahead} X" checked' in page and f'value="{over} X">' in page
