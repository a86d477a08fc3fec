"""Putting a ticket off: one's own «not before», which ends by itself, by an answer of the requester, or by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, Happening, record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets.changing import GIVEN
from ventanilla.tickets.models import ReadMark, Snooze, Ticket

BATCH = 100
MOST_DAYS = 366


@transaction.atomic
def snooze(*, by: Author, ticket: Ticket, until: datetime) -> None:
    """Put a ticket the author may see out of their own lists until a moment (aware); a second time moves it.

    Records `snooze.began` about the person. Raises `ValidationError` for a moment that has passed or is more than
    `MOST_DAYS` days away.
    """
    if by.person is None:
        raise PermissionDenied
    by.require(Right.DESK)
    now = timezone.now()
    if not now < until <= now + timedelta(days=MOST_DAYS):
        raise ValidationError({"until": _("Choose a moment in the future, a year from now at most.")})
    Snooze.objects.update_or_create(person=by.person, ticket=ticket, defaults={"until": until})
    data = {"ticket": ticket.pk, "until": until.isoformat()}
    record("snooze.began", f"person:{by.person.pk}", actor=by.actor, data=data)


@transaction.atomic
def take_back(*, by: Author, ticket: Ticket) -> bool:
    """Bring a ticket back into the author's lists before its time. False when it was not away.

    Records `snooze.ended`.
    """
    if by.person is None:
        raise PermissionDenied
    rows = Snooze.objects.filter(person=by.person, ticket=ticket)
    return bool(_end(list(rows), "taken_back", actor=by.actor))


def wake_due(now: datetime) -> int:
    """End what was put off until now: back as unread, and its person is told. Returns how many.

    Two tickers end it once. Records `snooze.ended`, caused by nothing but the clock.
    """
    due = Snooze.objects.filter(until__lte=now).order_by("until").values_list("pk", flat=True)
    return sum(_wake(pk, now) for pk in list(due[:BATCH]))


@transaction.atomic
def _wake(pk: int, now: datetime) -> int:
    rows = list(Snooze.objects.select_related("ticket").filter(pk=pk, until__lte=now))
    woken = _end(rows, "due", actor="system:ticker")
    for row in rows[:woken]:
        before = row.ticket.updated_at - timedelta(microseconds=1)
        ReadMark.objects.bulk_create(
            [ReadMark(person_id=row.person_id, ticket=row.ticket, seen_at=before)],
            update_conflicts=True,
            unique_fields=["person", "ticket"],
            update_fields=["seen_at"],
        )
    return woken


def wake_answered(happening: Happening, cause: Cause) -> None:
    """A requester's answer brings the ticket back for everybody who had put it off; a machine's answer does not, nor
    any change but that which gives what they were asked for."""
    data = happening.event.data
    if data.get("automatic") or (happening.event.kind == "ticket.changed" and data.get("reason") != GIVEN):
        return
    ticket = int(happening.event.topic.partition(":")[2])
    rows = list(Snooze.objects.filter(ticket_id=ticket))
    _end(rows, "answered", actor=happening.event.actor, cause=cause, quiet=happening.quiet)


def _end(
    rows: Sequence[Snooze],
    reason: Literal["due", "answered", "taken_back"],
    *,
    actor: str,
    cause: Cause | None = None,
    quiet: bool = False,
) -> int:
    """Delete the rows; who deletes one has ended it, and records it."""
    ended = 0
    for row in rows:
        deleted, _models = Snooze.objects.filter(pk=row.pk, until=row.until).delete()
        if deleted:
            ended += 1
            data = {"ticket": row.ticket_id, "reason": reason}
            record("snooze.ended", f"person:{row.person_id}", actor=actor, data=data, cause=cause, quiet=quiet)
    return ended
