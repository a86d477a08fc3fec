"""Registering a phone call: finding who calls, their open tickets first, three fields, solved while talking."""

import pytest
from django.test import Client
from tests.plugin import SETUP, People

from ventanilla.people.actions import create_person
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Message, StatusCategory, Ticket, TimeEntry
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
CALL = "/desk/call/"


@pytest.fixture
def client(people: People, sign_in) -> Client:
    return sign_in(people.agent)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("+34 943 123 456", ["Begoña Ruiz"]),
        ("943123456", ["Begoña Ruiz"]),
        ("(943) 12-34-56", ["Begoña Ruiz"]),
        ("4321", ["Carmen Ext", "Otto Long"]),
        ("begoñ", ["Begoña Ruiz"]),
        ("ruiz bego", ["Begoña Ruiz"]),
        ("otto@people.example", ["Otto Long"]),
        ("999999999", []),
    ],
)
def test_a_caller_is_found_by_number_extension_name_or_address(client, typed: str, found: list[str]):
    for name, phone, email in (
        ("Begoña Ruiz", "943 12 34 56", "bego@people.example"),
        ("Carmen Ext", "ext. 4321", ""),
        ("Otto Long", "+49 30 432155", "otto@people.example"),
    ):
        create_person(by=SETUP, name=name, phone=phone, email=email)
    page = client.get(CALL, {"q": typed}, headers={"HX-Request": "true", "HX-Target": "v-callers"})
    assert [caller["name"] for caller in page.context["callers"]] == found
    assert "<html" not in page.content.decode()


def test_a_telephone_that_opens_the_page_leads_straight_to_its_caller(client, people: People):
    made = create_person(by=SETUP, name="Begoña Ruiz", phone="943 12 34 56")
    assert client.get(CALL, {"number": "+34943123456"}).headers["Location"] == f"{CALL}?caller={made.pk}"
    assert "Nobody fits yet." in client.get(CALL, {"number": "600600600"}).content.decode()


def test_open_tickets_come_first_and_the_call_becomes_a_note_there(client, people: People, ticket, make_ticket):
    done = make_ticket("Solved long ago")
    change(by=SETUP, ticket=done, status=words().status_for(StatusCategory.RESOLVED))
    address = f"{CALL}?caller={people.requester.pk}"
    page = client.get(address)
    assert [row["number"] for row in page.context["theirs"]] == [ticket.number]
    assert "Is it about this?" in page.content.decode()
    about = page.context["theirs"][0]["url"]
    refused = client.post(about, {"body": "", "minutes": "4"})
    assert refused.status_code == 422 and Message.objects.filter(channel="phone").count() == 0
    answer = client.post(about, {"body": "She asks again", "minutes": "4", "resolved": "on"})
    assert answer.headers["Location"] == f"/desk/tickets/{ticket.number}/"
    note = Message.objects.get(channel="phone")
    assert (note.ticket, note.audience) == (ticket, Message.Audience.STAFF)
    spent = TimeEntry.objects.get()
    assert (spent.message, spent.person, spent.seconds, spent.activity.key) == (note, people.agent, 240, "call")
    ticket.refresh_from_db()
    assert ticket.spent_seconds == 240
    assert ticket.status_category == StatusCategory.RESOLVED and ticket.assignee == people.agent
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "phone call · 4 minutes" in shown and "because it was solved during the call" in shown


def test_three_fields_open_a_ticket_of_the_caller(client, people: People):
    address = f"{CALL}?caller={people.requester.pk}"
    wrong = client.post(address, {"subject": "", "body": "It <b>smokes</b>", "minutes": "-1"})
    assert wrong.status_code == 422 and "It &lt;b&gt;smokes&lt;/b&gt;" in wrong.content.decode()
    assert not Ticket.objects.exists()
    client.post(address, {"subject": "The printer smokes", "body": "It <b>smokes</b>"})
    made = Ticket.objects.get()
    assert (made.channel, made.requester, made.status_category) == ("phone", people.requester, StatusCategory.NEW)
    first = made.messages.get()
    assert first.text == "It <b>smokes</b>" and first.from_staff and not TimeEntry.objects.exists()


def test_somebody_new_is_made_once_it_is_registered(client, people: People):
    before = Person.objects.count()
    address = f"{CALL}?name=600%20111%20222"
    assert 'value="600 111 222"' in client.get(address).content.decode()
    assert client.post(address, {"name": "Nora New", "contact": "not a number", "subject": "x"}).status_code == 422
    assert Person.objects.count() == before
    form = {"name": "Nora New", "contact": "600 111 222", "subject": "Cannot sign in", "minutes": "3", "resolved": "on"}
    client.post(address, form)
    made = Ticket.objects.get()
    assert made.requester.name == "Nora New" and made.requester.phone == "600 111 222"
    assert made.status_category == StatusCategory.RESOLVED and TimeEntry.objects.get().seconds == 180


def test_nobody_registers_calls_without_the_right_nor_in_a_ticket_that_is_not_the_callers(
    client, people: People, ticket, sign_in
):
    assert sign_in(people.reader).get(CALL).status_code == 403
    assert sign_in(people.requester).get(CALL).status_code == 403
    other = f"{CALL}?caller={people.stranger.pk}&ticket={ticket.number}"
    assert client.post(other, {"body": "x"}).status_code == 404
    assert client.get(f"{CALL}?caller=999999").status_code == 404
    assert ticket.messages.count() == 1
