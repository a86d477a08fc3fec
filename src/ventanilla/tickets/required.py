"""What has to be done before a ticket may become something: asked wherever a status is set."""

from collections.abc import Iterator
from typing import Final

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from ventanilla.installation.modules import is_on
from ventanilla.tickets.models import Status, StatusCategory, Task, Ticket
from ventanilla.tickets.vocabulary import words

CATEGORY: Final = "category:"
STATUS: Final = "status:"
_DONE: Final = (StatusCategory.RESOLVED, StatusCategory.CLOSED)
_MOST_NAMED: Final = 5


def choices() -> Iterator[tuple[str, str]]:
    """What a task may be required before, with its name: resolving, closing, and each status that nobody falls into.

    The first new and the first open status are where answers and reminders put a ticket, whatever is left to do.
    """
    known = words()
    yield f"{CATEGORY}resolved", _("Before it is resolved")
    yield f"{CATEGORY}closed", _("Before it is closed")
    for status in known.usable(known.statuses):
        alone = sum(other.category == status.category for other in known.usable(known.statuses)) == 1
        if not _is_entrance(status) and not (status.category in _DONE and alone):
            yield f"{STATUS}{status.key}", _("Before “%(status)s”") % {"status": status}


def name_of(before: str) -> str:
    """The name of a choice; of a status that has since been archived too. Empty for nothing."""
    if before.startswith(STATUS):
        row = words().by_key(words().statuses, before.removeprefix(STATUS))
        return _("Before “%(status)s”") % {"status": row or before.removeprefix(STATUS)}
    return dict(choices()).get(before, "")


def checked(before: str) -> str:
    """The same choice, if there is such a one. Raises `ValidationError`, naming the field."""
    if before and before not in dict(choices()):
        raise ValidationError({"required_before": _("Choose one of the list.")})
    return before


def missing_before(ticket: Ticket, status: Status) -> list[str]:
    """The titles of what has to be done before the ticket may have this status; nothing while it has it.

    Asks nothing for a ticket without such tasks, waits for nothing while tasks are switched off. Whoever is done may be
    closed: what resolving waited for, closing waits for, too.
    """
    if not ticket.required_tasks or status.pk == ticket.status_id or _is_entrance(status):
        return []
    if not is_on("tasks"):
        return []
    waiting = Q(required_before=f"{STATUS}{status.key}")
    if status.category in _DONE:
        reached = [category for category in _DONE if category <= status.category]
        waiting |= Q(required_before__in=[f"{CATEGORY}{category.key}" for category in reached])
    tasks = Task.objects.standing().filter(waiting, ticket=ticket, done_at=None)
    return list(tasks.order_by("checklist", "position", "pk").values_list("title", flat=True))


def sentence(ticket: Ticket, status: Status, missing: list[str]) -> str:
    """What is said to whoever wanted the status."""
    names = ", ".join(_("“%(title)s”") % {"title": title} for title in missing[:_MOST_NAMED])
    if len(missing) > _MOST_NAMED:
        names = _("%(names)s and %(count)d more") % {"names": names, "count": len(missing) - _MOST_NAMED}
    values = {"number": ticket.number, "status": status, "names": names}
    return _("%(number)s cannot become “%(status)s” yet. First to be done: %(names)s.") % values


def check_done(ticket: Ticket, status: Status) -> None:
    """Raise `ValidationError`, which names what is missing, when the ticket may not have this status yet."""
    missing = missing_before(ticket, status)
    if missing:
        raise ValidationError({"status": sentence(ticket, status, missing)})


def _is_entrance(status: Status) -> bool:
    if status.category not in (StatusCategory.NEW, StatusCategory.OPEN):
        return False
    return status.pk == words().status_for(StatusCategory(status.category)).pk
