"""Agents who look after some customers alone: they name nobody of the others, and nothing changes when they try."""

import pytest
from django.test import Client

from tests.plugin import SETUP
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.people.actions import change_person, create_organization, create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.tickets.models import Ticket


@pytest.fixture
def far(people):
    """A customer whom the agent does not look after, and somebody of theirs."""
    change_person(by=SETUP, person=people.agent, limited_to=[Organization.objects.get(name="Customer Ltd")])
    other = create_organization(by=SETUP, name="Far Ltd", domains=["far.example"])
    return create_person(by=SETUP, name="Fabio Far", email="fabio@far.example", organization=other)


def doors(people, far, sign_in, ticket):
    desk, number = sign_in(people.agent), ticket.number
    caller = Client(
        headers={
            "host": "localhost",
            "authorization": f"Bearer {create_token(by=Author.of(people.agent), person=people.agent)}",
        }
    )
    new = {"subject": "Theirs", "body": "text", "type": "incident"}
    for somebody in (str(far.pk), far.email, "new@far.example", "nobody@nowhere.example"):
        yield desk.post("/desk/new/", new | {"requester": somebody})
        yield desk.post(f"/desk/tickets/{number}/set/", {"field": "requester", "requester": somebody})
    yield desk.post(f"/desk/tickets/{number}/set/", {"field": "affected", "affected": str(far.pk)})
    yield desk.post(f"/desk/tickets/{number}/set/", {"field": "participants", "participants": str(far.pk)})
    yield desk.post(f"/desk/tickets/{number}/set/", {"field": "organization", "organization": str(far.organization_id)})
    for field in ("requester", "affected"):
        refused = desk.get("/desk/", {"view": "open", field: str(far.pk)})
        assert far.name not in refused.content.decode()
    yield desk.post(f"/desk/call/?caller={far.pk}", {"subject": "Theirs", "body": "said"})
    yield desk.post(
        "/desk/call/?name=Fulano", {"name": "Fulano", "contact": far.email, "subject": "Theirs", "body": "said"}
    )
    body = {"subject": "Theirs", "text": "text", "requester": {"email": far.email}}
    yield caller.post("/api/v1/tickets", body, content_type="application/json")
    yield caller.post(
        "/api/v1/tickets", body | {"requester": {"email": "other@far.example"}}, content_type="application/json"
    )


def test_they_name_nobody_of_another_customer(people, far, sign_in, make_ticket):
    ticket = make_ticket()
    events, persons = Event.objects.count(), Person.objects.count()
    before = Ticket.objects.values().get()
    for answer in doors(people, far, sign_in, ticket):
        assert answer.status_code in (403, 404, 422), answer.request["PATH_INFO"]
        assert "Fabio" not in answer.content.decode()
    assert Ticket.objects.values().get() == before
    assert Event.objects.exclude(kind__startswith="token.").count() - events <= 0
    assert Person.objects.count() == persons


def test_they_open_tickets_for_their_own(people, far, sign_in):
    desk = sign_in(people.agent)
    new = {"subject": "Ours", "body": "text", "type": "incident"}
    for somebody in (str(people.requester.pk), "new@customer.example"):
        assert desk.post("/desk/new/", new | {"requester": somebody}).status_code == 302
    assert {row.organization.name for row in Ticket.objects.all()} == {"Customer Ltd"}
