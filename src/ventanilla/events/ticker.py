"""The ticker: once a second it looks at every table with due times. Several tickers are safe, for rows are claimed."""

import threading
import time
from datetime import datetime

import structlog
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from ventanilla.events import registry
from ventanilla.events.beat import beat
from ventanilla.events.handover import run_due

log = structlog.get_logger("ventanilla.ticker")


def tick(now: datetime | None = None, *, last: dict[str, float] | None = None) -> int:
    """Look at everything once; returns how many rows were taken. `last` remembers when each was looked at (seconds)."""
    moment = now or timezone.now()
    taken = run_due(moment)
    for due in registry.due():
        if last is not None and due.every_seconds > 1:
            if time.monotonic() - last.get(due.name, float("-inf")) < due.every_seconds:
                continue
            last[due.name] = time.monotonic()
        try:
            if last is not None:
                beat()
            taken += due.take(moment)
        except DatabaseError as error:
            log.warning("due rows could not be read", name=due.name, error=repr(error))
    return taken


def run_for_ever(stop: threading.Event, *, pause_seconds: float = 1.0) -> None:
    """Tick until `stop` is set; a database that is away for a while only delays the next tick."""
    last: dict[str, float] = {}
    while not stop.is_set():
        close_old_connections()
        try:
            taken = tick(last=last)
        except DatabaseError as error:
            log.warning("tick failed", error=repr(error))
            taken = 0
        if not taken:
            stop.wait(pause_seconds)
