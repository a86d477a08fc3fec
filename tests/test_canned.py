"""Canned replies: what administrators write, and what an agent gets for a ticket."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from tests.plugin import SETUP, People
from ventanilla.events.models import Event
from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.people.actions import change_person, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.canned import MOST_CHARACTERS, VARIABLES, filled, unknown_variables
from ventanilla.tickets.models import CannedReply, Ticket
from ventanilla.tickets.sections import CANNED_REPLIES

pytestmark = pytest.mark.django_db


def reply(name: str = "Greeting", html: str = "<p>Hello {first_name}</p>", es: str = "", **more: Any) -> CannedReply:
    given = {"html": {"en": html, "es": es}, "team": None} | more
    return create_row(by=SETUP, section=CANNED_REPLIES, label={"en": name}, **given)


def offered(client: Client, ticket: Ticket, text: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/desk/tickets/{ticket.number}/canned/", {"q": text})
    assert answer.status_code == 200
    return json.loads(answer.content)["items"]


def test_every_variable_says_something_of_the_ticket(ticket: Ticket, people: People) -> None:
    change(by=SETUP, ticket=ticket, assignee=people.agent)
    for name in VARIABLES:
        made = filled(reply(html=f"<p>[{{{name}}}]</p>").html, ticket=ticket, agent=people.agent)
        assert made.startswith("<p>[") and f"{{{name}}}" not in made and made != "<p>[]</p>", name
    names = filled(reply(html="<p>{first_name}, {number}, {agent}</p>").html, ticket=ticket, agent=people.agent)
    assert names == f"<p>{people.requester.name.split()[0]}, {ticket.number}, {people.agent.name}</p>"


def test_what_people_wrote_is_text_and_is_looked_at_once(ticket: Ticket, people: People) -> None:
    change(by=SETUP, ticket=ticket, subject="<b>{agent}</b> {{7*7}} {% now %}")
    ticket.refresh_from_db()
    made = filled(reply(html="<p>{subject}</p>").html, ticket=ticket, agent=people.agent)
    assert made == "<p>&lt;b&gt;{agent}&lt;/b&gt; {{7*7}} {% now %}</p>"


def test_it_is_in_the_requesters_language(ticket: Ticket, people: People) -> None:
    both = reply(html="<p>Hello: {status}</p>", es="<p>Hola: {status}</p>")
    assert filled(both.html, ticket=ticket, agent=people.agent) == "<p>Hello: New</p>"
    change_person(by=SETUP, person=people.requester, language="es")
    ticket.refresh_from_db()
    assert filled(both.html, ticket=ticket, agent=people.agent) == "<p>Hola: Nuevo</p>"
    assert filled(reply(html="<p>Only English</p>").html, ticket=ticket, agent=people.agent) == "<p>Only English</p>"


def test_an_agent_is_offered_those_of_all_and_of_their_teams(ticket: Ticket, people: People, sign_in) -> None:
    team = people.agent.teams.get()
    other = create_team(by=SETUP, key="far", label={"en": "Far"}, department=team.department)
    reply("Of all")
    reply("Of ours", team=team)
    reply("Of others", team=other)
    gone = reply("Gone")
    change_row(by=SETUP, section=CANNED_REPLIES, row=gone, label=gone.label, archived=True)
    client = sign_in(people.agent)
    assert [item["label"] for item in offered(client, ticket)] == ["Of all", "Of ours"]
    assert [item["label"] for item in offered(client, ticket, "OURS")] == ["Of ours"]
    assert offered(client, ticket, "nothing like it") == []
    (item, *_rest) = offered(client, ticket, "of all")
    assert item["html"] == f"<p>Hello {people.requester.name.split()[0]}</p>" and item["hint"].startswith("Hello")


@pytest.mark.parametrize("who", ["requester", "stranger"])
def test_requesters_get_none(ticket: Ticket, people: People, sign_in, who: str) -> None:
    reply()
    answer = sign_in(getattr(people, who)).get(f"/desk/tickets/{ticket.number}/canned/")
    assert answer.status_code == (403 if who == "requester" else 404) and b"Greeting" not in answer.content


def test_an_administrator_writes_changes_and_archives_one(people: People, sign_in) -> None:
    client = sign_in(people.administrator)
    assert client.get("/settings/canned-replies/").status_code == 200
    form = {
        "label_en": "Thanks",
        "html_en": "<p>Thank you, {first_name}<script>alert(1)</script></p>",
        "html_es": "<p></p>",
    }
    assert client.post("/settings/canned-replies/new/", form).status_code == 302
    row = CannedReply.objects.get()
    assert (row.key, row.label, row.html) == ("thanks", {"en": "Thanks"}, {"en": "<p>Thank you, {first_name}</p>"})
    assert Event.objects.filter(kind="canned_reply.created", topic=f"canned_reply:{row.pk}").exists()
    assert "Thank you" in client.get("/settings/canned-replies/").content.decode()
    page = client.get(f"/settings/canned-replies/{row.pk}/").content.decode()
    assert "&lt;p&gt;Thank you, {first_name}&lt;/p&gt;" in page and "{requester}" in page
    changed = form | {"label_es": "Gracias", "archived": "on"}
    assert client.post(f"/settings/canned-replies/{row.pk}/", changed).status_code == 302
    row.refresh_from_db()
    assert row.label == {"en": "Thanks", "es": "Gracias"} and row.archived_at is not None and row.key == "thanks"
    assert Event.objects.get(kind="canned_reply.changed").data["changes"]["archived"] == [False, True]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"html_en": "<p>{password}</p>"}, "There is no variable {password}."),
        ({"html_en": "<p> </p>"}, "Write the text in at least one language."),
        ({"label_en": ""}, "Write the name in at least one language."),
        ({"html_en": "x" * (MOST_CHARACTERS + 1)}, "longer than allowed"),
        ({"team": "999999"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    people: People, sign_in, wrong: dict[str, str], said: str
) -> None:
    events = Event.objects.count()
    form = {"label_en": "Thanks", "html_en": "<p>Thank you</p>"} | wrong
    answer = sign_in(people.administrator).post("/settings/canned-replies/new/", form)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not CannedReply.objects.exists() and Event.objects.count() == events


def test_only_administrators_write_them(people: People, sign_in) -> None:
    row = reply()
    with pytest.raises(PermissionDenied):
        change_row(by=Author.of(people.agent), section=CANNED_REPLIES, row=row, label={"en": "x"}, html={"en": "x"})
    for url in ("/settings/canned-replies/new/", f"/settings/canned-replies/{row.pk}/"):
        assert sign_in(people.agent).post(url, {"label_en": "x", "html_en": "x"}).status_code == 403
    row.refresh_from_db()
    assert row.label == {"en": "Greeting"} and CannedReply.objects.count() == 1


def test_keys_are_free_and_variables_are_named_once() -> None:
    assert [reply("Same").key, reply("Same").key] == ["same", "same-2"]
    assert unknown_variables("{a} {requester} {b} {a} {B} {}") == ["a", "b"]
    with pytest.raises(ValidationError):
        reply(html="")


def test_a_nameless_requester_is_greeted_by_address(make_ticket, people: People) -> None:
    change_person(by=SETUP, person=people.requester, name="")
    ticket = make_ticket(requester=Person.objects.get(pk=people.requester.pk))
    assert filled(reply().html, ticket=ticket, agent=people.agent) == f"<p>Hello {people.requester.email}</p>"
