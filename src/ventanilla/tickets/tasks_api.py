"""Tasks and checklists of tickets in the REST API."""

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Header, Router, Schema
from pydantic import Field

from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.api import Address, PersonOut, Short, agent_with, caller, key_of, person_out, version_in
from ventanilla.tickets.checklists import (
    Item,
    add_checklist,
    add_from_template,
    remove_checklist,
    rename_checklist,
)
from ventanilla.tickets.models import Checklist, ChecklistTemplate, Task, Ticket
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.queries import ticket_for
from ventanilla.tickets.task_queries import checklist_of, task_of, template_for, templates_for, to_do_of
from ventanilla.tickets.tasks import add_task, change_task, remove_task, set_done
from ventanilla.tickets.vocabulary import Words, words_for

router = Router(tags=["tickets"])
IfMatch = Annotated[str | None, Header(alias="If-Match")]


class TaskOut(Schema):
    """A task. `checklist`: the id of the one it is an item of. `required_before`: `category:resolved`, `status:KEY` or
    empty."""

    id: int
    title: str
    checklist: int | None
    owner: PersonOut | None
    team: str | None
    due_at: datetime | None
    required_before: str
    done_at: datetime | None
    done_by: PersonOut | None


class TaskList(Schema):
    """The tasks of a ticket, items of checklists among them."""

    items: list[TaskOut]


class TaskIn(Input):
    """A new task. `owner` is the address of an agent who may see the ticket, `team` a key, `checklist` an id."""

    title: Short
    checklist: int | None = None
    owner: Address | None = None
    team: Short | None = None
    due_at: datetime | None = None
    required_before: Short = ""


class TaskPatch(Input):
    """New values of some fields; `null` empties one. `done` ticks the task, or takes the tick back."""

    title: Short | None = None
    owner: Address | None = None
    team: Short | None = None
    due_at: datetime | None = None
    required_before: Short | None = None
    done: bool | None = None


class ChecklistOut(Schema):
    """A checklist with its items in order. `template`: the key of what it was made from, or empty."""

    id: int
    title: str
    template: str
    done: int
    total: int
    items: list[TaskOut]


class ChecklistList(Schema):
    """The checklists of a ticket."""

    items: list[ChecklistOut]


class ItemIn(Input):
    """An item of a new checklist."""

    title: Short
    required_before: Short = ""


class ChecklistIn(Input):
    """A new checklist: from a template by its key, or with a title and items."""

    template: Short | None = None
    title: Short = ""
    items: Annotated[list[ItemIn], Field(max_length=100)] = []


class ChecklistPatch(Input):
    """The new title."""

    title: Short


class TemplateItemOut(Schema):
    """An item of a template, by language."""

    label: dict[str, str]
    before: str


class TemplateOut(Schema):
    """A template of checklists. `types`: the keys of those it is offered for, none for all."""

    key: str
    label: dict[str, str]
    items: list[TemplateItemOut]
    types: list[str]
    team: str | None
    by_itself: bool


class TemplateList(Schema):
    """The templates you may use."""

    items: list[TemplateOut]


@router.get("/tickets/{number}/tasks", response=TaskList, summary="What is to be done in a ticket")
def list_tasks(request: HttpRequest, number: str) -> dict[str, Any]:
    """Its tasks and the items of its checklists, done or not."""
    found = to_do_of(_at_the_desk(request, number))
    held = [task for _row, tasks in found.checklists for task in tasks]
    return {"items": [_task_out(task, caller(request)) for task in (*held, *found.tasks)]}


@router.post("/tickets/{number}/tasks", response={201: TaskOut}, summary="Add a task")
def create_task(request: HttpRequest, number: str, payload: TaskIn) -> tuple[int, dict[str, Any]]:
    """Add a task, at the end of a checklist or on its own."""
    ticket = _at_the_desk(request, number, Right.CHANGE)
    made = add_task(
        by=Author.of(caller(request)),
        ticket=ticket,
        title=payload.title,
        checklist=_standing_checklist(ticket, payload.checklist) if payload.checklist is not None else None,
        owner=_owner(payload.owner),
        team=_team(payload.team, caller(request)),
        due_at=_aware(payload.due_at),
        required_before=payload.required_before,
    )
    return 201, _task_out(task_of(ticket, made.pk), caller(request))


@router.patch("/tickets/{number}/tasks/{task}", response=TaskOut, summary="Change or tick a task")
def patch_task(
    request: HttpRequest, number: str, task: int, payload: TaskPatch, if_match: IfMatch = None
) -> dict[str, Any]:
    """Change fields. With `If-Match: <version of the ticket>` the answer is 412 when somebody was faster."""
    ticket = _at_the_desk(request, number, Right.CHANGE)
    by, row, expected = Author.of(caller(request)), _standing_task(ticket, task), version_in(if_match)
    given = payload.model_dump(exclude_unset=True)
    values: dict[str, Any] = {}
    if given.get("title") is not None:
        values["title"] = given["title"]
    if "owner" in given:
        values["owner"] = _owner(given["owner"])
    if "team" in given:
        values["team"] = _team(given["team"], caller(request))
    if "due_at" in given:
        values["due_at"] = _aware(given["due_at"])
    if "required_before" in given:
        values["required_before"] = given["required_before"] or ""
    if values:
        change_task(by=by, task=row, expected_version=expected, **values)
        expected = None
    if given.get("done") is not None:
        set_done(by=by, task=row, done=given["done"], expected_version=expected)
    return _task_out(task_of(ticket, row.pk), caller(request))


@router.delete("/tickets/{number}/tasks/{task}", response={204: None}, summary="Remove a task")
def delete_task(request: HttpRequest, number: str, task: int) -> tuple[int, None]:
    """Take a task out of its ticket."""
    ticket = _at_the_desk(request, number, Right.CHANGE)
    remove_task(by=Author.of(caller(request)), task=_standing_task(ticket, task))
    return 204, None


@router.get("/tickets/{number}/checklists", response=ChecklistList, summary="The checklists of a ticket")
def list_checklists(request: HttpRequest, number: str) -> dict[str, Any]:
    """Each with its items in order."""
    ticket = _at_the_desk(request, number)
    return {"items": [_checklist_out(row, tasks, caller(request)) for row, tasks in to_do_of(ticket).checklists]}


@router.post("/tickets/{number}/checklists", response={201: ChecklistOut}, summary="Add a checklist")
def create_checklist(request: HttpRequest, number: str, payload: ChecklistIn) -> tuple[int, dict[str, Any]]:
    """Add a checklist from a template, or with a title and items of your own."""
    ticket, by = _at_the_desk(request, number, Right.CHANGE), Author.of(caller(request))
    if payload.template is not None:
        template = template_for(viewer(caller(request)), payload.template, ticket.department_id)
        made = add_from_template(by=by, ticket=ticket, template=template)
    else:
        items = [Item(item.title, item.required_before) for item in payload.items]
        made = add_checklist(by=by, ticket=ticket, title=payload.title, items=items)
    return 201, _read_checklist(ticket, made.pk, caller(request))


@router.patch("/tickets/{number}/checklists/{checklist}", response=ChecklistOut, summary="Rename a checklist")
def patch_checklist(
    request: HttpRequest, number: str, checklist: int, payload: ChecklistPatch, if_match: IfMatch = None
) -> dict[str, Any]:
    """Give it another title. With `If-Match: <version of the ticket>` the answer is 412 when somebody was faster."""
    ticket = _at_the_desk(request, number, Right.CHANGE)
    row, expected = _standing_checklist(ticket, checklist), version_in(if_match)
    rename_checklist(by=Author.of(caller(request)), checklist=row, title=payload.title, expected_version=expected)
    return _read_checklist(ticket, row.pk, caller(request))


@router.delete("/tickets/{number}/checklists/{checklist}", response={204: None}, summary="Remove a checklist")
def delete_checklist(request: HttpRequest, number: str, checklist: int) -> tuple[int, None]:
    """Take a checklist with its items out of its ticket."""
    ticket = _at_the_desk(request, number, Right.CHANGE)
    remove_checklist(by=Author.of(caller(request)), checklist=_standing_checklist(ticket, checklist))
    return 204, None


@router.get("/checklist-templates", response=TemplateList, summary="The checklist templates you may use")
def list_templates(request: HttpRequest) -> dict[str, Any]:
    """Those for all and those of your teams; none for whoever does not work at the desk."""
    who = viewer(caller(request))
    return {"items": [_template_out(row) for row in templates_for(who)] if who.staff else []}


def _at_the_desk(request: HttpRequest, number: str, right: Right = Right.DESK) -> Ticket:
    person = caller(request)
    ticket = ticket_for(person, number)
    Author.of(person).require(right)
    note_restricted_reading(by=Author.of(person), ticket=ticket)
    return ticket


def _standing_task(ticket: Ticket, pk: int) -> Task:
    row = task_of(ticket, pk)
    if row.removed_at is not None:
        raise ValidationError(_("This task was removed."))
    return row


def _standing_checklist(ticket: Ticket, pk: int) -> Checklist:
    row = checklist_of(ticket, pk)
    if row.removed_at is not None:
        raise ValidationError(_("This checklist was removed."))
    return row


def _owner(address: str | None) -> Person | None:
    return agent_with(address, "owner") if address else None


def _team(key: str | None, person: Person) -> Team | None:
    found: Team | None = Words.by_key(words_for(viewer(person)).teams, key) if key else None
    if key and (found is None or found.archived_at is not None):
        raise ValidationError({"team": _("There is no “%(key)s”.") % {"key": key}})
    return found


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise ValidationError({"due_at": _("Say the zone of the moment, such as 2026-12-01T09:00:00+01:00.")})
    return moment


def _task_out(task: Task, reader: Person) -> dict[str, Any]:
    names = ("title", "due_at", "required_before", "done_at")
    return {
        "id": task.pk,
        "checklist": task.checklist_id,
        **{name: getattr(task, name) for name in names},
        "owner": person_out(task.owner) if task.owner else None,
        "team": key_of(words_for(viewer(reader)).teams[task.team_id]) if task.team_id else None,
        "done_by": person_out(task.done_by) if task.done_by else None,
    }


def _checklist_out(row: Checklist, tasks: Any, reader: Person) -> dict[str, Any]:
    return {
        "id": row.pk,
        "title": row.title,
        "template": row.template,
        "done": sum(task.done_at is not None for task in tasks),
        "total": len(tasks),
        "items": [_task_out(task, reader) for task in tasks],
    }


def _read_checklist(ticket: Ticket, pk: int, reader: Person) -> dict[str, Any]:
    return next(_checklist_out(row, tasks, reader) for row, tasks in to_do_of(ticket).checklists if row.pk == pk)


def _template_out(row: ChecklistTemplate) -> dict[str, Any]:
    names = ("key", "label", "items", "types", "by_itself")
    return {**{name: getattr(row, name) for name in names}, "team": row.team.key if row.team else None}
