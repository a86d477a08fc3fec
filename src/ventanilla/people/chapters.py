"""What holds for the whole installation, in a bundle. Not its name: that is whose it is, not how it works."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.core.hours import WorkingHours
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.installation.queries import installation
from ventanilla.people.actions import change_installation
from ventanilla.people.forms import time_zones
from ventanilla.people.hours import SETTING as HOURS
from ventanilla.people.hours import usual_hours
from ventanilla.people.second import ADMINISTRATORS, AGENTS
from ventanilla.people.second import SETTING as SECOND_STEP

_LANGUAGES = ("es", "en")


def _rows() -> Sequence[Plain]:
    row = installation()
    return [
        {
            "language": row.language,
            "time_zone": row.time_zone,
            "working_hours": usual_hours().stored(),
            "second_step": row.settings.get(SECOND_STEP, ADMINISTRATORS),
        }
    ]


def _one_of(row: Plain, name: str, offered: Sequence[str], default: str) -> str:
    value = plain.text(row, name, default)
    if value not in offered:
        raise ValidationError(gettext("“%(name)s” cannot be “%(value)s”.") % {"name": name, "value": value[:60]})
    return value


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, ("language", "time_zone", "working_hours", "second_step"))
    now = installation()
    try:
        hours = WorkingHours.of(row["working_hours"]) if row.get("working_hours") else usual_hours()
    except (ValueError, KeyError, TypeError):
        raise ValidationError(gettext("The working hours cannot be understood.")) from None
    second = _one_of(row, "second_step", (ADMINISTRATORS, AGENTS), ADMINISTRATORS)
    change_installation(
        by=by,
        language=_one_of(row, "language", _LANGUAGES, now.language),
        time_zone=_one_of(row, "time_zone", [name for name, _label in time_zones()], now.time_zone),
        settings={**now.settings, HOURS: hours.stored(), SECOND_STEP: second},
    )


INSTALLATION = Chapter(
    key="installation",
    title=_("Installation"),
    rows=_rows,
    write=_write,
    names={
        "language": _("Language"),
        "time_zone": _("Time zone"),
        "working_hours": _("Working hours"),
        "second_step": _("Who must have a second step"),
    },
    single=True,
)
