"""Questions about tasks, checklists and their templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.http import Http404

from ventanilla.core.prepared import Given, Prepared
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.models import Checklist, ChecklistTemplate, Task, Ticket
from ventanilla.tickets.vocabulary import words


@dataclass(frozen=True)
class ToDo:
    """What is to be done in a ticket: its checklists, each with its items, and the tasks of no checklist."""

    checklists: Sequence[tuple[Checklist, Sequence[Task]]] = ()
    tasks: Sequence[Task] = ()


_TASKS = Prepared(
    lambda: (
        Task.objects.standing()
        .filter(ticket_id=Given("ticket"))
        .select_related("owner", "done_by")
        .order_by("position", "pk")
    )
)


def to_do_of(ticket: Ticket) -> ToDo:
    """What is to be done in a visible ticket, done or not, in order. Two queries at most."""
    tasks = _TASKS.objects(ticket=ticket.pk)
    lists = list(Checklist.objects.filter(ticket=ticket, removed_at=None).order_by("created_at", "pk"))
    held: dict[int | None, list[Task]] = {}
    for task in tasks:
        held.setdefault(task.checklist_id, []).append(task)
    return ToDo([(row, held.get(row.pk, [])) for row in lists], held.get(None, []))


def task_of(ticket: Ticket, pk: int) -> Task:
    """A task of a visible ticket, removed or not, else `Http404`."""
    found = Task.objects.filter(ticket=ticket, pk=pk).select_related("owner", "team", "checklist", "done_by").first()
    if found is None:
        raise Http404
    return found


def checklist_of(ticket: Ticket, pk: int) -> Checklist:
    """A checklist of a visible ticket, removed or not, else `Http404`."""
    found = Checklist.objects.filter(ticket=ticket, pk=pk).first()
    if found is None:
        raise Http404
    return found


def tasks_of_owner(person: Person, *, done: bool = False, most: int = 500) -> Sequence[Task]:
    """Somebody's own tasks in tickets that they may see: what is to be done by due date, or what was done last."""
    own = Task.objects.visible_to(person).filter(owner=person).select_related("ticket", "checklist")
    if done:
        rows = list(own.filter(done_at__isnull=False).order_by("-done_at", "-pk")[:most])
    else:
        rows = list(own.filter(done_at=None).order_by(F("due_at").asc(nulls_last=True), "pk")[:most])
    statuses = words().statuses
    for row in rows:
        row.ticket.status = statuses[row.ticket.status_id]
    return rows


def all_templates() -> list[ChecklistTemplate]:
    """All templates in the administrator's order, archived ones too, as remembered."""
    rows: list[ChecklistTemplate] = by_config_version(
        "tickets.checklist_templates",
        lambda: list(ChecklistTemplate.objects.select_related("team").order_by("position", "pk")),
    )
    return rows


def templates_for(who: Viewer, type_key: str = "", department: int | None = None) -> list[ChecklistTemplate]:
    """The templates that somebody may use: those for all and of their teams, with a type those offered for it; of
    departments, in the tickets of `department`, or None wherever they work."""
    return [
        row
        for row in all_templates()
        if who.is_offered(row, department) and (not type_key or not row.types or type_key in row.types)
    ]


def template_for(who: Viewer, key: str, department: int | None = None) -> ChecklistTemplate:
    """One of those, else `Http404`."""
    found = next((row for row in templates_for(who, department=department) if row.key == key), None)
    if found is None:
        raise Http404
    return found
