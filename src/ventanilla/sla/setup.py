"""The agreement that lies ready in every installation, switched off until somebody wants it."""

from typing import Final

from django.db import transaction
from django.utils import timezone

from ventanilla.fields.conditions import EVERYTHING
from ventanilla.people.calendars import default_calendar
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.models import Agreement, AgreementVersion
from ventanilla.sla.wording import Granted, Warning, Wording

READY: Final = "usual"
_FOUR_HOURS: Final = 4 * 3_600


@transaction.atomic
def ensure_agreement() -> None:
    """Four hours until the first response, two working days until it is resolved. Archived: nothing is measured by it
    until somebody takes it back. Idempotent; does nothing once there has been any agreement. Part of setting the
    database up, as the other rows of a new installation: no event."""
    if Agreement.objects.exists():
        return
    now = timezone.now()
    targets = {"first_response": Target(_FOUR_HOURS), "resolution": Target(days=2)}
    wording = Wording(rows=(Granted(EVERYTHING, targets),), warnings=(Warning(percent=75),))
    row = Agreement.objects.create(
        key=READY,
        label={"es": "Plazos habituales", "en": "Usual times"},
        side=Agreement.Side.SLA,
        archived_at=now,
    )
    AgreementVersion.objects.create(
        agreement=row, number=1, calendar=default_calendar(), definition=wording.stored(), created_at=now
    )
