"""Checklists of a ticket: by hand or from a template, renamed, removed and brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ventanilla.core.labels import text_in
from ventanilla.events.record import Cause, Happening, record
from ventanilla.installation.modules import is_on
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets import required
from ventanilla.tickets.actions import lock, lock_survivor
from ventanilla.tickets.models import Checklist, ChecklistTemplate, Task, Ticket
from ventanilla.tickets.state import context
from ventanilla.tickets.task_queries import all_templates
from ventanilla.tickets.tasks import MOST_TASKS, checked_title
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work import check_version, note_use, recount

MOST_CHECKLISTS = 20


@dataclass(frozen=True)
class Item:
    """An item of a new checklist: its title, and what it is required before (`required.choices`, or nothing)."""

    title: str
    required_before: str = ""


@transaction.atomic
def add_checklist(
    *,
    by: Author,
    ticket: Ticket,
    title: str,
    items: Sequence[Item] = (),
    template: str = "",
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Checklist:
    """A new checklist with its items, in a merged ticket's survivor. `template`: the key of what it was made from.

    Records one `checklist.added`. Raises `PermissionDenied` for whoever may not change tickets, `ValidationError`,
    naming the field, without a title, for an item without one, and for more than a ticket may have.
    """
    by.require(Right.CHANGE)
    row = lock_survivor(ticket)
    name = _checked_name(title)
    titles = [checked_title(item.title) for item in items]
    if Checklist.objects.filter(ticket=row, removed_at=None).count() >= MOST_CHECKLISTS:
        raise ValidationError({"title": _("A ticket has at most %(most)d checklists.") % {"most": MOST_CHECKLISTS}})
    if len(items) + Task.objects.standing().filter(ticket=row).count() > MOST_TASKS:
        raise ValidationError({"title": _("A ticket has at most %(most)d tasks.") % {"most": MOST_TASKS}})
    moment = at or timezone.now()
    note_use()
    made = Checklist.objects.create(ticket=row, origin_ticket=row, title=name, template=template, created_at=moment)
    tasks = Task.objects.bulk_create(
        Task(
            ticket=row,
            origin_ticket=row,
            checklist=made,
            title=text,
            position=place,
            required_before=required.checked(item.required_before),
            created_at=moment,
        )
        for place, (text, item) in enumerate(zip(titles, items, strict=True))
    )
    recount(row)
    record(
        "checklist.added",
        row.topic,
        actor=by.actor,
        data={
            "checklist": made.pk,
            "template": template,
            "tasks": [[task.pk, task.required_before] for task in tasks],
            "context": context(row),
        },
        personal={"title": made.title, "items": titles},
        cause=cause,
        at=at,
        rows={"ticket": row},
        quiet=quiet,
    )
    return made


def add_from_template(
    *,
    by: Author,
    ticket: Ticket,
    template: ChecklistTemplate,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Checklist:
    """The checklist of a template, in the language of the moment. Records and raises what `add_checklist` does.

    What an item was required before and is no longer there (a status archived since) is left out.
    """
    language = translation.get_language() or installation().language
    offered = dict(required.choices())
    items = [
        Item(text_in(item["label"], language), item["before"] if item["before"] in offered else "")
        for item in template.items
    ]
    # History names it from now on.
    ChecklistTemplate.objects.filter(pk=template.pk, used_at=None).update(used_at=at or timezone.now())
    title = text_in(template.label, language)
    return add_checklist(
        by=by, ticket=ticket, title=title, items=items, template=template.key, cause=cause, at=at, quiet=quiet
    )


def bring_by_itself(happening: Happening, cause: Cause) -> None:
    """Give a new ticket the checklists that its type brings, in the installation's language."""
    templates = [row for row in all_templates() if row.by_itself and row.archived_at is None]
    if not templates or not is_on("tasks"):
        return
    ticket: Ticket = happening.rows["ticket"]
    key = words().types[ticket.type_id].key
    with translation.override(installation().language):
        for row in templates:
            if row.department_id in (None, ticket.department_id) and (not row.types or key in row.types):
                by, at = Author.system("template"), happening.event.at
                add_from_template(by=by, ticket=ticket, template=row, cause=cause, at=at, quiet=happening.quiet)


@transaction.atomic
def rename_checklist(
    *,
    by: Author,
    checklist: Checklist,
    title: str,
    cause: Cause | None = None,
    expected_version: int | None = None,
) -> Checklist:
    """Give a checklist another title. Records `checklist.renamed`; nothing when it is called so already."""
    row, ticket = _locked(by, checklist, expected_version)
    name = _checked_name(title)
    if name == row.title:
        return row
    was, row.title = row.title, name
    row.save(update_fields=["title"])
    recount(ticket)
    _say("checklist.renamed", row, ticket, by, cause, was=was)
    return row


@transaction.atomic
def remove_checklist(*, by: Author, checklist: Checklist, cause: Cause | None = None) -> Checklist:
    """Take a checklist with its items out of its ticket. Records `checklist.removed`."""
    row, ticket = _locked(by, checklist)
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    Task.objects.standing().filter(checklist=row).update(removed_at=row.removed_at, tell_at=None)
    recount(ticket)
    _say("checklist.removed", row, ticket, by, cause)
    return row


@transaction.atomic
def restore_checklist(*, by: Author, checklist: Checklist, cause: Cause | None = None) -> Checklist:
    """Bring a removed checklist back, with the items it had then. Records `checklist.restored`; nothing when it stands.

    Their owners are told again when what is left of them is due.
    """
    row, ticket = _locked(by, checklist, removed=True)
    if row.removed_at is None:
        return row
    back = Task.objects.filter(checklist=row, removed_at=row.removed_at)
    for task in back.filter(done_at=None, owner__isnull=False, due_at__gt=timezone.now()):
        Task.objects.filter(pk=task.pk).update(tell_at=task.due_at)
    back.update(removed_at=None)
    row.removed_at = None
    row.save(update_fields=["removed_at"])
    recount(ticket)
    _say("checklist.restored", row, ticket, by, cause)
    return row


def _locked(
    by: Author, checklist: Checklist, expected_version: int | None = None, *, removed: bool = False
) -> tuple[Checklist, Ticket]:
    by.require(Right.CHANGE)
    (ticket,) = lock([Checklist.objects.values_list("ticket_id", flat=True).get(pk=checklist.pk)])
    check_version(ticket, expected_version)
    row = Checklist.objects.get(pk=checklist.pk)
    if row.removed_at is not None and not removed:
        raise ValidationError(_("This checklist was removed."))
    return row, ticket


def _checked_name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())[:120]
    if not name:
        raise ValidationError({"title": _("Write what the checklist is called.")})
    return name


def _say(kind: str, checklist: Checklist, ticket: Ticket, by: Author, cause: Cause | None, *, was: str = "") -> None:
    record(
        kind,
        ticket.topic,
        actor=by.actor,
        data={"checklist": checklist.pk, "context": context(ticket)},
        personal={"title": checklist.title, **({"was": was} if was else {})},
        cause=cause,
        rows={"ticket": ticket},
    )
