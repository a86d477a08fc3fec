"""Pages of the portal read again while they are open: what is answered, to whom, and what is left alone."""

import html
import re

import pytest
from django.test import Client
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.people.author import Author
from ventanilla.tickets.actions import add_message, change, redact
from ventanilla.tickets.content import Content
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Message, ReadMark, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db
PICTURE = "https://pictures.example/logo.png"


def asks(target: str) -> dict[str, str]:
    """The headers with which htmx asks for one element."""
    return {"HX-Request": "true", "HX-Target": target}


def again_url(page: str, element: str) -> str:
    """Where an element of the page is read again from."""
    found = re.search(rf'id="{element}" hx-get="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def say(ticket: Ticket, by, text: str, audience=Message.Audience.REQUESTER) -> Message:
    return add_message(
        by=Author.of(by), ticket=ticket, content=Content.of_text(text), audience=audience, channel=Ticket.Channel.DESK
    )


@pytest.fixture(params=["portal", "link"])
def door(request: pytest.FixtureRequest, sign_in, people: People, ticket: Ticket) -> tuple[Client, str]:
    """The requester's browser and the address of the ticket there: signed in, and by the link of a mail."""
    if request.param == "portal":
        return sign_in(people.requester), f"/portal/tickets/{ticket.number}/"
    return Client(headers={"host": "localhost"}), ticket_link(ticket, people.requester)


def test_a_reply_comes_with_what_is_said_of_it_and_without_the_form(door, people: People, ticket: Ticket):
    client, base = door
    again = again_url(client.get(base).content.decode(), "v-voices")
    first = Message.objects.get()
    reply = say(ticket, people.agent, "We are on it")
    part = client.get(again, headers=asks("v-voices")).content.decode()
    assert "We are on it" in part and "1 new message" in part
    assert "<textarea" not in part and "<html" not in part
    assert f'id="message-{first.pk}" hx-preserve="true"' in part
    assert f'is-changed" id="message-{reply.pk}">' in part
    next_time = again_url(part, "v-voices")
    assert next_time != again
    assert client.get(next_time, headers=asks("v-voices")).status_code == 204


def test_nothing_internal_makes_the_page_read_anything(door, people: People, ticket: Ticket):
    client, base = door
    again = again_url(client.get(base).content.decode(), "v-voices")
    say(ticket, people.agent, "The password is hunter2", Message.Audience.STAFF)
    change(by=Author.of(people.administrator), ticket=ticket, tags=["vip-complainer"])
    answer = client.get(again, headers=asks("v-voices"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "hunter2" not in client.get(base, headers=asks("v-voices")).content.decode()


def test_a_resolved_ticket_offers_to_confirm_and_its_form_to_open_again(door, people: People, ticket: Ticket):
    client, base = door
    again = again_url(client.get(base).content.decode(), "v-voices")
    change(
        by=Author.of(people.administrator), ticket=ticket, status=Status.objects.get(category=StatusCategory.RESOLVED)
    )
    part = client.get(again, headers=asks("v-voices")).content.decode()
    assert "Confirm that it is resolved" in part and "Open it again" in part and "It does not work yet?" in part
    assert "new message" not in part


def test_a_message_that_was_emptied_is_drawn_anew(door, people: People, ticket: Ticket):
    client, base = door
    reply = say(ticket, people.agent, "The password is hunter2")
    again = again_url(client.get(base).content.decode(), "v-voices")
    redact(by=Author.of(people.administrator), message=reply, why="a password")
    part = client.get(again, headers=asks("v-voices")).content.decode()
    assert "hunter2" not in part and "This message was removed." in part
    assert f'id="message-{reply.pk}">' in part


def test_reading_again_marks_read_in_the_portal_alone(sign_in, people: People, ticket: Ticket):
    link = ticket_link(ticket, people.requester)
    before = Event.objects.count()
    Client(headers={"host": "localhost"}).get(link, headers=asks("v-voices"))
    assert not ReadMark.objects.exists()
    sign_in(people.requester).get(f"/portal/tickets/{ticket.number}/", headers=asks("v-voices"))
    assert ReadMark.objects.get().person == people.requester
    assert Event.objects.count() == before


def test_what_one_writes_is_kept_under_the_same_name_when_others_write(door, people: People, ticket: Ticket):
    """A draft of the browser must be found again after a reply has come and the page has been loaded anew."""
    client, base = door

    def key() -> str:
        return client.get(base).content.decode().split('data-keep="')[1].split('"')[0]

    before = key()
    say(ticket, people.agent, "We are on it")
    assert key() == before
    client.post(f"{base}reply/", {"body": "More"})
    assert key() != before


@pytest.mark.parametrize("path", ["/portal/", "/portal/tickets/"])
def test_a_list_is_read_again_alone(sign_in, people: People, ticket: Ticket, make_ticket, path: str):
    client = sign_in(people.requester)
    page = client.get(path).content.decode()
    scopes = page.split('data-live="')[1].split('"')[0].split()
    assert scopes == [f"person:{people.requester.pk}", f"ticket:{ticket.pk}"]
    make_ticket("Another matter")
    part = client.get(path + again_url(page, "v-mine").partition(path)[2], headers=asks("v-mine")).content.decode()
    assert "Another matter" in part and ticket.subject in part
    assert "<html" not in part and "v-search" not in part


def test_a_manager_is_rung_for_the_whole_organization(sign_in, people: People, ticket: Ticket):
    page = sign_in(people.manager).get("/portal/tickets/?whose=organization").content.decode()
    scopes = page.split('data-live="')[1].split('"')[0].split()
    assert f"organization:{people.manager.organization_id}" in scopes and f"ticket:{ticket.pk}" in scopes


def test_what_was_found_is_not_read_again(sign_in, people: People, ticket: Ticket):
    page = sign_in(people.requester).get("/portal/tickets/?q=printer").content.decode()
    assert ticket.subject in page and "data-live=" not in page


def test_when_the_session_has_ended_no_sign_in_page_is_put_into_the_page(people: People, ticket: Ticket):
    client = Client(headers={"host": "localhost"})
    for path, target in ((f"/portal/tickets/{ticket.number}/", "v-voices"), ("/portal/", "v-mine")):
        answer = client.get(path, headers=asks(target))
        assert (answer.status_code, answer.content) == (401, b"")


def test_an_ended_right_ends_the_asking(people: People, ticket: Ticket):
    by = Author.of(people.administrator)
    change(by=by, ticket=ticket, participants=[people.stranger])
    visitor, link = Client(headers={"host": "localhost"}), ticket_link(ticket, people.stranger)
    assert visitor.get(link, headers=asks("v-voices")).status_code == 200
    change(by=by, ticket=ticket, participants=[])
    assert visitor.get(link, headers=asks("v-voices")).status_code == 404


def test_remote_images_show_only_where_they_were_asked_for(sign_in, people: People, make_ticket):
    content = Content.of_foreign_html(f"<p>Hello</p><img src='{PICTURE}'>")
    ticket, other = make_ticket(content=content), make_ticket("Another", content=content)
    mine, theirs = (Message.objects.get(ticket=row).pk for row in (ticket, other))
    doors = (
        (sign_in(people.requester), f"/portal/tickets/{ticket.number}/"),
        (Client(headers={"host": "localhost"}), ticket_link(ticket, people.requester)),
    )
    for client, base in doors:
        page = client.get(base).content.decode()
        assert "Images from other servers are not loaded." in page and f"{base}?images={mine}" in page
        closed = client.get(f"{base}messages/{mine}/")
        assert "https:" not in closed.headers["Content-Security-Policy"]
        assert f' src="{PICTURE}"' not in closed.content.decode()
        asked = client.get(f"{base}?images={mine}").content.decode()
        assert f'src="{base}messages/{mine}/images/"' in asked
        assert "Images from other servers are not loaded." not in asked
        opened = client.get(f"{base}messages/{mine}/images/")
        assert "img-src 'self' data: https:" in opened.headers["Content-Security-Policy"]
        assert opened.headers["Content-Security-Policy"].startswith("sandbox")
        assert opened.headers["Referrer-Policy"] == "no-referrer"
        assert f'src="{PICTURE}"' in opened.content.decode()
        assert client.get(f"{base}messages/{theirs}/images/").status_code == 404


@pytest.mark.parametrize("images", ["", "x", "-1", "9" * 40, "²", "1.5"])
def test_nonsense_shows_the_page(sign_in, people: People, ticket: Ticket, images: str):
    client = sign_in(people.requester)
    assert client.get(f"/portal/tickets/{ticket.number}/", {"images": images, "seen": images}).status_code == 200
