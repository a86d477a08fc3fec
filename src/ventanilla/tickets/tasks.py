"""Writing down what is to be done in a ticket, doing it, and taking either back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.rights import Right
from ventanilla.tickets import required
from ventanilla.tickets.actions import lock, lock_survivor
from ventanilla.tickets.changing import check_assignee
from ventanilla.tickets.models import Checklist, Task, Ticket
from ventanilla.tickets.sight import sees
from ventanilla.tickets.state import context
from ventanilla.tickets.work import check_version, note_use, recount

MOST_TASKS = 200
SOON = timedelta(days=1)
BATCH = 100
_SETTABLE = frozenset({"title", "owner", "team", "due_at", "required_before"})


@transaction.atomic
def add_task(
    *,
    by: Author,
    ticket: Ticket,
    title: str,
    checklist: Checklist | None = None,
    owner: Person | None = None,
    team: Team | None = None,
    due_at: datetime | None = None,
    required_before: str = "",
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Task:
    """Something to be done in a ticket, at the end of its checklist or on its own; in a merged one's survivor.

    `required_before`: one of `required.choices`. Records `task.added`. Raises `PermissionDenied` for whoever may not
    change tickets, `ValidationError`, naming the field, without a title, for an owner who is no agent or may not see
    the ticket, for a checklist of another ticket, and for more than `MOST_TASKS` tasks.
    """
    by.require(Right.CHANGE)
    row = lock_survivor(ticket)
    if checklist is not None and (checklist.ticket_id != row.pk or checklist.removed_at is not None):
        raise ValidationError({"checklist": _("Choose one of the list.")})
    standing = Task.objects.standing().filter(ticket=row)
    if standing.count() >= MOST_TASKS:
        raise ValidationError({"title": _("A ticket has at most %(most)d tasks.") % {"most": MOST_TASKS}})
    _check_due(due_at)
    if owner is not None:
        _check_owner(owner, row)
    note_use()
    task = Task.objects.create(
        ticket=row,
        origin_ticket=row,
        checklist=checklist,
        title=checked_title(title),
        position=next_position(row, checklist),
        owner=owner,
        team=team,
        due_at=due_at,
        tell_at=_tell_at(owner, due_at, at or timezone.now()),
        required_before=required.checked(required_before),
        created_at=at or timezone.now(),
    )
    recount(row)
    data = {"checklist": checklist.pk if checklist else None, "state": _state(task)}
    say("task.added", task, row, by=by, data=data, personal={"title": task.title}, cause=cause, at=at, quiet=quiet)
    return task


@transaction.atomic
def change_task(
    *, by: Author, task: Task, cause: Cause | None = None, expected_version: int | None = None, **changes: Any
) -> Task:
    """Set the title, `owner`, `team`, `due_at` (aware, None for none) or `required_before` of a task.

    Records one `task.changed` with old and new of each, or nothing when nothing differs. Raises what `add_task`
    raises; `expected_version` is the ticket's, as in `actions.change`.
    """
    unknown = changes.keys() - _SETTABLE
    if unknown:
        raise TypeError(f"not fields of a task: {sorted(unknown)}")
    row, ticket = _locked(by, task, expected_version)
    if "title" in changes:
        changes["title"] = checked_title(changes["title"])
    _check_due(changes.get("due_at"))
    if changes.get("owner") is not None and changes["owner"].pk != row.owner_id:
        _check_owner(changes["owner"], ticket)
    if changes.get("required_before"):
        required.checked(changes["required_before"])
    before, title = _state(row), row.title
    for name, value in changes.items():
        setattr(row, name, value)
    after = _state(row)
    told = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not told and title == row.title:
        return row
    if told.keys() & {"owner", "due_at"}:
        row.tell_at = None if row.done_at else _tell_at(row.owner, row.due_at, timezone.now())
    row.save()
    recount(ticket)
    # Who reads of a change must be told of which task, and what it was called before.
    personal = {"title": row.title, **({"was": title} if title != row.title else {})}
    say("task.changed", row, ticket, by=by, data={"changes": told}, personal=personal, cause=cause)
    return row


@transaction.atomic
def set_done(
    *,
    by: Author,
    task: Task,
    done: bool,
    cause: Cause | None = None,
    expected_version: int | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Task:
    """Tick a task, or take the tick back. Records `task.done` or `task.reopened`; nothing when it is so already.

    Raises `PermissionDenied` for whoever may not change tickets.
    """
    row, ticket = _locked(by, task, expected_version)
    if done == (row.done_at is not None):
        return row
    moment = at or timezone.now()
    row.done_at, row.done_by = (moment, by.person) if done else (None, None)
    row.tell_at = None if done else _tell_at(row.owner, row.due_at, moment)
    row.save(update_fields=["done_at", "done_by", "tell_at"])
    recount(ticket)
    kind = "task.done" if done else "task.reopened"
    say(kind, row, ticket, by=by, personal={"title": row.title}, cause=cause, at=at, quiet=quiet)
    return row


@transaction.atomic
def remove_task(*, by: Author, task: Task, cause: Cause | None = None) -> Task:
    """Take a task out of its ticket; `restore_task` brings it back. Records `task.removed`."""
    row, ticket = _locked(by, task)
    row.removed_at, row.tell_at = timezone.now(), None
    row.save(update_fields=["removed_at", "tell_at"])
    recount(ticket)
    say("task.removed", row, ticket, by=by, personal={"title": row.title}, cause=cause)
    return row


@transaction.atomic
def restore_task(*, by: Author, task: Task, cause: Cause | None = None) -> Task:
    """Bring a removed task back to its place. Records `task.restored`; nothing when it stands already.

    Raises `ValidationError` while its checklist is removed.
    """
    row, ticket = _locked(by, task, removed=True)
    if row.removed_at is None:
        return row
    if row.checklist is not None and row.checklist.removed_at is not None:
        raise ValidationError(_("Its checklist was removed. Bring that back first."))
    row.removed_at = None
    row.tell_at = None if row.done_at else _tell_at(row.owner, row.due_at, timezone.now())
    row.save(update_fields=["removed_at", "tell_at"])
    recount(ticket)
    say("task.restored", row, ticket, by=by, personal={"title": row.title}, cause=cause)
    return row


@transaction.atomic
def order_tasks(
    *, by: Author, ticket: Ticket, checklist: Checklist | None, ids: Sequence[int], cause: Cause | None = None
) -> list[int]:
    """Put the tasks of a checklist (None: those of no checklist) into this order; returns the order before.

    Ids of other tasks are passed over, tasks that are not named stay behind the others. Records `tasks.ordered`, or
    nothing when nothing differs.
    """
    by.require(Right.CHANGE)
    row = lock_survivor(ticket)
    rows = list(Task.objects.standing().filter(ticket=row, checklist=checklist).order_by("position", "pk"))
    before = [task.pk for task in rows]
    wanted = {pk: place for place, pk in enumerate(ids)}
    after = sorted(rows, key=lambda task: wanted.get(task.pk, len(wanted)))
    if [task.pk for task in after] == before:
        return before
    for place, task in enumerate(after):
        task.position = place
    Task.objects.bulk_update(after, ["position"])
    recount(row)
    record(
        "tasks.ordered",
        row.topic,
        actor=by.actor,
        data={
            "checklist": checklist.pk if checklist else None,
            "order": [before, [task.pk for task in after]],
            "context": context(row),
        },
        personal={"title": checklist.title} if checklist else {},
        cause=cause,
        rows={"ticket": row},
    )
    return before


def tell_due(now: datetime) -> int:
    """Note which tasks are soon due, and which are due: their owners are told of it, once of either.

    Two tickers note it once. Records `task.due_soon` or `task.fell_due`. Returns how many.
    """
    due = Task.objects.filter(tell_at__lte=now).order_by("tell_at").values_list("pk", flat=True)
    return sum(_tell(pk, now) for pk in list(due[:BATCH]))


@transaction.atomic
def _tell(pk: int, now: datetime) -> int:
    task = Task.objects.select_related("ticket", "owner").filter(pk=pk, tell_at__lte=now).first()
    if task is None or task.tell_at is None:
        return 0
    soon = task.due_at is not None and task.due_at > now
    following = task.due_at if soon else None
    if not Task.objects.filter(pk=pk, tell_at=task.tell_at).update(tell_at=following):
        return 0
    ticket = task.ticket
    if task.owner_id is not None and ticket.is_open and ticket.stage == Ticket.Stage.TICKET:
        kind = "task.due_soon" if soon else "task.fell_due"
        by = Author.system("ticker")
        say(kind, task, ticket, by=by, data={"owner": task.owner_id}, personal={"title": task.title}, at=now)
    return 1


def checked_title(text: str) -> str:
    """A title in one line. Raises `ValidationError`, naming the field, for an empty one."""
    title = " ".join(text.replace("\x00", "").split())[:250]
    if not title:
        raise ValidationError({"title": _("Write what is to be done.")})
    return title


def next_position(ticket: Ticket, checklist: Checklist | None) -> int:
    """The place after the last task of a checklist, or of those of no checklist."""
    last = Task.objects.filter(ticket=ticket, checklist=checklist).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def say(
    kind: str,
    task: Task,
    ticket: Ticket,
    *,
    by: Author,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> None:
    """Record an event about a task of a ticket."""
    record(
        kind,
        ticket.topic,
        actor=by.actor,
        data={"task": task.pk, **(data or {}), "context": context(ticket)},
        personal=dict(personal or {}),
        cause=cause,
        at=at,
        rows={"ticket": ticket},
        quiet=quiet,
    )


def _locked(
    by: Author, task: Task, expected_version: int | None = None, *, removed: bool = False
) -> tuple[Task, Ticket]:
    """The task and its ticket as they stand, the ticket locked."""
    by.require(Right.CHANGE)
    (ticket,) = lock([Task.objects.values_list("ticket_id", flat=True).get(pk=task.pk)])
    check_version(ticket, expected_version)
    row = Task.objects.select_related("checklist", "owner").get(pk=task.pk)
    if row.removed_at is not None and not removed:
        raise ValidationError(_("This task was removed."))
    return row, ticket


def _state(task: Task) -> dict[str, Any]:
    """What may change of a task, apart from its title, as events tell it."""
    return {
        "owner": task.owner.pk if task.owner else None,
        "team": task.team.pk if task.team else None,
        "due_at": task.due_at.isoformat() if task.due_at else None,
        "required_before": task.required_before,
    }


def _tell_at(owner: Person | None, due_at: datetime | None, now: datetime) -> datetime | None:
    if owner is None or due_at is None:
        return None
    # What is due within a day when it is written down is known to be due soon.
    return due_at - SOON if due_at - SOON > now else max(due_at, now)


def _check_due(moment: datetime | None) -> None:
    if moment is not None and not 2000 <= moment.year <= 9000:
        raise ValidationError({"due_at": _("Write a date and a time.")})


def _check_owner(person: Person, ticket: Ticket) -> None:
    try:
        check_assignee(person)
    except ValidationError as error:
        raise ValidationError({"owner": error.messages}) from None
    if not sees(person, ticket.pk):
        raise ValidationError({"owner": _("%(name)s may not see this ticket.") % {"name": person.display_name}})
