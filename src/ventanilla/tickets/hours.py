"""The hours that were spent: sums by customer, person, activity or month, and the entries behind them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.people.models import Person
from ventanilla.people.queries import names_of, organization_names
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import LockedMonth, Ticket, TimeEntry
from ventanilla.tickets.models.spent import TimeEntries
from ventanilla.tickets.paging import Page
from ventanilla.tickets.spending import month_of
from ventanilla.tickets.time_queries import activities, activity_with

# What hours are added up by, with the column of each.
GROUPS: Final[Mapping[str, tuple[str | Promise, str]]] = {
    "organization": (gettext_lazy("Organization"), "organization_id"),
    "person": (gettext_lazy("Person"), "person_id"),
    "activity": (gettext_lazy("Activity"), "activity_id"),
    "month": (gettext_lazy("Month"), "month"),
}
NONE: Final = "none"
BY_DAY: Final = Page(fields=("day", "pk"), descending=True)
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_ROWS_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class Asked:
    """What an address asks for. `since` and `until` are months as in `TimeEntry`; the texts are "" for everything, ids
    or keys, or `NONE`."""

    since: int
    until: int
    by: str = "organization"
    organization: str = ""
    person: str = ""
    activity: str = ""
    billable: str = ""

    def as_query(self) -> dict[str, str]:
        """The same as parameters of an address."""
        texts = ("organization", "person", "activity", "billable")
        given = {"by": self.by, "from": month_text(self.since), "to": month_text(self.until)}
        return given | {name: value for name in texts if (value := getattr(self, name))}

    def inside(self, key: str) -> "Asked":
        """The same, narrowed to one line of its groups."""
        if self.by == "month":
            return replace(self, since=int(key), until=int(key))
        narrowed: dict[str, Any] = {self.by: key or NONE}
        return replace(self, **narrowed)


@dataclass(frozen=True)
class Line:
    """One group and its sums in seconds. `key`: an id or key as in addresses, "" for the group without any."""

    key: str
    label: str
    seconds: int
    billable_seconds: int
    entries: int


def month_text(month: int) -> str:
    """`2026-11` for 202611."""
    return f"{month // 100}-{month % 100:02}"


def month_named(text: str, field: str) -> int:
    """202611 for `2026-11`. Raises `ValidationError`, naming the field."""
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        raise ValidationError({field: _("Write a month as 2026-11.")})
    return int(found[1]) * 100 + int(found[2])


def asked_for(given: Mapping[str, str]) -> Asked:
    """What the parameters `by`, `from`, `to` (months), `organization`, `person`, `activity`, `billable` ask for.

    This month by customer unless they say otherwise. Raises `ValidationError`, naming the parameter.
    """
    this = month_of(timezone.localdate())
    since = month_named(given["from"], "from") if given.get("from") else 0
    until = month_named(given["to"], "to") if given.get("to") else 0
    asked = Asked(since=since or until or this, until=until or max(since, this), by=given.get("by") or "organization")
    if asked.by not in GROUPS:
        raise ValidationError({"by": _("Choose one of the list.")})
    texts: dict[str, Any] = {name: given.get(name, "") for name in ("organization", "person", "activity", "billable")}
    for name in ("organization", "person"):
        if texts[name] not in ("", NONE) and not re.fullmatch(r"[0-9]{1,18}", texts[name]):
            raise ValidationError({name: _("Choose one of the list.")})
    if texts["activity"] not in ("", NONE) and activity_with(texts["activity"]) is None:
        raise ValidationError({"activity": _("Choose one of the list.")})
    if texts["billable"] not in ("", "0", "1"):
        raise ValidationError({"billable": _("Choose one of the list.")})
    return replace(asked, **texts)


def entries_for(reader: Person, asked: Asked) -> TimeEntries:
    """The entries that somebody asks for and may see, in no order."""
    rows = TimeEntry.objects.visible_to(reader).filter(month__gte=asked.since, month__lte=asked.until)
    if asked.billable:
        rows = rows.filter(billable=asked.billable == "1")
    for name, value in (("organization", asked.organization), ("person", asked.person)):
        if value:
            rows = rows.filter(**({f"{name}__isnull": True} if value == NONE else {f"{name}_id": int(value)}))
    if asked.activity:
        found = activity_with(asked.activity)
        rows = rows.filter(activity=found) if found else rows.filter(activity=None)
    return rows


def sums(reader: Person, asked: Asked) -> list[Line]:
    """The sums of each group, most time first, months in order. One query and one for names, however many entries."""
    column = GROUPS[asked.by][1]
    rows = list(
        entries_for(reader, asked)
        .order_by()
        .values(column)
        .annotate(spent=Sum("seconds"), billed=Sum("seconds", filter=Q(billable=True), default=0), entries=Count("pk"))
        .values_list(column, "spent", "billed", "entries")
    )
    names = _names(asked.by, [row[0] for row in rows])
    lines = [
        Line(_key(asked.by, value), names(value), seconds, billable, entries)
        for value, seconds, billable, entries in rows
    ]
    if asked.by == "month":
        return sorted(lines, key=lambda line: line.key)
    return sorted(lines, key=lambda line: (-line.seconds, line.label))


def every_entry(reader: Person, asked: Asked) -> Iterator[TimeEntry]:
    """The entries that somebody asks for, oldest day first, read piece by piece."""
    rows = entries_for(reader, asked).select_related("ticket", "person", "organization")
    yield from rows.order_by("day", "pk").iterator(chunk_size=_ROWS_AT_ONCE)


def seen_among(reader: Person, entries: list[TimeEntry]) -> set[int]:
    """The ids of the tickets of these entries that the reader may open: own hours stay when a ticket has gone."""
    ids = {entry.ticket_id for entry in entries}
    return set(Ticket.objects.seen_by(viewer(reader)).filter(pk__in=ids).values_list("pk", flat=True))


def locked_months() -> list[LockedMonth]:
    """The closed months, the newest first."""
    return list(LockedMonth.objects.order_by("-month"))


def _key(by: str, value: int | None) -> str:
    if by == "activity":
        row = activities().get(value or 0)
        return row.key if row else ""
    return str(value) if value is not None else ""


def _names(by: str, values: list[Any]) -> Any:
    if by == "month":
        return month_text
    if by == "activity":
        return lambda value: str(activities()[value]) if value in activities() else _("No activity")
    asked = [value for value in values if value is not None]
    known: Mapping[Any, str] = names_of(asked) if by == "person" else organization_names(asked)
    return lambda value: known.get(value) or (_("Without a customer") if value is None else "?")
