"""Changes of the installation's row. `people.actions.change_installation` records them: this layer knows no events."""

from django.db import transaction
from django.db.models import F

from ventanilla.installation.models import Installation


def bump_config_version() -> None:
    """Tell every process that configuration changed. Call inside the transaction that changes it."""
    Installation.objects.filter(pk=1).update(config_version=F("config_version") + 1)


@transaction.atomic
def ensure_installation() -> Installation:
    """The one row, made when the database is new."""
    row, _ = Installation.objects.get_or_create(pk=1)
    return row
