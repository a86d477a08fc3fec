"""The doorbell: tells open screens that something changed, never what. A ring is a scope key and an event id."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    """Ring in this process; other processes hear by the tail of events (or by Redis)."""
    with _lock:
        listeners = tuple(_listeners)
    for listener in listeners:
        listener(rings)


def ring_events(events: Sequence[Event]) -> None:
    """Ring for events that have just been committed."""
    ring(rings_of(events))


def tail(now: datetime | None = None) -> list[Event]:
    """The events of the last 30 s, by when they were recorded.

    A cursor over ids would lose events: on PostgreSQL an id becomes visible after a higher one may already have been
    seen. Readers remember the ids they know and skip them.
    """
    since = (now or timezone.now()) - timedelta(seconds=TAIL_SECONDS)
    return list(Event.objects.filter(recorded_at__gte=since).order_by("id"))
