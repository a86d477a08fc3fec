"""Carrying out what was handed over to the background: claimed by lease, done exactly once, retried with patience."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from ventanilla.core.asking import ask, run
from ventanilla.core.prepared import Given, Prepared
from ventanilla.events import registry
from ventanilla.events.models import Handover
from ventanilla.events.record import Cause, Happening

log = structlog.get_logger("ventanilla.events")

LEASE_SECONDS = 60
MOST_ATTEMPTS = 12
BATCH = 100
# How many are claimed, and carried out in one transaction. On SQLite nobody else writes meanwhile: some milliseconds.
TOGETHER = 10

_PLACES = tuple(f"id{n}" for n in range(TOGETHER))
_IDS = ", ".join(["%s"] * TOGETHER)
_CLAIM = f"""
UPDATE events_handover SET next_attempt_at = %s, lease_until = %s, attempts = attempts + 1
WHERE id IN ({_IDS}) AND state = %s AND next_attempt_at <= %s RETURNING id
"""  # noqa: S608 - places for values alone
_DONE = f"UPDATE events_handover SET state = %s, lease_until = NULL, error = '' WHERE id IN ({_IDS})"  # noqa: S608 - as above
_ROWS = Prepared(
    lambda: (
        Handover.objects.filter(id__in=[Given(place) for place in _PLACES])
        .select_related("event__payload")
        .order_by("id")
    )
)


def run_due(now: datetime | None = None) -> int:
    """Carry out a batch of due hand-overs; returns how many were taken. Safe with any number of workers.

    Rows are claimed by moving their due time one lease ahead; if this process is killed, the lease runs out and another
    takes them. A reaction's writes and the mark "done" commit together, so a reaction that only writes is done once.
    Several share a transaction, for a commit costs more than most reactions; where one of them fails, none is done, and
    each is tried by itself.
    """
    moment = now or timezone.now()
    due = list(
        Handover.objects.filter(state=Handover.State.DUE, next_attempt_at__lte=moment)
        .order_by("next_attempt_at")
        .values_list("id", flat=True)[:BATCH]
    )
    return sum(_claim_and_run(due[start : start + TOGETHER], moment) for start in range(0, len(due), TOGETHER))


def _claim_and_run(ids: Sequence[int], moment: datetime) -> int:
    lease = moment + timedelta(seconds=LEASE_SECONDS)
    claimed = ask(_CLAIM, lease, lease, *_filled(ids), Handover.State.DUE.value, moment)
    if not claimed:
        return 0
    rows = _ROWS.objects(**dict(zip(_PLACES, _filled([pk for (pk,) in claimed]), strict=True)))
    if not _done_together(rows):
        for row in rows:
            _try_alone(row, moment)
    return len(rows)


def _done_together(rows: Sequence[Handover]) -> bool:
    # What was tried before may have ended its process: it must not take others with it again.
    if len(rows) == 1 or any(row.attempts > 1 for row in rows):
        return False
    try:
        _carry_out(rows)
    except Exception as error:  # noqa: BLE001 - whatever a reaction raises must not stop the others
        log.info("handovers are tried one by one", error=repr(error))
        return False
    return True


@transaction.atomic
def _carry_out(rows: Sequence[Handover]) -> None:
    reactions = {reaction.name: reaction for reaction in registry.after_commit()}
    for row in rows:
        event = row.event
        personal: dict[str, Any] = event.payload.data if hasattr(event, "payload") else {}
        reactions[row.reaction].run(Happening(event, personal, {}), Cause(event))
    run(_DONE, Handover.State.DONE.value, *_filled([row.pk for row in rows]))


def _try_alone(row: Handover, moment: datetime) -> None:
    if row.reaction not in {reaction.name for reaction in registry.after_commit()}:
        _fail(row, f"no reaction is called {row.reaction}", moment, final=True)
        return
    try:
        _carry_out([row])
    except Exception as error:  # noqa: BLE001 - it is kept and retried
        log.warning("handover failed", reaction=row.reaction, of=row.event_id, error=repr(error))
        _fail(row, repr(error), moment, final=row.attempts >= MOST_ATTEMPTS)


def _filled(ids: Sequence[int]) -> list[int]:
    """As many ids as there are places; no row has the id 0."""
    return [*ids, *[0] * (TOGETHER - len(ids))]


def _fail(row: Handover, error: str, moment: datetime, *, final: bool) -> None:
    delay = min(3600, 5 * 2 ** min(row.attempts, 10))
    Handover.objects.filter(id=row.id).update(
        state=Handover.State.FAILED if final else Handover.State.DUE,
        next_attempt_at=moment + timedelta(seconds=delay),
        lease_until=None,
        error=error[:2000],
    )
