"""Whose working hours are which: a person's own, else those of the whole installation."""

from typing import Final

from django.utils.dates import WEEKDAYS_ABBR

from ventanilla.core.hours import OFFICE, WorkingHours
from ventanilla.installation.queries import installation
from ventanilla.people.models import Person

SETTING: Final = "working_hours"


def usual_hours() -> WorkingHours:
    """The hours of the whole installation, as they are set or as every installation begins."""
    kept = installation().settings.get(SETTING)
    return WorkingHours.of(kept) if kept else OFFICE


def hours_of(person: Person) -> WorkingHours:
    """The person's own hours, else those of the whole installation."""
    return WorkingHours.of(person.working_hours) if person.working_hours else usual_hours()


def hours_in_words(hours: WorkingHours) -> str:
    """The hours as a reader knows them: «Mon, Tue 08:00–18:00»."""
    days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(hours.days))
    return f"{days} {hours.begins:%H:%M}–{hours.until:%H:%M}"
