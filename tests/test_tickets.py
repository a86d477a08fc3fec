"""What can happen to a ticket, by its actions."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tests.plugin import SETUP, make_person
from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets import drafts
from ventanilla.tickets.actions import Stale, add_message, change, confirm_resolved, open_ticket, redact
from ventanilla.tickets.content import Content
from ventanilla.tickets.history import history
from ventanilla.tickets.life_cycle_actions import answer
from ventanilla.tickets.models import Category, Draft, Message, StatusCategory, Ticket, TicketType
from ventanilla.tickets.numbering import next_number, normal_number
from ventanilla.tickets.searching import search_tickets
from ventanilla.tickets.vocabulary import words

PUBLIC, STAFF = Message.Audience.REQUESTER, Message.Audience.STAFF


def say(person, ticket, text="…", audience=PUBLIC, **more):
    return add_message(
        by=Author.of(person), ticket=ticket, content=Content.of_text(text), audience=audience,
        channel=Ticket.Channel.DESK, **more,
    )  # fmt: skip


def status(ticket):
    ticket.refresh_from_db()
    return ticket.category_of_status.key


def test_numbers_come_from_the_types_series_and_never_change(people, make_ticket):
    request = TicketType.objects.get(key="request")
    first, second, third = make_ticket(), make_ticket(type=request), make_ticket()
    assert [first.number, second.number, third.number] == ["INC-1", "SOL-1", "INC-2"]
    change(by=Author.of(people.agent), ticket=first, type=request)
    first.refresh_from_db()
    assert (first.number, first.type.key) == ("INC-1", "request")


@pytest.mark.parametrize(
    ("written", "number"),
    [("INC-12", "INC-12"), ("inc 0012", "INC-12"), ("#INC12", "INC-12"), ("12", ""), ("INC-", ""), ("", "")],
)
def test_a_number_is_read_as_people_write_it(written, number):
    assert normal_number(written) == number


def test_series_are_counted_one_by_one(db):
    assert [next_number("A"), next_number("A"), next_number("B"), next_number("A")] == ["A-1", "A-2", "B-1", "A-3"]


def test_priority_follows_the_matrix_until_it_is_set_by_hand(people, ticket):
    known, by = words(), Author.of(people.agent)
    change(
        by=by, ticket=ticket, impact=known.by_key(known.impacts, "high"), urgency=known.by_key(known.urgencies, "high")
    )
    ticket.refresh_from_db()
    assert ticket.priority.key == "critical"
    change(by=by, ticket=ticket, priority=known.by_key(known.priorities, "low"))
    change(by=by, ticket=ticket, urgency=known.by_key(known.urgencies, "low"))
    ticket.refresh_from_db()
    assert (ticket.priority.key, ticket.priority_by_hand) == ("low", True)


def test_the_story_of_a_ticket_and_its_statuses(people, ticket):
    known, agent = words(), Author.of(people.agent)
    assert status(ticket) == "new"
    say(people.agent, ticket, "We are looking into it.")
    assert status(ticket) == "open" and ticket.assignee == people.agent and ticket.first_reply_at
    waiting = known.by_key(known.reasons, "requester")
    change(by=agent, ticket=ticket, status=known.status_for(StatusCategory.PENDING), pending_reason=waiting)
    say(people.requester, ticket, "Here is what you asked for.")
    assert status(ticket) == "open" and ticket.pending_reason is None
    change(by=agent, ticket=ticket, status=known.status_for(StatusCategory.RESOLVED))
    assert status(ticket) == "resolved" and ticket.resolved_at and not ticket.is_open
    again = Content.of_text("It fails again.")
    answer(by=Author.of(people.requester), ticket=ticket, content=again, channel=Ticket.Channel.PORTAL)
    assert status(ticket) == "open" and ticket.resolved_at is None
    change(by=agent, ticket=ticket, status=known.status_for(StatusCategory.RESOLVED))
    confirm_resolved(by=Author.of(people.requester), ticket=ticket)
    assert status(ticket) == "closed" and ticket.closed_at
    say(people.requester, ticket, "Thanks, but…")
    assert status(ticket) == "open"


def test_waiting_for_a_supplier_goes_on_when_the_requester_writes(people, ticket):
    known = words()
    supplier = known.by_key(known.reasons, "supplier")
    change(by=Author.of(people.agent), ticket=ticket, pending_reason=supplier)
    assert status(ticket) == "pending"
    say(people.requester, ticket)
    assert status(ticket) == "pending"


def test_an_automatic_answer_changes_no_status(people, ticket):
    known = words()
    change(by=Author.of(people.agent), ticket=ticket, status=known.status_for(StatusCategory.RESOLVED))
    say(people.requester, ticket, "I am out of office.", automatic=True)
    assert status(ticket) == "resolved"


def test_a_wait_with_a_date_ends_by_itself(people, ticket, run_background):
    known, until = words(), timezone.now() + timedelta(hours=1)
    change(
        by=Author.of(people.agent), ticket=ticket, pending_until=until, status=known.status_for(StatusCategory.PENDING)
    )
    run_background()
    assert status(ticket) == "pending"
    Ticket.objects.filter(pk=ticket.pk).update(pending_until=timezone.now() - timedelta(seconds=1))
    run_background()
    assert status(ticket) == "open"
    with override("en"):
        last = history(ticket, viewer(people.agent))[-1]
    assert last.automatic and last.why == "because the date it waited for has come"


@pytest.mark.parametrize(
    ("field", "value"),
    [("pending_until", timezone.now() - timedelta(days=1)), ("subject", "  "), ("status", None), ("requester", None)],
)
def test_a_value_that_cannot_be_names_its_field_and_writes_nothing(people, ticket, field, value):
    before = Ticket.objects.values().get(pk=ticket.pk)
    with pytest.raises(ValidationError) as error:
        change(by=Author.of(people.agent), ticket=ticket, **{field: value})
    assert field in error.value.message_dict
    assert Ticket.objects.values().get(pk=ticket.pk) == before


def test_only_agents_are_assigned(people, ticket):
    with pytest.raises(ValidationError):
        change(by=Author.of(people.agent), ticket=ticket, assignee=people.requester)


def test_who_was_faster_wins(people, ticket):
    change(by=Author.of(people.agent), ticket=ticket, expected_version=1, subject="First")
    with pytest.raises(Stale):
        change(by=Author.of(people.supervisor), ticket=ticket, expected_version=1, subject="Second")
    ticket.refresh_from_db()
    assert ticket.subject == "First"


@pytest.mark.parametrize("who", ["reader", "requester", "manager", "stranger"])
def test_who_may_not_change_changes_nothing(people, ticket, who):
    before = Event.objects.count()
    with pytest.raises(PermissionDenied):
        change(by=Author.of(getattr(people, who)), ticket=ticket, subject="Mine now")
    with pytest.raises(PermissionDenied):
        say(getattr(people, who), ticket, audience=STAFF)
    assert Event.objects.count() == before


def test_restricting_needs_its_own_right(people, ticket):
    with pytest.raises(PermissionDenied):
        change(by=Author.of(people.agent), ticket=ticket, restricted=True)
    change(by=Author.of(people.supervisor), ticket=ticket, restricted=True)


def test_routing_by_category_agent_in_charge_and_turn(people, make_ticket):
    team = people.agent.teams.get()
    others = [make_person(f"Agent{n} Turn", "agent") for n in range(2)]
    category = Category.objects.get(key="hardware")
    Category.objects.filter(pk=category.pk).update(team=team, in_charge=people.supervisor)
    category.refresh_from_db()
    assert make_ticket(category=category).assignee == people.supervisor
    change_person(
        by=Author.of(people.supervisor), person=people.supervisor, absent_until=timezone.now() + timedelta(days=1)
    )
    category = Category.objects.get(key="hardware")
    assert make_ticket(category=category).assignee is None, "absent, and no turn: nobody, never somebody"
    Category.objects.filter(pk=category.pk).update(turn=True, in_charge=None)
    category = Category.objects.get(key="hardware")
    got = [make_ticket(category=category).assignee_id for _ in range(8)]
    members = {people.administrator.pk, people.agent.pk, *(p.pk for p in others)}
    assert set(got) == members, "neither who is absent nor who may only read"
    assert max(got.count(pk) for pk in members) <= 2


def test_redaction_empties_for_good_and_says_who_and_why(people, ticket):
    message = say(people.requester, ticket, "My password is hunter2")
    with pytest.raises(PermissionDenied):
        redact(by=Author.of(people.agent), message=message, why="password")
    assert search_tickets(people.agent, "hunter2")
    redact(by=Author.of(people.supervisor), message=message, why="password sent by mistake")
    message.refresh_from_db()
    assert (message.text, message.html, message.attachments.count()) == ("", "", 0) and message.redacted_at
    assert not search_tickets(people.agent, "hunter2")
    event = Event.objects.get(kind="message.redacted")
    assert "hunter2" not in str(event.data) + str(event.payload.data)
    assert event.payload.data["why"] == "password sent by mistake"


def test_history_is_sentences_in_the_readers_language(people, ticket):
    known = words()
    say(people.agent, ticket, "note", audience=STAFF)
    change(
        by=Author.of(people.agent), ticket=ticket, status=known.status_for(StatusCategory.RESOLVED), tags=["printer"]
    )
    with override("es"):
        entries = history(ticket, viewer(people.agent))
        assert [entry.sentences for entry in entries] == [
            ("abrió el ticket en el portal",),
            ("añadió una nota interna",),
            ("cambió «Estado» de «Nuevo» a «Resuelto»", "añadió a «Etiquetas»: printer"),
        ]
        assert entries[-1].who == "Aitor Agent"
    with override("en"):
        told = history(ticket, viewer(people.requester))
        assert [entry.sentences for entry in told] == [
            ("opened the ticket in the portal",), ("changed “Status” from “New” to “Resolved”",),
        ]  # fmt: skip


def test_a_draft_waits_ten_seconds_and_can_be_taken_back(people, ticket, run_background):
    by = Author.of(people.agent)
    draft = drafts.save_draft(by=by, ticket=ticket, audience=PUBLIC, html="<p>Hello</p>")
    drafts.send(by=by, draft=draft, then="resolve")
    run_background()
    assert ticket.messages.count() == 1, "it waits"
    assert drafts.undo_send(by=by, draft=draft)
    Draft.objects.filter(pk=draft.pk).update(send_at=timezone.now())
    assert not drafts.undo_send(by=by, draft=draft), "too late"
    run_background()
    assert not Draft.objects.exists()
    reply = ticket.messages.get(from_staff=True)
    assert (reply.text, reply.html, reply.author) == ("Hello", "<p>Hello</p>", people.agent)
    assert status(ticket) == "resolved"
    assert Outgoing.objects.filter(kind="reply", address=people.requester.email).count() == 1


def test_a_draft_of_somebody_who_lost_the_right_stays_a_draft(people, ticket, run_background):
    by = Author.of(people.agent)
    draft = drafts.save_draft(by=by, ticket=ticket, audience=PUBLIC, html="<p>Hello</p>")
    drafts.send(by=by, draft=draft, then="stay")
    Draft.objects.filter(pk=draft.pk).update(send_at=timezone.now())
    change_person(by=SETUP, person=people.agent, role=people.reader.role)
    run_background()
    draft.refresh_from_db()
    assert draft.send_at is None and draft.problem and ticket.messages.count() == 1
    with pytest.raises(PermissionDenied):
        drafts.discard(by=Author.of(people.supervisor), draft=draft)


def test_opening_needs_a_subject_and_the_right(people):
    with pytest.raises(ValidationError), transaction.atomic():
        open_ticket(
            by=Author.of(people.requester), requester=people.requester, subject=" \x00 ",
            content=Content.of_text("x"), channel=Ticket.Channel.PORTAL,
        )  # fmt: skip
    with pytest.raises(PermissionDenied), transaction.atomic():
        open_ticket(
            by=Author.of(people.reader), requester=people.reader, subject="x", content=Content.of_text("x"),
            channel=Ticket.Channel.DESK,
        )  # fmt: skip
    assert not Ticket.objects.exists()


@pytest.mark.pure
@given(st.text(max_size=400))
def test_content_of_any_text_is_free_of_nul_and_markup_stays_text(text):
    content = Content.of_text(text)
    assert "\x00" not in content.text and content.html == ""
    rich = Content.of_rich_text(text)
    assert "<script" not in rich.html.lower() and "\x00" not in rich.html
