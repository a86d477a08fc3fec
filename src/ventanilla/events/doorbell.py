"""The doorbell: tells open screens that something changed, never what. A ring is a scope key and an event id."""

import threading
from collections.abc import AsyncIterator, Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.utils import timezone

from ventanilla.events.models import Event

TAIL_SECONDS = 30

_lock = threading.Lock()
_listeners: list[Callable[[Sequence["Ring"]], None]] = []


@dataclass(frozen=True)
class Ring:
    """Something under `scope` (`ticket:12`, `department:3`, `person:9`) changed with event `event`."""

    scope: str
    event: int


class Carrier(Protocol):
    """What carries rings between processes; without one they hear of each other by the tail of events alone."""

    def answers(self) -> bool:
        """Whether it can be used just now."""

    def publish(self, rings: Sequence[Ring]) -> None:
        """Ring in all processes; never raises because it is away."""

    def rings(self) -> AsyncIterator[list[Ring]]:
        """Rings of all processes, until the connection breaks (`ConnectionError`)."""


_carrier: Carrier | None = None


def scopes(event: Event) -> set[str]:
    """The scope keys whose screens an event concerns: its topic, and the ids its context names."""
    keys = {event.topic}
    context = event.data.get("context") or {}
    for name in ("department", "team", "organization"):
        if context.get(name):
            keys.add(f"{name}:{context[name]}")
    for name in ("requester", "assignee"):
        if context.get(name):
            keys.add(f"person:{context[name]}")
    before = event.data.get("changes") or {}
    for name, scope in (("department", "department"), ("team", "team"), ("assignee", "person")):
        old = before.get(name)
        if isinstance(old, list) and old and old[0]:
            keys.add(f"{scope}:{old[0]}")
    return keys


def rings_of(events: Iterable[Event]) -> list[Ring]:
    """All rings of some events."""
    return [Ring(scope, event.id) for event in events for scope in scopes(event)]


def listen(listener: Callable[[Sequence[Ring]], None]) -> Callable[[], None]:
    """Be told of rings that start in this process; returns how to stop listening."""
    with _lock:
        _listeners.append(listener)

    def stop() -> None:
        with _lock:
            _listeners.remove(listener)

    return stop


def ring(rings: Sequence[Ring]) -> None:
    """Ring in this process, and in the others: by Redis where there is one, else by their tail of events."""
    with _lock:
        listeners = tuple(_listeners)
    for listener in listeners:
        listener(rings)
    if _carrier is not None:
        _carrier.publish(rings)


def carry_by(carrier: Carrier | None) -> None:
    """Set what carries rings between processes; set once by the wiring."""
    global _carrier
    _carrier = carrier


def carrier() -> Carrier | None:
    """What carries rings between processes, if anything does."""
    return _carrier


def ring_events(events: Sequence[Event]) -> None:
    """Ring for events that have just been committed."""
    ring(rings_of(events))


def tail(known: Container[int], now: datetime | None = None) -> list[Event]:
    """The events of the last 30 s that are not `known`, by when they were recorded.

    A cursor over ids would lose events: on PostgreSQL an id becomes visible after a higher one may already have been
    seen. So the ids of the last 30 s are read again and again, and the rows of unknown ones alone.
    """
    since = (now or timezone.now()) - timedelta(seconds=TAIL_SECONDS)
    ids = Event.objects.filter(recorded_at__gte=since).values_list("pk", flat=True)
    fresh = [pk for pk in ids if pk not in known]
    return list(Event.objects.filter(pk__in=fresh).order_by("pk")) if fresh else []
