"""The ticket, declared once: what lists show, filter and sort by, and what conditions may ask."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.kinds import CHOICE, CHOICES, MOMENT, NUMBER, PERSON, REFERENCE, TEXT, TREE, YES_NO, Reading
from ventanilla.fields.registry import spec_of
from ventanilla.fields.spec import Field, Option, Sort, Spec
from ventanilla.installation.queries import by_config_version
from ventanilla.people.custom import ORGANIZATION
from ventanilla.people.custom import PERSON as PERSONS
from ventanilla.people.own_fields import custom_field, custom_field_of, organizations
from ventanilla.people.queries import names_of
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.custom import known_rows
from ventanilla.tickets.lacking import Lacking
from ventanilla.tickets.models import Tag, Ticket
from ventanilla.tickets.names import LABELS, SATISFACTION
from ventanilla.tickets.sight import tags_known_to
from ventanilla.tickets.vocabulary import Words, words, words_for

# The teams of whoever reads. Not a key that a team can have.
MY_TEAMS = "@mine"

_CATEGORIES = (
    Option("new", pgettext_lazy("status", "New"), values=(1,)),
    Option("open", pgettext_lazy("status", "In progress"), values=(2,)),
    Option("pending", pgettext_lazy("status", "Pending"), values=(3,)),
    Option("resolved", pgettext_lazy("status", "Resolved"), values=(4,)),
    Option("closed", pgettext_lazy("status", "Closed"), values=(5,)),
)
_CHANNELS = (
    Option("mail", _("E-mail")),
    Option("portal", _("Portal")),
    Option("desk", _("Desk")),
    Option("phone", _("Phone")),
    Option("api", _("API")),
)


_FACES = tuple(
    Option(key, SATISFACTION[value], values=(value,)) for key, value in (("good", 3), ("fair", 2), ("bad", 1))
)


def _faces(reading: Reading) -> Sequence[Option]:
    return _FACES


def _categories(reading: Reading) -> Sequence[Option]:
    return _CATEGORIES


def _channels(reading: Reading) -> Sequence[Option]:
    return _CHANNELS


def _known(reading: Reading) -> Words:
    return words_for(reading.viewer) if reading.viewer else words()


def _rows(choose: Callable[[Words], Mapping[int, Any]]) -> Callable[[Reading], Sequence[Option]]:
    def options(reading: Reading) -> Sequence[Option]:
        return [
            Option(row.key, str(row), values=(row.pk,), offered=row.archived_at is None)
            for row in choose(_known(reading)).values()
        ]

    return options


def _tree(choose: Callable[[Words], Mapping[int, Any]]) -> Callable[[Reading], Sequence[Option]]:
    def options(reading: Reading) -> Sequence[Option]:
        rows = choose(_known(reading))
        below: dict[int, list[int]] = {pk: [pk] for pk in rows}
        for pk, row in rows.items():
            parent, steps = row.parent_id, 0
            while parent in rows and steps < len(rows):
                below[parent].append(pk)
                parent, steps = rows[parent].parent_id, steps + 1
        return [
            Option(row.key, path_label(rows, row), values=(pk,), below=tuple(below[pk]), offered=not row.archived_at)
            for pk, row in rows.items()
        ]

    return options


def path_label(rows: Mapping[int, Any], row: Any) -> str:
    """A node of a tree with the names above it: «Printers › Driver»."""
    names, steps = [str(row)], 0
    while row.parent_id in rows and steps < len(rows):
        row, steps = rows[row.parent_id], steps + 1
        names.insert(0, str(row))
    return " › ".join(names)


def _teams(reading: Reading) -> Sequence[Option]:
    mine = tuple(sorted(reading.viewer.teams)) if reading.viewer else ()
    return [Option(MY_TEAMS, _("my teams"), values=mine or (0,)), *_rows(lambda known: known.teams)(reading)]


def _tags(reading: Reading) -> Sequence[Option]:
    tags = tags_known_to(reading.viewer) if reading.viewer else Tag.objects.all()
    return [Option(name, name) for name in tags.values_list("name", flat=True)]


TICKETS = Spec(
    entity="ticket",
    model=Ticket,
    fields=(
        Field(key="number", kind=TEXT, label=LABELS["number"], path="number", audience="requester"),
        Field(key="subject", kind=TEXT, label=LABELS["subject"], path="subject", audience="requester"),
        Field(key="open", kind=YES_NO, label=pgettext_lazy("filter", "Open"), path="is_open", frozen=True),
        Field(
            key="status.category",
            kind=CHOICE,
            label=LABELS["status"],
            path="status_category",
            full_label=_("Status category"),
            options=_categories,
            frozen=True,
            audience="requester",
        ),
        Field(
            key="status",
            kind=REFERENCE,
            label=LABELS["status"],
            path="status_id",
            options=_rows(lambda known: known.statuses),
            editable=True,
        ),
        Field(
            key="priority",
            kind=REFERENCE,
            label=LABELS["priority"],
            path="priority_id",
            options=_rows(lambda known: known.priorities),
            column="priority",
            sort="priority",
            editable=True,
        ),
        Field(
            key="type",
            kind=REFERENCE,
            label=LABELS["type"],
            path="type_id",
            options=_rows(lambda known: known.types),
            column="type",
            editable=True,
            audience="requester",
        ),
        Field(key="team", kind=REFERENCE, label=LABELS["team"], path="team_id", options=_teams, column="team"),
        Field(
            key="assignee",
            kind=PERSON,
            label=LABELS["assignee"],
            path="assignee_id",
            names=names_of,
            column="agent",
            reads=("assignee__name", "assignee__email"),
            editable=True,
        ),
        Field(key="requester", kind=PERSON, label=LABELS["requester"], path="requester_id", names=names_of),
        Field(key="affected", kind=PERSON, label=LABELS["affected"], path="affected_id", names=names_of),
        Field(
            key="organization",
            kind=REFERENCE,
            label=LABELS["organization"],
            path="organization_id",
            options=organizations,
            column="organization",
            reads=("organization__name",),
        ),
        Field(
            key="department",
            kind=REFERENCE,
            label=LABELS["department"],
            path="department_id",
            options=_rows(lambda known: known.departments),
        ),
        Field(
            key="service",
            kind=TREE,
            label=LABELS["service"],
            path="service_id",
            module="services",
            options=_tree(lambda known: known.services),
            column="service",
            editable=True,
        ),
        Field(
            key="category",
            kind=TREE,
            label=LABELS["category"],
            path="category_id",
            options=_tree(lambda known: known.categories),
            column="category",
            editable=True,
        ),
        Field(
            key="impact",
            kind=REFERENCE,
            label=LABELS["impact"],
            path="impact_id",
            module="matrix",
            options=_rows(lambda known: known.impacts),
            editable=True,
        ),
        Field(
            key="urgency",
            kind=REFERENCE,
            label=LABELS["urgency"],
            path="urgency_id",
            module="matrix",
            options=_rows(lambda known: known.urgencies),
            editable=True,
        ),
        Field(key="tags", kind=CHOICES, label=LABELS["tags"], path="tags__name", options=_tags),
        Field(key="channel", kind=CHOICE, label=LABELS["channel"], path="channel", options=_channels),
        Field(key="restricted", kind=YES_NO, label=LABELS["restricted"], path="restricted"),
        Field(
            key="due",
            kind=MOMENT,
            label=LABELS["due_at"],
            path="due_at",
            column="left",
            reads=("agreed_due_at",),
            sort="due",
        ),
        Field(
            key="created",
            kind=MOMENT,
            label=LABELS["created_at"],
            path="created_at",
            column="created",
            sort="created",
            audience="requester",
        ),
        Field(
            key="updated",
            kind=MOMENT,
            label=LABELS["updated_at"],
            path="updated_at",
            column="updated",
            sort="updated",
            audience="requester",
        ),
        Field(key="resolved", kind=MOMENT, label=LABELS["resolved_at"], path="resolved_at"),
        Field(
            key="satisfaction",
            kind=CHOICE,
            label=LABELS["satisfaction"],
            path="satisfaction",
            module="surveys",
            options=_faces,
            column="satisfaction",
        ),
        Field(
            key="open_tasks",
            kind=NUMBER,
            label=LABELS["open_tasks"],
            path="open_tasks",
            column="open-tasks",
            module="tasks",
        ),
        Field(
            key="spent",
            kind=NUMBER,
            label=LABELS["spent_seconds"],
            path="spent_seconds",
            column="spent",
            module="time",
            filterable=False,
        ),
        Field(
            key="missing",
            kind=Lacking(),
            label=_("Data missing"),
            path="is_open",
            column="missing",
            reads=("custom", "type_id"),
        ),
        Field(key="waits_until", kind=MOMENT, label=LABELS["pending_until"], path="pending_until"),
    ),
    sorts=(
        Sort("due", pgettext_lazy("order", "By deadline"), ("sort_due_at",)),
        Sort("updated", pgettext_lazy("order", "By last change"), ("updated_at",)),
        Sort("created", pgettext_lazy("order", "By age"), ("id",)),
        Sort("priority", pgettext_lazy("order", "By priority"), ("priority__rank", "sort_due_at")),
    ),
    default_sort="due",
    default_columns=("priority", "due", "assignee"),
    custom=custom_field,
    across=(
        (PERSONS, custom_field_of("requester", LABELS["requester"])),
        (ORGANIZATION, custom_field_of("organization", LABELS["organization"])),
    ),
)


def spec_for(who: Viewer) -> Spec:
    """The ticket's Spec as somebody may know it: without fields that only hidden departments' types have."""
    spec = spec_of(TICKETS.entity)
    if not who.unknown:
        return spec
    return by_config_version(("tickets.spec", who.unknown), lambda: _known_part(spec, who))


def _known_part(spec: Spec, who: Viewer) -> Spec:
    made = definitions_of(TICKETS.entity).values()
    hidden = {row.name for row in made} - {row.name for row in known_rows(who, made)}
    return spec.having(lambda field: field.key not in hidden) if hidden else spec
