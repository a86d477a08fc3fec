"""The life cycle carried out: reminding, resolving, closing, and an answer that comes after all that."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.models import Installation
from ventanilla.people.author import Author
from ventanilla.people.calendars import usual_calendar
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import add_message, lock, lock_survivor, open_ticket, speaks_for_the_desk
from ventanilla.tickets.changing import Changes, apply_changes
from ventanilla.tickets.content import Content
from ventanilla.tickets.life_cycle import (
    SETTING,
    LifeCycle,
    after_working_days,
    life_cycle,
    next_step,
    reopens,
    waits_for_requester,
)
from ventanilla.tickets.linking import link
from ventanilla.tickets.models import Access, Link, Message, StatusCategory, Ticket
from ventanilla.tickets.required import missing_before
from ventanilla.tickets.state import context
from ventanilla.tickets.vocabulary import words

MOST_DAYS = 365
# What has still to be done first is looked for again tomorrow.
_AGAIN = timedelta(days=1)


@transaction.atomic
def follow_life_cycle(*, ticket: Ticket, now: datetime) -> bool:
    """Do the step that is due: remind the requester, resolve what nobody answered, close what was resolved.

    Records `ticket.reminded`, or `ticket.changed` with the reason. Returns whether it was still due; two tickers do it
    once.
    """
    (row,) = lock([ticket.pk])
    if row.cycle_at is None or row.cycle_at > now:
        return False
    by, days = Author.system("ticker"), life_cycle()
    if days.on and row.status_category == StatusCategory.RESOLVED:
        _set(row, StatusCategory.CLOSED, "time_passed", by, now)
    elif not days.on or not waits_for_requester(row):
        Ticket.objects.filter(pk=row.pk).update(cycle_at=None)
    elif row.cycle_step >= len(days.remind):
        _set(row, StatusCategory.RESOLVED, "no_answer", by, now)
    else:
        _remind(row, days, by, now)
    return True


def _set(ticket: Ticket, category: StatusCategory, reason: str, by: Author, now: datetime) -> None:
    status = words().status_for(category)
    if missing_before(ticket, status):
        Ticket.objects.filter(pk=ticket.pk).update(cycle_at=now + _AGAIN)
    else:
        apply_changes(ticket, Changes({"status": status}, reason=reason), by=by, at=now)


def _remind(ticket: Ticket, days: LifeCycle, by: Author, now: datetime) -> None:
    # The next step keeps its distance from this one: after an outage nobody gets two reminders at once.
    steps = (*days.remind, days.resolve)
    step = ticket.cycle_step + 1
    calendar = usual_calendar()
    waits, resolves = (after_working_days(calendar, now, max(steps[n] - steps[step - 1], 1)) for n in (step, -1))
    Ticket.objects.filter(pk=ticket.pk).update(cycle_at=waits, cycle_step=step, version=F("version") + 1)
    record(
        "ticket.reminded",
        ticket.topic,
        actor=by.actor,
        data={"time": step, "resolves": resolves.isoformat(), "context": context(ticket)},
        at=now,
        rows={"ticket": ticket},
    )


@transaction.atomic
def change_life_cycle(*, by: Author, days: LifeCycle) -> None:
    """Set the days, or switch the life cycle on or off. Records `life_cycle.changed`.

    What waits keeps the day it has; switched on, everything that waits or is resolved begins to wait now, so that
    nothing happens at once. Raises `ValidationError` naming the field of a number that cannot be.
    """
    by.require(Right.SETTINGS)
    numbers = [*((f"remind_{n}", value) for n, value in enumerate(days.remind, 1)), ("resolve", days.resolve)]
    for name, value in (*numbers, ("close", days.close), ("reopen", days.reopen)):
        if not 1 <= value <= MOST_DAYS:
            raise ValidationError({name: _("From 1 to %(most)d days.") % {"most": MOST_DAYS}})
    for (_before, less), (name, more) in pairwise(numbers):
        if more <= less:
            raise ValidationError({name: _("This must come after the step before it, on day %(day)d.") % {"day": less}})
    row = Installation.objects.select_for_update().get(pk=1)
    before = life_cycle()
    if before == days:
        return
    row.settings = {**row.settings, SETTING: days.as_setting()}
    row.save(update_fields=["settings"])
    bump_config_version()
    record(
        "life_cycle.changed",
        "installation:1",
        actor=by.actor,
        data={"changes": {SETTING: [before.as_setting(), days.as_setting()]}},
    )
    if days.on != before.on:
        _begin_anew()


def _begin_anew() -> None:
    now = timezone.now()
    Ticket.objects.filter(cycle_at__isnull=False).update(cycle_at=None)
    left = Ticket.objects.exclude(stage=Ticket.Stage.MERGED)
    resolved = left.filter(status_category=StatusCategory.RESOLVED)
    first = resolved.first()
    if first is not None:
        resolved.update(cycle_at=next_step(first, 0, now), cycle_step=0)
    waiting = left.filter(status_category=StatusCategory.PENDING, pending_until=None)
    for ticket in waiting.iterator():
        if waits_for_requester(ticket):
            Ticket.objects.filter(pk=ticket.pk).update(cycle_at=next_step(ticket, 0, now), cycle_step=0)


@transaction.atomic
def answer(
    *, by: Author, ticket: Ticket, content: Content, channel: Ticket.Channel, cause: Cause | None = None, **more: Any
) -> Message:
    """What somebody outside the desk says to a ticket: `add_message` for the requester to read, with `more` of it.

    When the ticket was closed too long ago to be opened again, the words open a new ticket, which goes where the old
    one was and is linked to it (`ticket.linked`); the message returned is the new one's first. Raises what
    `add_message` and `open_ticket` raise.
    """
    row = lock_survivor(ticket)
    person = by.person
    desk = speaks_for_the_desk(by, row, Message.Audience.REQUESTER)
    if person is None or desk or more.get("automatic") or reopens(row, timezone.now()):
        return add_message(
            by=by, ticket=row, content=content, audience=Message.Audience.REQUESTER, channel=channel, cause=cause,
            **more,
        )  # fmt: skip
    if content.empty:
        raise ValidationError({"text": _("Write a message or attach a file.")})
    opened = open_ticket(
        by=Author(by.actor, person, trusted=True),
        requester=person,
        subject=row.subject,
        content=content,
        channel=channel,
        type=row.type,
        organization=row.organization,
        department=row.department,
        service=row.service,
        category=row.category,
        team=row.team,
        restricted=row.restricted,
        participants=_others(row, person),
        mailbox=row.mailbox,
        cause=cause,
        **more,
    )
    link(by=by, ticket=opened, to=row, kind=Link.Kind.FOLLOW_UP)
    return opened.messages.get()


def _others(ticket: Ticket, person: Person) -> Sequence[Person]:
    whys = (Access.Why.REQUESTER, Access.Why.PARTICIPANT)
    return list(Person.objects.filter(access__ticket=ticket, access__why__in=whys).exclude(pk=person.pk).distinct())
