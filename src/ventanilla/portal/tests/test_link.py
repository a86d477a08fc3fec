"""The signed link of a mail: one ticket, one person, no password."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.links import LINK_DAYS, ticket_link
from ventanilla.tickets.models import Message, ReadMark, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture
def visitor() -> Client:
    """Strict about forgery tokens, as a browser's requests are treated outside tests."""
    return Client(headers={"host": "localhost"}, enforce_csrf_checks=True)


def test_it_opens_its_ticket_and_changes_nothing(visitor: Client, people: People, ticket: Ticket):
    before = Event.objects.count()
    answer = visitor.get(ticket_link(ticket, people.requester))
    assert answer.status_code == 200
    assert ticket.subject in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert Event.objects.count() == before
    assert not ReadMark.objects.exists()
    assert "sessionid" not in answer.cookies


def test_reply_attach_confirm_and_open_again(visitor: Client, people: People, ticket: Ticket):
    link = ticket_link(ticket, people.requester)
    sent = visitor.post(f"{link}uploads/", {"file": SimpleUploadedFile("photo.png", PNG)})
    assert sent.status_code == 201
    answer = visitor.post(f"{link}reply/", {"body": "See the photo", "attachments": sent.json()["id"]})
    assert answer.status_code == 302 and answer.url.startswith(link)
    message = Message.objects.latest("pk")
    assert (message.text, message.author) == ("See the photo", people.requester)
    file = message.attachments.get()
    assert visitor.get(f"{link}files/{file.pk}/").status_code == 200
    change(by=SETUP, ticket=ticket, status=Status.objects.get(category=StatusCategory.RESOLVED))
    for path in ("confirm/", "reply/", "uploads/"):
        assert visitor.get(link + path).status_code == 405
    visitor.post(f"{link}confirm/")
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.CLOSED
    visitor.post(f"{link}reply/", {"body": "It is back"})
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN


def test_it_leads_to_no_other_page(visitor: Client, people: People, ticket: Ticket, make_ticket):
    other = make_ticket("Another of mine")
    link = ticket_link(ticket, people.requester)
    page = visitor.get(link).content.decode()
    assert other.subject not in page and "/portal/tickets/" not in page
    assert visitor.get("/portal/").status_code == 302
    theirs = Message.objects.filter(ticket=other).get()
    assert visitor.get(f"{link}files/{theirs.pk}/").status_code == 404


def test_a_forged_link_is_not_there(visitor: Client, people: People, ticket: Ticket):
    link = ticket_link(ticket, people.requester)
    for forged in (link[:-3] + "xx/", "/t/nonsense/", "/t/a:b:c/", link.replace("/t/", "/t/x")):
        assert visitor.get(forged).status_code == 404
        assert visitor.post(forged + "reply/", {"body": "x"}).status_code == 404
    assert Message.objects.count() == 1


def test_an_old_link_says_how_to_go_on_and_does_nothing(visitor: Client, people: People, ticket: Ticket):
    link = ticket_link(ticket, people.requester)
    with time_machine.travel(timezone.now() + timedelta(days=LINK_DAYS, minutes=1)):
        answer = visitor.get(link)
        assert answer.status_code == 410
        assert ticket.subject not in answer.content.decode()
        assert visitor.post(f"{link}reply/", {"body": "x"}).status_code == 410
    assert Message.objects.count() == 1


def test_a_person_who_is_switched_off_or_out_of_the_ticket_is_refused(
    visitor: Client, people: People, ticket: Ticket, make_ticket
):
    by = Author.of(people.administrator)
    change(by=by, ticket=ticket, participants=[people.stranger])
    link = ticket_link(ticket, people.stranger)
    assert visitor.get(link).status_code == 200
    change(by=by, ticket=ticket, participants=[])
    assert visitor.get(link).status_code == 404
    restricted = make_ticket("Payslip", restricted=True, by=SETUP)
    assert visitor.get(ticket_link(restricted, people.manager)).status_code == 404
    assert visitor.get(ticket_link(restricted, people.requester)).status_code == 200
    Person.objects.filter(pk=people.requester.pk).update(is_active=False)
    assert visitor.get(ticket_link(ticket, people.requester)).status_code == 404


def test_it_speaks_the_language_of_its_person(visitor: Client, people: People, ticket: Ticket):
    people.requester.language = "es"
    people.requester.save()
    assert visitor.get(ticket_link(ticket, people.requester)).headers["Content-Language"] == "es"


def test_mail_from_outside_stands_in_a_frame_of_its_own(visitor: Client, sign_in, people: People, make_ticket):
    html = "<p>Hello <b>there</b></p><script>alert(1)</script><img src='https://spy.example/'>"
    foreign = Content.of_foreign_html(html)
    ticket, other = make_ticket(content=foreign), make_ticket("Another", content=foreign)
    link = ticket_link(ticket, people.requester)
    mine, theirs = (Message.objects.get(ticket=row).pk for row in (ticket, other))
    client = sign_in(people.requester)
    for reader, base in ((visitor, link), (client, f"/portal/tickets/{ticket.number}/")):
        assert f'src="{base}messages/{mine}/"' in reader.get(base).content.decode()
        answer = reader.get(f"{base}messages/{mine}/")
        assert answer.status_code == 200
        body = answer.content.decode()
        assert "<b>there</b>" in body and "<script" not in body and ' src="https://spy' not in body
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert reader.get(f"{base}messages/{theirs}/").status_code == 404
    note = add_message(
        by=Author.of(people.agent),
        ticket=ticket,
        content=foreign,
        audience=Message.Audience.STAFF,
        channel=Ticket.Channel.DESK,
    )
    assert visitor.get(f"{link}messages/{note.pk}/").status_code == 404
