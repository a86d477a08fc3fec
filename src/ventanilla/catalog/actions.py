"""Changes of the catalog."""

from django.db import transaction

from ventanilla.catalog.models import Service
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.rights import Right


@transaction.atomic
def create_service(*, by: Author, key: str, label: dict[str, str], parent: Service | None = None) -> Service:
    """A new service. Records `service.created`."""
    by.require(Right.SETTINGS)
    row = Service.objects.create(key=key, label=label, parent=parent, position=Service.objects.count())
    bump_config_version()
    record("service.created", f"service:{row.pk}", actor=by.actor, data={"key": key})
    return row
