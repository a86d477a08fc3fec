"""Tickets that nobody touches: reminded, resolved, closed; and an answer that comes after that."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import override

from tests.plugin import SETUP
from ventanilla.events.models import Event
from ventanilla.installation.models import Installation
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Outgoing
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.history import history
from ventanilla.tickets.jobs import follow_due
from ventanilla.tickets.life_cycle import LifeCycle, life_cycle
from ventanilla.tickets.life_cycle_actions import answer, change_life_cycle
from ventanilla.tickets.models import Link, Message, PendingReason, Status, StatusCategory, Ticket

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def put(ticket, by, key, *, at=MONDAY, reason="", **more):
    wait = {"pending_reason": PendingReason.objects.get(key=reason)} if reason else {}
    return change(by=Author.of(by), ticket=ticket, at=at, status=Status.objects.get(key=key), **wait, **more)


def say(person, ticket, text="Here"):
    return answer(by=Author.of(person), ticket=ticket, content=Content.of_text(text), channel=Ticket.Channel.PORTAL)


def closed(ticket, by, *, days):
    """The ticket, closed so many days ago."""
    put(ticket, by, "closed")
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=datetime.now(UTC) - timedelta(days=days))


def sentences(ticket, person):
    with override("en"):
        return [sentence for entry in history(ticket, viewer(person)) for sentence in entry.sentences]


def test_a_missing_answer_is_asked_for_twice_then_resolved_then_closed(people, ticket):
    put(ticket, people.agent, "pending", reason="requester")
    seen = []
    for day in range(1, 40):
        now = MONDAY + timedelta(days=day)
        taken = follow_due(now)
        assert taken in (0, 1) and follow_due(now) == 0, "done once"
        if taken:
            ticket.refresh_from_db()
            seen.append((day, StatusCategory(ticket.status_category).key))
    # Working days 3, 6 and 10 from Monday the 2nd, and five days after.
    assert seen == [(3, "pending"), (8, "pending"), (14, "resolved"), (19, "closed")]
    mails = Outgoing.objects.filter(ticket=ticket).exclude(kind="ack").order_by("pk")
    assert list(mails.values_list("kind", flat=True)) == ["reminder", "reminder", "resolved"]
    told = sentences(ticket, people.requester)
    assert told.count("reminded the requester that we wait for their answer") == 2
    with override("en"):
        whys = [entry.why for entry in history(ticket, viewer(people.agent)) if entry.why]
    assert whys == ["because nobody answered", "because nobody wrote after it was resolved"]


def test_the_mails_say_what_becomes_of_it(people, ticket):
    put(ticket, people.agent, "pending", reason="requester")
    follow_due(MONDAY + timedelta(days=3))
    letter = letter_for(Outgoing.objects.get(kind="reminder"))
    assert "waiting for your answer" in letter.subject and letter.automatic == "auto-generated"
    assert "If we hear nothing from you by Nov. 16, 2026" in letter.text
    follow_due(MONDAY + timedelta(days=8))
    follow_due(MONDAY + timedelta(days=14))
    assert "We have had no answer" in letter_for(Outgoing.objects.get(kind="resolved")).text


@pytest.mark.parametrize("wait", ["supplier", "date", ""])
def test_what_waits_for_somebody_else_is_left_alone(people, ticket, wait):
    put(ticket, people.agent, "pending", reason=wait)
    assert follow_due(MONDAY + timedelta(days=60)) == 0


def test_a_date_keeps_a_ticket_as_it_is(people, ticket):
    put(ticket, people.agent, "pending", reason="requester", pending_until=datetime(2030, 1, 1, tzinfo=UTC))
    assert follow_due(MONDAY + timedelta(days=60)) == 0


def test_an_answer_ends_the_wait(people, ticket):
    put(ticket, people.agent, "pending", reason="requester")
    say(people.requester, ticket)
    assert follow_due(MONDAY + timedelta(days=60)) == 0
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN and ticket.cycle_at is None


def test_an_outage_sends_no_two_reminders_at_once(people, ticket):
    put(ticket, people.agent, "pending", reason="requester")
    later = MONDAY + timedelta(days=14)
    assert follow_due(later) == 1
    assert follow_due(later + timedelta(days=2)) == 0
    assert follow_due(later + timedelta(days=3)) == 1


def test_a_note_does_not_change_the_wait(people, ticket):
    put(ticket, people.agent, "pending", reason="requester")
    due = Ticket.objects.get().cycle_at
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Called"),
        audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    assert due is not None and Ticket.objects.get().cycle_at == due


def test_within_the_days_an_answer_opens_it_again(people, ticket):
    closed(ticket, people.agent, days=14)
    said = say(people.requester, ticket, "Again")
    assert said.ticket_id == ticket.pk
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN


def test_later_an_answer_opens_a_new_one_that_continues_it(people, make_ticket):
    ticket = make_ticket(participants=[people.colleague])
    closed(ticket, people.agent, days=16)
    Ticket.objects.filter(pk=ticket.pk).update(restricted=True)
    new = say(people.requester, ticket, "Once more").ticket
    assert new.pk != ticket.pk and new.restricted and new.team_id == ticket.team_id and new.subject == ticket.subject
    assert set(new.access.values_list("person__name", "why")) == {
        ("Leire Requester", "requester"), ("Carlos Colleague", "participant"),
    }  # fmt: skip
    assert Link.objects.values_list("ticket", "other", "kind").get() == (new.pk, ticket.pk, "follow_up")
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.CLOSED
    assert f"this ticket continues {ticket.number}, which was closed" in sentences(new, people.requester)
    assert f"the matter continues in {new.number}" in sentences(ticket, people.colleague)
    assert not any(new.number in sentence for sentence in sentences(ticket, people.stranger)), "for who may see it"


def test_the_desk_may_add_to_what_is_closed_and_strangers_may_not(people, ticket):
    closed(ticket, people.agent, days=99)
    assert say(people.agent, ticket, "By the way").ticket_id == ticket.pk
    before = (Ticket.objects.count(), Message.objects.count(), Event.objects.count())
    with pytest.raises(PermissionDenied):
        say(people.stranger, ticket)
    with pytest.raises(ValidationError):
        say(people.requester, ticket, "")
    assert (Ticket.objects.count(), Message.objects.count(), Event.objects.count()) == before


def test_the_portal_leads_to_the_new_ticket(people, ticket, sign_in):
    closed(ticket, people.agent, days=99)
    browser = sign_in(people.requester)
    page = f"/portal/tickets/{ticket.number}/"
    assert "we open a new ticket that continues it" in browser.get(page).content.decode()
    answered = browser.post(f"{page}reply/", {"body": "It is back"}, follow=True)
    new = Ticket.objects.order_by("-pk")[0]
    assert answered.redirect_chain[0][0].startswith(f"/portal/tickets/{new.number}/")
    assert f"we have opened {new.number}" in answered.content.decode()


def test_administrators_set_the_days_in_the_browser(people, ticket, sign_in):
    admin = sign_in(people.administrator)
    assert "Reminder after 3 and 6 working days" in admin.get("/settings/about/follow/").content.decode()
    form = {"on": "on", "remind_1": 2, "remind_2": 2, "resolve": 5, "close": 1, "reopen": 15}
    refused = admin.post("/settings/life-cycle/", form)
    assert refused.status_code == 422 and "after the step before it, on day 2" in refused.content.decode()
    assert life_cycle() == LifeCycle()
    assert sign_in(people.agent).post("/settings/life-cycle/", form | {"remind_2": 4}).status_code == 403
    assert life_cycle() == LifeCycle()
    assert admin.post("/settings/life-cycle/", form | {"remind_2": 4}).status_code == 302
    assert life_cycle() == LifeCycle(remind=(2, 4), resolve=5, close=1)
    assert Event.objects.filter(kind="life_cycle.changed").count() == 1
    put(ticket, people.agent, "resolved")
    ticket.refresh_from_db()
    assert ticket.cycle_at == MONDAY + timedelta(days=1)


def test_switched_off_nothing_happens_and_switched_on_all_begins_anew(people, make_ticket):
    waiting, resolved, other = make_ticket(), make_ticket(), make_ticket()
    put(waiting, people.agent, "pending", reason="requester")
    put(resolved, people.agent, "resolved")
    put(other, people.agent, "pending", reason="supplier")
    change_life_cycle(by=SETUP, days=LifeCycle(on=False))
    assert follow_due(datetime.now(UTC) + timedelta(days=99)) == 0
    change_life_cycle(by=SETUP, days=LifeCycle())
    assert follow_due(datetime.now(UTC)) == 0, "nothing at once"
    assert set(Ticket.objects.exclude(cycle_at=None)) == {waiting, resolved}
    with pytest.raises(ValidationError):
        change_life_cycle(by=SETUP, days=LifeCycle(close=0))
    assert Installation.objects.get().settings["life_cycle"]["close"] == 5
