"""Changing many tickets in the background: in batches that a kill neither loses nor doubles, with undo.

Each batch is one short transaction: what became of its tickets, and how far the run has come, so that nobody at the
desk waits long for the database. Every ticket is changed by itself, with an event of its own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.events import wake
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.fields.effects import Effect, parse, stored
from ventanilla.installation.queries import installation, one_configuration
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import change
from ventanilla.tickets.effects import Plan, as_told, plan_of
from ventanilla.tickets.models import BulkItem, BulkRun, Ticket
from ventanilla.tickets.queries import newest_change
from ventanilla.tickets.sight import sees
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import known_to, words_for

log = structlog.get_logger("ventanilla.tickets")

State, Outcome = BulkRun.State, BulkItem.Outcome
MOST: Final = 5_000
BATCH: Final = 20
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
    take = _undoer(run) if undoing else _changer(run)
    items = list(row.items.filter(position__gt=row.position).select_related("ticket").order_by("position")[:BATCH])
    for item in items:
        if undoing and item.outcome != Outcome.CHANGED:
            continue
        take(item)
        row.changed += item.outcome in (Outcome.CHANGED, Outcome.RESTORED)
        row.same += item.outcome == Outcome.SAME
        row.left += item.outcome in (Outcome.LEFT, Outcome.KEPT)
    BulkItem.objects.bulk_update(items, ["outcome", "event", "why"])
    row.position = items[-1].position if items else row.total
    row.attempts = 0
    row.next_attempt_at = timezone.now()
    if row.position >= row.total:
        row.state, row.finished_at = (State.UNDONE if undoing else State.DONE), timezone.now()
    row.save()


def _changer(run: BulkRun) -> Callable[[BulkItem], None]:
    by, cause = Author.of(run.person), Cause(Event.objects.get(pk=run.event))
    try:
        plan: Plan | None = plan_of(parse(run.effects), words_for(viewer(run.person)), me=run.person)
    except ValidationError:
        plan = None  # what was chosen has been put away meanwhile

    def take(item: BulkItem) -> None:
        item.outcome, item.why = Outcome.LEFT, ""
        begun = timezone.now()
        if plan is None:
            item.why = _("What was chosen is no longer offered.")
        elif not _within_reach(run, item.ticket):
            item.why = _("It is no longer here, or you can no longer see it.")
        else:
            try:
                change(by=by, ticket=item.ticket, cause=cause, **plan.for_ticket(item.ticket))
            except ValidationError as error:
                item.why = " ".join(error.messages)[:300]
            except PermissionDenied:
                item.why = _("You may not change it.")
            else:
                event = newest_change(item.ticket, by, begun)
                item.outcome, item.event = (Outcome.CHANGED, event.pk) if event else (Outcome.SAME, 0)

    return take


def _undoer(run: BulkRun) -> Callable[[BulkItem], None]:
    by = Author.of(run.person)

    def take(item: BulkItem) -> None:
        item.outcome = Outcome.KEPT
        if not _within_reach(run, item.ticket):
            item.why = _("It is no longer here, or you can no longer see it.")
            return
        try:
            undone = undo_change(by=by, ticket=item.ticket, event=Event.objects.get(pk=item.event))
        except PermissionDenied:
            item.why = _("You may not change it.")
            return
        if undone.restored:
            item.outcome = Outcome.RESTORED
        else:
            item.why = _("It has been changed since.")

    return take


def _within_reach(run: BulkRun, ticket: Ticket) -> bool:
    """Whether the run's person may still see the ticket; what is spam was asked for in its own view."""
    return sees(run.person, ticket.pk) or Ticket.objects.readable_by(viewer(run.person)).filter(pk=ticket.pk).exists()


def _postpone(run: BulkRun, error: Exception) -> None:
    log.warning("bulk step failed", of=run.pk, error=repr(error))
    attempts = run.attempts + 1
    values = {"attempts": attempts, "next_attempt_at": timezone.now() + timedelta(seconds=min(60, 2**attempts))}
    if attempts >= MOST_ATTEMPTS:
        values |= {"state": State.FAILED, "finished_at": timezone.now()}
    BulkRun.objects.filter(pk=run.pk, state=run.state).update(**values)
