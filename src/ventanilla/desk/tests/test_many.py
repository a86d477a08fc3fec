"""One change to many tickets of the list, and its undo."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.plugin import SETUP, People

from ventanilla.events.models import Event
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def three(make_ticket: Callable[..., Ticket]) -> list[Ticket]:
    return [make_ticket(subject=f"Ticket {n}") for n in range(3)]


def post(client: Client, tickets: list[Ticket], **form: str):
    return client.post("/desk/many/", {"number": [ticket.number for ticket in tickets], **form}, headers=HTMX)


def state(tickets: list[Ticket]) -> list[tuple]:
    fields = ("assignee_id", "status__key", "priority__key", "team_id", "version")
    return list(Ticket.objects.filter(pk__in=[t.pk for t in tickets]).order_by("pk").values_list(*fields))


@pytest.mark.parametrize(
    ("form", "read", "expected"),
    [
        ({"status": "open"}, lambda t: t.status.key, "open"),
        ({"priority": "high"}, lambda t: t.priority.key, "high"),
        ({"tags": "vpn"}, lambda t: [tag.name for tag in t.tags.order_by("name")], ["old", "vpn"]),
    ],
)
def test_it_is_set_on_each_and_taken_back_on_each(
    sign_in: SignIn, people: People, three: list[Ticket], form: dict, read: Callable, expected: object
) -> None:
    for ticket in three:
        change(by=SETUP, ticket=ticket, tags=["old"])
    client = sign_in(people.agent)
    before = [read(Ticket.objects.get(pk=ticket.pk)) for ticket in three]
    answer = post(client, three, **form)
    assert answer.status_code == 200 and answer.headers["HX-Trigger"] == "list:again"
    assert "set on 3 tickets." in answer.content.decode()
    assert [read(Ticket.objects.get(pk=ticket.pk)) for ticket in three] == [expected] * 3
    assert Event.objects.filter(kind="ticket.changed", actor=f"person:{people.agent.pk}").count() == 3
    undo = re.search(r'hx-post="(/desk/many/undo/\?changes=[^"]+)"', answer.content.decode())
    assert undo is not None
    assert "Undone on 3 tickets." in client.post(undo[1], headers=HTMX).content.decode()
    assert [read(Ticket.objects.get(pk=ticket.pk)) for ticket in three] == before


def test_what_was_so_already_is_told_apart(sign_in: SignIn, people: People, three: list[Ticket]) -> None:
    client = sign_in(people.agent)
    post(client, three[:1], priority="high")
    said = post(client, three, priority="high").content.decode()
    assert "set on 2 tickets." in said and "1 had it already." in said
    post(client, three, assignee=str(people.agent.pk))
    assert {row[0] for row in state(three)} == {people.agent.pk}


def test_what_one_may_not_see_is_left_and_the_others_are_done(
    sign_in: SignIn, people: People, three: list[Ticket]
) -> None:
    department = create_department(by=SETUP, key="far", label={"en": "Far"}, private=True)
    team = create_team(by=SETUP, key="far", label={"en": "Far"}, department=department)
    change(by=SETUP, ticket=three[1], department=department, team=team)
    hidden = state([three[1]])
    answer = post(sign_in(people.agent), three, status="open")
    said = answer.content.decode()
    assert answer.status_code == 200 and "set on 2 tickets." in said and f"{three[1].number} was left" in said
    assert state([three[1]]) == hidden
    assert [row[1] for row in state([three[0], three[2]])] == ["open", "open"]


def test_undo_leaves_what_has_changed_since(sign_in: SignIn, people: People, three: list[Ticket]) -> None:
    client = sign_in(people.agent)
    undo = re.search(r'hx-post="([^"]+)"', post(client, three, priority="high").content.decode())
    assert undo is not None
    ticket = Ticket.objects.get(pk=three[0].pk)
    change(by=SETUP, ticket=ticket, priority=ticket.priority.__class__.objects.get(key="critical"))
    said = client.post(undo[1], headers=HTMX).content.decode()
    assert "Undone on 2 tickets." in said and "1 was left" in said
    assert state(three)[0][2] == "critical"


@pytest.mark.parametrize(
    "form",
    [{}, {"status": "nonsense"}, {"assignee": "999999"}, {"team": "x"}, {"restricted": "1"}, {"subject": "x"}],
)
def test_what_cannot_be_writes_nothing(sign_in: SignIn, people: People, three: list[Ticket], form: dict) -> None:
    before, events = state(three), Event.objects.count()
    answer = post(sign_in(people.agent), three, **form)
    assert answer.status_code == 422 and "HX-Trigger" not in answer.headers
    assert (state(three), Event.objects.count()) == (before, events)


def test_too_many_and_none_at_all(sign_in: SignIn, people: People) -> None:
    client = sign_in(people.agent)
    many = client.post("/desk/many/", {"number": [f"INC-{n}" for n in range(201)], "status": "open"}, headers=HTMX)
    assert many.status_code == 422 and "At most 200" in many.content.decode()
    assert client.post("/desk/many/", {"status": "open"}, headers=HTMX).status_code == 422
    assert client.post("/desk/many/undo/?changes=INC-1:x,,:5,INC-9:1", headers=HTMX).status_code == 422


@pytest.mark.parametrize("who", ["reader", "requester", "stranger"])
def test_whoever_may_not_change_tickets_changes_none(
    sign_in: SignIn, people: People, three: list[Ticket], who: str
) -> None:
    before = state(three)
    client = sign_in(getattr(people, who))
    assert post(client, three, status="open").status_code == 403
    assert client.post("/desk/many/undo/?changes=INC-1:1", headers=HTMX).status_code == 403
    assert state(three) == before
    if who == "reader":
        page = client.get("/desk/?view=open").content.decode()
        assert three[0].number in page and "data-row-check" not in page and "v-bulk" not in page
