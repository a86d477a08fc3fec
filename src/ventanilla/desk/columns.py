"""The optional columns of the list of tickets: the head of each, and how a row fills it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ventanilla.core.durations import hours_and_minutes
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.spec import Field
from ventanilla.fields.values import NAMING, wording
from ventanilla.people.queries import names_of, organization_names
from ventanilla.tickets.custom import missing_in
from ventanilla.tickets.models import Satisfaction
from ventanilla.tickets.names import LABELS, SATISFACTION
from ventanilla.tickets.vocabulary import Words
from ventanilla.ui.templatetags.ui import face, moment_at, priority, rating, time_left_at

_TO_THE_MINUTE = len("2026-12-01 09:30")
_FACES = {face.value: face.name.lower() for face in Satisfaction}


@dataclass(frozen=True, slots=True)
class Line:
    """What a cell is made from: the row as it was read, and what the whole page knows.

    `custom`: the names that custom fields of the page's rows mention (`names_in`).
    """

    row: Any
    known: Words
    category: str
    waiting: str
    me: int
    now: datetime
    custom: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Sheet:
    """What all lines of a file know: the words of its reader, the zone in which moments stand, and the names that
    custom fields of the piece at hand mention."""

    known: Words
    zone: tzinfo
    custom: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


Cell = Callable[[Line], str | SafeString]
# From a row as it was read to its cell in a file, for as many rows as there are.
Writer = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """`key` is the end of the cells' class, and the field's `column` unless `field` says it. `quiet`: the head is for
    screen readers only. `text`: what writes the cells of a file. `made`: the custom field that the column shows, whose
    values are at `path`."""

    key: str
    label: str | Promise
    cell: Cell
    text: Callable[[Sheet], Writer]
    quiet: bool = False
    field: str = ""
    made: FieldDefinition | None = None
    path: str = ""


def columns_of(fields: Iterable[Field]) -> tuple[Column, ...]:
    """The columns of these fields, in the order in which a list has them: custom fields stand before the built-in."""
    chosen = list(fields)
    own = sorted((field for field in chosen if field.made), key=_place)
    keys = {field.column for field in chosen}
    return (*(_custom(field) for field in own), *(column for column in COLUMNS if column.key in keys))


def _place(field: Field) -> tuple[str, int, int]:
    """The ticket's own first, then those of other rows; each as the administrator has them."""
    assert field.made is not None
    return (field.path.removesuffix("custom"), field.made.position, field.made.pk)


def names_in(columns: Iterable[Column], rows: Sequence[Any]) -> Mapping[str, Mapping[int, str]]:
    """The names that the custom fields in these columns mention, by kind (`person`, `reference`): two queries at most,
    none where no such field is shown."""
    found: dict[str, set[int]] = {"person": set(), "reference": set()}
    for column in columns:
        if column.made is not None and column.made.kind in found:
            values = ((getattr(row, column.path) or {}).get(column.made.key) for row in rows)
            found[column.made.kind].update(int(value) for value in values if value)
    persons, organizations = found["person"], found["reference"]
    return {
        "person": names_of(persons) if persons else {},
        "reference": organization_names(organizations) if organizations else {},
    }


def _custom(shown: Field) -> Column:
    row, path = shown.made, shown.path
    assert row is not None
    wide = row.kind in ("text", "choices")
    key, kind = row.key, row.kind
    words = wording(row)

    def said(read: Any, names: Mapping[str, Mapping[int, str]]) -> str:
        value = (getattr(read, path) or {}).get(key)
        if not value:
            return ""
        return names.get(kind, {}).get(int(value), "?") if kind in NAMING else words(value)

    return Column(
        "custom-text" if wide else "custom",
        str(shown.label),
        lambda line: said(line.row, line.custom),
        lambda sheet: lambda read: said(read, sheet.custom),
        field=shown.key,
        made=row,
        path=path,
    )


def _named(key: str, label: str | Promise, rows: Callable[[Words], Mapping[int, Any]], path: str) -> Column:
    """The column of a row of the vocabulary."""

    def cell(line: Line) -> str:
        found = rows(line.known).get(getattr(line.row, path) or 0)
        return str(found) if found is not None else ""

    def text(sheet: Sheet) -> Writer:
        names = {pk: str(row) for pk, row in rows(sheet.known).items()}
        return lambda row: names.get(getattr(row, path), "")

    return Column(key, label, cell, text)


def _plain(key: str, label: str | Promise, said: Writer) -> Column:
    """A column that says the same in a list and in a file, from the row alone."""
    return Column(key, label, lambda line: said(line.row), lambda _sheet: said)


def _satisfaction(line: Line) -> str | SafeString:
    given = line.row.satisfaction or 0
    return rating(_FACES[given], str(SATISFACTION[given])) if given else ""


def _spent(row: Any) -> str:
    seconds = row.spent_seconds
    return hours_and_minutes(seconds) if seconds else ""


def _missing(row: Any) -> str:
    return ", ".join(str(field) for field in missing_in(row.custom, row.type_id)) if row.is_open else ""


def _priority(line: Line) -> SafeString:
    found = line.known.priorities[line.row.priority_id]
    return priority(found.key, str(found))


def _deadline(row: Any) -> datetime | None:
    """As `Ticket.deadline`, of a row of the list."""
    return min((moment for moment in (row.due_at, row.agreed_due_at) if moment is not None), default=None)


def _left(line: Line) -> SafeString:
    row = line.row
    due = _deadline(row)
    return time_left_at(
        line.now,
        due,
        category=line.category,
        waiting=line.waiting,
        done=row.resolved_at,
        opened=row.created_at,
    )


def _agent(line: Line) -> SafeString:
    row = line.row
    if not row.assignee_id:
        return face("")
    return face(row.assignee__name or row.assignee__email, kind="me" if row.assignee_id == line.me else "")


def _moment(of: Callable[[Any], datetime | None]) -> Callable[[Sheet], Writer]:
    def text(sheet: Sheet) -> Writer:
        zone = sheet.zone

        def said(row: Any) -> str:
            moment = of(row)
            return moment.astimezone(zone).isoformat(" ", "minutes")[:_TO_THE_MINUTE] if moment else ""

        return said

    return text


def _satisfaction_text(_sheet: Sheet) -> Writer:
    names = {given: str(said) for given, said in SATISFACTION.items()}
    return lambda row: names.get(row.satisfaction, "")


def _priority_text(sheet: Sheet) -> Writer:
    names = {pk: str(row) for pk, row in sheet.known.priorities.items()}
    return lambda row: names[row.priority_id]


def _agent_text(_sheet: Sheet) -> Writer:
    return lambda row: row.assignee__name or row.assignee__email or "" if row.assignee_id else ""


COLUMNS = (
    _named("type", _("Type"), lambda known: known.types, "type_id"),
    _named("service", _("Service"), lambda known: known.services, "service_id"),
    _named("category", _("Category"), lambda known: known.categories, "category_id"),
    _plain("organization", _("Organization"), lambda row: row.organization__name or ""),
    _named("team", _("Team"), lambda known: known.teams, "team_id"),
    Column("satisfaction", _("Satisfaction"), _satisfaction, _satisfaction_text),
    _plain("missing", _("Data missing"), _missing),
    _plain("open-tasks", LABELS["open_tasks"], lambda row: str(row.open_tasks or "")),
    _plain("spent", LABELS["spent_seconds"], _spent),
    Column(
        "created",
        _("Created"),
        lambda line: moment_at(line.row.created_at, line.now),
        _moment(attrgetter("created_at")),
    ),
    Column(
        "updated",
        _("Updated"),
        lambda line: moment_at(line.row.updated_at, line.now),
        _moment(attrgetter("updated_at")),
    ),
    Column("priority", _("Priority"), _priority, _priority_text),
    Column("left", _("Due"), _left, _moment(_deadline)),
    Column("agent", _("Agent"), _agent, _agent_text, quiet=True),
)
