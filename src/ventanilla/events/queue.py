"""The queue of wake-ups, as the settings choose it. It only wakes: what is to be done stands in rows."""

import os
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django_tasks_db.management.commands.db_worker import Worker

from ventanilla.events import jobs

LOOKS_EVERY_SECONDS = 0.5


class Queue(Protocol):
    """What takes a wake-up from any process to a worker."""

    def enqueue(self, name: str) -> None:
        """Wake a worker for the due rows called `name`, unless an unread wake-up is there already."""

    def work(self) -> None:
        """Carry out wake-ups for as long as the process lives. Raises what the queue raises when it is away."""


class DatabaseQueue:
    """Wake-ups as rows of the same database, by Django's tasks: nothing else has to run."""

    def enqueue(self, name: str) -> None:
        """Write one wake-up unless an unread one is there."""
        jobs.enqueue(name)

    def work(self) -> None:
        """Look for wake-ups twice a second. Raises DatabaseError when the database is away."""
        worker = Worker(
            queue_names=["default"], interval=LOOKS_EVERY_SECONDS, batch=False, backend_name="default",
            startup_delay=False, max_tasks=None, worker_id=f"embedded-{os.getpid()}", excluded_queue_names=[],
        )  # fmt: skip
        worker.run()


@cache
def chosen() -> Queue:
    """The queue that `settings.TASK_QUEUE` names; loaded when it is first asked for."""
    made: Queue = import_string(settings.TASK_QUEUE)()
    return made
