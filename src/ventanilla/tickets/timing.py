"""The timer that runs while somebody works on a ticket: one a person, whatever they look at it from."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import lock_survivor
from ventanilla.tickets.models import Activity, Ticket, TimeEntry, Timer
from ventanilla.tickets.spending import MOST_SECONDS, add_time
from ventanilla.tickets.work import note_time_use


@transaction.atomic
def start_timer(*, by: Author, ticket: Ticket, now: datetime | None = None) -> Timer:
    """Let one's timer run on a ticket. One that runs on another ticket stops, and its time is written down there.

    One that runs on this ticket goes on. Records `timer.started` about the person. Raises `PermissionDenied` for
    whoever may not write notes.
    """
    by.require(Right.NOTE)
    person = _person(by)
    row = lock_survivor(ticket)
    before = Timer.objects.select_for_update().filter(person=person).first()
    if before is not None and before.ticket_id == row.pk:
        return before
    if before is not None:
        stop_timer(by=by, now=now)
    note_time_use()
    moment = now or timezone.now()
    timer = Timer.objects.create(person=person, ticket=row, origin_ticket=row, started_at=moment)
    record("timer.started", f"person:{person.pk}", actor=by.actor, data={"ticket": row.pk}, at=now)
    return timer


@transaction.atomic
def stop_timer(
    *,
    by: Author,
    seconds: int | None = None,
    activity: Activity | None = None,
    billable: bool | None = None,
    note: str = "",
    now: datetime | None = None,
) -> TimeEntry:
    """Stop one's timer and write its time down, of the day on which it began: `seconds`, else what it has run.

    What it has run counts by whole minutes begun, a day at most. Records `timer.ended` and `time.added`. Raises
    `ValidationError` when none runs, and what `add_time` raises.
    """
    person = _person(by)
    timer = Timer.objects.select_for_update().select_related("ticket").filter(person=person).first()
    if timer is None:
        raise ValidationError(_("No timer of yours is running."))
    spent = seconds if seconds is not None else run_for(timer, now or timezone.now())
    Timer.objects.filter(person=person).delete()
    data = {"ticket": timer.ticket_id, "reason": "stopped"}
    record("timer.ended", f"person:{person.pk}", actor=by.actor, data=data, at=now)
    day = timezone.localdate(timer.started_at)
    return add_time(
        by=by, ticket=timer.ticket, seconds=spent, day=day, activity=activity, billable=billable, note=note, at=now
    )


@transaction.atomic
def discard_timer(*, by: Author) -> bool:
    """Stop one's timer and write nothing down. Records `timer.ended`. False when none ran."""
    person = _person(by)
    timer = Timer.objects.select_for_update().filter(person=person).first()
    if timer is None:
        return False
    timer.delete()
    data = {"ticket": timer.ticket_id, "reason": "discarded"}
    record("timer.ended", f"person:{person.pk}", actor=by.actor, data=data)
    return True


def run_for(timer: Timer, now: datetime) -> int:
    """The seconds a timer has run, by whole minutes begun, a day at most."""
    seconds = max(1, int((now - timer.started_at).total_seconds()))
    return min(-(-seconds // 60) * 60, MOST_SECONDS)


def _person(by: Author) -> Person:
    if by.person is None:
        raise PermissionDenied
    return by.person
