"""Notices to agents: whom an event concerns is a matter of its own time, however late it is told."""

import pytest
from tests.plugin import SETUP, People, make_person

from ventanilla.events.models import Handover
from ventanilla.mail.models import Outgoing
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(people: People) -> Person:
    return make_person("Berta Colleague", "agent")


def notices() -> list[tuple[str, str]]:
    """Who has been told, and why."""
    rows = Outgoing.objects.filter(kind=Outgoing.Kind.NOTICE).order_by("pk")
    return [(row.address, row.context["reason"]) for row in rows]


def test_who_took_a_ticket_themselves_hears_nothing_of_who_had_it_before(
    people: People, ticket: Ticket, colleague: Person, run_background
):
    change(by=Author.of(people.supervisor), ticket=ticket, assignee=people.agent)
    change(by=Author.of(colleague), ticket=ticket, assignee=colleague)
    assert Handover.objects.filter(state=Handover.State.DUE).count() >= 2, "both are told late, together"
    run_background()
    assert notices() == [("aitor@people.example", "assigned")]


def test_an_answer_is_told_to_whoever_had_the_ticket_when_it_came(
    people: People, ticket: Ticket, colleague: Person, run_background
):
    change(by=SETUP, ticket=ticket, assignee=people.agent)
    run_background()
    Outgoing.objects.all().delete()
    add_message(
        by=Author.of(people.requester), ticket=ticket, content=Content.of_text("It smokes"),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.PORTAL,
    )  # fmt: skip
    change(by=Author.of(colleague), ticket=ticket, assignee=colleague)
    run_background()
    assert notices() == [("aitor@people.example", "answered")]


def test_the_team_is_told_of_what_was_nobodys_when_it_came(
    people: People, colleague: Person, make_ticket, run_background
):
    Person.objects.filter(pk=people.agent.pk).update(notices=Person.Notices.TEAM)
    ticket = make_ticket()
    change(by=Author.of(colleague), ticket=ticket, assignee=colleague)
    run_background()
    assert notices() == [("aitor@people.example", "opened_team")]


def test_what_was_left_unassigned_is_told_to_nobody(people: People, ticket: Ticket, colleague: Person, run_background):
    change(by=SETUP, ticket=ticket, assignee=people.agent)
    run_background()
    Outgoing.objects.all().delete()
    change(by=Author.of(people.supervisor), ticket=ticket, assignee=None)
    change(by=Author.of(colleague), ticket=ticket, assignee=colleague)
    run_background()
    assert notices() == []
