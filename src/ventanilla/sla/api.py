"""The clocks of a ticket in the REST API."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from ventanilla.people.viewer import viewer
from ventanilla.sla.queries import Shown, clocks_of
from ventanilla.tickets.api import caller
from ventanilla.tickets.queries import ticket_for
from ventanilla.tickets.vocabulary import words_for

router = Router(tags=["tickets"])


class StretchOut(Schema):
    """A part of a clock's time: its open seconds were counted if it ran, and `why` says why it stood."""

    begins: datetime
    ends: datetime
    runs: bool
    why: str
    open_seconds: int


class ClockOut(Schema):
    """A time that is measured. `side`: sla, ola or supplier; `team` whose time counts (null: everybody's); `state`:
    running, standing, met or missed; a target is open seconds or working days. `remaining_seconds` is null for days."""

    side: str
    metric: str
    count: int
    agreement: str
    version: int
    team: str | None
    target_seconds: int | None
    target_days: int | None
    state: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    late: bool
    elapsed_seconds: int
    remaining_seconds: int | None
    reason: str
    stretches: list[StretchOut]


class ClockList(Schema):
    """The clocks of a ticket, oldest first."""

    items: list[ClockOut]


@router.get("/tickets/{number}/clocks", response=ClockList, summary="The clocks of a ticket, explained")
def list_clocks(request: HttpRequest, number: str) -> dict[str, Any]:
    """What was agreed for this ticket and how it stands, every stretch of time accounted for. For the desk alone."""
    person = caller(request)
    ticket = ticket_for(person, number)
    if not viewer(person).staff:
        raise PermissionDenied
    known = words_for(viewer(person))
    return {"items": [_out(shown, known.teams) for shown in clocks_of(ticket, timezone.now())]}


def _out(shown: Shown, teams: Any) -> dict[str, Any]:
    row, target = shown.row, shown.clock.target
    team = teams.get(row.place)
    state = "missed" if shown.late else "met" if not shown.open else "standing" if shown.standing else "running"
    return {
        "side": row.side,
        "metric": row.metric,
        "count": row.count,
        "agreement": shown.agreement.key,
        "version": shown.edition.row.number,
        "team": team.key if team is not None else None,
        "target_seconds": target.seconds or None,
        "target_days": target.days or None,
        "state": state,
        "started_at": row.started_at,
        "due_at": shown.due_at,
        "ended_at": row.ended_at,
        "late": shown.late,
        "elapsed_seconds": shown.reading.elapsed_seconds,
        "remaining_seconds": shown.reading.remaining_seconds,
        "reason": row.reason,
        "stretches": [vars(part) for part in shown.stretches()],
    }
