"""Changing many tickets in the background: in batches that a kill neither loses nor doubles, with undo.

Each batch is one short transaction: what became of its tickets, and how far the run has come, so that nobody at the
desk waits long for the database. Every ticket is changed by itself, with an event of its own; what is read and recorded
of a batch is read and written together.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.core.writing import update
from ventanilla.events import wake
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.fields.effects import Effect, parse, stored
from ventanilla.installation.queries import installation, one_configuration
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import change_each
from ventanilla.tickets.effects import as_told, plan_of
from ventanilla.tickets.models import BulkItem, BulkRun, Ticket
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import known_to, words_for

log = structlog.get_logger("ventanilla.tickets")

State, Outcome = BulkRun.State, BulkItem.Outcome
MOST: Final = 5_000
# What one transaction does: some milliseconds, for which others wait.
BATCH: Final = 20
UNDO_BATCH: Final = 5
BREATH_SECONDS: Final = 0.01
LEASE_SECONDS: Final = 60
MOST_ATTEMPTS: Final = 5
KEPT_DAYS: Final = 30
_INSERTED_AT_ONCE: Final = 500


@transaction.atomic
def start_bulk(*, by: Author, tickets: Sequence[int], effects: Sequence[Effect]) -> BulkRun:
    """Change the tickets with these ids in the background, in the name and with the rights of `by`.

    Records `bulk.started`; each ticket gets its own `ticket.changed`, caused by it. Raises `PermissionDenied` for
    whoever may not change tickets, `ValidationError` for no tickets, more than `MOST`, or effects that cannot be.
    """
    by.require(Right.CHANGE)
    if by.person is None:
        raise PermissionDenied(Right.CHANGE)
    if not tickets:
        raise ValidationError(_("There are no tickets to change."))
    if len(tickets) > MOST:
        raise ValidationError(_("At most %(most)d tickets at once.") % {"most": MOST})
    plan_of(effects, known_to(by), me=by.person)
    now = timezone.now()
    run = BulkRun.objects.create(
        person=by.person, effects=stored(tuple(effects)), total=len(tickets), created_at=now, next_attempt_at=now
    )
    BulkItem.objects.bulk_create(
        (BulkItem(run=run, position=place, ticket_id=pk) for place, pk in enumerate(tickets, start=1)),
        batch_size=_INSERTED_AT_ONCE,
    )
    told, personal = as_told(effects)
    data = {"effects": told, "tickets": run.total}
    event = record("bulk.started", f"bulk:{run.pk}", actor=by.actor, data=data, personal=personal)
    run.event = event.pk
    run.save(update_fields=["event"])
    wake.wake_on_commit("bulk_runs")
    return run


@transaction.atomic
def undo_bulk(*, by: Author, run: BulkRun) -> bool:
    """Take back, in the background, what a run of one's own has changed: on each ticket only what still stands.

    Records `bulk.undone`. Returns whether it began: a run is undone once, and only when it is done.
    """
    by.require(Right.CHANGE)
    if by.person is None or run.person_id != by.person.pk:
        raise PermissionDenied(Right.CHANGE)
    row = BulkRun.objects.select_for_update().get(pk=run.pk)
    if row.state != State.DONE or not row.changed:
        return False
    row.state, row.position, row.changed, row.same, row.left = State.UNDOING, 0, 0, 0, 0
    row.attempts, row.next_attempt_at, row.seen_at = 0, timezone.now(), None
    row.save()
    record("bulk.undone", f"bulk:{row.pk}", actor=by.actor, data={}, cause=Cause(Event.objects.get(pk=row.event)))
    wake.wake_on_commit("bulk_runs")
    return True


def note_seen(run: BulkRun) -> None:
    """Somebody has read how their run ended, and need not be shown it again. A reading mark: no event."""
    BulkRun.objects.filter(pk=run.pk, seen_at=None).update(seen_at=timezone.now())


def run_due(now: datetime) -> int:
    """Take one batch of one run that is under way; returns how many were taken (0 or 1).

    A run is claimed by moving its due time one lease ahead; if this process is killed, the lease runs out and another
    goes on where the last batch ended.
    """
    due = BulkRun.objects.filter(state__in=[State.RUNNING, State.UNDOING], next_attempt_at__lte=now)
    run = due.select_related("person__role").order_by("next_attempt_at", "pk").first()
    if run is None:
        return 0
    lease = now + timedelta(seconds=LEASE_SECONDS)
    mine = BulkRun.objects.filter(pk=run.pk, state=run.state, next_attempt_at=run.next_attempt_at)
    if not mine.update(next_attempt_at=lease):
        return 0
    run.next_attempt_at = lease
    try:
        # Read once for the batch: no change of a ticket is one of the configuration.
        with one_configuration(), override(run.person.language or installation().language):
            _batch(run)
    except Exception as error:  # noqa: BLE001 - one run must not stop whatever else is due; it is kept and retried
        _postpone(run, error)
    if connection.vendor == "sqlite":
        # Who waits for its one writer looks every millisecond, and would miss the moment between two batches.
        time.sleep(BREATH_SECONDS)
    return 1


def forget_old(now: datetime) -> int:
    """Forget runs that ended `KEPT_DAYS` ago: the events remain. Not counted as work: returns 0."""
    BulkRun.objects.filter(finished_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    return 0


@transaction.atomic
def _batch(run: BulkRun) -> None:
    row = BulkRun.objects.select_for_update().filter(pk=run.pk).first()
    if row is None or (row.state, row.position, row.next_attempt_at) != (run.state, run.position, run.next_attempt_at):
        return
    undoing = row.state == State.UNDOING
    size = UNDO_BATCH if undoing else BATCH
    items = list(row.items.filter(position__gt=row.position).order_by("position")[:size])
    taken = [item for item in items if item.outcome == Outcome.CHANGED] if undoing else items
    reached = _within_reach(run, taken)
    for item in taken:
        item.outcome = Outcome.KEPT if undoing else Outcome.LEFT
        item.why = "" if item.ticket_id in reached else _("It is no longer here, or you can no longer see it.")
    (_undo if undoing else _change)(run, [item for item in taken if item.ticket_id in reached])
    for item in taken:
        update(item, "outcome", "event", "why")
        row.changed += item.outcome in (Outcome.CHANGED, Outcome.RESTORED)
        row.same += item.outcome == Outcome.SAME
        row.left += item.outcome in (Outcome.LEFT, Outcome.KEPT)
    row.position = items[-1].position if items else row.total
    row.attempts = 0
    row.next_attempt_at = timezone.now()
    if row.position >= row.total:
        row.state, row.finished_at = (State.UNDONE if undoing else State.DONE), timezone.now()
    update(row, "state", "finished_at", "position", "changed", "same", "left", "attempts", "next_attempt_at")


def _change(run: BulkRun, items: Sequence[BulkItem]) -> None:
    """Change the tickets of these items together, and note what became of each."""
    by, cause = Author.of(run.person), Cause(Event.objects.get(pk=run.event))
    try:
        plan = plan_of(parse(run.effects), words_for(viewer(run.person)), me=run.person)
        found = change_each(by=by, tickets=[item.ticket_id for item in items], values=plan.for_ticket, cause=cause)
    except ValidationError:  # what was chosen has been put away meanwhile
        _leave(items, _("What was chosen is no longer offered."))
        return
    except PermissionDenied:
        _leave(items, _("You may not change it."))
        return
    for item in items:
        match found[item.ticket_id]:
            case None:
                item.outcome, item.event = Outcome.SAME, 0
            case ValidationError() as error:
                item.why = " ".join(error.messages)[:300]
            case event:
                item.outcome, item.event = Outcome.CHANGED, event.pk


def _leave(items: Sequence[BulkItem], why: str) -> None:
    for item in items:
        item.why = why


def _undo(run: BulkRun, items: Sequence[BulkItem]) -> None:
    by, events = Author.of(run.person), Event.objects.select_related("payload")
    tickets, changes = (
        Ticket.objects.in_bulk([item.ticket_id for item in items]),
        events.in_bulk(i.event for i in items),
    )
    for item in items:
        try:
            undone = undo_change(by=by, ticket=tickets[item.ticket_id], event=changes[item.event])
        except PermissionDenied:
            item.why = _("You may not change it.")
            continue
        if undone.restored:
            item.outcome = Outcome.RESTORED
        else:
            item.why = _("It has been changed since.")


def _within_reach(run: BulkRun, items: Sequence[BulkItem]) -> set[int]:
    """Of these items' tickets those that the run's person may still see; what is spam was asked for in its own view."""
    readable = Ticket.objects.readable_by(viewer(run.person)).filter(pk__in=[item.ticket_id for item in items])
    return set(readable.values_list("pk", flat=True))


def _postpone(run: BulkRun, error: Exception) -> None:
    log.warning("bulk step failed", of=run.pk, error=repr(error))
    attempts = run.attempts + 1
    values = {"attempts": attempts, "next_attempt_at": timezone.now() + timedelta(seconds=min(60, 2**attempts))}
    if attempts >= MOST_ATTEMPTS:
        values |= {"state": State.FAILED, "finished_at": timezone.now()}
    BulkRun.objects.filter(pk=run.pk, state=run.state).update(**values)
