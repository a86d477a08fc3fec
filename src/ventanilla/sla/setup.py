"""The agreement that lies ready in every installation, switched off until somebody wants it."""

from typing import Final

from django.db import transaction

from ventanilla.fields.conditions import EVERYTHING
from ventanilla.people.author import Author
from ventanilla.people.calendars import default_calendar
from ventanilla.sla.actions import save_agreement
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.models import Agreement
from ventanilla.sla.wording import Granted, Warning, Wording

READY: Final = "usual"
_FOUR_HOURS: Final = 4 * 3_600


@transaction.atomic
def ensure_agreement() -> None:
    """Four hours until the first response, two working days until it is resolved. Archived: nothing is measured by it
    until somebody takes it back. Idempotent; does nothing once there has been any agreement."""
    if Agreement.objects.exists():
        return
    targets = {"first_response": Target(_FOUR_HOURS), "resolution": Target(days=2)}
    save_agreement(
        by=Author.system("setup"),
        agreement=None,
        label={"es": "Plazos habituales", "en": "Usual times"},
        side=Agreement.Side.SLA,
        calendar=default_calendar(),
        wording=Wording(rows=(Granted(EVERYTHING, targets),), warnings=(Warning(percent=75),)),
        archived=True,
        key=READY,
    )
