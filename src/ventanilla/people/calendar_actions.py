"""Changes of calendars beyond those of every section's rows (`fields.section_actions`)."""

from django.db import transaction

from ventanilla.events.record import Cause
from ventanilla.fields.section_actions import Author, change_row
from ventanilla.people.calendar_section import CALENDARS
from ventanilla.people.models import Calendar


@transaction.atomic
def move_default_calendar(*, by: Author, zone: str, to: str, cause: Cause | None = None) -> None:
    """Give the default calendar another time zone, if it has the one that is left: whoever moves the installation moves
    its office hours. Records `calendar.changed`."""
    row = Calendar.objects.filter(archived_at=None).order_by("position", "id").first()
    if row is not None and row.definition["tz"] == zone:
        definition = {**row.definition, "tz": to}
        change_row(by=by, section=CALENDARS, row=row, label=row.label, definition=definition, cause=cause)
