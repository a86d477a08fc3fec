"""Calendars: the one to begin with, versions that never change, what is refused, what is kept."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.fields.bundles import exported, imported
from ventanilla.fields.section_actions import change_row, create_row, delete_row, order_rows
from ventanilla.people.actions import change_installation, change_team
from ventanilla.people.author import Author
from ventanilla.people.calendar_section import CALENDARS
from ventanilla.people.calendars import calendar_of, current_version, default_calendar, usual_calendar
from ventanilla.people.models import Calendar, CalendarVersion, Team

MORNINGS = {"tz": "Europe/Madrid", "week": {"mon": [["09:00", "14:00"]], "tue": [["09:00", "14:00"]]}}


@pytest.fixture
def by(people: People) -> Author:
    return Author.of(people.administrator)


def make(by: Author, definition: dict | None = None, name: str = "Mañanas") -> Calendar:
    return create_row(by=by, section=CALENDARS, label={"es": name}, definition=definition or MORNINGS)


def test_there_are_office_hours_to_begin_with(people: People):
    row = default_calendar()
    assert (row.key, row.label["en"], row.version) == ("office", "Office hours", 1)
    friday, monday = datetime(2026, 11, 20, 16, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert usual_calendar().due(friday, 2 * 3600) == monday, "18:00 in Madrid is 17:00, and it opens at 08:00"


def test_each_change_of_the_hours_is_a_new_version_and_the_old_one_stays(by: Author):
    row = make(by)
    first = current_version(row.pk)
    assert (first.number, first.definition) == (1, MORNINGS)
    christmas = MORNINGS | {"holidays": ["*-12-25"], "names": {"*-12-25": "Navidad"}}
    change_row(by=by, section=CALENDARS, row=row, label={"es": "Mañanas de lunes"}, definition=christmas)
    second = current_version(row.pk)
    assert (second.number, second.definition, second.calendar.label["es"]) == (2, christmas, "Mañanas de lunes")
    assert CalendarVersion.objects.get(pk=first.pk).definition == MORNINGS
    assert not calendar_of(second.pk).is_holiday(datetime(2026, 12, 24, tzinfo=UTC).date())
    assert calendar_of(second.pk).is_holiday(datetime(2026, 12, 25, tzinfo=UTC).date())
    assert not calendar_of(first.pk).is_holiday(datetime(2026, 12, 25, tzinfo=UTC).date())
    assert calendar_of(first.pk) is calendar_of(first.pk), "what it has worked out is remembered"
    assert Event.objects.get(kind="calendar.changed").data["changes"]["definition"] == [MORNINGS, christmas]
    change_row(by=by, section=CALENDARS, row=row, label={"es": "Otro nombre"}, definition=christmas)
    assert current_version(row.pk).number == 2, "a name is no hour"


def test_the_same_hours_are_stored_in_one_way(by: Author):
    given = {
        "week": {"tue": [["16:00", "19:00"], ["09:00", "14:00"]], "mon": [["22:00", "06:00"]], "sun": []},
        "holidays": ["2027-01-06", "*-12-25", "2026-12-08", "*-12-25"],
        "names": {"*-12-25": "  Navidad ", "2026-12-08": "", "2026-12-09": "not there"},
        "seasons": [{"from": "*-06-15", "to": "09-15", "week": {"fri": [["08:00", "24:00"]]}}],
        "overrides": {"2026-12-24": []},
        "breaks": {},
        "tz": "Europe/Madrid",
    }
    assert make(by, given).definition == {
        "tz": "Europe/Madrid",
        "week": {"mon": [["22:00", "06:00"]], "tue": [["09:00", "14:00"], ["16:00", "19:00"]]},
        "seasons": [{"from": "06-15", "to": "09-15", "week": {"fri": [["08:00", "24:00"]]}}],
        "holidays": ["*-12-25", "2026-12-08", "2027-01-06"],
        "overrides": {"2026-12-24": []},
        "names": {"*-12-25": "Navidad"},
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"tz": "Europe/Madrid", "week": {}},
        {"tz": "Europe/Atlantis", "week": {"mon": [["09:00", "14:00"]]}},
        {"tz": "Europe/Madrid", "week": {"mon": [["9", "14:00"]]}},
        {"tz": "Europe/Madrid", "week": {"lun": [["09:00", "14:00"]]}},
        MORNINGS | {"holidays": ["2026-02-30"]},
        MORNINGS | {"holidays": [20261225]},
        MORNINGS | {"holidays": ["*-12-25"], "names": {"*-12-25": 3}},
        MORNINGS | {"holidays": ["*-12-25"], "names": {"*-12-25": "x" * 121}},
        MORNINGS | {"seasons": [{"from": "06-15", "to": "2026-09-15", "week": {}}]},
        MORNINGS | {"colour": "green"},
        MORNINGS | {"overrides": {f"{year}-01-{day:02}": [] for year in range(1900, 2000) for day in range(1, 29)}},
    ],
)
def test_what_are_no_hours_is_refused(by: Author, definition: dict):
    before = Calendar.objects.count(), CalendarVersion.objects.count(), Event.objects.count()
    with pytest.raises(ValidationError):
        make(by, definition)
    assert before == (Calendar.objects.count(), CalendarVersion.objects.count(), Event.objects.count())


def test_who_may_not_change_settings_changes_nothing(people: People):
    row = default_calendar()
    for person in (people.agent, people.supervisor, people.requester):
        with pytest.raises(PermissionDenied):
            make(Author.of(person))
        with pytest.raises(PermissionDenied):
            change_row(by=Author.of(person), section=CALENDARS, row=row, label={"es": "Mío"}, definition=MORNINGS)
    assert Calendar.objects.get() == row and CalendarVersion.objects.count() == 1
    assert not Event.objects.filter(kind__startswith="calendar.").exists()


def test_the_first_in_use_is_the_default_and_the_last_stays(by: Author):
    office, mornings = default_calendar(), make(by)
    order_rows(by=by, section=CALENDARS, keys=[mornings.key, office.key])
    assert default_calendar() == mornings
    change_row(by=by, section=CALENDARS, row=mornings, label=mornings.label, archived=True)
    assert default_calendar() == office
    assert current_version(mornings.pk).number == 1, "what is archived still counts what it counted"
    with pytest.raises(ValidationError, match="último calendario"):
        change_row(by=by, section=CALENDARS, row=office, label=office.label, archived=True)
    delete_row(by=by, section=CALENDARS, row=mornings)
    with pytest.raises(CalendarVersion.DoesNotExist):
        current_version(mornings.pk)


def test_the_office_hours_move_with_the_installation(by: Author):
    office, other = default_calendar(), make(by, MORNINGS | {"tz": "America/Lima"}, "Lima")
    change_installation(by=by, time_zone="America/Bogota")
    assert current_version(office.pk).definition["tz"] == "America/Bogota"
    event = Event.objects.get(kind="calendar.changed")
    assert event.cause == Event.objects.get(kind="installation.changed").pk
    change_installation(by=by, time_zone="America/Bogota", name="The same zone")
    assert current_version(office.pk).number == 2
    order_rows(by=by, section=CALENDARS, keys=[other.key, office.key])
    change_installation(by=by, time_zone="Europe/Madrid")
    assert current_version(other.pk).definition["tz"] == "America/Lima", "it was never the installation's"
    assert current_version(office.pk).definition["tz"] == "America/Bogota", "it is one among others now"


def test_a_team_may_have_hours_of_its_own(by: Author, people: People):
    mornings, team = make(by), Team.objects.get()
    change_team(by=by, team=team, label=team.label, level=2, calendar=mornings)
    change_team(by=by, team=team, label=team.label, level=1)
    assert Team.objects.get().calendar == mornings
    with pytest.raises(ValidationError, match=str(Team.objects.get())):
        delete_row(by=by, section=CALENDARS, row=mornings)
    assert Calendar.objects.filter(pk=mornings.pk).exists()


def test_a_bundle_says_the_same_after_it_was_carried_in(by: Author):
    definition = {
        "tz": "Europe/Madrid",
        "week": {"mon": [["09:00", "14:00"], ["16:00", "19:00"]], "sat": [["22:00", "06:00"]]},
        "seasons": [{"from": "06-15", "to": "09-15", "week": {"mon": [["08:00", "24:00"]]}}],
        "holidays": ["*-01-01", "2026-12-08"],
        "overrides": {"2026-12-24": [["09:00", "13:00"]], "2026-12-31": []},
        "breaks": {"2026-05-15": [["11:00", "12:30"]]},
        "names": {"*-01-01": "Año Nuevo: fiesta", "2026-12-24": "no"},
    }
    made = make(by, definition)
    team = Team.objects.get()
    change_team(by=by, team=team, label=team.label, level=1, calendar=made)
    written = exported()
    assert "calendar: mananas" in written and "'14:00'" in written
    change_team(by=by, team=team, label=team.label, level=1, calendar=None)
    delete_row(by=by, section=CALENDARS, row=made)
    assert exported() != written
    imported(written, by=by)
    assert exported() == written
    assert current_version(Calendar.objects.get(key="mananas").pk).definition == definition
    versions = CalendarVersion.objects.count()
    assert imported(written, by=by) == []
    assert CalendarVersion.objects.count() == versions
