"""The optional columns of the list of tickets: the head of each, and how a row fills it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ventanilla.core.durations import hours_and_minutes
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.spec import Field
from ventanilla.fields.values import in_words
from ventanilla.people.queries import names_of, organization_names
from ventanilla.tickets.custom import missing_in
from ventanilla.tickets.models import Satisfaction
from ventanilla.tickets.names import LABELS, SATISFACTION
from ventanilla.tickets.vocabulary import Words
from ventanilla.ui.templatetags.ui import face, moment_at, priority, rating, time_left_at

_FACES = {face.value: face.name.lower() for face in Satisfaction}


@dataclass(frozen=True, slots=True)
class Line:
    """What a cell is made from: the row as it was read, and what the whole page knows.

    `custom`: the names that custom fields of the page's rows mention (`names_in`). In a file, moments
    stand in the zone of `now`.
    """

    row: Any
    known: Words
    category: str
    waiting: str
    me: int
    now: datetime
    custom: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


Cell = Callable[[Line], str | SafeString]


@dataclass(frozen=True)
class Column:
    """`key` is the end of the cells' class, and the field's `column` unless `field` says it. `quiet`: the head is for
    screen readers only. `text`: what stands in a file in the place of a cell that is more than text. `made`: the custom
    field that the column shows, whose values are at `path`."""

    key: str
    label: str | Promise
    cell: Cell
    quiet: bool = False
    text: Callable[[Line], str] | None = None
    field: str = ""
    made: FieldDefinition | None = None
    path: str = ""

    def in_file(self, line: Line) -> str:
        """The cell as plain text, for an export."""
        return self.text(line) if self.text else str(self.cell(line))


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
    key = row.key

    def cell(line: Line) -> str:
        value = (getattr(line.row, path) or {}).get(key)
        names = line.custom.get(row.kind, {})
        return in_words(row, value, lambda _ids: names) if value not in (None, "", []) else ""

    return Column("custom-text" if wide else "custom", str(shown.label), cell, field=shown.key, made=row, path=path)


def _name(rows: Callable[[Words], Mapping[int, Any]], path: str) -> Cell:
    def cell(line: Line) -> str:
        found = rows(line.known).get(getattr(line.row, path) or 0)
        return str(found) if found is not None else ""

    return cell


def _satisfaction(line: Line) -> str | SafeString:
    given = line.row.satisfaction or 0
    return rating(_FACES[given], str(SATISFACTION[given])) if given else ""


def _spent(line: Line) -> str:
    seconds = line.row.spent_seconds
    return hours_and_minutes(seconds) if seconds else ""


def _missing(line: Line) -> str:
    row = line.row
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


def _moment(of: Callable[[Any], datetime | None]) -> Callable[[Line], str]:
    def text(line: Line) -> str:
        moment = of(line.row)
        return moment.astimezone(line.now.tzinfo).replace(tzinfo=None).isoformat(" ", "minutes") if moment else ""

    return text


def _satisfaction_text(line: Line) -> str:
    given = line.row.satisfaction or 0
    return str(SATISFACTION[given]) if given else ""


def _agent_text(line: Line) -> str:
    return line.row.assignee__name or line.row.assignee__email or "" if line.row.assignee_id else ""


COLUMNS = (
    Column("type", _("Type"), _name(lambda known: known.types, "type_id")),
    Column("service", _("Service"), _name(lambda known: known.services, "service_id")),
    Column("category", _("Category"), _name(lambda known: known.categories, "category_id")),
    Column("organization", _("Organization"), lambda line: line.row.organization__name or ""),
    Column("team", _("Team"), _name(lambda known: known.teams, "team_id")),
    Column("satisfaction", _("Satisfaction"), _satisfaction, text=_satisfaction_text),
    Column("missing", _("Data missing"), _missing),
    Column("open-tasks", LABELS["open_tasks"], lambda line: str(line.row.open_tasks or "")),
    Column("spent", LABELS["spent_seconds"], _spent),
    Column(
        "created",
        _("Created"),
        lambda line: moment_at(line.row.created_at, line.now),
        text=_moment(attrgetter("created_at")),
    ),
    Column(
        "updated",
        _("Updated"),
        lambda line: moment_at(line.row.updated_at, line.now),
        text=_moment(attrgetter("updated_at")),
    ),
    Column("priority", _("Priority"), _priority, text=lambda line: str(line.known.priorities[line.row.priority_id])),
    Column("left", _("Due"), _left, text=_moment(_deadline)),
    Column("agent", _("Agent"), _agent, quiet=True, text=_agent_text),
)
