"""The views every desk has, as stored conditions: the same language that saved views and rules speak."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from ventanilla.fields.conditions import Condition, parse
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.saved_views.models import SavedView
from ventanilla.tickets.models import Snooze, Ticket
from ventanilla.tickets.models.ticket import Tickets
from ventanilla.tickets.spec import MY_TEAMS

Among = Literal["", "snoozed", "spam"]


@dataclass(frozen=True)
class View:
    """A named list of tickets. `stored` is its condition; `nothing` is said when the work is done; `hot` views have
    red numbers; `counted` is False where a number asks nothing of anybody. `among`: of which tickets, when not of those
    that ask for something. `columns` are its own ones, else the reader's usual. `grouping` is `due` for heads by
    deadline where that is the order. `saved` is the row it was kept as; the views every desk has are in no table."""

    key: str
    label: str | Promise
    nothing: str | Promise
    icon: str
    stored: tuple[Any, ...]
    sort: str = "due"
    pinned: bool = False
    hot: bool = False
    counted: bool = True
    among: Among = ""
    columns: tuple[str, ...] = ()
    grouping: str = "due"
    saved: SavedView | None = None

    @cached_property
    def condition(self) -> Condition:
        """The stored condition, parsed; what is no condition (any more) finds nothing."""
        return self.saved.parsed if self.saved else parse(_lists(self.stored))


def _lists(stored: Any) -> Any:
    return [_lists(part) for part in stored] if isinstance(stored, tuple) else stored


VIEWS = (
    View(
        key="unassigned",
        label=pgettext_lazy("view", "Unassigned"),
        nothing=pgettext_lazy("view", "Nothing unassigned."),
        icon="inbox",
        stored=("and", ("open", "is", True), ("assignee", "empty")),
        pinned=True,
    ),
    View(
        key="mine",
        label=pgettext_lazy("view", "Mine"),
        nothing=pgettext_lazy("view", "You have no open tickets."),
        icon="person",
        stored=("and", ("open", "is", True), ("assignee", "is", "me")),
        pinned=True,
    ),
    View(
        key="open",
        label=pgettext_lazy("view", "All open"),
        nothing=pgettext_lazy("view", "There are no open tickets."),
        icon="list",
        stored=("open", "is", True),
        pinned=True,
    ),
    View(
        key="teams",
        label=pgettext_lazy("view", "My teams"),
        nothing=pgettext_lazy("view", "Your teams have no open tickets."),
        icon="people",
        stored=("and", ("open", "is", True), ("team", "is", MY_TEAMS)),
    ),
    View(
        key="new",
        label=pgettext_lazy("view", "New"),
        nothing=pgettext_lazy("view", "Nothing new."),
        icon="sparkle",
        stored=("status.category", "is", "new"),
    ),
    View(
        key="pending",
        label=pgettext_lazy("view", "Pending"),
        nothing=pgettext_lazy("view", "Nothing is waiting."),
        icon="pause",
        stored=("status.category", "is", "pending"),
    ),
    View(
        key="overdue",
        label=pgettext_lazy("view", "Overdue"),
        nothing=pgettext_lazy("view", "Nothing is overdue."),
        icon="warning",
        stored=("and", ("open", "is", True), ("status.category", "in", ("new", "open")), ("due", "before", "-0m")),
        hot=True,
    ),
    View(
        key="resolved",
        label=pgettext_lazy("view", "Recently resolved"),
        nothing=pgettext_lazy("view", "Nothing was resolved in the last seven days."),
        icon="check",
        stored=("and", ("status.category", "in", ("resolved", "closed")), ("resolved", "within", "-7d")),
        sort="-updated",
        counted=False,
    ),
    View(
        key="snoozed",
        label=pgettext_lazy("view", "Snoozed"),
        nothing=pgettext_lazy("view", "You have put nothing off."),
        icon="clock",
        stored=("and",),
        counted=False,
        among="snoozed",
    ),
    View(
        key="spam",
        label=pgettext_lazy("view", "Spam"),
        nothing=pgettext_lazy("view", "There is no spam."),
        icon="block",
        stored=("and",),
        sort="-updated",
        counted=False,
        among="spam",
    ),
)
BY_KEY = {view.key: view for view in VIEWS}
DEFAULT = VIEWS[0]


def tickets_in(view: View, person: Person) -> Tickets:
    """The tickets among which a view looks for its reader: those they see and have not put off.

    Two views are about the others: what they have put off, and what is spam.
    """
    who = viewer(person)
    return by_config_version(("tickets.in", view.among, who), lambda: _among(view.among, who)).all()


def _among(which: Among, who: Viewer) -> Tickets:
    if which == "spam":
        return Ticket.objects.spam_seen_by(who)
    away = Snooze.objects.filter(person_id=who.person).values("ticket_id")
    seen = Ticket.objects.seen_by(who)
    return seen.filter(pk__in=away) if which == "snoozed" else seen.exclude(pk__in=away)
