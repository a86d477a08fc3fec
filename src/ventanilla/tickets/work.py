"""What a ticket's row tells of the work in it, and whether anybody uses tasks and time at all."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, Q, Sum

from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.queries import by_config_version
from ventanilla.tickets.actions import Stale
from ventanilla.tickets.models import Checklist, Task, Ticket, TimeEntry, Timer

# What belongs to a ticket and goes with it into another one: each knows the ticket it was written in.
_WORK: tuple[Any, ...] = (Checklist, Task, TimeEntry, Timer)


def any_task() -> bool:
    """Whether there has ever been a task: until then nobody is asked for theirs."""
    return by_config_version("tickets.any_task", lambda: Task.objects.exists())


def note_use() -> None:
    """Before the first task is made, inside its transaction: from then on every process has to ask."""
    if not any_task():
        bump_config_version()


def any_time() -> bool:
    """Whether anybody has ever written time down, or let a timer run: until then nothing is drawn of it."""
    return by_config_version("tickets.any_time", lambda: TimeEntry.objects.exists() or Timer.objects.exists())


def note_time_use() -> None:
    """The same as `note_use`, for time."""
    if not any_time():
        bump_config_version()


def recount_time(ticket: Ticket) -> None:
    """Set what a locked ticket's row tells of the time spent on it, and raise its version."""
    spent = TimeEntry.objects.filter(ticket=ticket).aggregate(seconds=Sum("seconds"))["seconds"] or 0
    Ticket.objects.filter(pk=ticket.pk).update(spent_seconds=spent, version=F("version") + 1)
    ticket.refresh_from_db(fields=["spent_seconds", "version"])


def recount(ticket: Ticket) -> None:
    """Set what a locked ticket's row tells of its tasks, and raise its version."""
    to_do = Task.objects.standing().filter(ticket=ticket, done_at=None)
    counted = to_do.aggregate(all=Count("pk"), required=Count("pk", filter=~Q(required_before="")))
    Ticket.objects.filter(pk=ticket.pk).update(
        open_tasks=counted["all"], required_tasks=counted["required"], version=F("version") + 1
    )
    ticket.refresh_from_db(fields=["open_tasks", "required_tasks", "version"])


def move_work(ticket: Ticket, to: Ticket) -> None:
    """Put what is in one ticket into another one, which it is merged into."""
    for model in _WORK:
        model.objects.filter(ticket=ticket).update(ticket=to)


def bring_work_back(ticket: Ticket, to: Ticket, *, origins: Collection[int]) -> None:
    """Put back into a ticket what was written in it, or in what had been merged into it before (`origins`)."""
    for model in _WORK:
        model.objects.filter(ticket=ticket, origin_ticket__in=origins).update(ticket=to)


def check_version(ticket: Ticket, expected: int | None) -> None:
    """Raise `Stale` when somebody was faster: the locked ticket is no longer the one that was read."""
    if expected is not None and ticket.version != expected:
        raise Stale
