"""The log, the drain and the hand-over."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ventanilla.config.schema import ensure_schema
from ventanilla.events import handover, registry
from ventanilla.events.gate import open_gate
from ventanilla.events.models import Event, Handover, Payload
from ventanilla.events.record import Cause, UnknownKind, record
from ventanilla.people.author import Author
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.vocabulary import words


def test_one_action_records_one_event_with_its_whole_starting_state(ticket, people):
    (event,) = Event.objects.filter(topic=ticket.topic)
    assert event.kind == "ticket.opened"
    assert event.actor == f"person:{people.requester.pk}"
    assert event.data["state"]["requester"] == people.requester.pk
    assert event.data["context"]["number"] == ticket.number
    assert "subject" not in event.data["state"], "personal text belongs in the payload"
    assert event.payload.data == {"subject": "The printer prints symbols"}
    assert event.root is None and event.chain == event.pk and event.depth == 0


def test_what_follows_from_an_event_names_it_as_its_cause(ticket, people):
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("On it."),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    replied = Event.objects.get(topic=ticket.topic, kind="ticket.replied")
    changed = Event.objects.get(topic=ticket.topic, kind="ticket.changed")
    assert changed.cause == replied.pk and changed.root == replied.pk and changed.depth == 1
    assert changed.data["reason"] == "agent_replied"
    assert set(changed.data["changes"]) == {"status", "assignee"}


def test_a_change_that_changes_nothing_records_nothing(ticket, people):
    before = Event.objects.count()
    ticket.refresh_from_db()
    change(by=Author.of(people.agent), ticket=ticket, priority=ticket.priority, tags=[])
    # Setting the same priority by hand still marks it as set by hand, which nobody needs to read about.
    assert Event.objects.count() == before


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_events_are_append_only(ticket, verb):
    event = Event.objects.get(topic=ticket.topic)
    with pytest.raises(DatabaseError), transaction.atomic():
        if verb == "update":
            Event.objects.filter(pk=event.pk).update(kind="ticket.noted")
        else:
            Payload.objects.filter(event=event).delete()
            Handover.objects.filter(event=event).delete()
            Event.objects.filter(pk=event.pk)._raw_delete("default")
    assert Event.objects.get(pk=event.pk).kind == "ticket.opened"


def test_the_gate_opens_for_one_transaction_only(ticket):
    event = Event.objects.get(topic=ticket.topic)
    with open_gate("test"):
        Event.objects.filter(pk=event.pk).update(actor="person:0")
    assert Event.objects.get(pk=event.pk).actor == "person:0"
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(actor="person:1")


def test_the_triggers_come_back_after_a_table_was_rebuilt(ticket):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER events_event_no_update")
        else:
            cursor.execute("DROP TRIGGER events_event_append_only ON events_event")
    ensure_schema()
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(topic=ticket.topic).update(kind="x")


def test_an_event_needs_a_transaction_and_a_declared_kind(db):
    with pytest.raises(UnknownKind):
        record("ticket.exploded", "ticket:1", actor="person:1")


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        record("installation.changed", "installation:1", actor="system:test")
    assert not Event.objects.filter(kind="installation.changed").exists()


def test_a_queued_cause_inserts_and_leaves_the_draining_to_the_outermost_call(db, monkeypatch):
    order = []

    def first(happening, cause):
        order.append(("first", happening.event.kind))
        if happening.event.kind == "person.created":
            record("person.changed", happening.event.topic, actor="system:test", cause=cause)
            order.append(("queued", Event.objects.filter(kind="person.changed").count()))

    def second(happening, cause):
        order.append(("second", happening.event.kind))

    kinds = frozenset({"person.created", "person.changed"})
    reactions = (registry.Reaction("first", kinds, first), registry.Reaction("second", kinds, second))
    monkeypatch.setattr(registry._store, "before_commit", reactions)
    with transaction.atomic():
        record("person.created", "person:1", actor="system:test")
    assert order == [
        ("first", "person.created"),
        ("queued", 1),
        ("second", "person.created"),
        ("first", "person.changed"),
        ("second", "person.changed"),
    ]


@pytest.fixture
def one_reaction(monkeypatch):
    done = []

    def react(happening, cause):
        done.append(happening.event.pk)
        if happening.personal.get("fail"):
            raise RuntimeError("no luck")
        with transaction.atomic():
            record("person.changed", happening.event.topic, actor="rule:test@1", cause=cause)

    reaction = registry.Reaction("test.react", frozenset({"person.created"}), react)
    monkeypatch.setattr(registry._store, "before_commit", ())
    monkeypatch.setattr(registry._store, "after_commit", (reaction,))
    return done


def test_a_handover_is_carried_out_once(db, one_reaction):
    with transaction.atomic():
        event = record("person.created", "person:1", actor="system:test")
    row = Handover.objects.get(event=event)
    assert row.state == Handover.State.DUE
    assert handover.run_due() == 1
    assert handover.run_due() == 0
    assert one_reaction == [event.pk]
    row.refresh_from_db()
    assert row.state == Handover.State.DONE
    child = Event.objects.get(kind="person.changed")
    assert child.cause == event.pk


def test_a_failing_handover_is_retried_with_patience_and_stays_visible(db, one_reaction):
    with transaction.atomic():
        event = record("person.created", "person:1", actor="system:test", personal={"fail": True})
    now = timezone.now()
    for attempt in range(1, handover.MOST_ATTEMPTS + 1):
        assert handover.run_due(now) == 1, attempt
        assert handover.run_due(now) == 0
        row = Handover.objects.get(event=event)
        assert row.attempts == attempt and "no luck" in row.error
        now = row.next_attempt_at + timedelta(seconds=1)
    assert row.state == Handover.State.FAILED
    assert handover.run_due(now + timedelta(days=1)) == 0


def test_many_share_transactions_and_one_that_fails_takes_none_with_it(db, one_reaction):
    count, fails = 2 * handover.TOGETHER + 3, (4, handover.TOGETHER + 2)
    with transaction.atomic():
        events = [
            record("person.created", f"person:{n}", actor="system:test", personal={"fail": True} if n in fails else {})
            for n in range(count)
        ]
        lost = record("person.created", "person:99", actor="system:test")
    Handover.objects.filter(event=lost).update(reaction="test.gone")
    assert handover.run_due() == count + 1
    assert handover.run_due() == 0
    failed = {events[n].pk for n in fails}
    told = Event.objects.filter(kind="person.changed").values_list("cause", flat=True)
    assert sorted(told) == [event.pk for event in events if event.pk not in failed]
    assert set(Handover.objects.filter(state=Handover.State.DUE).values_list("event", flat=True)) == failed
    assert not Handover.objects.exclude(attempts=1).exists()
    gone = Handover.objects.get(event=lost)
    assert gone.state == Handover.State.FAILED and "test.gone" in gone.error
    later = timezone.now() + timedelta(hours=2)
    one_reaction.clear()
    assert handover.run_due(later) == len(fails)
    assert sorted(one_reaction) == sorted(failed)  # each by itself, not once more together


def test_a_lease_that_ran_out_is_taken_by_another_worker(db, one_reaction):
    with transaction.atomic():
        event = record("person.created", "person:1", actor="system:test")
    lease = timezone.now() + timedelta(seconds=handover.LEASE_SECONDS)
    Handover.objects.filter(event=event).update(next_attempt_at=lease, lease_until=lease, attempts=1)
    assert handover.run_due() == 0
    assert handover.run_due(lease + timedelta(seconds=1)) == 1


def test_quiet_events_are_recorded_and_handed_to_nobody(db, one_reaction):
    with transaction.atomic():
        record("person.created", "person:1", actor="system:test", quiet=True)
    assert not Handover.objects.exists()


def test_the_wiring_is_frozen():
    with pytest.raises(registry.AlreadyWired):
        registry.install(kinds=(), before_commit=(), after_commit=(), due=())


def test_the_version_counts_actions(ticket, people):
    known = words()
    change(by=Author.of(people.agent), ticket=ticket, urgency=known.by_key(known.urgencies, "high"))
    ticket.refresh_from_db()
    assert ticket.version == 2
    assert ticket.priority.key == "high"


def test_cause_depth_grows(db):
    with transaction.atomic():
        first = record("person.created", "person:1", actor="system:test")
        second = record("person.changed", "person:1", actor="system:test", cause=Cause(first))
        third = record("person.changed", "person:1", actor="system:test", cause=Cause(second))
    assert (second.depth, third.depth) == (1, 2)
    assert (second.chain, third.chain) == (first.pk, first.pk)
