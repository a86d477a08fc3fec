"""Keeping the clocks of tickets: reckoned anew whenever something happened to one of them, inside its transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.core.writing import insert, put, update
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, Happening, record
from ventanilla.people.author import Author
from ventanilla.sla.arithmetic import Target, Turn
from ventanilla.sla.book import Book, book, lens
from ventanilla.sla.models import Clock, NextDue
from ventanilla.sla.reckoning import Key, Reckoned, reckon
from ventanilla.sla.wording import Warning
from ventanilla.tickets import replay
from ventanilla.tickets.changing import note_agreed_end
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.replay import Snapshot, Told, snapshots

# Always of interest, whatever agreements ask for.
_TOLD: Final = frozenset({"status", "pending_reason", "team", "assignee", "stage"})
_OVERDUE: Final = "overdue"
_WRITTEN: Final = ("version", "calendar", "target", "turns", "started_at", "ended_at", "due_at", "late", "told")
SYSTEM: Final = Author.system("clocks")

# The clocks of a ticket, oldest first.
CLOCKS = Prepared(lambda: Clock.objects.filter(ticket_id=Given("ticket")).order_by("started_at", "pk"))
_EVENTS = Prepared(
    lambda: (
        Event.objects.filter(topic=Given("topic"), kind__in=sorted(replay.KINDS))
        .order_by("pk")
        .values_list("kind", "at", "data")
    )
)


@dataclass(frozen=True)
class Moment:
    """A moment of a clock: when `warning` is to be given, or it is overdue (None)."""

    at: datetime
    warning: Warning | None

    @property
    def key(self) -> str:
        """What stands for it among those that were told."""
        return self.warning.key if self.warning else _OVERDUE


def run_clocks(happening: Happening, cause: Cause) -> None:
    """Reckon the clocks of a ticket anew after an event of it. A reaction inside the event's transaction."""
    event, known = happening.event, book()
    if not known.in_force or not _matters(event, known):
        return
    ticket = happening.rows.get("ticket") or Ticket.objects.get(pk=int(event.topic.partition(":")[2]))
    if event.kind == "ticket.opened":
        history = list(snapshots([Told(event.kind, event.at, event.data)], lens()))
        _keep(ticket, [], history, known, cause=cause, quiet=happening.quiet)
        return
    follow(ticket, known, cause=cause, quiet=happening.quiet)


def follow(ticket: Ticket, known: Book, *, cause: Cause | None = None, quiet: bool = False) -> None:
    """Reckon the clocks of a locked ticket from its events.

    Records `sla.breached` for a clock that has ended late and of which nobody had been told, `sla.breach_revised` for
    one that was told late and is not any more.
    """
    _keep(ticket, CLOCKS.objects(ticket=ticket.pk), history_of(ticket.pk), known, cause=cause, quiet=quiet)


def history_of(ticket: int) -> list[Snapshot]:
    """What a ticket was after each of its events."""
    events = _EVENTS.rows(topic=f"ticket:{ticket}")
    return list(snapshots((Told(*event) for event in events), lens()))


def moments_of(clock: Reckoned, warnings: Sequence[Warning]) -> Iterator[Moment]:
    """When something has to be said about a clock that runs: each warning, and its end."""
    due = clock.clock.due()
    if due is None:
        return
    yield Moment(due, None)
    calendar = clock.terms.calendar
    whole = clock.target.seconds or calendar.elapsed_seconds(clock.started_at, due)
    for warning in warnings:
        if warning.after_seconds:
            at = calendar.due(due, warning.after_seconds)
        else:
            ahead = warning.before_seconds or whole * (100 - warning.percent) // 100
            at = calendar.before(due, ahead)
        # A warning before the clock began would only say that it did.
        if at is not None and at > clock.started_at:
            yield Moment(at, warning)


def next_moment(clock: Reckoned, warnings: Sequence[Warning], told: Sequence[str]) -> Moment | None:
    """The next thing to be said about a clock; None while it stands, and once everything was said."""
    if not clock.runs:
        return None
    left = [moment for moment in moments_of(clock, warnings) if moment.key not in told]
    return min(left, key=lambda moment: moment.at, default=None)


def read_back(row: Clock, known: Book) -> Reckoned:
    """The clock that a row keeps. Raises `KeyError` when its agreement is unknown."""
    _agreement, edition = known.edition(row.version_id)
    turns = tuple(Turn(datetime.fromisoformat(at), bool(runs), why) for at, runs, why in row.turns)
    terms = known.terms_of(edition, row.calendar_id)
    return Reckoned(key_of(row), terms, Target(**row.target), turns, row.ended_at)


def key_of(row: Clock) -> Key:
    """What tells a clock from the others of its ticket."""
    return (row.side, row.place, row.metric, row.count)


def _matters(event: Event, known: Book) -> bool:
    if event.kind not in ("ticket.changed", "ticket.change_undone"):
        return True
    changed = event.data.get("changes", {}).keys()
    return not _TOLD.isdisjoint(changed) or not known.judged.isdisjoint(changed)


def _keep(
    ticket: Ticket,
    rows: Sequence[Clock],
    history: Sequence[Snapshot],
    known: Book,
    *,
    cause: Cause | None,
    quiet: bool,
) -> None:
    """Write what has changed about the clocks of a ticket, and when to look at them next."""
    there = {key_of(row): row for row in rows}
    found = {clock.key: clock for clock in reckon(history, known)}
    kept: list[tuple[Clock, Reckoned]] = []
    for key, clock in found.items():
        row = there.pop(key, None)
        if row is not None and clock.ended_at is not None and row.ended_at == clock.ended_at:
            continue  # it is over, and was judged by what held then
        kept.append((_write(ticket.pk, row, clock), clock))
    for row in there.values():
        if row.ended_at is None:
            row.delete()
    _tell_changed(ticket, kept, known, cause=cause, quiet=quiet)
    _note_next(ticket, kept, known)


def _write(ticket: int, row: Clock | None, clock: Reckoned) -> Clock:
    values = {
        "version_id": clock.terms.version,
        "calendar_id": clock.terms.calendar_version,
        "target": clock.target.stored(),
        "turns": [[turn.at.isoformat(), int(turn.runs), turn.why] for turn in clock.turns],
        "started_at": clock.started_at,
        "ended_at": clock.ended_at,
        "due_at": _due(clock),
        "late": clock.late() if clock.ended_at is not None else row is not None and _still_late(row, clock),
    }
    if row is None:
        side, place, metric, count = clock.key
        row = Clock(ticket_id=ticket, side=side, place=place, metric=metric, count=count, told=[], **values)
        insert(row)
        return row
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        update(row, *_WRITTEN)
    return row


def _still_late(row: Clock, clock: Reckoned) -> bool:
    """Whether an open clock of which it was said that its end has come is past it, as it is reckoned now."""
    return _OVERDUE in row.told and clock.clock.breached(timezone.now())


def _due(clock: Reckoned) -> datetime | None:
    """What the row says: nothing while it stands open."""
    if clock.ended_at is not None:
        return clock.due(clock.ended_at)
    return clock.clock.due() if clock.runs else None


def _tell_changed(
    ticket: Ticket, kept: Sequence[tuple[Clock, Reckoned]], known: Book, *, cause: Cause | None, quiet: bool
) -> None:
    for row, clock in kept:
        told = _OVERDUE in row.told
        revised, missed = told and not row.late, row.late and not told
        if not revised and not missed:
            continue
        row.told = [*row.told, _OVERDUE] if missed else [key for key in row.told if key != _OVERDUE]
        update(row, "told")
        kind = "sla.breached" if missed else "sla.breach_revised"
        record(
            kind, ticket.topic, actor=SYSTEM.actor, data=about(row, known), cause=cause,
            at=clock.ended_at if missed else None, quiet=quiet,
        )  # fmt: skip


def about(row: Clock, known: Book) -> dict[str, Any]:
    """What events say of a clock."""
    agreement, edition = known.edition(row.version_id)
    return {
        "clock": row.pk,
        "side": row.side,
        "metric": row.metric,
        "count": row.count,
        "agreement": agreement.pk,
        "version": edition.row.number,
        "team": row.place or None,
        "due": row.due_at.isoformat() if row.due_at else None,
    }


def _note_next(ticket: Ticket, kept: Sequence[tuple[Clock, Reckoned]], known: Book) -> None:
    """When the ticker looks next, and the first end for lists. Without an open clock there is no row."""
    still = [(row, clock) for row, clock in kept if clock.ended_at is None]
    note_agreed_end(ticket, min((row.due_at for row, _clock in still if row.due_at is not None), default=None))
    if not still:
        NextDue.objects.filter(ticket=ticket).delete()
        return
    moments = [
        moment.at
        for row, clock in still
        if (moment := next_moment(clock, known.edition(row.version_id)[1].wording.warnings, row.told)) is not None
    ]
    row = NextDue(ticket=ticket, at=min(moments, default=None), stamp=known.stamp)
    put(row, unique=("ticket",), then=("at", "stamp"))
