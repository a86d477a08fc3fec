"""Trying Ventanilla for two weeks, and starting for real: what a trial shows, what starting deletes and keeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ventanilla.demo.people import ADDRESS
from ventanilla.demo.wipe import demo_people, wipe_demo
from ventanilla.installation.queries import TRIAL, installation
from ventanilla.mail.models import Mailbox
from ventanilla.mail.setup import STAND_IN
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.queries import has_administrator
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket
from ventanilla.welcome.actions import open_wizard, renew_code

TRIAL_DAYS = 14


@dataclass(frozen=True)
class Outlook:
    """What starting for real would delete, and what it would keep."""

    tickets: int
    demo_people: int
    own_people: int
    own_mailboxes: int
    asks: bool


@transaction.atomic
def begin_trial(*, by: Author, now: datetime | None = None) -> None:
    """Count `TRIAL_DAYS` days from now in the header. Nothing is locked when they are over.

    Records `installation.changed`.
    """
    until = (now or timezone.now()) + timedelta(days=TRIAL_DAYS)
    change_installation(by=by, settings={**installation().settings, TRIAL: until.isoformat()})


def outlook(person: Person) -> Outlook:
    """What would go and stay if this administrator started for real; `asks`: whether the five questions follow."""
    made = demo_people()
    by_hand = Person.objects.active().exclude(pk__in=made)
    return Outlook(
        tickets=Ticket.objects.count(),
        demo_people=len(made),
        own_people=by_hand.count(),
        own_mailboxes=Mailbox.objects.exclude(address__in=[STAND_IN, ADDRESS]).count(),
        asks=person.pk in made,
    )


@transaction.atomic
def start_for_real(*, by: Author) -> str:
    """Delete what the demo made and leave demo and trial; see `wipe_demo` for what stays.

    Needs the rights to manage people and settings. Where no administrator is left the first run begins: returns the
    token with which a session holds it, else nothing. Records `installation.changed`, and for the first run
    `welcome.code_made` and `welcome.opened`.
    """
    by.require(Right.SETTINGS)
    by.require(Right.PEOPLE)
    goes_too = by.person is not None and by.person.pk in demo_people()
    wipe_demo(by=Author.system("demo") if goes_too else by)
    if has_administrator():
        return ""
    _opening, token = open_wizard(typed=renew_code(by=Author.system("demo")))
    return token
