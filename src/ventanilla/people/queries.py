"""Questions about persons worth a name."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from ventanilla.people.addresses import normal_phone
from ventanilla.people.models import Identity, Person
from ventanilla.people.viewer import Viewer


def person_by_id(pk: int) -> Person | None:
    """The active person with this id."""
    return Person.objects.active().filter(pk=pk).first()


def agent_by_id(pk: int) -> Person | None:
    """The active person with this id, if they work at the desk."""
    return Person.objects.agents().filter(pk=pk).first()


def known_to(who: Viewer) -> QuerySet[Person]:
    """The active persons that somebody at the desk may choose from: all, or for an agent limited to some customers the
    persons of these and the desk itself."""
    persons = Person.objects.active()
    if who.organizations:
        agents = Person.objects.agents().values("pk")
        persons = persons.filter(Q(organization_id__in=sorted(who.organizations)) | Q(pk__in=agents))
    return persons


def find_persons(persons: QuerySet[Person], text: str, *, most: int = 20) -> Sequence[Person]:
    """Those whose name, address or phone number fits what was typed; names that begin with it first."""
    words = text.split()[:5]
    for word in words:
        fits = Q(name__icontains=word) | Q(email__icontains=word)
        number = normal_phone(word)
        if number:
            phones = Identity.objects.filter(kind=Identity.Kind.PHONE, value__contains=number.lstrip("+"))
            fits |= Q(pk__in=phones.values("person_id")) | Q(phone__contains=word)
        persons = persons.filter(fits)
    found = list(persons.select_related("organization").order_by("name", "pk")[: most * 3])
    start = text.lower()
    return sorted(found, key=lambda person: not person.display_name.lower().startswith(start))[:most]
