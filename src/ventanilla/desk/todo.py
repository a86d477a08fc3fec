"""The cards of the side panel with what is to be done in a ticket, and the time that was spent on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets import required
from ventanilla.tickets.history import Entry
from ventanilla.tickets.models import Task, Ticket
from ventanilla.tickets.task_queries import to_do_of
from ventanilla.tickets.time_queries import activities, entries_of
from ventanilla.tickets.vocabulary import Words, words_for
from ventanilla.tickets.work_history import ABOUT_TASKS
from ventanilla.ui.templatetags.ui import short_date

_SHOWN_ENTRIES = 5
# Whatever comes into a ticket is told in its history: without any of this nothing is asked.
_TOLD = ABOUT_TASKS | {"ticket.merged", "ticket.unmerged", "ticket.split_undone"}


def task_cards(ticket: Ticket, reader: Person, past: Sequence[Entry]) -> list[dict[str, Any]]:
    """The cards of the panel: one for each checklist, and one for the tasks of none. `past`: the ticket's history."""
    if not any(entry.kind in _TOLD for entry in past) or not sees_module(reader, "tasks"):
        return []
    may, now = reader.may(Right.CHANGE), timezone.now()
    found, known = to_do_of(ticket), words_for(viewer(reader))
    cards = [
        _card(ticket, f"checklist-{row.pk}", row.title, [_line(task, ticket, known, now) for task in tasks], may=may)
        | {
            "checklist": row.pk,
            "rename_url": reverse("desk-checklist", args=[ticket.number, row.pk]) if may else "",
            "remove_url": reverse("desk-checklist-remove", args=[ticket.number, row.pk]) if may else "",
        }
        for row, tasks in found.checklists
    ]
    if found.tasks:
        lines = [_line(task, ticket, known, now) for task in found.tasks]
        cards.append(_card(ticket, "tasks", _("Tasks"), lines, may=may) | {"checklist": ""})
    return cards


def _card(ticket: Ticket, key: str, title: str, lines: list[dict[str, Any]], *, may: bool) -> dict[str, Any]:
    done = sum(line["done"] for line in lines)
    return {
        "key": key,
        "title": title,
        "template": "desk/card_tasks.html",
        "lines": lines,
        "may": may,
        "add_url": reverse("desk-task-new", args=[ticket.number]),
        "order_url": reverse("desk-tasks-order", args=[ticket.number]),
        "open": True,
        "count": f"{done}/{len(lines)}",
    }


def _line(task: Task, ticket: Ticket, known: Words, now: datetime) -> dict[str, Any]:
    done = task.done_at is not None
    return {
        "pk": task.pk,
        "title": task.title,
        "done": done,
        "done_at": task.done_at,
        "done_by": task.done_by.display_name if task.done_by else "",
        "owner": task.owner.display_name if task.owner else "",
        "team": str(known.teams[task.team_id]) if task.team_id else "",
        "due": None if done else task.due_at,
        "late": not done and task.due_at is not None and task.due_at <= now,
        "required": "" if done else required.name_of(task.required_before),
        "url": reverse("desk-task", args=[ticket.number, task.pk]),
        "tick_url": reverse("desk-task-tick", args=[ticket.number, task.pk]),
    }


def time_card(ticket: Ticket, reader: Person) -> list[dict[str, Any]]:
    """The card of the panel with the time that was spent, if any was."""
    rows = entries_of(ticket) if sees_module(reader, "time") else []
    if not rows:
        return []
    known, may, every = activities(), reader.may(Right.NOTE), reader.may(Right.HOURS)
    lines = [
        {
            "day": short_date(row.day),
            "time": hours_and_minutes(row.seconds),
            "person": row.person.display_name,
            "activity": str(known[row.activity_id]) if row.activity_id else "",
            "billable": row.billable,
            "note": row.note,
            "url": reverse("desk-time-entry", args=[ticket.number, row.pk])
            if may and (every or row.person_id == reader.pk)
            else "",
        }
        for row in rows
    ]
    return [
        {
            "key": "time",
            "title": _("Time worked"),
            "template": "desk/card_time.html",
            "lines": lines[:_SHOWN_ENTRIES],
            "rest": lines[_SHOWN_ENTRIES:],
            "add_url": reverse("desk-time-new", args=[ticket.number]) if may else "",
            "timer_url": reverse("desk-timer", args=[ticket.number]) if may else "",
            "open": True,
            "count": hours_and_minutes(sum(row.seconds for row in rows)),
        }
    ]
