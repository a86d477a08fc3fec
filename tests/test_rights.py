"""Who sees what: the rules of `visible_to`, and that search says the same."""

import pytest
from django.test import Client

from tests.plugin import SETUP, make_person
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.people.actions import change_person, create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Team
from ventanilla.tickets.actions import add_message, add_participants, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.links import ticket_link
from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.searching import search_tickets

WORD = "zarzaparrilla"


def sees(person, ticket):
    """Both roads to a ticket must agree: the list's query and the index."""
    by_query = Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()
    by_index = ticket.pk in {found.pk for found in search_tickets(person, WORD)}
    assert by_query == by_index, f"{person}: list {by_query}, search {by_index}"
    return by_query


def seen_by(people, ticket):
    return {name for name, person in people.everybody().items() if sees(person, ticket)}


DESK = {"administrator", "supervisor", "agent", "reader"}


def test_requesters_see_their_own_and_managers_their_organization(people, make_ticket):
    ticket = make_ticket(text=WORD)
    assert seen_by(people, ticket) == DESK | {"requester", "manager"}


def test_another_requester_brings_their_organization(people, make_ticket):
    ticket = make_ticket(text=WORD)
    change(by=Author.of(people.agent), ticket=ticket, requester=people.stranger)
    assert seen_by(people, ticket) == DESK | {"stranger"}
    assert search_tickets(people.manager, WORD) == []
    change(by=Author.of(people.agent), ticket=ticket, requester=people.colleague)
    assert seen_by(people, ticket) == DESK | {"colleague", "manager"}
    assert search_tickets(people.manager, WORD) == [ticket]


def test_participants_and_affected_persons_see_the_ticket(people, make_ticket):
    ticket = make_ticket(text=WORD)
    add_participants(by=SETUP, ticket=ticket, persons=[people.stranger])
    assert seen_by(people, ticket) == DESK | {"requester", "manager", "stranger"}
    change(by=SETUP, ticket=ticket, participants=[], affected=people.colleague)
    assert seen_by(people, ticket) == DESK | {"requester", "manager", "colleague"}


def test_a_restricted_ticket_is_for_its_team_and_those_who_take_part(people, make_ticket):
    ticket = make_ticket(text=WORD)
    change(by=SETUP, ticket=ticket, restricted=True)
    assert seen_by(people, ticket) == DESK | {"requester"}
    first = Team.objects.order_by("pk")[0]
    other = create_team(by=SETUP, key="other", label={"en": "Other"}, department=first.department)
    change(by=SETUP, ticket=ticket, team=other)
    assert seen_by(people, ticket) == {"requester"}
    change(by=SETUP, ticket=ticket, watchers=[people.agent])
    assert seen_by(people, ticket) == {"requester", "agent"}


def test_another_department_and_a_private_one(people, make_ticket):
    hidden = create_department(by=SETUP, key="hr", label={"en": "HR"}, private=True)
    team = create_team(by=SETUP, key="hr", label={"en": "HR"}, department=hidden)
    member = make_person("Helena Hr", "agent", teams=[team])
    ticket = make_ticket(text=WORD)
    assert not sees(member, ticket)
    change(by=SETUP, ticket=ticket, team=team)
    assert seen_by(people, ticket) == {"requester", "manager"}, "not even the administrator"
    assert sees(member, ticket)
    opened = create_department(by=SETUP, key="it", label={"en": "IT"})
    public_team = create_team(by=SETUP, key="it", label={"en": "IT"}, department=opened)
    change(by=SETUP, ticket=ticket, team=public_team)
    assert seen_by(people, ticket) == {"requester", "manager", "administrator"}
    change_person(by=SETUP, person=people.agent, teams=[*people.agent.teams.all(), public_team])
    assert sees(people.agent, ticket)


def test_an_agent_limited_to_customers_sees_nothing_of_the_others(people, make_ticket):
    mine, other = make_ticket(text=WORD), make_ticket(text=WORD, requester=people.stranger)
    customer = Organization.objects.get(name="Customer Ltd")
    change_person(by=SETUP, person=people.agent, limited_to=[customer])
    assert sees(people.agent, mine) and not sees(people.agent, other)
    change(by=SETUP, ticket=other, watchers=[people.agent])
    assert not sees(people.agent, other)


def test_notes_are_found_by_the_desk_alone(people, make_ticket):
    ticket = make_ticket()
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text(WORD), audience=Message.Audience.STAFF,
        channel=Ticket.Channel.DESK,
    )  # fmt: skip
    found = {name for name, person in people.everybody().items() if search_tickets(person, WORD)}
    assert found == DESK


def test_a_person_switched_off_sees_nothing_by_role(people, make_ticket):
    ticket = make_ticket(text=WORD)
    change_person(by=SETUP, person=people.agent, is_active=False)
    assert not sees(people.agent, ticket)


def test_opening_a_restricted_ticket_is_recorded_once_an_hour(people, make_ticket):
    ticket = make_ticket(restricted=True, by=SETUP)
    for _ in range(3):
        note_restricted_reading(by=Author.of(people.agent), ticket=ticket)
    note_restricted_reading(by=Author.of(people.agent), ticket=make_ticket())
    (event,) = Event.objects.filter(kind="ticket.restricted_opened")
    assert event.actor == f"person:{people.agent.pk}" and event.topic == ticket.topic


DOORS = {
    "desk": ("agent", "/desk/tickets/{0}/", {}),
    "pane": ("agent", "/desk/?view=open&open={0}", {}),
    "swapped pane": ("agent", "/desk/tickets/{0}/", {"HX-Request": "true", "HX-Target": "v-pane"}),
    "history": ("agent", "/desk/tickets/{0}/history/", {}),
    "API": ("agent", "/api/v1/tickets/{0}", {}),
    "API messages": ("agent", "/api/v1/tickets/{0}/messages", {}),
    "API events": ("agent", "/api/v1/tickets/{0}/events", {}),
    "portal": ("requester", "/portal/tickets/{0}/", {}),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_restricted_ticket_is_recorded_at_every_door(people, make_ticket, sign_in, door):
    name, address, headers = DOORS[door]
    person, ordinary, secret = getattr(people, name), make_ticket(), make_ticket(restricted=True, by=SETUP)
    client, opened = sign_in(person), Event.objects.filter(kind="ticket.restricted_opened")
    if address.startswith("/api/"):
        headers = {"authorization": f"Bearer {create_token(by=Author.of(person), person=person)}"}
    assert client.get(address.format(ordinary.number), headers=headers).status_code == 200
    assert not opened.exists()
    assert sign_in(people.stranger).get(address.format(secret.number)).status_code in (401, 403, 404)
    assert not opened.exists()
    assert client.get(address.format(secret.number), headers=headers).status_code == 200
    assert opened.get().actor == f"person:{person.pk}" and opened.get().topic == secret.topic


def test_a_restricted_ticket_is_recorded_by_its_signed_link(people, make_ticket):
    secret = make_ticket(restricted=True, by=SETUP)
    visitor = Client(headers={"host": "localhost"})
    assert visitor.get(ticket_link(secret, people.requester)).status_code == 200
    assert Event.objects.get(kind="ticket.restricted_opened").actor == f"person:{people.requester.pk}"


@pytest.mark.parametrize("field", ["department", "team", "organization", "restricted"])
def test_moving_a_ticket_moves_what_search_finds(people, make_ticket, field):
    ticket = make_ticket(text=WORD)
    department = create_department(by=SETUP, key="it", label={"en": "IT"})
    team = create_team(by=SETUP, key="it", label={"en": "IT"}, department=department)
    value = {
        "department": department,
        "team": team,
        "organization": Organization.objects.create(name="Else"),
        "restricted": True,
    }[field]
    change(by=SETUP, ticket=ticket, **{field: value})
    seen_by(people, ticket)
