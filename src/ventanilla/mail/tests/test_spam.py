"""Spam: one key puts a ticket out of the way and learns its sender; one undo takes all of it back."""

import re

import pytest
from django.core.exceptions import ValidationError
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing, RawMail, SenderRule
from ventanilla.mail.receive import receive
from ventanilla.people.author import Author
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.searching import search_tickets

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
SPAM, TICKET = Ticket.Stage.SPAM, Ticket.Stage.TICKET


def mail(sender: str, subject: str = "Win a prize", extra: str = "") -> RawMail:
    receive(f"From: {sender}\r\nSubject: {subject}\r\n{extra}\r\nClick here".encode())
    return RawMail.objects.latest("pk")


def mark(client, *numbers: str, stage: str = "spam"):
    return client.post("/desk/many/", {"number": list(numbers), "stage": stage}, headers=HTMX)


def test_one_key_and_one_undo(people: People, sign_in, run_background):
    raw = mail("Spammer <prize@spam.example>")
    ticket = raw.ticket
    assert ticket is not None
    acknowledgement = Outgoing.objects.get(ticket=ticket, kind="ack")
    client = sign_in(people.agent)
    answer = mark(client, ticket.number)
    assert answer.headers["HX-Trigger"] == "list:again" and "1 ticket marked as spam." in answer.content.decode()
    acknowledgement.refresh_from_db()
    assert acknowledgement.state == Outgoing.State.DROPPED
    assert ticket.number not in client.get("/desk/?view=open").content.decode()
    assert search_tickets(people.agent, "prize") == []
    assert ticket.number in client.get("/desk/?view=spam").content.decode()
    assert "Spam: nobody is answered" in client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    again = mail("prize@spam.example", "Second try")
    assert (again.state, again.verdict, again.ticket) == (RawMail.State.QUARANTINED, "blocked", None)

    undo = re.search(r'hx-post="(/desk/many/undo/\?changes=[^"]+)"', answer.content.decode())
    assert undo is not None
    assert "Undone on 1 ticket." in client.post(undo[1], headers=HTMX).content.decode()
    acknowledgement.refresh_from_db()
    assert acknowledgement.state == Outgoing.State.DUE and not SenderRule.objects.exists()
    assert ticket.number in client.get("/desk/?view=open").content.decode()
    assert [found.pk for found in search_tickets(people.agent, "prize")] == [ticket.pk]
    third = mail("prize@spam.example", "Third try")
    assert third.outcome == RawMail.Outcome.OPENED
    kinds = set(Event.objects.filter(topic__startswith="sender:").values_list("kind", flat=True))
    assert kinds == {"sender.blocked", "sender.forgotten"}


def test_nobody_is_answered_and_the_requester_sees_it_no_more(people: People, ticket, sign_in, run_background):
    change(by=Author.of(people.agent), ticket=ticket, stage=SPAM)
    with pytest.raises(ValidationError):
        add_message(
            by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Hello"),
            audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
        )  # fmt: skip
    client = sign_in(people.agent)
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "v-write-note" in page and "v-write-reply" not in page
    sent = {"kind": "reply", "body": "Hello", "force": "1"}
    assert client.post(f"/desk/tickets/{ticket.number}/write/", sent, headers=HTMX).status_code == 422
    resolved = sign_in(people.agent).post(f"/desk/tickets/{ticket.number}/resolve/", headers=HTMX)
    run_background()
    assert resolved.status_code == 200
    assert not Outgoing.objects.filter(ticket=ticket).exclude(state=Outgoing.State.DROPPED).exists()
    client = sign_in(people.requester)
    assert client.get(f"/portal/tickets/{ticket.number}/").status_code == 404
    assert ticket.subject not in client.get("/portal/").content.decode()
    ticket.refresh_from_db()
    assert ticket.cycle_at is None


@pytest.mark.parametrize("who", ["agent", "ourselves", "desk"])
def test_neither_agents_nor_we_ourselves_are_blocked(people: People, make_ticket, who):
    if who == "agent":
        made = make_ticket(requester=people.supervisor)
    elif who == "desk":
        made = make_ticket(by=Author.of(people.agent))
    else:
        made = make_ticket(author_address=people.agent.email)
    change(by=Author.of(people.agent), ticket=made, stage=SPAM)
    assert not SenderRule.objects.exists()


def test_a_sender_stays_blocked_while_other_spam_of_theirs_remains(people: People):
    first, second = (mail("prize@spam.example", subject).ticket for subject in ("One", "Two"))
    for made in (first, second):
        change(by=Author.of(people.agent), ticket=made, stage=SPAM)
    change(by=Author.of(people.agent), ticket=first, stage=TICKET)
    assert SenderRule.objects.get().learnt_from == second
    change(by=Author.of(people.agent), ticket=second, stage=TICKET)
    assert not SenderRule.objects.exists()


def test_what_an_administrator_decided_of_a_sender_stays(people: People):
    SenderRule.objects.create(entry="good@friend.example", blocked=False)
    made = mail("good@friend.example").ticket
    change(by=Author.of(people.agent), ticket=made, stage=SPAM)
    change(by=Author.of(people.agent), ticket=made, stage=TICKET)
    assert SenderRule.objects.get().blocked is False


def test_who_may_not_change_tickets_marks_nothing(people: People, ticket, sign_in):
    assert mark(sign_in(people.reader), ticket.number).status_code == 403
    assert sign_in(people.reader).post(f"/desk/tickets/{ticket.number}/spam/").status_code == 403
    assert mark(sign_in(people.agent), ticket.number, stage="conversation").status_code == 422
    ticket.refresh_from_db()
    assert ticket.stage == TICKET and not SenderRule.objects.exists()
