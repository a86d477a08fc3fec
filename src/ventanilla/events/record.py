"""`record()`: the one way to say that something happened, and the order in which everything else hears of it."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ventanilla.core.writing import insert
from ventanilla.events import doorbell, registry, wake
from ventanilla.events.models import Event, Handover, Payload


class UnknownKind(ValueError):
    """An event of a kind that no `kinds.py` declares."""


@dataclass(frozen=True)
class Happening:
    """An event as reactions get it: with its personal text, and the rows at hand so that nobody reads them again.

    `quiet` marks imports and demo data: recorded and searchable, but nobody outside is told.
    """

    event: Event
    personal: Mapping[str, Any]
    rows: Mapping[str, Any]
    quiet: bool = False


@dataclass(frozen=True)
class Cause:
    """Why the next event happens. With a queue, `record()` only inserts and queues; the outermost call drains."""

    event: Event
    queue: deque[Happening] | None = None

    @property
    def depth(self) -> int:
        """How far the next event stands from the root of its chain."""
        return self.event.depth + 1


@dataclass(frozen=True)
class Fact:
    """What one of several events of one kind is about: see `record`."""

    topic: str
    data: Mapping[str, Any]
    personal: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Drain:
    queue: deque[Happening] = field(default_factory=deque)
    done: list[Happening] = field(default_factory=list)


def record(
    kind: str,
    topic: str,
    *,
    actor: str,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
    cause: Cause | None = None,
    at: datetime | None = None,
    rows: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Event:
    """Append one event and let everything that reacts inside the transaction react, in the wiring's order.

    Must run inside the transaction of the action it records. `at` is when it happened (UTC), now by default.
    Hand-over rows for the background stand in the same transaction; screens ring and workers wake after the commit.
    Raises `UnknownKind` for an undeclared kind.
    """
    fact = Fact(topic, data or {}, personal or {}, rows or {})
    return record_each(kind, [fact], actor=actor, cause=cause, at=at, quiet=quiet)[0]


def record_each(
    kind: str,
    facts: Sequence[Fact],
    *,
    actor: str,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> list[Event]:
    """Append an event for each of the facts, as `record` does one by one, their rows written together."""
    if kind not in registry.kinds():
        raise UnknownKind(kind)
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{kind} must be recorded inside a transaction")
    now = timezone.now()
    happenings = [
        Happening(
            Event(
                kind=kind,
                topic=fact.topic,
                actor=actor,
                cause=cause.event.id if cause else None,
                root=cause.event.chain if cause else None,
                depth=cause.depth if cause else 0,
                at=at or now,
                recorded_at=now,
                data=dict(fact.data),
            ),
            dict(fact.personal),
            dict(fact.rows),
            quiet,
        )
        for fact in facts
    ]
    insert(*(happening.event for happening in happenings))
    insert(*(Payload(event=one.event, data=dict(one.personal)) for one in happenings if one.personal))
    if cause is not None and cause.queue is not None:
        cause.queue.extend(happenings)
    else:
        _drain(happenings)
    return [happening.event for happening in happenings]


def _drain(first: Sequence[Happening]) -> None:
    drain = _Drain(deque(first))
    while drain.queue:
        happening = drain.queue.popleft()
        cause = Cause(happening.event, drain.queue)
        for reaction in registry.before_commit():
            if happening.event.kind in reaction.kinds:
                reaction.run(happening, cause)
        drain.done.append(happening)
    handed_over = [
        Handover(event=h.event, reaction=reaction.name, next_attempt_at=h.event.recorded_at)
        for h in drain.done
        if not h.quiet
        for reaction in registry.after_commit()
        if h.event.kind in reaction.kinds
    ]
    insert(*handed_over)
    events = [h.event for h in drain.done if not h.quiet]
    if events:
        transaction.on_commit(lambda: _after_commit(events, bool(handed_over)))


def _after_commit(events: list[Event], handed_over: bool) -> None:
    doorbell.ring_events(events)
    if handed_over:
        wake.wake("handover")
