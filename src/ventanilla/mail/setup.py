"""The mailbox that every installation starts with. Idempotent."""

from django.db import transaction

from ventanilla.installation.actions import bump_config_version
from ventanilla.mail.models import Mailbox
from ventanilla.people.models import Team

STAND_IN = "soporte@ventanilla.localhost"


@transaction.atomic
def ensure_mailbox() -> None:
    """A catch-all mailbox that leads to the first team, unless there is any mailbox already."""
    if not Mailbox.objects.exists():
        team = Team.objects.order_by("id").first()
        Mailbox.objects.create(address=STAND_IN, name="", catch_all=True, team=team)
        bump_config_version()
