"""Calendars as a section of the configuration: their list, order and deletion (`fields/sections.py`)."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.core.calendar_text import calendar_from, canonical, ever_opens
from ventanilla.core.calendars import CalendarError
from ventanilla.fields.sections import Attribute, Column, Said, Section
from ventanilla.people.calendar_versions import keep_version
from ventanilla.people.models import Calendar


def _check(row: Calendar) -> None:
    try:
        row.definition = canonical(row.definition)
    except CalendarError as error:
        said = gettext("These hours cannot be understood: %(why)s.") % {"why": error}
        raise ValidationError({"definition": said}) from None
    if not ever_opens(calendar_from(row.definition)):
        raise ValidationError({"definition": gettext("It never opens: write the hours of at least one day.")})


def _zones() -> Mapping[int, Said]:
    return {row.pk: row.definition.get("tz", "") for row in Calendar.objects.only("definition")}


CALENDARS = Section(
    key="calendars",
    noun="calendar",
    model=Calendar,
    title=_("Calendars"),
    one=_("Calendar"),
    new=_("New calendar"),
    text=_(
        "Hours of service with seasons, holidays and single days. Deadlines count in them; the first one is that of"
        " whoever names none."
    ),
    icon="calendar",
    attributes=(Attribute("definition", "data", _("Hours"), required=True, column=False),),
    columns=(Column(_("Time zone"), _zones),),
    check=_check,
    keep=keep_version,
    needed=_("This is the last calendar: deadlines need one."),
    page="calendar",
)
