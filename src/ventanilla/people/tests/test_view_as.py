"""Seeing the pages as somebody else: what is seen, what is not, and that nothing changes."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from tests.plugin import SETUP, People, make_person

from ventanilla.events.models import Event
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Presence, ReadMark, Ticket

SignIn = Callable[[Person], Client]


def see_as(client: Client, person: Person) -> None:
    assert client.post(f"/people/{person.pk}/see-as/").status_code == 302


def test_an_administrator_sees_what_a_requester_sees_and_changes_nothing(
    sign_in: SignIn, people: People, ticket: Ticket
):
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("a secret note"),
        audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    client = sign_in(people.administrator)
    assert "See the pages as this person" in client.get(f"/people/{people.requester.pk}/").content.decode()
    see_as(client, people.requester)
    page = client.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "You see this as Leire Requester" in page and "secret" not in page
    assert client.get(f"/desk/tickets/{ticket.number}/").status_code == 403
    events = Event.objects.count()
    assert client.post(f"/portal/tickets/{ticket.number}/reply/", {"body": "intruder"}).status_code == 403
    assert client.post("/profile/", {"name": "Other"}).status_code == 403
    assert Event.objects.count() == events and not ReadMark.objects.exists()
    assert client.post("/people/see-as/end/").url == f"/people/{people.requester.pk}/"
    assert client.get("/settings/").status_code == 200
    assert Event.objects.get(kind="person.viewed_as").actor == f"person:{people.administrator.pk}"
    assert "Pages seen as this person" in client.get("/settings/audit/").content.decode()


def test_nobody_gets_further_by_it(sign_in: SignIn, people: People, make_ticket: Any):
    private = create_department(by=SETUP, key="hr", label={"en": "HR"}, private=True)
    team = create_team(by=SETUP, key="hr", label={"en": "HR"}, department=private)
    insider = make_person("Irene Insider", "agent", teams=[team])
    hidden = make_ticket(subject="Salaries of all", team=team)
    own = make_ticket(subject="Mine is broken", requester=people.agent)
    change(by=SETUP, ticket=own, restricted=True, team=people.agent.teams.get())
    client = sign_in(people.administrator)
    assert sign_in(insider).get(f"/desk/tickets/{hidden.number}/").status_code == 200
    see_as(client, insider)
    for path in (f"/desk/tickets/{hidden.number}/", "/desk/", "/desk/search/?q=salaries"):
        answer = client.get(path)
        assert "Salaries of all" not in answer.content.decode(), path
    assert client.get(f"/desk/tickets/{hidden.number}/").status_code == 404
    assert Presence.objects.count() == ReadMark.objects.count() == 1, "the insider's own"


def test_who_may_not(sign_in: SignIn, people: People):
    for who in (people.supervisor, people.agent, people.requester):
        assert sign_in(who).post(f"/people/{people.colleague.pk}/see-as/").status_code == 403
    client = sign_in(people.administrator)
    assert client.post(f"/people/{people.administrator.pk}/see-as/").status_code == 403
    Person.objects.filter(pk=people.stranger.pk).update(is_active=False)
    assert client.post(f"/people/{people.stranger.pk}/see-as/").status_code == 403
    assert not Event.objects.filter(kind="person.viewed_as").exists()
    see_as(client, people.colleague)
    assert client.post(f"/people/{people.requester.pk}/see-as/").status_code == 403


def test_it_ends_by_itself(sign_in: SignIn, people: People):
    client = sign_in(people.administrator)
    see_as(client, people.requester)
    session = client.session
    session["view_as"] = session["view_as"] | {"since": session["view_as"]["since"] - 3601}
    session.save()
    assert client.get("/settings/").status_code == 200
