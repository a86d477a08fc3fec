"""What one change of a ticket does: the new values, what follows from them, and the event that says so."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.prepared import Given, Prepared
from ventanilla.core.writing import insert_unless, update
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, Fact, record_each
from ventanilla.fields.definitions import PREFIX
from ventanilla.people.author import Author
from ventanilla.people.models import Membership, Person
from ventanilla.people.rights import Right
from ventanilla.tickets.custom import checked, is_personal, note_written
from ventanilla.tickets.life_cycle import next_step
from ventanilla.tickets.models import Access, StatusCategory, Tag, Ticket
from ventanilla.tickets.required import check_done
from ventanilla.tickets.state import REFERENCES, context
from ventanilla.tickets.vocabulary import words

# The reason of a change in which somebody filled in what they were asked for: as good as an answer of theirs.
GIVEN = "given"
SETS = frozenset({"tags", "participants", "watchers"})
SETTABLE = frozenset(REFERENCES) | {"subject", "restricted", "pending_until", "due_at", "stage", "custom"} | SETS
# With these a ticket's life cycle begins anew.
_CYCLE = frozenset({"status_category", "pending_reason", "pending_until", "stage"})
_STAGES = frozenset({Ticket.Stage.TICKET, Ticket.Stage.SPAM})
_MEMBER = Prepared(
    lambda: Membership.objects.filter(team_id=Given("team"), person_id=Given("person")).values_list("pk")
)
_AGENT = Prepared(lambda: Person.objects.agents().select_related("role").filter(pk=Given("person")))
_TAG = Prepared(lambda: Tag.objects.filter(name=Given("name")).values_list("pk"))
_TAGGED = Prepared(lambda: Tag.objects.filter(tickets=Given("ticket")).values_list("name"))
_NEVER_EMPTY = frozenset({"type", "requester", "department", "priority", "status", "subject"})


@dataclass(frozen=True)
class Changes:
    """New values by field, and why (`requester_replied`, `date_reached`…; empty when a person just did it)."""

    values: Mapping[str, Any]
    reason: str = ""


@dataclass
class _Diff:
    changes: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, Any] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)


def apply_changes(
    ticket: Ticket,
    wanted: Changes,
    *,
    by: Author,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
    bump: bool = True,
) -> Event | None:
    """Write the changes to a locked ticket and record `ticket.changed`; nothing happens when nothing differs.

    Rights are the caller's matter. `bump=False` when the same action already raised the version. Returns the event.
    """
    moment = at or timezone.now()
    values = _with_consequences(ticket, dict(wanted.values), by, moment)
    diff = _write(ticket, values, moment, bump=bump)
    if diff is None:
        return None
    data: dict[str, Any] = {"reason": wanted.reason} if wanted.reason else {}
    (event,) = record_each(
        "ticket.changed", [_fact(ticket, diff, data)], actor=by.actor, cause=cause, at=at, quiet=quiet
    )
    return event


def apply_to_each(
    tickets: Iterable[Ticket], values: Callable[[Ticket], Mapping[str, Any]], *, by: Author, cause: Cause | None = None
) -> dict[int, Event | ValidationError | None]:
    """The same for several locked tickets, each by itself: by id the event, why a ticket was left, or None where
    nothing differs. `values` says what is wanted of each. What is recorded is written together."""
    moment = timezone.now()
    found: dict[int, Event | ValidationError | None] = {}
    facts: dict[int, Fact] = {}
    for ticket in tickets:
        found[ticket.pk] = None
        try:
            wanted = _with_consequences(ticket, dict(values(ticket)), by, moment)
        except ValidationError as error:
            found[ticket.pk] = error
            continue
        diff = _write(ticket, wanted, moment, bump=True)
        if diff is not None:
            facts[ticket.pk] = _fact(ticket, diff, {})
    events = record_each("ticket.changed", list(facts.values()), actor=by.actor, cause=cause)
    return found | dict(zip(facts, events, strict=True))


def restore_values(
    ticket: Ticket, values: Mapping[str, Any], *, kept: Iterable[str], by: Author, cause: Cause
) -> Event | None:
    """Give a locked ticket earlier values, and nothing that would follow from them; records `ticket.change_undone`.

    `kept` are the fields that stay as they are although their change is undone. Returns the event, or None when
    nothing differs. Rights are the caller's matter.
    """
    moment = timezone.now()
    diff = _write(ticket, values, moment, bump=True)
    if diff is None:
        return None
    fact = _fact(ticket, diff, {"kept": sorted(kept)})
    return record_each("ticket.change_undone", [fact], actor=by.actor, cause=cause)[0]


def _write(ticket: Ticket, values: Mapping[str, Any], moment: datetime, *, bump: bool) -> _Diff | None:
    """Put the values into the row and its relations. None when nothing differs."""
    diff = _Diff()
    for name, value in values.items():
        if name in SETS:
            _set_members(ticket, name, value, diff)
        elif name.startswith(PREFIX):
            _set_custom(ticket, name, value, diff)
        else:
            _set_column(ticket, name, value, diff)
    if not diff.changes and not diff.personal:
        return None
    if not _CYCLE.isdisjoint(diff.columns):
        ticket.cycle_step, ticket.cycle_at = 0, next_step(ticket, 0, moment)
        diff.columns |= {"cycle_step", "cycle_at"}
    ticket.updated_at = moment
    if bump:
        ticket.version += 1  # as it stands: the row is locked
        diff.columns.add("version")
    update(ticket, *sorted(diff.columns), "updated_at")
    return diff


def _fact(ticket: Ticket, diff: _Diff, data: dict[str, Any]) -> Fact:
    data |= {"changes": diff.changes, "context": context(ticket)}
    if diff.derived:
        data["derived"] = diff.derived
    if diff.personal:
        data["texts"] = sorted(diff.personal)
    return Fact(ticket.topic, data, personal=diff.personal, rows={"ticket": ticket})


def _with_consequences(ticket: Ticket, values: dict[str, Any], by: Author, moment: datetime) -> dict[str, Any]:
    known = words()
    if ticket.stage == Ticket.Stage.MERGED:
        raise ValidationError(_("%(number)s was merged into another ticket.") % {"number": ticket.number})
    for name in _NEVER_EMPTY & values.keys():
        if values[name] in (None, ""):
            raise ValidationError({name: _("This cannot be empty.")})
    if "subject" in values:
        values["subject"] = " ".join(str(values["subject"]).replace("\x00", "").split())[:250]
        if not values["subject"]:
            raise ValidationError({"subject": _("Write a subject.")})
    if "custom" in values:
        given = values.pop("custom")
        of_type = (values.get("type") or known.types[ticket.type_id]).key
        own = checked(given, type_key=of_type, by=by, present=ticket.custom)
        values |= {f"{PREFIX}{key}": value for key, value in own.items()}
    if "stage" in values and not {values["stage"], ticket.stage} <= _STAGES:
        raise ValidationError({"stage": _("Choose one of the list.")})
    if "requester" in values and "organization" not in values and values["requester"].pk != ticket.requester_id:
        # Whose managers see the ticket follows from who asks.
        values["organization"] = values["requester"].organization
    if "priority" in values:
        values["priority_by_hand"] = True
    elif {"impact", "urgency"} & values.keys() and not ticket.priority_by_hand:
        impact = values["impact"].pk if values.get("impact") else None if "impact" in values else ticket.impact_id
        urgency = values["urgency"].pk if values.get("urgency") else None if "urgency" in values else ticket.urgency_id
        found = known.priority_for(impact, urgency)
        if found is not None:
            values["priority"] = found
    if "department" in values and "team" not in values and values["department"].pk != ticket.department_id:
        values["team"] = next(
            (team for team in known.usable(known.teams) if team.department_id == values["department"].pk), None
        )
    if values.get("team") is not None and "department" not in values:
        values["department"] = known.departments[values["team"].department_id]
    if values.get("team") is not None and "assignee" not in values and ticket.assignee_id:
        stays = _MEMBER.rows(team=values["team"].pk, person=ticket.assignee_id)
        values |= {} if stays else {"assignee": None}
    assignee = values.get("assignee")
    if assignee is not None:
        check_assignee(assignee)
        by_hand = by.person is not None and "status" not in values
        if by_hand and ticket.status_category == StatusCategory.NEW:
            values["status"] = known.status_for(StatusCategory.OPEN)
    if "pending_until" in values and values["pending_until"] is not None and values["pending_until"] <= moment:
        raise ValidationError({"pending_until": _("Choose a moment in the future.")})
    if {"pending_reason", "pending_until"} & values.keys() and "status" not in values:
        waits = values.get("pending_reason") or values.get("pending_until")
        if waits and ticket.status_category != StatusCategory.PENDING:
            values["status"] = known.status_for(StatusCategory.PENDING)
    if "status" in values:
        check_done(ticket, values["status"])
        status_consequences(ticket, values, moment)
    return values


def note_agreed_end(ticket: Ticket, moment: datetime | None) -> None:
    """Copy into a locked ticket when the first of the times agreed for it ends, for lists. Nobody has changed anything:
    no event, and its version stays."""
    if ticket.agreed_due_at == moment:
        return
    ticket.agreed_due_at = moment
    ticket.sort_due_at = ticket.place_by_deadline()
    update(ticket, "agreed_due_at", "sort_due_at")


def check_assignee(person: Person) -> None:
    """Raise `ValidationError` unless tickets can be assigned to this person."""
    found = _AGENT.objects(person=person.pk)
    if not found or not found[0].may(Right.REPLY):
        raise ValidationError({"assignee": _("%(name)s is not an agent.") % {"name": person.display_name}})


def status_consequences(ticket: Ticket, values: dict[str, Any], moment: datetime) -> None:
    """Add to `values`, which set a status, what follows from it: copies of its category, and when it was resolved."""
    category = StatusCategory(values["status"].category)
    if category is not StatusCategory.PENDING:
        values["pending_reason"] = values["pending_until"] = None
    values["status_category"] = category.value
    values["is_open"] = int(category.is_open)
    if category is StatusCategory.RESOLVED:
        values["resolved_at"] = ticket.resolved_at or moment
    elif category is StatusCategory.CLOSED:
        values["resolved_at"] = ticket.resolved_at or moment
        values["closed_at"] = ticket.closed_at or moment
    else:
        values["resolved_at"] = values["closed_at"] = None


_COPIES = frozenset({"status_category", "is_open", "resolved_at", "closed_at", "priority_by_hand"})
# What no other value tells once it is gone: the event keeps it, so that an undo is exact.
DERIVED = frozenset({"resolved_at", "closed_at", "priority_by_hand"})


def _set_column(ticket: Ticket, name: str, value: Any, diff: _Diff) -> None:
    if name in REFERENCES:
        old, new = getattr(ticket, f"{name}_id"), value.pk if value is not None else None
    else:
        old, new = getattr(ticket, name), value
    if old == new:
        return
    setattr(ticket, name, value)
    diff.columns.add(name)
    plain = [item.isoformat() if isinstance(item, datetime) else item for item in (old, new)]
    if name == "subject":
        diff.personal[name] = plain
    elif name not in _COPIES:
        diff.changes[name] = plain
    elif name in DERIVED:
        diff.derived[name] = plain
    if name in ("due_at", "status_category"):
        ticket.sort_due_at = ticket.place_by_deadline()
        diff.columns.add("sort_due_at")
    if name in ("requester", "affected"):
        _move_access(ticket, Access.Why(name), new)


def _set_custom(ticket: Ticket, name: str, value: Any, diff: _Diff) -> None:
    """One value of a custom field, checked already; None takes it away. Free text is personal."""
    key = name.removeprefix(PREFIX)
    old = ticket.custom.get(key)
    if old == value:
        return
    ticket.custom = {**ticket.custom, key: value}
    if value is None:
        del ticket.custom[key]
    else:
        note_written([key])
    diff.columns.add("custom")
    (diff.personal if is_personal(name) else diff.changes)[name] = [old, value]


def _move_access(ticket: Ticket, why: Access.Why, person_id: int | None) -> None:
    Access.objects.filter(ticket=ticket, why=why).delete()
    if person_id is not None:
        Access.objects.create(ticket=ticket, why=why, person_id=person_id)


def _set_members(ticket: Ticket, name: str, value: Iterable[Any], diff: _Diff) -> None:
    if name == "tags":
        after: set[Any] = {" ".join(str(tag).split())[:60] for tag in value} - {""}
        before: set[Any] = {tag for (tag,) in _TAGGED.rows(ticket=ticket.pk)}
        _set_tags(ticket, added=after - before, removed=before - after)
    else:
        why = Access.Why.PARTICIPANT if name == "participants" else Access.Why.WATCHER
        rows = Access.objects.filter(ticket=ticket, why=why)
        before = set(rows.values_list("person_id", flat=True))
        after = {person.pk for person in value}
        rows.exclude(person_id__in=after).delete()
        Access.objects.bulk_create(
            Access(ticket=ticket, why=why, person_id=person_id) for person_id in sorted(after - before)
        )
    if before != after:
        diff.changes[name] = {"added": sorted(after - before), "removed": sorted(before - after)}


def _set_tags(ticket: Ticket, *, added: set[str], removed: set[str]) -> None:
    if removed:
        Ticket.tags.through.objects.filter(ticket_id=ticket.pk, tag__name__in=removed).delete()
    for name in sorted(added):
        tag = Tag(name=name)
        if not insert_unless(tag, unique=("name",)):
            ((tag.pk,),) = _TAG.rows(name=name)
        insert_unless(Ticket.tags.through(ticket_id=ticket.pk, tag_id=tag.pk), unique=("ticket", "tag"))
