"""What the ticker does for clocks: warnings and ends that have come, and reckoning anew after agreements changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from ventanilla.events.record import record
from ventanilla.installation.modules import is_on
from ventanilla.sla.book import MODULE, Book, book
from ventanilla.sla.clocks import SYSTEM, about, follow, moments_of, next_moment, read_back
from ventanilla.sla.models import Clock, NextDue, Recount
from ventanilla.tickets.changing import note_agreed_end
from ventanilla.tickets.models import Ticket

BATCH: Final = 500
# Tickets that one transaction looks at: what waits for the database's one writer waits for these.
AT_ONCE: Final = 25
# What was due longer ago than this is written down, but nobody is told: it is no news where an agreement is new.
_NEWS: Final = timedelta(days=1)


def tell_due(now: datetime) -> int:
    """Give the warnings that are due and say which ends have come; returns for how many tickets.

    Records `sla.warned` and `sla.breached`. Two tickers tell once: each ticket is claimed by a conditional change.
    """
    due = list(NextDue.objects.filter(at__lte=now).order_by("at").values_list("ticket_id", flat=True)[:BATCH])
    known = book()
    return sum(_tell(due[start : start + AT_ONCE], known, now) for start in range(0, len(due), AT_ONCE))


@transaction.atomic
def _tell(tickets: Sequence[int], known: Book, now: datetime) -> int:
    rows = NextDue.objects.select_for_update().filter(ticket_id__in=tickets, at__lte=now).order_by("ticket_id")
    claimed = {row.ticket_id: row for row in rows}
    if not is_on(MODULE):
        return 0
    open_clocks: dict[int, list[Clock]] = {}
    for clock in Clock.objects.filter(ticket_id__in=claimed, ended_at=None).order_by("pk"):
        open_clocks.setdefault(clock.ticket_id, []).append(clock)
    for ticket, row in claimed.items():
        row.at = min(
            (at for clock in open_clocks.get(ticket, ()) if (at := _tell_one(clock, known, now)) is not None),
            default=None,
        )
    NextDue.objects.bulk_update(claimed.values(), ["at"])
    return len(claimed)


def _tell_one(row: Clock, known: Book, now: datetime) -> datetime | None:
    """Say what is due about a clock; returns when to look again."""
    clock = read_back(row, known)
    _agreement, edition = known.edition(row.version_id)
    warnings = edition.wording.warnings
    if not clock.runs:
        return None
    said = [m for m in moments_of(clock, warnings) if m.at <= now and m.key not in row.told]
    for moment in sorted(said, key=lambda moment: moment.at):
        row.told, old = [*row.told, moment.key], moment.at < now - _NEWS
        kind, data = "sla.breached", about(row, known)
        if moment.warning is not None:
            kind, data = "sla.warned", data | {"warning": moment.key}
        else:
            row.late = True
        record(kind, f"ticket:{row.ticket_id}", actor=SYSTEM.actor, data=data, at=moment.at, quiet=old)
    if said:
        row.save(update_fields=["told", "late"])
    after = next_moment(clock, warnings, row.told)
    return after.at if after is not None else None


def recount_due(now: datetime) -> int:
    """Reckon a batch of open tickets anew when agreements, calendars or statuses have changed since; how many it was.

    It goes through them by id and remembers how far it has come (`Recount`), so that a stop loses nothing.
    """
    if not is_on(MODULE):
        return _put_away()
    known = book()
    run = Recount.objects.first()
    if run is not None and run.stamp == known.stamp and run.ended_at is not None:
        return 0
    if run is None and known.unused:
        return 0
    if run is None or run.stamp != known.stamp:
        run = _begun(run, known.stamp, now)
    tickets = list(_waiting(known).filter(pk__gt=run.after).order_by("pk").values_list("pk", flat=True)[:BATCH])
    for start in range(0, len(tickets), AT_ONCE):
        done = tickets[start : start + AT_ONCE]
        with transaction.atomic():
            for ticket in Ticket.objects.select_for_update().filter(pk__in=done).order_by("pk"):
                follow(ticket, known)
            Recount.objects.filter(pk=run.pk).update(after=done[-1], done=run.done + start + len(done))
    if len(tickets) < BATCH:
        Recount.objects.filter(pk=run.pk, stamp=known.stamp).update(ended_at=now)
    return len(tickets)


@transaction.atomic
def _put_away() -> int:
    """Without the module no list shows a deadline of its clocks. They stay, and once it is on again everything is
    reckoned anew: nobody follows what happens meanwhile."""
    Recount.objects.exclude(stamp=0).update(stamp=0)
    tickets = list(NextDue.objects.order_by("ticket_id").values_list("ticket_id", flat=True)[:AT_ONCE])
    for ticket in Ticket.objects.select_for_update().filter(pk__in=tickets).order_by("pk"):
        note_agreed_end(ticket, None)
    NextDue.objects.filter(ticket_id__in=tickets).delete()
    return len(tickets)


def _begun(run: Recount | None, stamp: int, now: datetime) -> Recount:
    begun = Recount(pk=run.pk if run else 1, stamp=stamp, total=Ticket.objects.filter(is_open=1).count(), begun_at=now)
    begun.save()
    return begun


def _waiting(known: Book) -> QuerySet[Ticket]:
    """The tickets whose open clocks may be other ones by now."""
    return Ticket.objects.filter(
        Q(is_open=1, next_due=None) | (Q(next_due__isnull=False) & ~Q(next_due__stamp=known.stamp))
    )
