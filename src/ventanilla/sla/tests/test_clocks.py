"""Clocks of tickets, from the events that move them to what lists and the ticker read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.api_client import Api
from tests.plugin import SETUP

from ventanilla.events.models import Event
from ventanilla.fields.conditions import EVERYTHING, parse
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
from ventanilla.people.calendars import default_calendar
from ventanilla.people.models import Team
from ventanilla.people.module_actions import switch_modules
from ventanilla.sla.actions import give_reason, save_agreement
from ventanilla.sla.arithmetic import Target
from ventanilla.sla.book import book
from ventanilla.sla.clocks import follow
from ventanilla.sla.jobs import recount_due, tell_due
from ventanilla.sla.models import Agreement, Clock, NextDue, Recount
from ventanilla.sla.queries import clocks_of
from ventanilla.sla.wording import Granted, Warning, Wording
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import words

HOUR = 3_600
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)  # 9:00 in Madrid


def agree(side: str = "sla", agreement: Agreement | None = None, **more: Any) -> Agreement:
    rows = more.pop("rows", (Granted(EVERYTHING, {"first_response": Target(HOUR), "resolution": Target(8 * HOUR)}),))
    given: dict[str, Any] = {"label": {"es": "Normal", "en": "Normal"}, "team": None, "at": MONDAY - timedelta(days=30)}
    values = {name: more.pop(name) for name in ("team", "at", "archived", "label") if name in more}
    return save_agreement(
        by=SETUP, agreement=agreement, side=side, calendar=default_calendar(),
        wording=Wording(rows=rows, **more), **(given | values),
    )  # fmt: skip


@pytest.fixture
def normal(people) -> Agreement:
    return agree(warnings=(Warning(percent=75), Warning(after_seconds=HOUR)))


def status(key: str) -> Any:
    return words().by_key(words().statuses, key)


def state(ticket: Ticket) -> dict[str, tuple[bool, datetime | None, bool]]:
    rows = Clock.objects.filter(ticket=ticket)
    return {row.metric: (row.ended_at is None, row.due_at, row.late) for row in rows}


def kinds(ticket: Ticket) -> list[str]:
    return [e.kind for e in Event.objects.filter(topic=ticket.topic, kind__startswith="sla.").order_by("pk")]


def test_a_new_ticket_has_its_clocks_and_lists_know_when_the_first_ends(normal, make_ticket):
    ticket = make_ticket(at=MONDAY)
    assert state(ticket) == {
        "first_response": (True, MONDAY + timedelta(hours=1), False),
        "resolution": (True, MONDAY + timedelta(hours=8), False),
    }
    assert NextDue.objects.get(ticket=ticket).at == MONDAY + timedelta(minutes=45)
    ticket.refresh_from_db()
    assert (ticket.agreed_due_at, ticket.sort_due_at) == (MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=1))


def test_answering_waiting_and_resolving_move_them(normal, make_ticket, people):
    ticket, by = make_ticket(at=MONDAY), Author.of(people.agent)
    add_message(
        by=by,
        ticket=ticket,
        content=Content.of_text("On it."),
        audience="requester",
        channel="desk",
        at=MONDAY + timedelta(minutes=30),
    )
    assert state(ticket)["first_response"] == (False, MONDAY + timedelta(hours=1), False)
    change(by=by, ticket=ticket, status=status("pending"), at=MONDAY + timedelta(hours=1))
    assert state(ticket)["resolution"] == (True, None, False)
    assert NextDue.objects.get(ticket=ticket).at is None
    change(by=by, ticket=ticket, status=status("open"), at=MONDAY + timedelta(hours=3))
    assert state(ticket)["resolution"][1] == MONDAY + timedelta(hours=24)  # Tuesday 9:00
    change(by=by, ticket=ticket, status=status("resolved"), at=MONDAY + timedelta(hours=4))
    assert state(ticket)["resolution"] == (False, MONDAY + timedelta(hours=24), False)
    assert not NextDue.objects.filter(ticket=ticket).exists()
    assert kinds(ticket) == []


def test_the_ticker_warns_once_and_says_once_that_it_is_late(normal, make_ticket):
    ticket = make_ticket(at=MONDAY)
    for minutes in (44, 46, 47, 61, 62, 121, 122):
        tell_due(MONDAY + timedelta(minutes=minutes))
    told = Event.objects.filter(topic=ticket.topic, kind__startswith="sla.").order_by("pk")
    assert [(e.kind, e.data.get("warning"), e.at) for e in told] == [
        ("sla.warned", "75%", MONDAY + timedelta(minutes=45)),
        ("sla.breached", None, MONDAY + timedelta(minutes=60)),
        ("sla.warned", "+3600", MONDAY + timedelta(minutes=120)),
    ]
    assert state(ticket)["first_response"][2]
    assert NextDue.objects.get(ticket=ticket).at == MONDAY + timedelta(hours=6)  # 75 % of eight hours


def test_whose_ticket_it_is_hears_of_it_once_and_their_team_while_it_is_nobodys(
    normal, make_ticket, people, run_background
):
    mine, nobodys = make_ticket(at=MONDAY, assignee=people.agent), make_ticket(at=MONDAY)
    tell_due(MONDAY + timedelta(minutes=50))
    tell_due(MONDAY + timedelta(minutes=70))
    run_background()
    told = Notification.objects.filter(reason__startswith="time_").order_by("pk")
    assert set(told.filter(ticket=mine).values_list("person", "reason")) == {
        (people.agent.pk, "time_near"), (people.agent.pk, "time_over"),
    }  # fmt: skip
    of_team = set(told.filter(ticket=nobodys).values_list("person", flat=True))
    assert people.agent.pk in of_team and people.requester.pk not in of_team


def test_what_was_late_long_before_is_written_down_and_told_nobody(normal, make_ticket, people, run_background):
    ticket = make_ticket(at=MONDAY, assignee=people.agent)
    tell_due(MONDAY + timedelta(days=3))
    run_background()
    assert "sla.breached" in kinds(ticket)
    assert not Notification.objects.filter(reason__startswith="time_").exists()


def test_what_was_missed_stays_missed_while_it_goes_on_and_while_it_waits(normal, make_ticket, people):
    ticket, by = make_ticket(at=timezone.now() - timedelta(days=20)), Author.of(people.agent)
    tell_due(timezone.now())
    assert kinds(ticket).count("sla.breached") == 2
    change(by=by, ticket=ticket, assignee=people.agent)
    change(by=by, ticket=ticket, status=status("pending"))
    assert set(Clock.objects.filter(ticket=ticket).values_list("late", flat=True)) == {True}
    change(by=by, ticket=ticket, status=status("resolved"))
    assert set(Clock.objects.filter(ticket=ticket).values_list("late", flat=True)) == {True}
    assert (kinds(ticket).count("sla.breached"), kinds(ticket).count("sla.breach_revised")) == (2, 0)


def test_what_ends_in_time_while_it_stands_is_not_late(normal, make_ticket, people):
    ticket, by = make_ticket(at=MONDAY), Author.of(people.agent)
    change(by=by, ticket=ticket, status=status("pending"), at=MONDAY + timedelta(minutes=30))
    change(by=by, ticket=ticket, status=status("resolved"), at=MONDAY + timedelta(hours=5))
    row = Clock.objects.get(ticket=ticket, metric="first_response")
    assert (row.late, row.due_at) == (False, MONDAY + timedelta(hours=5, minutes=30))


def test_a_breach_that_another_agreement_undoes_is_taken_back_and_stays_in_history(normal, make_ticket, people):
    ticket = make_ticket(at=timezone.now() - timedelta(hours=2))
    always_late = (Granted(EVERYTHING, {"first_response": Target(1)}),)
    agree(agreement=normal, rows=always_late, at=None)
    while recount_due(timezone.now()):
        pass
    Clock.objects.filter(ticket=ticket).exclude(metric="first_response").delete()
    far = timezone.now() + timedelta(days=10)
    tell_due(far)
    assert kinds(ticket) == ["sla.breached"]
    agree(agreement=normal, rows=(Granted(EVERYTHING, {"first_response": Target(days=20)}),), at=None)
    while recount_due(timezone.now()):
        pass
    assert kinds(ticket) == ["sla.breached", "sla.breach_revised"]
    assert not Clock.objects.get(ticket=ticket).late


def test_open_clocks_follow_the_newest_words_and_ended_ones_keep_theirs(normal, make_ticket, people):
    ticket = make_ticket(at=MONDAY)
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Yes."), audience="requester",
        channel="desk", at=MONDAY + timedelta(minutes=5),
    )  # fmt: skip
    agree(
        agreement=normal,
        rows=(Granted(EVERYTHING, {"first_response": Target(60), "resolution": Target(HOUR)}),),
        at=None,
    )
    assert recount_due(timezone.now()) == 1
    assert recount_due(timezone.now()) == 0
    run = Recount.objects.get()
    assert (run.done, run.total, run.ended_at is None) == (1, 1, False)
    rows = {row.metric: (row.version.number, row.target) for row in Clock.objects.filter(ticket=ticket)}
    assert rows == {"first_response": (1, {"seconds": HOUR}), "resolution": (2, {"seconds": HOUR})}


def test_a_second_agreement_for_some_tickets_stands_before_the_one_for_all(people, make_ticket):
    gold = agree(
        label={"en": "Gold"}, condition=parse(["priority", "is", "critical"]),
        rows=(Granted(EVERYTHING, {"resolution": Target(2 * HOUR)}),),
    )  # fmt: skip
    normal = agree()
    ticket = make_ticket(at=MONDAY)
    assert {row.version.agreement for row in Clock.objects.filter(ticket=ticket)} == {normal}
    critical = words().by_key(words().priorities, "critical")
    change(by=Author.of(people.agent), ticket=ticket, priority=critical, at=MONDAY + timedelta(minutes=10))
    assert {(row.metric, row.version.agreement) for row in Clock.objects.filter(ticket=ticket)} == {
        ("resolution", gold)
    }
    agree(agreement=gold, archived=True, at=None)
    while recount_due(timezone.now()):
        pass
    assert {row.version.agreement for row in Clock.objects.filter(ticket=ticket)} == {normal}


def test_customers_teams_and_suppliers_are_measured_side_by_side(people, make_ticket):
    ours = words().teams[Ticket.objects.get(pk=make_ticket().pk).team_id]
    theirs = Team.objects.create(key="supplier", label={"en": "Supplier"}, department=ours.department, level=4)
    agree(stands_with_supplier=True)
    agree("ola", team=ours, rows=(Granted(EVERYTHING, {"resolution": Target(4 * HOUR)}),))
    agree("supplier", team=theirs, rows=(Granted(EVERYTHING, {"resolution": Target(6 * HOUR)}),))
    ticket = make_ticket(at=MONDAY, team=ours)
    change(by=SETUP, ticket=ticket, team=theirs, at=MONDAY + timedelta(hours=1))
    shown = {(s.row.side, s.row.metric): s.standing for s in clocks_of(ticket, MONDAY + timedelta(hours=2))}
    assert shown == {
        ("sla", "first_response"): "supplier",
        ("sla", "resolution"): "supplier",
        ("ola", "resolution"): "elsewhere",
        ("supplier", "resolution"): "",
    }


def test_a_merged_ticket_is_measured_no_more_until_it_is_taken_out_again(normal, make_ticket, people):
    by = Author.of(people.agent)
    one, other = make_ticket(at=MONDAY), make_ticket(at=MONDAY)
    merge_tickets(by=by, into=one, tickets=[other])
    assert all(row.ended_at is not None for row in Clock.objects.filter(ticket=other))
    assert not NextDue.objects.filter(ticket=other).exists()
    unmerge_ticket(by=by, ticket=other)
    assert state(other)["resolution"][0]


def test_resolving_late_says_so_and_a_reason_can_be_given(normal, make_ticket, people):
    ticket, by = make_ticket(at=MONDAY), Author.of(people.agent)
    change(by=by, ticket=ticket, status=status("resolved"), at=MONDAY + timedelta(hours=30))
    assert kinds(ticket) == ["sla.breached", "sla.breached"]
    row = Clock.objects.get(ticket=ticket, metric="resolution")
    give_reason(by=by, ticket=ticket, clock=row, text=" The part  came late ")
    assert Clock.objects.get(pk=row.pk).reason == "The part came late"
    assert kinds(ticket)[-1] == "sla.reason_given"


def test_what_is_kept_is_what_a_reckoning_from_nothing_gives(normal, make_ticket, people):
    ticket, by = make_ticket(at=MONDAY), Author.of(people.agent)
    for hours, values in enumerate(
        [
            {"assignee": people.agent},
            {"status": status("pending")},
            {"status": status("resolved")},
            {"status": status("open")},
        ],
        start=1,
    ):
        change(by=by, ticket=ticket, at=MONDAY + timedelta(hours=hours), **values)
    kept = list(
        Clock.objects.filter(ticket=ticket).order_by("metric", "count").values("metric", "turns", "ended_at", "due_at")
    )
    Clock.objects.filter(ticket=ticket).delete()
    follow(ticket, book())
    anew = list(
        Clock.objects.filter(ticket=ticket).order_by("metric", "count").values("metric", "turns", "ended_at", "due_at")
    )
    assert kept == anew


def test_without_the_module_nothing_is_measured_and_afterwards_everything(normal, make_ticket):
    switch_modules(by=SETUP, off=["service-levels"])
    ticket = make_ticket(at=MONDAY)
    assert recount_due(timezone.now()) == 0
    assert not Clock.objects.filter(ticket=ticket).exists()
    switch_modules(by=SETUP, off=[])
    while recount_due(timezone.now()):
        pass
    assert set(state(ticket)) == {"first_response", "resolution"}


def test_requesters_read_until_when_they_are_answered_and_agents_how_it_came_about(people, make_ticket, sign_in):
    agree(rows=(Granted(EVERYTHING, {"first_response": Target(days=3), "resolution": Target(days=9)}),))
    ticket = make_ticket()
    portal = sign_in(people.requester)
    assert "We will answer before" in portal.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert portal.get(f"/desk/tickets/{ticket.number}/clocks/").status_code == 403
    desk = sign_in(people.agent)
    assert "First response" in desk.get(f"/desk/tickets/{ticket.number}/").content.decode()
    page = desk.get(f"/desk/tickets/{ticket.number}/clocks/").content.decode()
    assert "3 working days" in page and "Counted" in page
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("On it."), audience="requester",
        channel="desk",
    )  # fmt: skip
    assert "on time" in desk.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "We will answer before" not in portal.get(f"/portal/tickets/{ticket.number}/").content.decode()


def test_the_api_tells_of_clocks_to_the_desk_alone(normal, make_ticket, people):
    ticket = make_ticket(at=MONDAY)
    change(by=Author.of(people.agent), ticket=ticket, status=status("pending"), at=MONDAY + timedelta(hours=1))
    found = Api(people.agent).get(f"/tickets/{ticket.number}/clocks").json()["items"]
    whole = {clock["metric"]: clock for clock in found}
    assert (whole["resolution"]["state"], whole["resolution"]["elapsed_seconds"]) == ("standing", HOUR)
    assert [part["why"] for part in whole["resolution"]["stretches"]] == ["", f"status:{status('pending').pk}"]
    assert Api(people.requester).get(f"/tickets/{ticket.number}/clocks").status_code == 403
    assert Api(people.stranger).get(f"/tickets/{ticket.number}/clocks").status_code == 404
