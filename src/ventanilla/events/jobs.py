"""Background tasks. Each only says "look at your due rows": what to do stands in the rows."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from ventanilla.core.asking import in_a_hurry
from ventanilla.events import registry
from ventanilla.events.handover import run_due

_MOST_ROUNDS = 500


@task()
def look_at_due_rows(name: str) -> int:
    """Drain the due rows called `name` (`handover`, or a `Due` of the wiring); returns how many rows were taken."""
    return drain(name)


def drain(name: str) -> int:
    """The same in this process: rounds until nothing is due."""
    takers: dict[str, Callable[[datetime], int]] = {due.name: due.take for due in registry.due()}
    takers["handover"] = run_due
    take = takers[name]
    total = 0
    for _ in range(_MOST_ROUNDS):
        taken = take(timezone.now())
        if not taken:
            break
        total += taken
    return total


def enqueue(name: str) -> None:
    """Put one wake-up on the queue unless an unread one is there already."""
    waiting = DBTaskResult.objects.ready().filter(task_path=look_at_due_rows.module_path, args_kwargs__args=[name])
    if not waiting.exists():
        # It carries no truth: what it would have told of, the ticker finds.
        with in_a_hurry():
            look_at_due_rows.enqueue(name)


def prune_results(now: datetime) -> int:
    """Forget finished wake-ups older than a day: they carry no truth. Not counted as work: returns 0."""
    finished = DBTaskResult.objects.finished().filter(finished_at__lt=now - timedelta(days=1))
    finished.delete()
    return 0
