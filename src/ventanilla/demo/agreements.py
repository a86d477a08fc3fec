"""What the demo company has agreed with its customers, between its teams, and with its supplier."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ventanilla.fields.conditions import EVERYTHING, parse
from ventanilla.people.author import Author
from ventanilla.people.calendars import default_calendar
from ventanilla.people.models import Team
from ventanilla.sla.actions import save_agreement
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.wording import Granted, Warning, Wording

_HOUR: Final = 3_600
_PRESSING: Final = parse(["priority", "in", ["critical", "high"]])


def agree(*, by: Author, teams: Mapping[str, Team], since: datetime) -> None:
    """Write the agreements down as of a moment: one with customers for all, and one for each further team there is."""
    pressing = Granted(_PRESSING, {"first_response": Target(_HOUR), "resolution": Target(8 * _HOUR)})
    usual = Granted(EVERYTHING, {"first_response": Target(4 * _HOUR), "resolution": Target(days=3)})
    calendar = default_calendar()
    save_agreement(
        by=by, agreement=None, key="demo", side="sla", calendar=calendar, at=since,
        label={"es": "Atención a usuarios", "en": "User support"},
        wording=Wording(
            rows=(pressing, usual), warnings=(Warning(percent=75),), stands_with_supplier="n4" in teams,
        ),
    )  # fmt: skip
    for key, side, seconds, es, en in (
        ("n2", "ola", 2 * _HOUR, "Soporte N2 con N1", "Support N2 with N1"),
        ("n3", "ola", 4 * _HOUR, "Sistemas N3 con N1", "Systems N3 with N1"),
        ("n4", "supplier", 16 * _HOUR, "Contrato con el proveedor", "Contract with the supplier"),
    ):
        if key in teams:
            wording = Wording(
                rows=(Granted(EVERYTHING, {"in_team": Target(seconds)}),), warnings=(Warning(percent=75),)
            )
            save_agreement(
                by=by, agreement=None, key=f"demo-{key}", side=side, calendar=calendar, team=teams[key], at=since,
                label={"es": es, "en": en}, wording=wording,
            )  # fmt: skip
