"""Questions about calendars. What holds now is read once per configuration version; what was worked out stays."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from ventanilla.core import calendars
from ventanilla.core.calendar_text import calendar_of_text
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Calendar, CalendarVersion


@dataclass(frozen=True)
class _Known:
    """The newest version of each calendar, in the administrator's order."""

    versions: Mapping[int, CalendarVersion]

    @property
    def default(self) -> Calendar:
        for version in self.versions.values():
            if version.calendar.archived_at is None:
                return version.calendar
        raise Calendar.DoesNotExist


def calendar_of(version_id: int) -> calendars.Calendar:
    """The calendar of a version, ready to be asked: the same object for the same hours as long as this process lives.

    Raises `CalendarVersion.DoesNotExist`.
    """
    found: calendars.Calendar = by_config_version(("people.calendar", version_id), lambda: _read(version_id))
    return found


def calendar_with(definition: Mapping[str, Any]) -> calendars.Calendar:
    """The calendar of a stored definition, ready to be asked. Raises `CalendarError`."""
    return calendar_of_text(json.dumps(definition, sort_keys=True))


def current_version(calendar_id: int) -> CalendarVersion:
    """The hours that a calendar has now, archived or not. Remembered. Raises `CalendarVersion.DoesNotExist`."""
    found = _known().versions.get(calendar_id)
    if found is None:
        raise CalendarVersion.DoesNotExist
    return found


def default_calendar() -> Calendar:
    """The first calendar in use: that of whoever names none. Remembered. Raises `Calendar.DoesNotExist`."""
    return _known().default


def usual_calendar() -> calendars.Calendar:
    """The hours of the default calendar, ready to be asked."""
    return calendar_of(current_version(default_calendar().pk).pk)


def _known() -> _Known:
    return by_config_version("people.calendars", _read_current)


def _read_current() -> _Known:
    rows = CalendarVersion.objects.filter(number=F("calendar__version")).select_related("calendar")
    return _Known({row.calendar_id: row for row in rows.order_by("calendar__position", "calendar_id")})


def _read(version_id: int) -> calendars.Calendar:
    return calendar_with(CalendarVersion.objects.values_list("definition", flat=True).get(pk=version_id))
