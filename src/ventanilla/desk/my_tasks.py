"""What somebody has to do, in all tickets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import desk_page, person_of
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Task
from ventanilla.tickets.task_queries import tasks_of_owner

_SOON = timedelta(days=7)


@require_safe
@desk_page
def my_tasks(request: HttpRequest) -> HttpResponseBase:
    """One's own tasks, by when they are due; `done` shows those that are done."""
    return render(request, "desk/my_tasks.html", tasks_context(person_of(request), done=bool(request.GET.get("done"))))


def tasks_part(request: HttpRequest, toast: dict[str, Any]) -> HttpResponse:
    """The list read again, and a toast, after one has ticked a task there."""
    context = tasks_context(person_of(request), done=bool(request.GET.get("done")))
    return render(request, "desk/my_tasks_in.html", context | {"toast": toast})


def tasks_context(person: Person, *, done: bool) -> dict[str, Any]:
    """The groups of tasks that are not empty, each with a title."""
    rows, now = tasks_of_owner(person, done=done), timezone.now()
    groups = [(_("Done"), rows)] if done else _groups(rows, now)
    return {
        "done": done,
        "may": person.may(Right.CHANGE),
        "groups": [(title, [_line(row, now, done=done) for row in held]) for title, held in groups if held],
        "url": reverse("desk-my-tasks"),
    }


def _groups(rows: Sequence[Task], now: datetime) -> list[tuple[str, Sequence[Task]]]:
    today = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=999_999)
    titles = (_("Overdue"), _("Today"), _("In the next days"), _("Later"), _("Without a date"))
    ends = (now, today, today + _SOON)
    held: list[list[Task]] = [[] for _title in titles]
    for row in rows:
        due = row.due_at
        place = 4 if due is None else next((n for n, end in enumerate(ends) if due <= end), 3)
        held[place].append(row)
    return list(zip(titles, held, strict=True))


def _line(row: Task, now: datetime, *, done: bool) -> dict[str, Any]:
    tick = reverse("desk-task-tick", args=[row.ticket.number, row.pk])
    return {
        "pk": row.pk,
        "title": row.title,
        "list": row.checklist.title if row.checklist else "",
        "number": row.ticket.number,
        "subject": row.ticket.subject,
        "category": row.ticket.category_of_status.key,
        "status": str(row.ticket.status),
        "url": reverse("desk-ticket", args=[row.ticket.number]),
        "tick_url": f"{tick}?mine=1{'&done=1' if done else ''}",
        "done": done,
        "at": row.done_at if done else row.due_at,
        "late": not done and row.due_at is not None and row.due_at <= now,
    }
