"""What becomes of tickets that nobody touches: reminders, then resolved, then closed, after days that are set.

The next step of a ticket is a due time in its row (`cycle_at`), put there whenever its status changes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ventanilla.core.calendars import Calendar
from ventanilla.installation.queries import installation
from ventanilla.people.calendars import usual_calendar
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

SETTING: Final = "life_cycle"


@dataclass(frozen=True)
class LifeCycle:
    """The days. `remind` and `resolve` are working days (of the default calendar) of waiting for the requester; the
    others are plain days.

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
        return after_working_days(usual_calendar(), since, waited)
    return None


def after_working_days(calendar: Calendar, since: datetime, days: int) -> datetime:
    """The same time of the day, so many open dates of a calendar after `since` (aware). What begins on a closed date
    counts from the next open one. A calendar that has no more open dates counts plain days."""
    begun: datetime | None = since
    if not calendar.opens_on(since.astimezone(calendar.zone).date()):
        begun = calendar.due_days(since, 1)
    found = calendar.due_days(begun, days) if begun is not None else None
    return found or since + timedelta(days=days)


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
