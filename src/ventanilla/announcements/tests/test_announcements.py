"""Announcements from the front door: two clicks, who sees them, joining, and the question at the end."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.plugin import SETUP, People, make_person

from ventanilla.announcements.actions import Wording, end, join, post
from ventanilla.announcements.models import Announcement, Join
from ventanilla.events.models import Event
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.people.author import Author
from ventanilla.people.models import Organization
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Access, Message, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def announcement(people: People, ticket: Ticket) -> Announcement:
    return post(by=Author.of(people.agent), wording=Wording("No network on floor 2"), ticket=ticket)


def told(kind: str = "announced") -> list[Outgoing]:
    return list(Outgoing.objects.filter(kind=kind).order_by("pk"))


def test_two_clicks_from_a_ticket_put_it_on_the_portal_and_above_the_form(people: People, ticket: Ticket, sign_in):
    agent, requester = sign_in(people.agent), sign_in(people.colleague)
    assert "Announcements" not in text_of(agent.get("/desk/")), "no place in the menu before the first"
    page = text_of(agent.get(f"/desk/tickets/{ticket.number}/"))
    assert f"/desk/announcements/new/?ticket={ticket.number}" in page
    form = text_of(agent.get(f"/desk/announcements/new/?ticket={ticket.number}"))
    assert f'value="{ticket.subject}"' in form
    posted = agent.post(f"/desk/announcements/new/?ticket={ticket.number}",
                        {"title": ticket.subject, "audience": "everyone"})  # fmt: skip
    row = Announcement.objects.get()
    assert (posted.status_code, posted.url) == (302, f"/desk/announcements/{row.pk}/")
    assert (row.ticket, row.author, row.ended_at) == (ticket, people.agent, None)
    for path in ("/portal/", "/portal/new/incident/"):
        page = text_of(requester.get(path))
        assert ticket.subject in page and "It happens to me too" in page
    assert "posted the announcement" in text_of(agent.get(f"/desk/tickets/{ticket.number}/history/"))
    assert "/desk/announcements/" in text_of(agent.get("/desk/"))


def test_joining_opens_no_ticket_and_shows_nobody_the_others(people: People, announcement, ticket, sign_in):
    before = (Ticket.objects.count(), Message.objects.count(), Access.objects.count())
    colleague, stranger = sign_in(people.colleague), sign_in(people.stranger)
    for client in (colleague, stranger, stranger):
        answer = client.post(f"/portal/announcements/{announcement.pk}/join/")
        assert (answer.status_code, answer.url) == (302, f"/portal/announcements/{announcement.pk}/")
    assert Join.objects.count() == 2 and Event.objects.filter(kind="announcement.joined").count() == 2
    assert (Ticket.objects.count(), Message.objects.count(), Access.objects.count()) == before
    page = text_of(stranger.get(f"/portal/announcements/{announcement.pk}/"))
    assert "we know" in page and "Carlos" not in page and "Leire" not in page and ticket.number not in page
    assert stranger.get(f"/portal/tickets/{ticket.number}/").status_code == 404
    for client in (stranger, sign_in(people.requester)):
        page = text_of(client.get("/portal/"))
        assert "You are on the list" in page and "It happens to me too" not in page, "theirs, or the ticket is theirs"
    desk = sign_in(people.agent)
    assert "2 affected" in text_of(desk.get(f"/desk/tickets/{ticket.number}/"))
    listed = text_of(desk.get(f"/desk/announcements/{announcement.pk}/"))
    assert "Carlos Colleague" in listed and "Sergio Stranger" in listed


def test_whoever_it_is_not_meant_for_neither_sees_nor_joins_it(people: People, ticket, sign_in):
    other = Organization.objects.create(name="Other Ltd")
    wording = Wording("Theirs", audience=Announcement.Audience.ORGANIZATIONS, organizations=[other])
    row = post(by=Author.of(people.agent), wording=wording, ticket=ticket)
    outsider = make_person("Oriol Other", "requester", organization=other)
    requester = sign_in(people.requester)
    assert "Theirs" not in text_of(requester.get("/portal/"))
    for answer in (
        requester.get(f"/portal/announcements/{row.pk}/"),
        requester.post(f"/portal/announcements/{row.pk}/join/"),
        requester.post(f"/portal/announcements/{row.pk}/answer/", {"works": "no"}),
        requester.post("/desk/announcements/new/", {"title": "x"}),
    ):
        assert answer.status_code in (403, 404)
    assert not Join.objects.exists() and Announcement.objects.count() == 1
    assert "Theirs" in text_of(sign_in(outsider).get("/portal/"))
    anonymous = Client(headers={"host": "localhost"})
    assert anonymous.get(f"/portal/announcements/{row.pk}/").status_code == 302


def test_it_stands_from_its_beginning_to_its_end(people: People, sign_in, run_background):
    now = timezone.now()
    wording = Wording("We close early", starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=3))
    row = post(by=Author.of(people.agent), wording=wording, joinable=False)
    assert row.ticket is None and not Ticket.objects.exists()
    client = sign_in(people.requester)
    for hours, stands in ((0, False), (2, True), (4, False)):
        with time_machine.travel(now + timedelta(hours=hours)):
            page = text_of(client.get("/portal/"))
            assert ("We close early" in page) is stands and "It happens to me too" not in page
            assert client.get(f"/portal/announcements/{row.pk}/").status_code == (200 if hours else 404)
            run_background()
    row.refresh_from_db()
    assert row.ended_at is not None and told() == []


def test_two_hundred_are_one_piece_of_work_and_each_is_asked_alone(
    people: People, announcement, ticket, sign_in, run_background, django_assert_max_num_queries
):
    Mailbox.objects.update(smtp_host="")
    crowd = [make_person(f"Person{number} Of The Crowd", "requester") for number in range(200)]
    for person in crowd:
        join(by=Author.of(person), announcement=announcement)
    assert Ticket.objects.count() == 1
    agent = sign_in(people.agent)
    agent.get(f"/desk/announcements/{announcement.pk}/")
    with django_assert_max_num_queries(24):
        assert "Person199" in text_of(agent.get(f"/desk/announcements/{announcement.pk}/"))
    answer = agent.post(f"/desk/announcements/{announcement.pk}/", {"text": "A switch is broken."})
    assert answer.status_code == 302
    mails = told()
    assert len(mails) == 200 == len({mail.address for mail in mails})
    letter = letter_for(mails[7])
    assert "A switch is broken." in letter.text and len(letter.to) == 1 and "Person8" not in letter.text
    assert ticket.number not in letter.subject + letter.text, "an answer becomes a ticket of their own"
    change(by=Author.of(people.agent), ticket=ticket, status=Status.objects.get(category=StatusCategory.RESOLVED))
    run_background()
    announcement.refresh_from_db()
    assert announcement.ended_at is not None
    asked = [mail for mail in told() if mail.context["what"] == "ended"]
    assert len(asked) == 200 and "Does it work" in letter_for(asked[0]).subject
    assert "…" in letter_for(asked[0], doors=False).text
    assert Ticket.objects.count() == 1
    # One says no behind the link of the mail: theirs alone is opened.
    visitor = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    link = asked[5].context["path"]
    before = Event.objects.count()
    page = visitor.get(link)
    assert page.status_code == 200 and "Does it work for you now?" in text_of(page)
    assert page.headers["Referrer-Policy"] == "no-referrer" and Event.objects.count() == before
    assert visitor.get(link + "answer/").status_code == 405
    assert visitor.post(link + "answer/", {"works": "perhaps"}).status_code == 422
    assert visitor.post(link + "answer/", {"works": "no", "text": "Still dark"}).status_code == 302
    own = Ticket.objects.exclude(pk=ticket.pk).get()
    assert own.requester == asked[5].person and own.messages.get().text == "Still dark"
    assert own.team == ticket.team and own.links.get().other == ticket
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.RESOLVED, "nobody else's is opened again"
    page = text_of(visitor.get(link))
    assert "We go on with yours here" in page
    # Solved for them too, and broken once more: the same ticket.
    change(by=SETUP, ticket=own, status=Status.objects.get(category=StatusCategory.RESOLVED))
    visitor.post(link + "answer/", {"works": "yes"})
    visitor.post(link + "answer/", {"works": "no"})
    own.refresh_from_db()
    assert Ticket.objects.count() == 2 and own.is_open
    assert "still does not: 1" in text_of(agent.get(f"/desk/announcements/{announcement.pk}/"))


def test_the_portal_asks_as_well_and_a_yes_opens_nothing(people: People, announcement, sign_in):
    join(by=Author.of(people.colleague), announcement=announcement)
    client = sign_in(people.colleague)
    assert client.post(f"/portal/announcements/{announcement.pk}/answer/", {"works": "no"}).status_code == 422
    end(by=Author.of(people.agent), announcement=announcement)
    assert "Does it work for you now?" in text_of(client.get("/portal/"))
    client.post(f"/portal/announcements/{announcement.pk}/answer/", {"works": "yes"})
    assert Join.objects.get().answer == "yes" and Ticket.objects.count() == 1
    assert "Does it work for you now?" not in text_of(client.get("/portal/"))
    late = sign_in(people.stranger).post(f"/portal/announcements/{announcement.pk}/join/")
    assert late.status_code == 422 and Join.objects.count() == 1


@pytest.mark.parametrize("typed", [
    {"title": " "}, {"title": "x", "audience": "organizations"}, {"title": "x", "ends_at": "2001-01-01T10:00"},
    {"title": "x", "ends_at": "soon"}, {"title": "x" * 251},
])  # fmt: skip
def test_a_mistake_keeps_what_was_typed_and_posts_nothing(people: People, sign_in, typed):
    answer = sign_in(people.agent).post("/desk/announcements/new/", {"audience": "everyone", "text": "Kept"} | typed)
    assert answer.status_code == 422 and "Kept" in text_of(answer)
    assert not Announcement.objects.exists() and not Ticket.objects.exists()


def test_from_the_desk_one_ticket_is_opened_for_all_of_them(people: People, sign_in):
    sign_in(people.agent).post(
        "/desk/announcements/new/", {"title": "No mail", "audience": "everyone", "joinable": "on"}
    )
    row = Announcement.objects.get()
    assert row.ticket is not None and (row.ticket.requester, row.ticket.subject) == (people.agent, "No mail")
