"""Taking the demo away: tickets, mails and demo people go, settings stay."""

from django.db import transaction
from django.db.models import Q

from ventanilla.demo.people import ADDRESS, COMPANY, DOMAIN
from ventanilla.events.gate import open_gate
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import TRIAL
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox, Outgoing, RawMail
from ventanilla.mail.setup import STAND_IN
from ventanilla.people.actions import change_installation, change_organization
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.search.models import SearchDocument
from ventanilla.tickets.models import Series, Tag, Ticket

_MADE_BY_DEMO = Q(actor="system:demo")


@transaction.atomic
def wipe_demo(*, by: Author) -> dict[str, int]:
    """Delete every ticket and mail, the people and customers the demo made, and their events; returns what went.

    People made by hand, mailboxes, teams, types and all other settings stay, and ticket numbers begin again at 1; the
    demo's name and address go, where nobody has written others. The installation leaves demo mode and trial, so that
    mail may leave. Records `installation.changed`, and the like for what the demo had named.
    """
    persons = demo_people()
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
        about = Q(topic__startswith="ticket:") | Q(topic__startswith="mail:") | Q(topic__startswith="announcement:")
        about |= Q(topic__in=[f"person:{pk}" for pk in persons])
        about |= Q(topic__in=[f"organization:{pk}" for pk in organizations])
        events = Event.objects.filter(about)
        Handover.objects.filter(event__in=events).delete()
        Payload.objects.filter(event__in=events).delete()
        events.delete()
    _unname(by)
    row = Installation.objects.get(pk=1)
    settings = {name: value for name, value in row.settings.items() if name != TRIAL}
    change_installation(by=by, demo=False, settings=settings)
    return gone


def demo_people() -> list[int]:
    """The ids of the people whom the demo made."""
    return _topics("person.created", "person")


def _unname(by: Author) -> None:
    """Give up the demo company's name and address, where nobody has written others."""
    nameless = str(Installation._meta.get_field("name").default)
    if Installation.objects.filter(pk=1, name=COMPANY).exists():
        change_installation(by=by, name=nameless)
    for organization in Organization.objects.filter(own=True, name=COMPANY):
        domains = [domain for domain in organization.domains if domain != DOMAIN]
        change_organization(by=by, organization=organization, name=nameless, domains=domains)
    for mailbox in Mailbox.objects.filter(address=ADDRESS):
        save_mailbox(by=by, mailbox=mailbox, address=STAND_IN, name="")


def _topics(kind: str, name: str) -> list[int]:
    topics = Event.objects.filter(_MADE_BY_DEMO, kind=kind).values_list("topic", flat=True)
    return [int(topic.removeprefix(f"{name}:")) for topic in topics]
