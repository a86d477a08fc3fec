"""Taking the demo away: tickets, mails and demo people go, settings stay."""

from django.db import transaction
from django.db.models import Q

from ventanilla.events.gate import open_gate
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.mail.models import Outgoing, RawMail
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.search.models import SearchDocument
from ventanilla.tickets.models import Series, Tag, Ticket

_MADE_BY_DEMO = Q(actor="system:demo")


@transaction.atomic
def wipe_demo() -> dict[str, int]:
    """Delete every ticket and mail, the people and customers the demo made, and their events; returns what went.

    People made by hand, mailboxes, teams, types and all other settings stay, and ticket numbers begin again at 1. The
    installation leaves demo mode, so that mail may leave. Records `installation.changed`.
    """
    persons = _topics("person.created", "person")
    organizations = _topics("organization.created", "organization")
    gone = {"tickets": Ticket.objects.count(), "people": len(persons)}
    with open_gate("demo wipe"):
        Outgoing.objects.all().delete()
        RawMail.objects.all().delete()
        Ticket.objects.all().delete()
        Tag.objects.all().delete()
        Series.objects.all().delete()
        SearchDocument.objects.all().delete()
        Person.objects.filter(pk__in=persons).delete()
        Organization.objects.filter(pk__in=organizations, person=None).delete()
        about = Q(topic__startswith="ticket:") | Q(topic__startswith="mail:")
        about |= Q(topic__in=[f"person:{pk}" for pk in persons])
        about |= Q(topic__in=[f"organization:{pk}" for pk in organizations])
        events = Event.objects.filter(about)
        Handover.objects.filter(event__in=events).delete()
        Payload.objects.filter(event__in=events).delete()
        events.delete()
    change_installation(by=Author.system("demo"), demo=False)
    return gone


def _topics(kind: str, name: str) -> list[int]:
    topics = Event.objects.filter(_MADE_BY_DEMO, kind=kind).values_list("topic", flat=True)
    return [int(topic.removeprefix(f"{name}:")) for topic in topics]
