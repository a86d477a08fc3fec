"""Waking the background. A wake-up carries no truth: due rows do, and the ticker finds what no wake-up told."""

import threading
import time
from collections.abc import Callable

from django.db import transaction

_QUIET_SECONDS = 0.2

_lock = threading.Lock()
_last: dict[str, float] = {}
_enqueue: Callable[[str], None] | None = None


def install(enqueue: Callable[[str], None]) -> None:
    """Set what puts a wake-up on the task queue; `None` before the wiring has run."""
    global _enqueue
    _enqueue = enqueue


def wake(name: str) -> None:
    """Ask a worker to look at the due rows called `name` soon.

    Bursts share wake-ups: a process sends at most five a second per name, for a worker that is awake drains everything.
    """
    now = time.monotonic()
    with _lock:
        if now - _last.get(name, 0.0) < _QUIET_SECONDS:
            return
        _last[name] = now
    if _enqueue is not None:
        _enqueue(name)


def wake_on_commit(name: str) -> None:
    """The same once the running transaction has committed."""
    transaction.on_commit(lambda: wake(name))
