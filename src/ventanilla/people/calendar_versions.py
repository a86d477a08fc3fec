"""Keeping the versions of calendars, and the calendar that every installation starts with."""

from typing import Final

from ventanilla.core.calendar_text import canonical
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.queries import installation
from ventanilla.people.models import Calendar, CalendarVersion

OFFICE_WEEK: Final = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_OFFICE: Final = {"es": "Horario de oficina", "en": "Office hours"}


def keep_version(row: Calendar) -> None:
    """Keep the hours of a calendar that was written as its next version, unless they are those of its newest.

    Inside the transaction of the action that wrote it, whose event says what changed.
    """
    newest = CalendarVersion.objects.filter(calendar=row, number=row.version).first()
    if newest is not None and newest.definition == row.definition:
        return
    row.version += 1
    CalendarVersion.objects.create(calendar=row, number=row.version, definition=row.definition)
    Calendar.objects.filter(pk=row.pk).update(version=row.version)


def ensure_calendar() -> None:
    """Office hours in the installation's time zone, where there is no calendar yet. Idempotent; records nothing."""
    if Calendar.objects.exists():
        return
    definition = canonical({"tz": installation().time_zone, "week": OFFICE_WEEK})
    keep_version(Calendar.objects.create(key="office", label=_OFFICE, definition=definition))
    bump_config_version()
