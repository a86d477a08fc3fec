"""The benchmark's loader writes what the actions write."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.plugin import SETUP
from ventanilla.bench.load import Batch, Ground, _ground, _Ids, custom_of, make_fields, rows_of, write
from ventanilla.bench.memory import pss_mib
from ventanilla.events.handover import run_due
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.people.actions import person_at
from ventanilla.people.author import Author
from ventanilla.search.models import SearchDocument
from ventanilla.tickets.actions import add_message, change, open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Access, Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOMENTS = [START + timedelta(hours=n) for n in range(4)]
TEXTS = ["Hello, it fails.", "Try again.", "It still fails.", "Now it works."]
_VARIES = {
    Ticket: {"id", "number"},
    Message: {"id", "ticket_id", "origin_ticket_id"},
    Access: {"id", "ticket_id"},
    Event: {"id", "topic", "cause", "root", "recorded_at", "data"},
    Payload: {"event_id"},
    Handover: {"id", "event_id", "next_attempt_at", "lease_until"},
    SearchDocument: {"id", "key", "group_key", "text", "words", "index"},
}


def by_actions(people, team, category, custom):
    known = words()
    ticket = open_ticket(
        by=Author.of(people.requester), requester=people.requester, subject="It fails",
        content=Content.of_text(TEXTS[0]), channel=Ticket.Channel.PORTAL, team=team,
        priority=known.by_key(known.priorities, "high"), custom=custom, at=MOMENTS[0],
    )  # fmt: skip
    for text, at, staff in zip(TEXTS[1:], MOMENTS[1:], (True, False, True), strict=True):
        add_message(
            by=Author.of(people.agent if staff else people.requester), ticket=ticket, content=Content.of_text(text),
            audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK if staff else Ticket.Channel.PORTAL, at=at,
        )  # fmt: skip
    if category is not StatusCategory.OPEN:
        change(by=Author.of(people.agent), ticket=ticket, status=known.status_for(category), at=MOMENTS[-1])
    return ticket


def picture(model, number):
    """The rows of a ticket, without ids and without what is a moment of writing."""
    rows = {
        Ticket: Ticket.objects.filter(number=number),
        Message: Message.objects.filter(ticket__number=number),
        Access: Access.objects.filter(ticket__number=number),
        Event: Event.objects.filter(data__context__number=number),
        Payload: Payload.objects.filter(event__data__context__number=number),
        Handover: Handover.objects.filter(event__data__context__number=number),
        SearchDocument: SearchDocument.objects.filter(group_key=Ticket.objects.get(number=number).pk),
    }[model].order_by("pk")
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in _VARIES[model] | {"last_message_id"}]
    return list(rows.values(*names))


@pytest.mark.parametrize("state", ["o", "p", "r"])
def test_the_loader_writes_what_the_actions_write(people, state):
    make_fields()
    known = words()
    team = next(iter(known.teams.values()))
    category = {"o": StatusCategory.OPEN, "p": StatusCategory.PENDING, "r": StatusCategory.RESOLVED}[state]
    plan = {
        "customer": 0, "agent": 0, "queue": 0, "state": state, "prio": 2, "subject": "It fails",
        "messages": [(w, int(at.timestamp()), t) for w, at, t in zip("caca", MOMENTS, TEXTS, strict=True)],
    }  # fmt: skip
    acted = by_actions(people, team, category, custom_of(plan))
    while run_due():
        pass
    batch = Batch()
    loaded = rows_of(plan, Ground([team], [people.agent], [people.requester]), known, _Ids.read(), batch)
    write(batch)
    for model in _VARIES:
        for ours, theirs in zip(picture(model, loaded.number), picture(model, acted.number), strict=True):
            assert ours == theirs, (
                model,
                {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]},
            )
    for number in (acted.number, loaded.number):
        kinds = [(e.kind, sorted(e.data)) for e in Event.objects.filter(data__context__number=number).order_by("pk")]
        if number == acted.number:
            expected = kinds
    assert kinds == expected
    assert SETUP.trusted


class Customers:
    """The part of a corpus that names its customers."""

    def customer(self, number: int) -> tuple[str, str]:
        return f"client{number}@example.org", f"Client {number}"


def test_whom_the_loader_made_is_known_by_their_address(people):
    ground = _ground(Customers(), 3)
    for person in (*ground.agents, *ground.requesters):
        assert person_at(person.email) == person


@pytest.mark.pure
def test_memory_is_that_of_a_process_and_all_below_it():
    within = "print(1, flush=True); input()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {within!r}])"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"1\n"
        (child,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        assert pss_mib(parent.pid) > pss_mib(int(child)) > 1
        parent.communicate(b"\n")
    assert pss_mib(parent.pid) == 0
