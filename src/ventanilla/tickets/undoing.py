"""Taking a change of a ticket back: a new action of its own, which restores only what nobody has touched since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ventanilla.events.models import Event
from ventanilla.events.record import Cause
from ventanilla.fields.definitions import PREFIX, definition_named
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import lock
from ventanilla.tickets.changing import DERIVED, SETS, check_assignee, restore_values, status_consequences
from ventanilla.tickets.models import Access, StatusCategory, Ticket
from ventanilla.tickets.required import missing_before
from ventanilla.tickets.state import MOMENTS, REFERENCES

_WAIT = frozenset({"status", "pending_reason", "pending_until"})
_PLACE = frozenset({"department", "team"})


@dataclass(frozen=True)
class Undone:
    """What an undo did: the fields it restored, and those it left because they are no longer what the change made."""

    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass
class _Plan:
    ticket: Ticket
    event: Event
    values: dict[str, Any] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def final(self, name: str) -> Any:
        return self.values[name] if name in self.values else getattr(self.ticket, name)

    def leave(self, names: Iterable[str]) -> None:
        for name in names:
            if self.values.pop(name, self) is not self:
                self.kept.add(name)


@transaction.atomic
def undo_change(*, by: Author, ticket: Ticket, event: Event) -> Undone:
    """Undo one `ticket.changed` of this ticket: each field gets its old value where it still has the new one.

    What was sent because of the change stays sent, and nothing new follows from the old values. Fields that somebody
    has changed since, and those that no longer fit what stands now, are left and named in the result. A change is
    undone once; a second time everything is left. Records `ticket.change_undone`, caused by the undone event, if
    anything differs. Needs the rights that the change itself needs, else raises `PermissionDenied`; `ValueError` for
    an event that is no change of this ticket.
    """
    if event.topic != ticket.topic or event.kind != "ticket.changed":
        raise ValueError(f"{event.kind} of {event.topic} is no change of {ticket.topic}")
    changes = event.data.get("changes") or {}
    texts = event.data.get("texts") or ()
    by.require(Right.CHANGE)
    if "restricted" in changes:
        by.require(Right.RESTRICT)
    (row,) = lock([ticket.pk])
    named = (*changes, *texts)
    if Event.objects.filter(topic=row.topic, kind="ticket.change_undone", cause=event.pk).exists():
        return Undone(kept=named)
    plan = _Plan(row, event)
    for name in texts:
        _plan_text(plan, name)
    for name, change in changes.items():
        if name in SETS:
            _plan_members(plan, name, change)
        elif name.startswith(PREFIX):
            _plan_custom(plan, name, change)
        else:
            _plan_column(plan, name, change)
    _leave_what_does_not_fit(plan)
    restored = tuple(name for name in named if name in plan.values)
    _add_derived(plan)
    if restored:
        restore_values(row, plan.values, kept=plan.kept, by=by, cause=Cause(event))
    return Undone(restored, tuple(name for name in named if name in plan.kept))


def _plan_text(plan: _Plan, name: str) -> None:
    # The payload may have been blanked: then nobody knows any more what it was.
    texts = plan.event.payload.data if hasattr(plan.event, "payload") else {}
    if name.startswith(PREFIX):
        if name in texts:
            _plan_custom(plan, name, texts[name])
        else:
            plan.kept.add(name)
        return
    old, new = texts.get(name, (None, None))
    if old is not None and getattr(plan.ticket, name) == new:
        plan.values[name] = old
    else:
        plan.kept.add(name)


def _plan_custom(plan: _Plan, name: str, change: list[Any]) -> None:
    old, new = change
    if plan.ticket.custom.get(name.removeprefix(PREFIX)) == new and definition_named("ticket", name) is not None:
        plan.values[name] = old
    else:
        plan.kept.add(name)


def _plan_column(plan: _Plan, name: str, change: list[Any]) -> None:
    old, new = (_value(name, item) for item in change)
    present = getattr(plan.ticket, f"{name}_id" if name in REFERENCES else name)
    if present != new:
        plan.kept.add(name)
        return
    if name not in REFERENCES or old is None:
        plan.values[name] = old
        return
    model: Any = Ticket._meta.get_field(name).related_model
    found = model._default_manager.filter(pk=old).first()
    if found is None or (name == "assignee" and not _is_agent(found)):
        plan.kept.add(name)
    else:
        plan.values[name] = found


def _value(name: str, item: Any) -> Any:
    """A value as the row holds it: events tell moments as text."""
    moment = name in MOMENTS or (name in DERIVED and name.endswith("_at"))
    return parse_datetime(item) if moment and item else item


def _is_agent(person: Person) -> bool:
    try:
        check_assignee(person)
    except ValidationError:
        return False
    return True


def _plan_members(plan: _Plan, name: str, change: dict[str, list[Any]]) -> None:
    if name == "tags":
        present: set[Any] = set(plan.ticket.tags.values_list("name", flat=True))
    else:
        why = Access.Why.PARTICIPANT if name == "participants" else Access.Why.WATCHER
        rows = Access.objects.filter(ticket=plan.ticket, why=why)
        present = set(rows.values_list("person_id", flat=True))
    added, removed = set(change["added"]), set(change["removed"])
    if added - present or removed & present:
        plan.kept.add(name)
    wanted = (present - added) | removed
    if wanted != present:
        plan.values[name] = wanted if name == "tags" else list(Person.objects.filter(pk__in=wanted))


def _leave_what_does_not_fit(plan: _Plan) -> None:
    """A team belongs to its department, what a status waits for is done before, and a ticket that does not wait has
    neither a reason nor a date for it."""
    team, department = plan.final("team"), plan.final("department")
    if team is not None and team.department_id != department.pk:
        plan.leave(_PLACE)
    if "status" in plan.values and missing_before(plan.ticket, plan.values["status"]):
        plan.leave(_WAIT)
    waits = plan.final("status").category == StatusCategory.PENDING
    if not waits and (plan.final("pending_reason") or plan.final("pending_until")):
        plan.leave(_WAIT)


def _add_derived(plan: _Plan) -> None:
    """What follows from a restored status or priority, and no other consequence."""
    if "status" in plan.values:
        status_consequences(plan.ticket, plan.values, timezone.now())
    allowed = {"resolved_at", "closed_at"} if "status" in plan.values else set()
    allowed |= {"priority_by_hand"} if "priority" in plan.values else set()
    for name, change in (plan.event.data.get("derived") or {}).items():
        old, new = (_value(name, item) for item in change)
        present: datetime | bool | None = getattr(plan.ticket, name)
        if name in allowed and present == new:
            plan.values[name] = old
