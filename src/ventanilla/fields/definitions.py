"""Questions about the fields that administrators made. Read once per configuration version."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import Http404

from ventanilla.fields.models import FieldDefinition
from ventanilla.installation.queries import by_config_version

PREFIX = "custom."


def definitions_of(entity: str) -> Mapping[str, FieldDefinition]:
    """Every field made for an entity by key, archived ones too, in the administrator's order."""
    everything: Mapping[str, Mapping[str, FieldDefinition]] = by_config_version("fields.definitions", _read)
    return everything.get(entity, {})


def _read() -> Mapping[str, Mapping[str, FieldDefinition]]:
    found: dict[str, dict[str, FieldDefinition]] = {}
    for row in FieldDefinition.objects.all():
        found.setdefault(row.entity, {})[row.key] = row
    return found


def usable(entity: str, type_key: str, *, staff: bool) -> list[FieldDefinition]:
    """The fields in use that a row of this type has, of those that staff or requesters may know."""
    return [
        row
        for row in definitions_of(entity).values()
        if row.archived_at is None and row.concerns(type_key) and (staff or row.audience == row.Audience.REQUESTER)
    ]


def visible(rows: Sequence[FieldDefinition], values: Mapping[str, Any]) -> list[FieldDefinition]:
    """Those of the fields that are visible with these values (stored or typed, by key).

    A field whose condition is about one that is not visible, or not among them, is not visible either.
    """
    by_key = {row.key: row for row in rows}

    def shown(row: FieldDefinition, steps: int) -> bool:
        if not row.visible_when:
            return True
        other = by_key.get(row.decided_by)
        if other is None or steps > len(rows) or not shown(other, steps + 1):
            return False
        return _holds(row.visible_when, values.get(other.key))

    return [row for row in rows if shown(row, 0)]


def demanded(shown: Sequence[FieldDefinition], values: Mapping[str, Any]) -> list[FieldDefinition]:
    """Those of these visible fields that must be filled in with these values (stored or typed, by key)."""
    keys = {row.key for row in shown}

    def wanted(row: FieldDefinition) -> bool:
        if not row.required_when:
            return True
        return row.demanded_by in keys and _holds(row.required_when, values.get(row.demanded_by))

    return [row for row in shown if row.required and wanted(row)]


def _holds(condition: Sequence[Any], value: Any) -> bool:
    return not set(condition[2]).isdisjoint(value if isinstance(value, list) else [value])


def waiting_for(row: FieldDefinition) -> list[FieldDefinition]:
    """The fields in use that appear, or must be filled in, only with values of this one."""
    return [
        other
        for other in definitions_of(row.entity).values()
        if other.archived_at is None and row.key in (other.decided_by, other.demanded_by)
    ]


def definition_named(entity: str, name: str) -> FieldDefinition | None:
    """The field that `custom.site` names, or None."""
    return definitions_of(entity).get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def definition_with(entity: str, pk: int) -> FieldDefinition:
    """One of them by its id, else `Http404`."""
    found = next((row for row in definitions_of(entity).values() if row.pk == pk), None)
    if found is None:
        raise Http404
    return found


def known(entity: str, keys: Iterable[str], *, staff: bool) -> list[FieldDefinition]:
    """Those of these keys that staff or requesters may know, archived ones too, in order."""
    wanted = set(keys)
    return [
        row
        for row in definitions_of(entity).values()
        if row.key in wanted and (staff or row.audience == row.Audience.REQUESTER)
    ]
