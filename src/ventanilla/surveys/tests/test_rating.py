"""Three faces: from the resolved mail and the portal, without signing in, one per person, never of one's own work."""

import pytest
from django.test import Client
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Outgoing
from ventanilla.people.author import Author
from ventanilla.surveys.models import Rating
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Message, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": "localhost"}, enforce_csrf_checks=True)


def put(ticket: Ticket, category: StatusCategory) -> None:
    change(by=SETUP, ticket=ticket, status=Status.objects.get(category=category))


def rated() -> list[tuple[int, int, str]]:
    return sorted(Rating.objects.values_list("person_id", "face", "comment"))


def test_the_mail_leads_to_a_face_and_one_button(people: People, ticket: Ticket, visitor: Client, sign_in):
    put(ticket, StatusCategory.RESOLVED)
    letter = letter_for(Outgoing.objects.get(kind=Outgoing.Kind.RESOLVED))
    link = next(line.split("desk.example")[1] for line in letter.text.splitlines() if "face=bad" in line)
    assert link in letter.html.replace("&amp;", "&")
    before = Event.objects.count()
    page = text_of(visitor.get(link))
    assert 'value="bad" checked' in page and "How did we do?" in page
    assert Event.objects.count() == before and rated() == [], "mail scanners follow every link"
    url = link.partition("?")[0]
    assert visitor.post(url, {"face": "sad", "comment": "Kept"}).status_code == 422
    assert "Kept" in text_of(visitor.post(url, {"comment": "Kept"})) and rated() == []
    assert visitor.post(url, {"face": "bad", "comment": "Took a week"}).status_code == 302
    for _again in range(2):
        assert visitor.post(url, {"face": "fair", "comment": "Took a week"}).status_code == 302
    assert rated() == [(people.requester.pk, 2, "Took a week")]
    assert Event.objects.filter(kind="ticket.rated").count() == 2, "said, and said otherwise; the same again is nothing"
    agent = sign_in(people.agent)
    page = text_of(agent.get(f"/desk/tickets/{ticket.number}/"))
    assert "Took a week" in page and "Fair" in page
    assert "said how content they are: Fair" in text_of(agent.get(f"/desk/tickets/{ticket.number}/history/"))
    agent.post("/desk/columns/", {"column": ["satisfaction"], "next": "/desk/"})
    row = f'data-number="{ticket.number}"'
    assert row in text_of(agent.get("/desk/?view=resolved&satisfaction=fair"))
    assert "v-rating--fair" in text_of(agent.get("/desk/?view=resolved"))
    assert row not in text_of(agent.get("/desk/?view=resolved&satisfaction=good"))
    put(ticket, StatusCategory.CLOSED)
    assert visitor.post(url, {"face": "good"}).status_code == 403
    assert rated() == [(people.requester.pk, 2, "Took a week")]


def test_the_portal_asks_once_it_is_resolved(people: People, make_ticket, sign_in):
    ticket = make_ticket(participants=[people.colleague], by=SETUP)
    client, base = sign_in(people.requester), f"/portal/tickets/{ticket.number}/"
    assert "How did we do?" not in text_of(client.get(base))
    assert client.post(base + "rating/", {"face": "good"}).status_code == 403 and rated() == []
    put(ticket, StatusCategory.RESOLVED)
    assert "rating/?face=good" in text_of(client.get(base))
    client.post(base + "rating/", {"face": "good"})
    sign_in(people.colleague).post(base + "rating/", {"face": "fair", "comment": "Between us"})
    page = text_of(client.get(base))
    assert "You said: Good." in page and "Between us" not in page
    assert len(rated()) == 2


def test_nobody_rates_their_own_work_or_what_is_not_theirs(people: People, make_ticket, sign_in, visitor):
    mine = make_ticket(requester=people.agent, by=SETUP, assignee=people.agent)
    answered = make_ticket(participants=[people.agent], by=SETUP)
    add_message(
        by=Author.of(people.agent), ticket=answered, content=Content.of_text("Done"),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    for ticket in (mine, answered):
        put(ticket, StatusCategory.RESOLVED)
        link = f"{ticket_link(ticket, people.agent)}rating/"
        assert "cannot be rated" in text_of(visitor.get(link))
        assert visitor.post(link, {"face": "good"}).status_code == 403
    answer = sign_in(people.stranger).post(f"/portal/tickets/{answered.number}/rating/", {"face": "good"})
    assert answer.status_code == 404 and rated() == []
    answered.refresh_from_db()
    assert answered.satisfaction is None
