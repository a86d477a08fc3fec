"""A link that is too old: its reader asks for a fresh one, from the page to the mail on the wire."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.mail.delivery import LINKS_PER_HOUR
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.mail.sending import send_due
from ventanilla.mail.tests.servers import Inbox
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import change
from ventanilla.tickets.history import history
from ventanilla.tickets.links import LINK_DAYS, ticket_link
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    """Strict about forgery tokens, as a browser's requests are treated outside tests."""
    return Client(headers={"host": "localhost", "accept-language": "en"}, enforce_csrf_checks=True)


@pytest.fixture
def old_link(people: People, ticket: Ticket):
    """The requester's link, when it has become too old. The ticket's own mails are out of the way."""
    link = ticket_link(ticket, people.requester)
    Outgoing.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(days=LINK_DAYS, minutes=1), tick=False):
        yield link


def links_in(mail: EmailMessage) -> list[str]:
    return re.findall(r"http://desk\.example(/t/\S+)", mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def said(answer) -> str:
    """The page without what every page has of its own, the token against forged requests."""
    return re.sub(r'name="v-csrf" content="[^"]*"', "", answer.content.decode())


def test_the_page_offers_a_fresh_link_and_the_mail_brings_it(
    visitor: Client, mailbox: Mailbox, inbox: Inbox, people: People, ticket: Ticket, old_link: str
):
    page = visitor.get(old_link)
    assert page.status_code == 410 and f'action="{old_link}fresh/"' in page.content.decode()
    answer = visitor.post(f"{old_link}fresh/")
    assert answer.status_code == 200 and "Look at your mail" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"] and answer.headers["Referrer-Policy"] == "no-referrer"
    assert people.requester.email not in answer.content.decode() and ticket.subject not in answer.content.decode()
    send_due(timezone.now())
    (mail,) = inbox.to("leire@people.example")
    assert mail["Subject"] == f"[{ticket.number}] Your fresh link: {ticket.subject}"
    assert mail["Auto-Submitted"] == "auto-replied"
    (fresh,) = links_in(mail)
    assert fresh != old_link
    assert ticket.subject in visitor.get(fresh).content.decode()
    with translation.override("en"):
        sentences = [sentence for entry in history(ticket, viewer(people.agent)) for sentence in entry.sentences]
    assert "sent a fresh link to the ticket to leire@people.example" in sentences


def test_looking_at_the_page_sends_nothing(visitor: Client, mailbox: Mailbox, old_link: str):
    before = Event.objects.count()
    assert visitor.get(old_link).status_code == 410
    assert visitor.get(f"{old_link}fresh/").status_code == 405
    assert (Event.objects.count(), Outgoing.objects.count()) == (before, 0)


def test_a_forged_link_is_not_there_and_sends_nothing(visitor: Client, mailbox: Mailbox, old_link: str):
    before = Event.objects.count()
    for forged in (old_link[:-3] + "xx/", "/t/nonsense/", "/t/a:b:c/", old_link.replace("/t/", "/t/x")):
        assert visitor.post(f"{forged}fresh/").status_code == 404
    assert (Event.objects.count(), Outgoing.objects.count()) == (before, 0)


def test_the_answer_is_the_same_whatever_became_of_person_and_ticket(
    visitor: Client, mailbox: Mailbox, people: People, ticket: Ticket, make_ticket, old_link: str
):
    expected = said(visitor.post(f"{old_link}fresh/"))
    assert Outgoing.objects.count() == 1
    change(by=Author.of(people.administrator), ticket=ticket, participants=[people.stranger])
    out = ticket_link(ticket, people.stranger)
    change(by=Author.of(people.administrator), ticket=ticket, participants=[])
    restricted = ticket_link(make_ticket("Payslip", restricted=True, by=SETUP), people.manager)
    Person.objects.filter(pk=people.colleague.pk).update(is_active=False)
    off = ticket_link(ticket, people.colleague)
    Outgoing.objects.all().delete()
    before = Event.objects.count()
    for link in (out, restricted, off):
        answer = visitor.post(f"{link}fresh/")
        assert (answer.status_code, said(answer)) == (200, expected)
    assert (Event.objects.count(), Outgoing.objects.count()) == (before, 0)


def test_it_is_sent_a_few_times_an_hour_and_the_answer_does_not_say_so(
    visitor: Client, mailbox: Mailbox, inbox: Inbox, old_link: str
):
    answers = {said(visitor.post(f"{old_link}fresh/")) for _ in range(LINKS_PER_HOUR + 3)}
    assert len(answers) == 1
    send_due(timezone.now())
    assert len(inbox.mails) == LINKS_PER_HOUR
    with time_machine.travel(timezone.now() + timedelta(hours=1, minutes=1)):
        visitor.post(f"{old_link}fresh/")
        assert Outgoing.objects.count() == LINKS_PER_HOUR + 1


def test_a_person_who_was_merged_gets_it_at_the_address_they_have(
    visitor: Client, mailbox: Mailbox, people: People, ticket: Ticket, old_link: str
):
    change(by=Author.of(people.administrator), ticket=ticket, participants=[people.colleague])
    Person.objects.filter(pk=people.requester.pk).update(merged_into=people.colleague)
    visitor.post(f"{old_link}fresh/")
    assert [(row.kind, row.address) for row in Outgoing.objects.all()] == [
        (Outgoing.Kind.LINK, "carlos@people.example")
    ]


def test_a_mailbox_is_never_written_to(visitor: Client, make_mailbox, people: People, ticket: Ticket, old_link: str):
    make_mailbox(address="leire@people.example")
    assert visitor.post(f"{old_link}fresh/").status_code == 200
    assert not Outgoing.objects.exists()
