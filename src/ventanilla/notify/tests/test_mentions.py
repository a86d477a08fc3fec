"""Mentions: who may be, who is told, and what the requester reads of it."""

import pytest
from django.core.exceptions import ValidationError
from tests.plugin import SETUP, People, make_person

from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def far_team(ticket: Ticket) -> Team:
    return Team.objects.create(key="far", label={"en": "Far away"}, department=ticket.department)


def write(client, ticket: Ticket, body: str, kind: str = "note"):
    return client.post(
        f"/desk/tickets/{ticket.number}/write/", {"kind": kind, "format": "html", "body": body, "force": "1"}
    )


def test_a_note_tells_whom_it_mentions_whatever_they_chose(people: People, ticket, far_team, sign_in, run_background):
    berta, carla = make_person("Berta B", "agent"), make_person("Carla C", "agent", teams=[far_team])
    Person.objects.filter(pk__in=[berta.pk, carla.pk]).update(notices=Person.Notices.NONE)
    body = (
        f'<p><strong data-mention="person:{berta.pk}">@Berta B</strong> and <strong data-mention="team:{far_team.pk}">'
        f'@Far</strong>, <strong data-mention="person:{people.agent.pk}">@me</strong>, look</p>'
    )
    assert write(sign_in(people.agent), ticket, body).status_code in (200, 302)
    Draft.objects.update(send_at="2026-01-01T00:00Z")
    run_background()
    rows = Notification.objects.order_by("person__name")
    assert [(row.person, row.reason) for row in rows] == [(berta, "mentioned"), (carla, "mentioned_team")]
    event = Event.objects.get(kind="ticket.noted")
    assert event.data["mentions"] == {"persons": sorted([berta.pk, people.agent.pk]), "teams": [far_team.pk]}
    said = Message.objects.get(pk=event.data["message"])
    assert "<strong>@Berta B</strong>" in said.html and "data-mention" not in said.html
    assert "mentioned you" in sign_in(berta).get("/notifications/").content.decode()
    page = sign_in(people.agent).get("/notifications/").content.decode()
    assert "mentioned you" not in page, "nobody is told of their own acts"


def test_in_a_public_reply_the_name_is_text(people: People, ticket, run_background):
    berta = make_person("Berta B", "agent")
    content = Content.of_rich_text(f'<p>Ask <span data-mention="person:{berta.pk}">@Berta B</span></p>')
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=content, audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.DESK,
    )  # fmt: skip
    run_background()
    assert Message.objects.get(from_staff=True).html == "<p>Ask @Berta B</p>"
    assert Notification.objects.get().person == berta
    assert {row.address for row in Outgoing.objects.filter(kind="reply")} == {people.requester.email}


def test_who_may_not_see_the_ticket_is_neither_offered_nor_mentioned(people: People, ticket, far_team, sign_in):
    carla = make_person("Carla C", "agent", teams=[far_team])
    client, address = sign_in(people.agent), f"/desk/tickets/{ticket.number}/mentions/"

    def offered(text: str) -> list[str]:
        return [item["label"] for item in client.get(address, {"q": text}).json()["items"]]

    assert offered("carl") == ["Carla C"] and offered("far") == ["Far away"] and offered("leire") == []
    change(by=SETUP, ticket=ticket, restricted=True)
    assert offered("carl") == [] and offered("far") == []
    for mark in (f"person:{carla.pk}", f"team:{far_team.pk}", f"person:{people.requester.pk}", "person:999999"):
        content = Content.of_rich_text(f'<p><b data-mention="{mark}">@x</b></p>')
        with pytest.raises(ValidationError):
            add_message(
                by=Author.of(people.agent), ticket=ticket, content=content, audience=Message.Audience.STAFF,
                channel=Ticket.Channel.DESK,
            )  # fmt: skip
    assert not Message.objects.filter(audience=Message.Audience.STAFF).exists()


def test_what_a_requester_writes_mentions_nobody(people: People, ticket, run_background):
    content = Content.of_rich_text(f'<p><b data-mention="person:{people.supervisor.pk}">@Sonia</b> please</p>')
    add_message(
        by=Author.of(people.requester), ticket=ticket, content=content, audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.PORTAL,
    )  # fmt: skip
    run_background()
    assert "mentions" not in Event.objects.get(kind="ticket.requester_replied").data
    assert not Notification.objects.exists()
