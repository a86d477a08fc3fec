"""How the events of tasks, checklists and time read; the desk alone reads them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.core.durations import hours_and_minutes
from ventanilla.events.models import Event
from ventanilla.tickets.required import name_of
from ventanilla.tickets.time_queries import activity_with
from ventanilla.ui.templatetags.ui import short_date

ABOUT_TASKS: Final = frozenset(
    {
        "task.added",
        "task.changed",
        "task.done",
        "task.reopened",
        "task.removed",
        "task.restored",
        "task.due_soon",
        "task.fell_due",
        "tasks.ordered",
        "checklist.added",
        "checklist.renamed",
        "checklist.removed",
        "checklist.restored",
    }
)
ABOUT_TIME: Final = frozenset({"time.added", "time.changed", "time.removed"})
FIELDS: Final[Mapping[str, str | Promise]] = {
    "owner": gettext_lazy("Task owner"),
    "team": gettext_lazy("Team"),
    "due_at": gettext_lazy("Due date"),
    "required_before": gettext_lazy("Required"),
}
TIME_FIELDS: Final[Mapping[str, str | Promise]] = {
    "seconds": gettext_lazy("Time"),
    "day": gettext_lazy("Day"),
    "activity": gettext_lazy("Activity"),
    "billable": gettext_lazy("Billable"),
    "note": gettext_lazy("Note"),
}
_OF_ONE: Final[Mapping[str, str | Promise]] = {
    "task.added": gettext_lazy("added the task “%(title)s”"),
    "task.done": gettext_lazy("ticked “%(title)s”"),
    "task.reopened": gettext_lazy("took the tick from “%(title)s”"),
    "task.removed": gettext_lazy("removed the task “%(title)s”"),
    "task.restored": gettext_lazy("brought the task “%(title)s” back"),
    "task.due_soon": gettext_lazy("the task “%(title)s” is due soon"),
    "task.fell_due": gettext_lazy("the task “%(title)s” is due"),
    "checklist.added": gettext_lazy("added the checklist “%(title)s”"),
    "checklist.removed": gettext_lazy("removed the checklist “%(title)s”"),
    "checklist.restored": gettext_lazy("brought the checklist “%(title)s” back"),
}


def task_sentences(event: Event, personal: Mapping[str, Any], show: Callable[[str, Any], str]) -> Iterable[str]:
    """The sentences of an event of `ABOUT_TASKS`; `show` names the value of a field."""
    title = personal.get("title") or "…"
    if event.kind in _OF_ONE:
        yield str(_OF_ONE[event.kind]) % {"title": title}
        if event.kind == "task.added":
            state = event.data["state"]
            yield from _fields(title, {name: [None, value] for name, value in state.items() if value}, show)
    elif event.kind == "tasks.ordered":
        yield _("put “%(title)s” in another order") % {"title": title} if personal else _("put the tasks in order")
    elif event.kind == "checklist.renamed":
        values = {"was": personal.get("was") or "…", "title": title}
        yield _("renamed the checklist “%(was)s” to “%(title)s”") % values
    elif event.kind == "task.changed":
        if personal.get("was"):
            yield _("renamed the task “%(was)s” to “%(title)s”") % {"was": personal["was"], "title": title}
        yield from _fields(title, event.data["changes"], show)


def _fields(title: str, changes: Mapping[str, Any], show: Callable[[str, Any], str]) -> Iterable[str]:
    for name, label in FIELDS.items():  # an engine may store keys in an order of its own
        if name in changes:
            new = changes[name][1]
            shown = name_of(new) if name == "required_before" and new else show(name, new)
            yield _("“%(title)s” · %(field)s: %(value)s") % {"title": title, "field": label, "value": shown}


def time_sentences(event: Event, personal: Mapping[str, Any], show: Callable[[str, Any], str]) -> Iterable[str]:
    """The sentences of an event of `ABOUT_TIME`; `show` names the value of a field."""
    own = event.actor == f"person:{event.data['person']}"
    name = "" if own else show("assignee", event.data["person"])
    if event.kind == "time.changed":
        yield _("corrected time of %(name)s") % {"name": name} if name else _("corrected their time")
        for field in ("seconds", "day", "activity", "billable"):
            if field in event.data["changes"]:
                old, new = (_time_value(field, value) for value in event.data["changes"][field])
                values = {"field": TIME_FIELDS[field], "old": old, "new": new}
                yield _("%(field)s: “%(new)s” instead of “%(old)s”") % values
        if "was" in personal:
            yield _("%(field)s: “%(new)s”") % {"field": _("Note"), "new": personal.get("note", "")}
        return
    state = event.data["state"]
    said = ", ".join(_time_value(field, state[field]) for field in ("activity", "billable") if state[field] is not None)
    values = {"time": hours_and_minutes(state["seconds"]), "day": _time_value("day", state["day"]), "said": said}
    if event.kind == "time.added":
        text = _("recorded %(time)s of work on %(day)s (%(said)s)") % values
    else:
        text = _("deleted %(time)s of work on %(day)s (%(said)s)") % values
    yield f"{text} · {name}" if name else text
    if personal.get("note"):
        yield _("“%(title)s”") % {"title": personal["note"]}


def _time_value(field: str, value: Any) -> str:
    if field == "seconds":
        return hours_and_minutes(value)
    if field == "billable":
        return _("billable") if value else _("not billable")
    if field == "day":
        day = parse_date(value)
        return short_date(day) if day else value
    found = activity_with(value) if value else None
    return str(found) if found else _("no activity")
