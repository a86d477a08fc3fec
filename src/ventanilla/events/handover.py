"""Carrying out what was handed over to the background: claimed by lease, done exactly once, retried with patience."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.core.writing import run, update
from ventanilla.events import registry
from ventanilla.events.models import Handover, Payload
from ventanilla.events.record import Cause, Happening

log = structlog.get_logger("ventanilla.events")

LEASE_SECONDS = 60
MOST_ATTEMPTS = 12
BATCH = 100

_CLAIM = """
UPDATE events_handover SET next_attempt_at = %s, lease_until = %s, attempts = attempts + 1
WHERE id = %s AND state = %s AND next_attempt_at <= %s
"""
_ROW = Prepared(lambda: Handover.objects.filter(id=Given("id")).select_related("event"))
_PERSONAL = Prepared(lambda: Payload.objects.filter(event_id=Given("event")))


def run_due(now: datetime | None = None) -> int:
    """Carry out a batch of due hand-overs; returns how many were taken. Safe with any number of workers.

    A row is claimed by moving its due time one lease ahead; if this process is killed, the lease runs out and another
    takes it. A reaction's writes and the mark "done" commit together, so a reaction that only writes is done once.
    """
    moment = now or timezone.now()
    due = list(
        Handover.objects.filter(state=Handover.State.DUE, next_attempt_at__lte=moment)
        .order_by("next_attempt_at")
        .values_list("id", flat=True)[:BATCH]
    )
    return sum(_claim_and_run(row, moment) for row in due)


def _claim_and_run(row_id: int, moment: datetime) -> int:
    lease = moment + timedelta(seconds=LEASE_SECONDS)
    if not run(_CLAIM, lease, lease, row_id, Handover.State.DUE.value, moment):
        return 0
    (row,) = _ROW.objects(id=row_id)
    reactions = {reaction.name: reaction for reaction in registry.after_commit()}
    reaction = reactions.get(row.reaction)
    if reaction is None:
        _fail(row, f"no reaction is called {row.reaction}", moment, final=True)
        return 1
    personal: dict[str, Any] = next((payload.data for payload in _PERSONAL.objects(event=row.event_id)), {})
    try:
        with transaction.atomic():
            reaction.run(Happening(row.event, personal, {}), Cause(row.event))
            row.state, row.lease_until, row.error = Handover.State.DONE, None, ""
            update(row, "state", "lease_until", "error")
    except Exception as error:  # noqa: BLE001 - whatever a reaction raises must not stop the others; it is kept and retried
        log.warning("handover failed", reaction=row.reaction, of=row.event_id, error=repr(error))
        _fail(row, repr(error), moment, final=row.attempts >= MOST_ATTEMPTS)
    return 1


def _fail(row: Handover, error: str, moment: datetime, *, final: bool) -> None:
    delay = min(3600, 5 * 2 ** min(row.attempts, 10))
    Handover.objects.filter(id=row.id).update(
        state=Handover.State.FAILED if final else Handover.State.DUE,
        next_attempt_at=moment + timedelta(seconds=delay),
        lease_until=None,
        error=error[:2000],
    )
