"""«Data missing» as a field of tickets: which lack a required custom field, as a query and in a row of a list.

The query is `custom.missing` said in SQL. What makes a field visible or required is a comparison with another field of
the same row, so that nothing but the row is asked; it is made once for a version of the configuration.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from ventanilla.fields.conditions import Comparison, Scalar
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.kinds import NOTHING, YES_NO, Kind, Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.stored_kinds import kind_for
from ventanilla.installation.queries import by_config_version
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.vocabulary import words


class Lacking(Kind):
    """Whether an open ticket lacks something that must be filled in."""

    name = "yes_no"
    operators = ("is",)

    def check(self, value: Scalar) -> Scalar:
        """As for any other yes or no."""
        return YES_NO.check(value)

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        """The tickets of which that is so, or is not."""
        lacking = by_config_version("tickets.lacking", _lacking)
        return lacking if values[0] else ~lacking


def _lacking() -> Q:
    """An open ticket, and one of the required fields that its type has and its values ask for is empty."""
    rows = {row.key: row for row in definitions_of(ENTITY).values() if row.archived_at is None}
    found = NOTHING
    for row in rows.values():
        if row.required:
            found |= _asked(row, rows) & ~_filled(row)
    return Q(is_open=1) & found


def _asked(row: FieldDefinition, rows: Mapping[str, FieldDefinition]) -> Q:
    """The tickets that must have this field filled in (`definitions.visible` and `demanded`)."""
    result = _shown(row, rows, 0)
    if row.required_when:
        decides = rows.get(row.demanded_by)
        if decides is None:
            return NOTHING
        result &= _shown(decides, rows, 0) & _holds(decides, row.required_when)
    return result


def _shown(row: FieldDefinition, rows: Mapping[str, FieldDefinition], steps: int) -> Q:
    types = [kind.pk for kind in words().types.values() if row.concerns(kind.key)]
    result = Q(type__in=types) if row.types else Q()
    if row.visible_when:
        decides = rows.get(row.decided_by)
        if decides is None or steps > len(rows):
            return NOTHING
        result &= _shown(decides, rows, steps + 1) & _holds(decides, row.visible_when)
    return result


def _holds(row: FieldDefinition, condition: Sequence[Any]) -> Q:
    values = list(condition[2])
    return kind_for(row).query("custom", Comparison(row.name, "in", tuple(values)), values, Reading())


def _filled(row: FieldDefinition) -> Q:
    return kind_for(row).query("custom", Comparison(row.name, "filled"), [], Reading())
