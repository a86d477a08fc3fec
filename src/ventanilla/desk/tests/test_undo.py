"""Taking back what was changed in place: from the toast's address, with the rights of the change itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.plugin import People

from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Person, Team
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.state import state
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(people: People, sign_in: SignIn) -> Client:
    return sign_in(people.agent)


def whole(ticket: Ticket) -> dict[str, Any]:
    """Everything a change may touch."""
    row = Ticket.objects.get(pk=ticket.pk)
    derived = ("status_category", "is_open", "resolved_at", "closed_at", "priority_by_hand", "sort_due_at", "subject")
    return {
        **state(row),
        **{name: getattr(row, name) for name in derived},
        "tags": set(row.tags.values_list("name", flat=True)),
        "access": set(row.access.values_list("person_id", "why")),
    }


def undo_address(page: str) -> str:
    """Where the toast of an answer takes the change back."""
    found = re.search(r'hx-post="(/desk/tickets/[^"]+/undo/[^"]*)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def set_field(client: Client, ticket: Ticket, field: str, value: object) -> str:
    """Set a field as the panel does; returns the answer."""
    answer = client.post(f"/desk/tickets/{ticket.number}/set/", {"field": field, field: value}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def events(ticket: Ticket) -> int:
    return Event.objects.filter(topic=ticket.topic).count()


FIELDS = [
    *(("status", key) for key in ("pending", "resolved", "closed")),
    ("pending_reason", "supplier"),
    ("pending_until", "2031-05-06T10:30"),
    ("priority", "high"),
    ("impact", "high"),
    ("due_at", "2031-05-06T10:30"),
    ("category", "network"),
    ("type", "request"),
    ("subject", "Another subject"),
    ("tags", ["vpn", "red"]),
    ("participants", ["third@customer.example"]),
    ("affected", "somebody.new@customer.example"),
]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=[f"{field}-{value}" for field, value in FIELDS])
def test_every_change_in_the_panel_can_be_taken_back(
    client: Client, make_ticket: Callable[..., Ticket], people: People, field: str, value: object
) -> None:
    ticket = make_ticket(tags=["old", "red"], participants=[people.colleague])
    before = whole(ticket)
    page = set_field(client, ticket, field, value)
    changed = whole(ticket)
    assert changed != before
    assert "Undo" in page
    answer = client.post(undo_address(page), headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#v-panel"
    assert "Undone: " in answer.content.decode()
    assert whole(ticket) == before
    done, undone = Event.objects.filter(topic=ticket.topic).order_by("-pk")[:2][::-1]
    assert (undone.kind, undone.cause, undone.actor) == ("ticket.change_undone", done.pk, f"person:{people.agent.pk}")


def test_team_and_agent_come_back_together(client: Client, make_ticket: Callable[..., Ticket], people: People) -> None:
    other = Team.objects.create(
        key="other", label={"es": "Otro", "en": "Other"}, department=people.agent.teams.first().department
    )
    ticket = make_ticket(team=people.agent.teams.first(), assignee=people.agent)
    before = whole(ticket)
    page = set_field(client, ticket, "team", other.key)
    ticket.refresh_from_db()
    assert (ticket.team, ticket.assignee) == (other, None)
    client.post(undo_address(page), headers=HTMX)
    assert whole(ticket) == before


def test_a_reopened_ticket_is_resolved_again_when_it_was(client: Client, ticket: Ticket, people: People) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    change(by=Author.of(people.agent), ticket=ticket, status=words().status_for(StatusCategory.RESOLVED), at=long_ago)
    before, mails = whole(ticket), Outgoing.objects.count()
    answer = client.post(f"/desk/tickets/{ticket.number}/reopen/?pane=1", headers=HTMX)
    assert whole(ticket)["resolved_at"] is None
    undone = client.post(undo_address(answer.content.decode()), headers=HTMX)
    assert undone.headers["HX-Retarget"] == "#v-talk"
    assert whole(ticket) == before
    # Nobody is told once more of what they know already.
    assert Outgoing.objects.count() == mails


def test_what_somebody_changed_since_is_left(client: Client, ticket: Ticket, people: People) -> None:
    page = set_field(client, ticket, "impact", "high")
    known = words()
    change(by=Author.of(people.supervisor), ticket=ticket, priority=known.by_key(known.priorities, "low"))
    answer = client.post(undo_address(page), headers=HTMX)
    assert answer.status_code == 200
    assert "Undone: Impact. Changed since and left: Priority." in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.impact.key, ticket.priority.key) == ("medium", "low")


def test_a_stale_value_is_not_restored(client: Client, ticket: Ticket, people: People) -> None:
    page = set_field(client, ticket, "priority", "high")
    known = words()
    change(by=Author.of(people.supervisor), ticket=ticket, priority=known.by_key(known.priorities, "low"))
    before, recorded = whole(ticket), events(ticket)
    answer = client.post(undo_address(page), headers=HTMX)
    assert answer.status_code == 422
    assert "Not undone, because it has changed since: Priority." in answer.content.decode()
    assert (whole(ticket), events(ticket)) == (before, recorded)


def test_a_wait_is_not_given_back_to_a_ticket_that_no_longer_waits(
    client: Client, ticket: Ticket, people: People
) -> None:
    set_field(client, ticket, "pending_until", "2031-05-06T10:30")
    page = set_field(client, ticket, "pending_until", "")
    change(by=Author.of(people.supervisor), ticket=ticket, status=words().status_for(StatusCategory.OPEN))
    before = whole(ticket)
    assert client.post(undo_address(page), headers=HTMX).status_code == 422
    assert whole(ticket) == before


def test_a_team_is_not_given_back_to_another_department(ticket: Ticket, people: People, sign_in: SignIn) -> None:
    boss = sign_in(people.administrator)
    page = set_field(boss, ticket, "team", "")
    elsewhere = Department.objects.create(key="elsewhere", label={"es": "Otro", "en": "Elsewhere"})
    change(by=Author.of(people.administrator), ticket=ticket, department=elsewhere)
    before = whole(ticket)
    assert before["team"] is None
    assert boss.post(undo_address(page), headers=HTMX).status_code == 422
    assert whole(ticket) == before


def test_nobody_gets_a_ticket_back_who_left(client: Client, make_ticket: Callable[..., Ticket], people: People) -> None:
    ticket = make_ticket(assignee=people.supervisor)
    page = set_field(client, ticket, "assignee", people.agent.pk)
    Person.objects.filter(pk=people.supervisor.pk).update(is_active=False)
    answer = client.post(undo_address(page), headers=HTMX)
    assert "Undone: Status. Changed since and left: Assignee." in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status_category) == (people.agent, StatusCategory.NEW)


def test_a_change_is_taken_back_once(client: Client, ticket: Ticket) -> None:
    page = set_field(client, ticket, "priority", "high")
    assert client.post(undo_address(page), headers=HTMX).status_code == 200
    set_field(client, ticket, "priority", "high")
    before, recorded = whole(ticket), events(ticket)
    assert client.post(undo_address(page), headers=HTMX).status_code == 422
    assert (whole(ticket), events(ticket)) == (before, recorded)


def test_undoing_needs_the_right_to_change(client: Client, ticket: Ticket, people: People, sign_in: SignIn) -> None:
    address = undo_address(set_field(client, ticket, "priority", "high"))
    boss = sign_in(people.supervisor)
    restricted = undo_address(set_field(boss, ticket, "restricted", "1"))
    before, recorded = whole(ticket), events(ticket)
    for person, url, status in (
        (people.reader, address, 403),
        (people.requester, address, 403),
        (people.stranger, address, 404),
        (people.agent, restricted, 403),
    ):
        assert sign_in(person).post(url, headers=HTMX).status_code == status, person
    assert Client(headers={"host": "localhost"}).post(address).status_code == 302
    assert (whole(ticket), events(ticket)) == (before, recorded)
    assert boss.post(restricted, headers=HTMX).status_code == 200
    assert not Ticket.objects.get(pk=ticket.pk).restricted


def test_only_changes_of_this_ticket_are_undone_here(client: Client, make_ticket: Callable[..., Ticket]) -> None:
    mine, other = make_ticket("mine"), make_ticket("other")
    set_field(client, other, "priority", "high")
    before = whole(other)
    for event in Event.objects.all():
        assert client.post(f"/desk/tickets/{mine.number}/changes/{event.pk}/undo/").status_code == 404
    opened = Event.objects.get(topic=mine.topic, kind="ticket.opened")
    assert client.post(f"/desk/tickets/{mine.number}/changes/{opened.pk}/undo/").status_code == 404
    assert whole(other) == before


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            (
                "undid the change of “Status”: it is “New” again",
                "undid the change of “Due date”: it is empty again",
                "undid the change of “Tags”: again without vpn",
                "undid the change of “Subject”: it is “The printer prints symbols” again",
            ),
        ),
        (
            "es",
            (
                "deshizo el cambio de «Estado»: vuelve a ser «Nuevo»",
                "deshizo el cambio de «Vencimiento»: vuelve a estar sin valor",
                "deshizo el cambio de «Etiquetas»: de nuevo sin vpn",
                "deshizo el cambio de «Asunto»: vuelve a ser «The printer prints symbols»",
            ),
        ),
    ],
)
def test_history_tells_it_in_both_languages(
    client: Client, ticket: Ticket, people: People, language: str, sentences: tuple[str, ...]
) -> None:
    Person.objects.filter(pk=people.agent.pk).update(language=language)
    for field, value in (
        ("status", "pending"), ("due_at", "2031-05-06T10:30"), ("tags", ["vpn"]), ("subject", "Another"),
    ):  # fmt: skip
        address = undo_address(set_field(client, ticket, field, value))
        assert client.post(address, headers=HTMX).status_code == 200
    page = client.get(f"/desk/tickets/{ticket.number}/history/").content.decode()
    for sentence in sentences:
        assert sentence in page


def test_a_subject_taken_back_is_found_again(client: Client, ticket: Ticket) -> None:
    page = set_field(client, ticket, "subject", "Something else altogether")
    client.post(undo_address(page), headers=HTMX)
    assert ticket.number in client.get("/desk/search/?q=symbols").content.decode()
    assert ticket.number not in client.get("/desk/search/?q=altogether").content.decode()


def test_an_unchanged_value_offers_nothing_to_undo(client: Client, ticket: Ticket) -> None:
    set_field(client, ticket, "priority", "high")
    again = set_field(client, ticket, "priority", "high")
    assert "/undo/" not in again
