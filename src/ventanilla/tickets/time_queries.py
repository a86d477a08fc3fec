"""Questions about the time that was spent on tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Activity, Task, Ticket, TimeEntry, Timer
from ventanilla.tickets.work import any_task, any_time

_ENTRIES = Prepared(
    lambda: (
        TimeEntry.objects.filter(ticket_id=Given("ticket"))
        .select_related("person")
        .only(
            "ticket_id", "person_id", "activity_id", "message_id", "day", "month", "seconds", "billable", "note",
            "person__name", "person__email",
        )
        .order_by("-day", "-pk")
    )
)  # fmt: skip


def entries_of(ticket: Ticket) -> list[TimeEntry]:
    """The time spent on a visible ticket, for the desk, the newest first. Asks nothing where none was spent."""
    return _ENTRIES.objects(ticket=ticket.pk) if ticket.spent_seconds else []


def entry_of(ticket: Ticket, pk: int) -> TimeEntry:
    """An entry of a visible ticket, else `Http404`."""
    found = TimeEntry.objects.filter(ticket=ticket, pk=pk).select_related("person", "activity").first()
    if found is None:
        raise Http404
    return found


def seconds_by_message(entries: Sequence[TimeEntry]) -> Mapping[int, int]:
    """How long each message took, where somebody said so."""
    found: dict[int, int] = {}
    for entry in entries:
        if entry.message_id is not None:
            found[entry.message_id] = found.get(entry.message_id, 0) + entry.seconds
    return found


def timer_of(person: Person) -> Timer | None:
    """Somebody's running timer, with its ticket. Asks nothing where nobody writes time down."""
    return Timer.objects.filter(person=person).select_related("ticket").first() if any_time() else None


def activities() -> Mapping[int, Activity]:
    """All activities by id in the administrator's order, archived ones too, as remembered."""
    rows: Mapping[int, Activity] = by_config_version(
        "tickets.activities", lambda: {row.pk: row for row in Activity.objects.order_by("position", "pk")}
    )
    return rows


def offered_activities() -> list[Activity]:
    """The activities that may still be chosen."""
    return [row for row in activities().values() if row.archived_at is None]


def activity_with(key: str) -> Activity | None:
    """The activity with this key, archived or not."""
    return next((row for row in activities().values() if row.key == key), None)


@dataclass(frozen=True)
class Mine:
    """What somebody has to do with tasks and time: how many tasks wait and are late, their timer, any own hours."""

    tasks: int = 0
    late: int = 0
    timer_number: str = ""
    timer_since: datetime | None = None
    hours: bool = False


def mine(person: Person) -> Mine:
    """The person's own part. One query; none where nobody uses tasks and time."""
    if not (any_task() or any_time()):
        return Mine()
    who = viewer(person)
    asked = by_config_version(("tickets.mine", who), lambda: Prepared(lambda: _mine(person)))
    (row,) = asked.rows(person=person.pk, now=timezone.now())
    tasks, late, number, since, hours = row
    return Mine(tasks, late, number or "", since, bool(hours))


def _mine(person: Person) -> QuerySet[Person, Any]:
    own = Task.objects.visible_to(person).filter(owner_id=OuterRef("pk"), done_at=None).order_by().values("owner_id")
    number = Subquery(own.annotate(n=Count("pk")).values("n"))
    late = Subquery(own.filter(due_at__lte=Given("now")).annotate(n=Count("pk")).values("n"))
    timer = Timer.objects.filter(person_id=OuterRef("pk"))
    return Person.objects.filter(pk=Given("person")).values_list(
        Coalesce(number, Value(0)),
        Coalesce(late, Value(0)),
        Subquery(timer.values("ticket__number")),
        Subquery(timer.values("started_at")),
        Exists(TimeEntry.objects.filter(person_id=OuterRef("pk"))),
    )
