"""The configurable words of tickets, read once per configuration version: labels by id, rows by key, defaults."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, override

from ventanilla.catalog.models import Service
from ventanilla.installation.queries import by_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Team
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models import (
    Category,
    Impact,
    PendingReason,
    Priority,
    PriorityRule,
    Status,
    StatusCategory,
    TicketType,
    Urgency,
)


@dataclass(frozen=True)
class Words:
    """All rows of the vocabulary by id. Small by nature: what grows without end (persons, tags) is not here."""

    types: Mapping[int, TicketType]
    statuses: Mapping[int, Status]
    reasons: Mapping[int, PendingReason]
    priorities: Mapping[int, Priority]
    impacts: Mapping[int, Impact]
    urgencies: Mapping[int, Urgency]
    categories: Mapping[int, Category]
    services: Mapping[int, Service]
    departments: Mapping[int, Department]
    teams: Mapping[int, Team]
    matrix: Mapping[tuple[int, int], int]

    def status_for(self, category: StatusCategory) -> Status:
        """The first status of a category in the administrator's order."""
        return next(s for s in self.statuses.values() if s.category == category and s.archived_at is None)

    def priority_for(self, impact: int | None, urgency: int | None) -> Priority | None:
        """What the matrix says, or nothing when a side is missing."""
        found = self.matrix.get((impact, urgency)) if impact and urgency else None
        return self.priorities[found] if found else None

    @property
    def default_priority(self) -> Priority:
        """The middle one of the priorities in use."""
        usable: list[Priority] = self.usable(self.priorities)
        return usable[len(usable) // 2]

    @staticmethod
    def usable(rows: Mapping[int, Any]) -> list[Any]:
        """The rows that may still be chosen, in the administrator's order."""
        return [row for row in rows.values() if row.archived_at is None]

    @staticmethod
    def by_key(rows: Mapping[int, Any], key: str) -> Any:
        """The row with this key, or `None`."""
        return next((row for row in rows.values() if row.key == key), None)


# The fields of a ticket whose values are rows of the vocabulary, and where those are.
ROWS: Mapping[str, Callable[[Words], Mapping[int, Any]]] = {
    "status": lambda known: known.statuses,
    "pending_reason": lambda known: known.reasons,
    "type": lambda known: known.types,
    "impact": lambda known: known.impacts,
    "urgency": lambda known: known.urgencies,
    "priority": lambda known: known.priorities,
    "department": lambda known: known.departments,
    "team": lambda known: known.teams,
    "service": lambda known: known.services,
    "category": lambda known: known.categories,
}


def words() -> Words:
    """The vocabulary of this installation."""
    return by_config_version("tickets.words", _read)


def words_for(who: Viewer) -> Words:
    """The same as somebody may know it: a private department that is hidden from them, and whatever belongs to it, has
    no name and no key, and cannot be chosen. What shows or reads a person's choice asks here."""
    unknown = who.unknown
    return by_config_version(("tickets.words", unknown), lambda: _veiled(words(), unknown)) if unknown else words()


def known_to(by: Author) -> Words:
    """What an author may name: everything for who is no person."""
    return words_for(viewer(by.person)) if by.person is not None else words()


# Begins the key of a row that somebody may not know; no row's own key does.
VEILED = "-"


def _veiled(known: Words, unknown: frozenset[int]) -> Words:
    labels = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            labels[code] = (gettext("Private department"), gettext("Of a private department"))
    chosen = {name: getattr(known, name) for name in ("types", "categories", "services", "departments", "teams")}
    return replace(
        known,
        **{
            name: {pk: _veil(row, labels) if _department_of(row) in unknown else row for pk, row in rows.items()}
            for name, rows in chosen.items()
        },
    )


def _department_of(row: Any) -> int | None:
    pk: int | None = row.pk if isinstance(row, Department) else row.department_id
    return pk


def _veil(row: Any, labels: Mapping[str, tuple[str, str]]) -> Any:
    """A stand-in for the row, with its id alone: never to be saved."""
    veiled = copy(row)
    place = int(not isinstance(row, Department | Team))
    veiled.key, veiled.label = f"{VEILED}{row.pk}", {code: names[place] for code, names in labels.items()}
    veiled.archived_at = row.archived_at or timezone.now()
    return veiled


def _by_id(rows: Iterable[models.Model]) -> dict[int, Any]:
    return {row.pk: row for row in rows}


def _read() -> Words:
    return Words(
        types=_by_id(TicketType.objects.all()),
        statuses=_by_id(Status.objects.all()),
        reasons=_by_id(PendingReason.objects.all()),
        priorities=_by_id(Priority.objects.all()),
        impacts=_by_id(Impact.objects.all()),
        urgencies=_by_id(Urgency.objects.all()),
        categories=_by_id(Category.objects.select_related("team", "in_charge__role")),
        services=_by_id(Service.objects.all()),
        departments=_by_id(Department.objects.all()),
        teams=_by_id(Team.objects.all()),
        matrix={(c.impact_id, c.urgency_id): c.priority_id for c in PriorityRule.objects.all()},
    )
