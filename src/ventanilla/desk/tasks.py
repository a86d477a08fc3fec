"""Tasks and checklists on the page of a ticket: adding, ticking, changing, ordering, removing."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, person_of, ticket_page
from ventanilla.desk.my_tasks import tasks_part
from ventanilla.desk.page import panel_context
from ventanilla.desk.panel import MOMENT_FORMAT, read_moment
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.queries import agent_by_id
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets import required
from ventanilla.tickets.checklists import (
    Item,
    add_checklist,
    add_from_template,
    remove_checklist,
    rename_checklist,
    restore_checklist,
)
from ventanilla.tickets.drafts import UNDO_SECONDS
from ventanilla.tickets.history import history
from ventanilla.tickets.models import Checklist, Task, Ticket
from ventanilla.tickets.queries import taking_part, ticket_for
from ventanilla.tickets.reading import mark_read
from ventanilla.tickets.task_queries import checklist_of, task_of, template_for, templates_for
from ventanilla.tickets.tasks import add_task, change_task, order_tasks, remove_task, restore_task, set_done
from ventanilla.tickets.vocabulary import Words, known_to, words, words_for
from ventanilla.tickets.work_sections import CHECKLISTS

_FIELDS = ("title", "owner", "team", "due_at", "required_before")
MOST_LINES = 100


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def new_task(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask what is to be done, and write it down; `checklist` puts it into one. 422 with what was typed when it cannot
    be."""
    by = author_of(request)
    by.require(Right.CHANGE)
    problems: dict[str, str] = {}
    if request.method == "POST":
        pk = _number(request.POST.get("checklist", ""))
        checklist = checklist_of(ticket, pk) if pk else None

        def write() -> Task:
            return add_task(by=by, ticket=ticket, checklist=checklist, **_read(request, ticket, by))

        made, problems = tried(write)
        if made is not None:
            undo = reverse("desk-task-remove", args=[ticket.number, made.pk])
            return answer(request, ticket, _("Added: %(title)s.") % {"title": made.title}, undo=undo)
    typed = {name: request.POST.get(name, "") for name in _FIELDS}
    return _form(request, ticket, None, typed, problems)


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def task(request: HttpRequest, ticket: Ticket, task: int) -> HttpResponseBase:
    """Everything about a task, to be changed; `move=up` or `down` moves it a place. 422 with what was typed when it
    cannot be."""
    by = author_of(request)
    by.require(Right.CHANGE)
    row = task_of(ticket, task)
    if row.removed_at is not None:
        raise Http404
    problems: dict[str, str] = {}
    typed = {
        "title": row.title,
        "owner": str(row.owner_id or ""),
        "team": row.team.key if row.team else "",
        "due_at": timezone.localtime(row.due_at).strftime(MOMENT_FORMAT) if row.due_at else "",
        "required_before": row.required_before,
    }
    if request.method == "POST":
        if request.POST.get("move"):
            return _moved(request, ticket, row, by)
        made, problems = tried(lambda: change_task(by=by, task=row, **_read(request, ticket, by)))
        if made is not None:
            return answer(request, ticket, _("Saved: %(title)s.") % {"title": made.title})
        typed = {name: request.POST.get(name, "") for name in _FIELDS}
    return _form(request, ticket, row, typed, problems)


def _moved(request: HttpRequest, ticket: Ticket, row: Task, by: Author) -> HttpResponse:
    beside = Task.objects.visible_to(person_of(request)).filter(ticket=ticket, checklist=row.checklist)
    ids = list(beside.order_by("position", "pk").values_list("pk", flat=True))
    place = ids.index(row.pk)
    other = place - 1 if request.POST["move"] == "up" else place + 1
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
    order_tasks(by=by, ticket=ticket, checklist=row.checklist, ids=ids)
    return answer(request, ticket, "")


@require_POST
@ticket_page
def tick(request: HttpRequest, ticket: Ticket, task: int) -> HttpResponseBase:
    """Tick a task (`done`), or take the tick back."""
    by, row, done = author_of(request), task_of(ticket, task), bool(request.POST.get("done"))
    set_done(by=by, task=row, done=done)
    text = _("Done: %(title)s.") if done else _("To be done again: %(title)s.")
    undo = reverse("desk-task-tick", args=[ticket.number, row.pk])
    vals = {"done": "" if done else "1"}
    if request.GET.get("mine") and request.headers.get("HX-Request") == "true":
        again = f"{undo}?{request.GET.urlencode()}"
        return tasks_part(request, _toast(text % {"title": row.title}, again, vals))
    return answer(request, ticket, text % {"title": row.title}, undo=undo, vals=vals)


@require_POST
@ticket_page
def remove(request: HttpRequest, ticket: Ticket, task: int) -> HttpResponseBase:
    """Take a task out of the ticket; `back` brings it back."""
    by, row = author_of(request), task_of(ticket, task)
    if request.POST.get("back"):
        restore_task(by=by, task=row)
        return answer(request, ticket, _("It is back: %(title)s.") % {"title": row.title})
    remove_task(by=by, task=row)
    undo = reverse("desk-task-remove", args=[ticket.number, row.pk])
    return answer(request, ticket, _("Removed: %(title)s.") % {"title": row.title}, undo=undo, vals={"back": "1"})


@require_POST
@ticket_page
def order(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Put the tasks of a checklist, or those of none, into the order of the form."""
    pk = _number(request.POST.get("checklist", ""))
    ids = [_number(text) for text in request.POST.getlist("task")]
    order_tasks(by=author_of(request), ticket=ticket, checklist=checklist_of(ticket, pk) if pk else None, ids=ids)
    return answer(request, ticket, "")


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def new_checklist(request: HttpRequest, ticket: Ticket) -> HttpResponseBase:
    """Ask for a title and items, or for a template, and add the checklist. 422 with what was typed when it cannot
    be."""
    by, who = author_of(request), viewer(person_of(request))
    by.require(Right.CHANGE)
    chosen, title, lines = (request.POST.get(name, "") for name in ("template", "title", "items"))
    problems: dict[str, str] = {}
    if request.method == "POST":

        def write() -> Checklist:
            if chosen:
                return add_from_template(by=by, ticket=ticket, template=template_for(who, chosen, ticket.department_id))
            items = [Item(line) for line in lines.splitlines()[:MOST_LINES] if line.strip()]
            return add_checklist(by=by, ticket=ticket, title=title, items=items)

        made, problems = tried(write)
        if made is not None:
            undo = reverse("desk-checklist-remove", args=[ticket.number, made.pk])
            return answer(request, ticket, _("Added: %(title)s.") % {"title": made.title}, undo=undo)
    context = {
        "ticket": ticket,
        "templates": templates_for(who, words().types[ticket.type_id].key, ticket.department_id),
        "settings_url": CHECKLISTS.list_url if by.may(Right.SETTINGS) else "",
        "title": title,
        "lines": lines,
        "problems": problems,
        "here": request.get_full_path(),
    }
    return render(request, "desk/checklist_new.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@ticket_page
def checklist(request: HttpRequest, ticket: Ticket, checklist: int) -> HttpResponseBase:
    """Rename a checklist."""
    by, row = author_of(request), checklist_of(ticket, checklist)
    by.require(Right.CHANGE)
    problems: dict[str, str] = {}
    if request.method == "POST":
        title = request.POST.get("title", "")
        made, problems = tried(lambda: rename_checklist(by=by, checklist=row, title=title))
        if made is not None:
            text, vals = _("Saved: %(title)s.") % {"title": made.title}, {"title": row.title}
            return answer(request, ticket, text, undo=request.path, vals=vals)
    context = {"ticket": ticket, "checklist": row, "problems": problems, "here": request.get_full_path()}
    return render(request, "desk/checklist.html", context, status=422 if problems else 200)


@require_POST
@ticket_page
def drop_checklist(request: HttpRequest, ticket: Ticket, checklist: int) -> HttpResponseBase:
    """Take a checklist with its items out of the ticket; `back` brings it back."""
    by, row = author_of(request), checklist_of(ticket, checklist)
    if request.POST.get("back"):
        restore_checklist(by=by, checklist=row)
        return answer(request, ticket, _("It is back: %(title)s.") % {"title": row.title})
    remove_checklist(by=by, checklist=row)
    undo = reverse("desk-checklist-remove", args=[ticket.number, row.pk])
    return answer(request, ticket, _("Removed: %(title)s.") % {"title": row.title}, undo=undo, vals={"back": "1"})


def answer(
    request: HttpRequest, ticket: Ticket, text: str, *, undo: str = "", vals: Mapping[str, str] | None = None
) -> HttpResponse:
    """The panel as it is now, in its place, and a toast that takes it back. Without scripts: the ticket's page."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("desk-ticket", args=[ticket.number]))
    person = person_of(request)
    fresh = ticket_for(person, ticket.number or "")
    mark_read(person, fresh)
    context: dict[str, Any] = {}
    if not request.GET.get("pane"):
        past = history(fresh, viewer(person))
        context = panel_context(request, fresh, words_for(viewer(person)), past, taking_part(fresh))
    if text:
        context["toast"] = _toast(text, undo, vals)
    response = render(request, "desk/panel_in.html", context)
    response["HX-Trigger"] = "list:again"
    return response


def _toast(text: str, undo: str, vals: Mapping[str, str] | None) -> dict[str, Any]:
    toast: dict[str, Any] = {"text": text, "tone": ""}
    if undo:
        toast |= {"undo_url": undo, "undo_vals": json.dumps(vals or {}), "seconds": UNDO_SECONDS}
    return toast


def tried(write: Callable[[], Any]) -> tuple[Any, dict[str, str]]:
    """What `write` returns, or None with what is wrong by field (`""`: as a whole)."""
    try:
        return write(), {}
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            return None, {"": " ".join(error.messages)}
        return None, {name: " ".join(texts) for name, texts in error.message_dict.items()}


def _form(
    request: HttpRequest, ticket: Ticket, row: Task | None, typed: dict[str, str], problems: dict[str, str]
) -> HttpResponse:
    known = words_for(viewer(person_of(request)))
    owner = agent_by_id(_number(typed["owner"])) if typed["owner"] else None
    teams = [team for team in known.usable(known.teams) if team.department_id == ticket.department_id]
    context = {
        "ticket": ticket,
        "task": row,
        "typed": typed,
        "owner": owner,
        "teams": teams if len(teams) > 1 or typed["team"] else (),
        "checklist": request.GET.get("checklist", ""),
        "choices": list(required.choices()),
        "problems": problems,
        "here": request.get_full_path(),
    }
    return render(request, "desk/task.html", context, status=422 if problems else 200)


def _read(request: HttpRequest, ticket: Ticket, by: Author) -> dict[str, Any]:
    """What the form has; a short one has the title alone."""
    values: dict[str, Any] = {"title": request.POST.get("title", "")}
    if "owner" in request.POST:
        values["owner"] = _owner(request.POST["owner"])
    if "team" in request.POST:
        values["team"] = _team(request.POST["team"], by)
    if "due_at" in request.POST:
        values["due_at"] = read_moment("due_at", request.POST["due_at"])
    if "required_before" in request.POST:
        values["required_before"] = request.POST["required_before"]
    return values


def _owner(text: str) -> Person | None:
    if not text:
        return None
    found = agent_by_id(_number(text))
    if found is None:
        raise ValidationError({"owner": _("Choose one of the list.")})
    return found


def _team(key: str, by: Author) -> Team | None:
    if not key:
        return None
    found: Team | None = Words.by_key(known_to(by).teams, key)
    if found is None or found.archived_at is not None:
        raise ValidationError({"team": _("Choose one of the list.")})
    return found


def _number(text: str) -> int:
    return int(text[:18]) if text.isascii() and text.isdigit() else 0
