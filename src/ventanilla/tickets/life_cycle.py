"""What becomes of tickets that nobody touches: reminders, then resolved, then closed, after days that are set.

The next step of a ticket is a due time in its row (`cycle_at`), put there whenever its status changes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ventanilla.core.workdays import after_workdays
from ventanilla.installation.queries import installation
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

SETTING: Final = "life_cycle"


@dataclass(frozen=True)
class LifeCycle:
    """The days. `remind` and `resolve` are working days of waiting for the requester; the others are plain days.

    `close` counts from being resolved; within `reopen` days of closing an answer opens the ticket again, later it opens
    a new one that is linked to it.
    """

    on: bool = True
    remind: tuple[int, ...] = (3, 6)
    resolve: int = 10
    close: int = 5
    reopen: int = 15

    def as_setting(self) -> dict[str, Any]:
        """The value kept among the installation's settings."""
        return asdict(self) | {"remind": list(self.remind)}


def life_cycle() -> LifeCycle:
    """The life cycle as it is set, or as every installation begins."""
    kept: Mapping[str, Any] = installation().settings.get(SETTING) or {}
    if not kept:
        return LifeCycle()
    return LifeCycle(**{**kept, "remind": tuple(kept["remind"])})


def next_step(ticket: Ticket, step: int, since: datetime) -> datetime | None:
    """When the ticket's `step`-th step is due, for a state that began at `since`; None when nothing will happen.

    A ticket that waits for its requester is reminded once for each of `remind` and then resolved; one that waits for
    anything else, or until a date, is left alone, and so is spam and what was merged. A resolved ticket is closed.
    """
    days = life_cycle()
    if not days.on or ticket.stage in (Ticket.Stage.SPAM, Ticket.Stage.MERGED):
        return None
    if ticket.status_category == StatusCategory.RESOLVED:
        return since + timedelta(days=days.close)
    if waits_for_requester(ticket):
        waited = (*days.remind, days.resolve)[min(step, len(days.remind))]
        return after_workdays(since, waited, ZoneInfo(installation().time_zone))
    return None


def waits_for_requester(ticket: Ticket) -> bool:
    """Whether it is the requester's turn, and no date was set until which the ticket waits."""
    if ticket.status_category != StatusCategory.PENDING or ticket.pending_until is not None:
        return False
    reason = words().reasons.get(ticket.pending_reason_id or 0)
    return reason is not None and reason.waits_for_requester


def reopens(ticket: Ticket, now: datetime) -> bool:
    """Whether an answer opens this ticket again; else it was closed too long ago and the answer opens a new one."""
    days = life_cycle()
    if ticket.status_category != StatusCategory.CLOSED or ticket.closed_at is None or not days.on:
        return True
    return now <= ticket.closed_at + timedelta(days=days.reopen)
