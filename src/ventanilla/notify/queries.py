"""Questions about being told."""

from django.db.models import QuerySet

from ventanilla.notify.models import Device
from ventanilla.people.models import Person


def devices_of(person: Person) -> QuerySet[Device]:
    """The browsers in which a person is told, the newest first."""
    return Device.objects.filter(person=person).order_by("-created_at", "-pk")
