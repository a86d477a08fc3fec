"""Putting tickets off: out of one's own lists until a moment, back as unread, told once, woken by an answer."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from tests.plugin import SETUP, People

from ventanilla.core.hours import OFFICE, WorkingHours
from ventanilla.desk.snooze import moments
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Snooze, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

HTMX = {"HX-Request": "true"}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("now", "hours", "expected"),
    [
        (
            "2026-11-24T09:10",
            OFFICE,
            {"later": "2026-11-24T12:30", "tomorrow": "2026-11-25T08:00", "monday": "2026-11-30T08:00"},
        ),
        ("2026-11-24T17:05", OFFICE, {"tomorrow": "2026-11-25T08:00", "monday": "2026-11-30T08:00"}),
        ("2026-11-29T22:00", OFFICE, {"tomorrow": "2026-11-30T08:00"}),
        (
            "2026-11-30T10:00",
            WorkingHours(frozenset({0}), time(7, 15), time(15)),
            {"later": "2026-11-30T13:00", "tomorrow": "2026-12-01T07:15", "monday": "2026-12-07T07:15"},
        ),
    ],
)
def test_the_moments_that_make_sense(now: str, hours: WorkingHours, expected: dict[str, str]):
    found = moments(datetime.fromisoformat(now).replace(tzinfo=MADRID), hours)
    assert {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in found.items()} == expected


def numbers(client, view: str) -> list[str]:
    page = client.get(f"/desk/?view={view}")
    return [row.number for group in page.context["groups"] for row in group["rows"]]


@pytest.mark.django_db
def test_out_of_ones_own_lists_until_its_moment_and_back_as_unread(people: People, ticket, sign_in, run_background):
    mine, hers = sign_in(people.agent), sign_in(people.supervisor)
    with time_machine.travel(NOON, tick=False):
        mine.get(f"/desk/tickets/{ticket.number}/")
        asked = mine.get(f"/desk/tickets/{ticket.number}/snooze/").content.decode()
        assert "Later today" in asked and "Tomorrow morning" in asked and "On Monday" in asked
        put = mine.post(f"/desk/tickets/{ticket.number}/snooze/?shown=1", {"when": "later"}, headers=HTMX)
        assert put.headers["HX-Trigger"] == "list:again" and "Snoozed until" in put.content.decode()
        assert numbers(mine, "open") == [] and numbers(mine, "snoozed") == [ticket.number]
        assert numbers(hers, "open") == [ticket.number] and numbers(hers, "snoozed") == []
        assert all(item.count in (0, None) for item in mine.get("/desk/").context["shell"]["views"])
        run_background()
    with time_machine.travel(NOON + timedelta(hours=4), tick=False):
        run_background()
        run_background()
        page = mine.get("/desk/?view=open")
        assert [row.unread for group in page.context["groups"] for row in group["rows"]] == [True]
    assert [(row.person, row.reason) for row in Notification.objects.all()] == [(people.agent, "woke")]


@pytest.mark.django_db
def test_an_answer_wakes_it_and_is_told_once(people: People, ticket, sign_in, run_background):
    change(by=SETUP, ticket=ticket, assignee=people.agent)
    for person in (people.agent, people.supervisor):
        sign_in(person).post(f"/desk/tickets/{ticket.number}/snooze/", {"when": "tomorrow"}, headers=HTMX)
    run_background()
    Notification.objects.all().delete()
    answer = Content.of_text("It smokes")
    said = {"ticket": ticket, "audience": Message.Audience.REQUESTER, "channel": Ticket.Channel.PORTAL}
    add_message(by=Author.of(people.requester), content=answer, automatic=True, **said)
    assert Snooze.objects.count() == 2, "a machine's answer wakes nobody"
    add_message(by=Author.of(people.requester), content=answer, **said)
    assert not Snooze.objects.exists()
    run_background()
    rows = Notification.objects.filter(message__automatic=False).order_by("person__name")
    assert [row.person for row in rows] == [people.agent, people.supervisor]
    assert rows[1].reason == "woke_answered" and rows[1].author == people.requester


@pytest.mark.django_db
def test_taking_it_back_and_what_cannot_be(people: People, ticket, sign_in, run_background):
    client, address = sign_in(people.agent), f"/desk/tickets/{ticket.number}/snooze/"
    past = f"{timezone.localtime() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    for wrong in ({"when": "date", "until": past}, {"when": "date", "until": "soon"}, {"when": "date", "until": ""}):
        assert client.post(address, wrong, headers=HTMX).status_code == 422
    assert sign_in(people.requester).post(address, {"when": "tomorrow"}).status_code == 403
    assert sign_in(people.stranger).post(address, {"when": "tomorrow"}).status_code == 404
    assert not Snooze.objects.exists()
    put = client.post(address, {"when": "tomorrow"}, headers=HTMX)
    assert "&quot;when&quot;: &quot;back&quot;" in put.content.decode()
    client.post(address, {"when": "back"}, headers=HTMX)
    run_background()
    assert numbers(client, "open") == [ticket.number] and not Notification.objects.exists()


@pytest.mark.django_db
def test_what_was_resolved_meanwhile_tells_nobody(people: People, ticket, sign_in, run_background):
    with time_machine.travel(NOON, tick=False):
        sign_in(people.agent).post(f"/desk/tickets/{ticket.number}/snooze/", {"when": "later"}, headers=HTMX)
        change(by=SETUP, ticket=ticket, status=words().status_for(StatusCategory.RESOLVED))
    with time_machine.travel(NOON + timedelta(hours=4), tick=False):
        run_background()
    assert not Snooze.objects.exists() and not Notification.objects.exists()
