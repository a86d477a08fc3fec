"""Agents who look after some customers alone: they name nobody of the others, and nothing changes when they try."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.plugin import SETUP
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.people.actions import change_person, create_organization, create_person, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person, Team
from ventanilla.tickets.actions import add_participants, change
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words


@pytest.fixture
def far(people):
    """A customer whom the agent does not look after, and somebody of theirs."""
    change_person(by=SETUP, person=people.agent, limited_to=[Organization.objects.get(name="Customer Ltd")])
    other = create_organization(by=SETUP, name="Far Ltd", domains=["far.example"])
    return create_person(by=SETUP, name="Fabio Far", email="fabio@far.example", organization=other)


def token_client(person):
    token = create_token(by=Author.of(person), person=person)
    return Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})


def doors(people, far, sign_in, ticket):
    desk, number = sign_in(people.agent), ticket.number
    caller = token_client(people.agent)
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


def test_a_page_says_everything_about_a_person(people, sign_in, make_ticket):
    first, done = make_ticket("The scanner is dark"), make_ticket("The lamp is dark")
    change(by=SETUP, ticket=done, status=words().status_for(StatusCategory.CLOSED))
    other = make_ticket("A matter of Carlos", requester=people.colleague)
    add_participants(by=SETUP, ticket=other, persons=[people.requester])
    page = sign_in(people.agent).get(f"/desk/people/{people.requester.pk}/").content.decode()
    for text in (first.subject, done.subject, other.subject, people.requester.email, "Customer Ltd"):
        assert text in page, text
    card = sign_in(people.agent).get(f"/desk/tickets/{first.number}/").content.decode()
    assert f"/desk/people/{people.requester.pk}/" in card
    assert f"/desk/organizations/{people.requester.organization_id}/" in card
    found = sign_in(people.agent).get("/desk/palette/", {"q": "Leire"}).content.decode()
    assert f"/desk/people/{people.requester.pk}/" in found


def test_a_page_says_everything_about_an_organization(people, sign_in, make_ticket):
    ticket = make_ticket("The scanner is dark")
    place = people.requester.organization
    change_person(by=SETUP, person=people.reader, limited_to=[place])
    page = sign_in(people.supervisor).get(f"/desk/organizations/{place.pk}/").content.decode()
    for text in (ticket.subject, "customer.example", people.colleague.name, people.reader.name):
        assert text in page, text
    assert "Agents who look after them" in page
    limited = sign_in(people.reader).get(f"/desk/organizations/{place.pk}/").content.decode()
    assert ticket.subject in limited and "Agents who look after them" not in limited
    found = sign_in(people.supervisor).get("/desk/palette/", {"q": "customer"}).content.decode()
    assert f"/desk/organizations/{place.pk}/" in found


def test_the_pages_are_the_desks_and_keep_to_what_one_may_see(people, far, sign_in, make_ticket):
    secret = make_ticket("A secret matter", by=SETUP, restricted=True)
    other = create_team(
        by=SETUP, key="other", label={"en": "Other"}, department=Team.objects.order_by("pk")[0].department
    )
    change(by=SETUP, ticket=secret, team=other)
    page = sign_in(people.supervisor).get(f"/desk/people/{people.requester.pk}/").content.decode()
    assert secret.subject not in page and ">0<" in page
    for address in (f"/desk/people/{far.pk}/", f"/desk/organizations/{far.organization_id}/"):
        assert sign_in(people.agent).get(address).status_code == 404
        assert sign_in(people.supervisor).get(address).status_code == 200
        assert sign_in(people.requester).get(address).status_code == 403


def test_people_and_organizations_in_the_api(people, far, make_ticket):
    make_ticket()
    supervisor, agent = (token_client(person) for person in (people.supervisor, people.agent))
    names = {row["name"] for row in supervisor.get("/api/v1/persons", {"q": "example"}).json()["items"]}
    assert {far.name, people.requester.name} <= names
    place = people.requester.organization_id
    only = {row["name"] for row in agent.get("/api/v1/persons", {"organization": place}).json()["items"]}
    assert people.requester.name in only and far.name not in only
    one = supervisor.get(f"/api/v1/persons/{people.requester.pk}").json()
    assert (one["email"], one["agent"], one["tickets"]["open"]) == (people.requester.email, False, 1)
    assert [row["name"] for row in agent.get("/api/v1/organizations").json()["items"]] == ["Customer Ltd"]
    assert agent.get(f"/api/v1/organizations/{place}").json()["tickets"]["total"] == 1
    for address in (f"/api/v1/persons/{far.pk}", f"/api/v1/organizations/{far.organization_id}"):
        assert agent.get(address).status_code == 404
        assert token_client(people.requester).get(address).status_code == 403
    assert agent.get("/api/v1/persons", {"quien": "x"}).status_code == 422
    assert {row["name"] for row in supervisor.get("/api/v1/persons", {"q": "exam\x00ple"}).json()["items"]} == names
    assert supervisor.get("/api/v1/organizations", {"q": "\x00"}).status_code == 200


@pytest.mark.parametrize(("kind", "most"), [("people", 19), ("organizations", 20)])
def test_the_pages_ask_no_more_than_their_budget(people, sign_in, make_ticket, kind, most):
    for place in range(12):
        make_ticket(f"matter {place}")
    pk = people.requester.pk if kind == "people" else people.requester.organization_id
    client = sign_in(people.agent)
    client.get(f"/desk/{kind}/{pk}/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/desk/{kind}/{pk}/").status_code == 200
    assert len(queries) <= most, "\n".join(query["sql"][:160] for query in queries)
