"""Opening the gate in front of the log: only for erasure, retention, wiping the demo and tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from ventanilla.events.models import EventsGate


@contextmanager
def open_gate(reason: str) -> Iterator[None]:
    """Inside this block, and only in its transaction, events may be changed or deleted."""
    with transaction.atomic():
        row = EventsGate.objects.create(reason=reason)
        yield
        row.delete()
