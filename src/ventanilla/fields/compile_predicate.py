"""From a condition to a predicate over a snapshot: the other compiler beside `compile_q`. Pure.

A snapshot maps the keys of fields to what the entity held: ids or keys for fields with options (a collection of them
for `choices`), ids for persons, moments with their zone, texts, numbers, booleans; None, or no entry, for nothing.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cmp_to_key
from typing import Any, Protocol, TypeAlias

from ventanilla.fields.conditions import All, Comparison, Condition, Either, Not
from ventanilla.fields.moments import bounds
from ventanilla.fields.resolving import AnyField, stored_values

Snapshot: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[Snapshot], bool]


class AnySpec(Protocol):
    """What of an entity is asked here (`spec.Spec`)."""

    def field(self, key: str) -> Any:
        """The filterable field with this key; raises ConditionError."""


def compile_predicate(condition: Condition, spec: AnySpec, reading: Any) -> Predicate:
    """Whether `condition` is true of a snapshot: what `compile_q` says of the row it was taken from.

    Options, persons and moments are resolved now, as `reading` has them. Raises ConditionError like `compile_q`.
    """
    match condition:
        case Comparison():
            return _compiled_test(condition, spec.field(condition.field), reading)
        case All(parts):
            every = [compile_predicate(part, spec, reading) for part in parts]
            return lambda snapshot: all(part(snapshot) for part in every)
        case Either(parts):
            some = [compile_predicate(part, spec, reading) for part in parts]
            return lambda snapshot: any(part(snapshot) for part in some)
        case Not(part):
            inner = compile_predicate(part, spec, reading)
            return lambda snapshot: not inner(snapshot)


def in_order(snapshots: Collection[Snapshot], paths: tuple[str, ...], *, reverse: bool = False) -> list[Snapshot]:
    """Snapshots as a list sorted by `paths` shows them ("-" for falling); they hold the values under these paths.

    As in lists, the `id` is added in the direction of the last path, and `reverse` turns all of it round. Texts are
    compared by code point, which a database may see otherwise.
    """
    last = "-id" if paths and paths[-1].startswith("-") else "id"
    keys = [(path.removeprefix("-"), path.startswith("-") is not reverse) for path in (*paths, last)]

    def compared(one: Snapshot, other: Snapshot) -> int:
        for path, falling in keys:
            if one[path] != other[path]:
                return -1 if (one[path] < other[path]) is not falling else 1
        return 0

    return sorted(snapshots, key=cmp_to_key(compared))


def _compiled_test(test: Comparison, field: AnyField, reading: Any) -> Predicate:
    values, key, name = stored_values(test, field, reading), test.field, field.kind.name
    match test.operator:
        case "empty":
            return lambda snapshot: _is_empty(snapshot.get(key), name)
        case "filled":
            return lambda snapshot: not _is_empty(snapshot.get(key), name)
        case "is" | "in" | "under":
            among = _among(values, name)
            return lambda snapshot: among(snapshot.get(key))
        case "not" | "not_in":
            none_of = _among(values, name)
            return lambda snapshot: not none_of(snapshot.get(key))
        case "contains":
            wanted = _folded(values[0])
            return lambda snapshot: wanted in _folded(snapshot.get(key) or "")
        case "below":
            return lambda snapshot: (held := snapshot.get(key)) is not None and bool(held < values[0])
        case "above":
            return lambda snapshot: (held := snapshot.get(key)) is not None and bool(held > values[0])
    start, end = bounds(test.operator, str(values[0]), reading)

    def within(snapshot: Snapshot) -> bool:
        held = snapshot.get(key)
        if held is None:
            return False
        first, last = (_like(held, bound, reading) for bound in (start, end))
        return (first is None or held >= first) and (last is None or held < last)

    return within


def _among(values: list[Any], kind: str) -> Callable[[Any], bool]:
    if kind == "text":
        wanted = {_folded(value) for value in values}
        return lambda held: held is not None and _folded(held) in wanted
    if kind == "choices":
        return lambda held: any(value in values for value in held or ())
    return lambda held: held is not None and held in values


def _is_empty(held: Any, kind: str) -> bool:
    return held is None or (kind == "text" and held == "") or (kind == "choices" and not held)


def _folded(text: str) -> str:
    """As databases compare without regard to case: letter by letter, «ß» stays what it is."""
    return text.lower()


def _like(held: Any, bound: datetime | None, reading: Any) -> Any:
    """The bound as the snapshot holds its value: a day where the field has no time."""
    if bound is None or isinstance(held, datetime):
        return bound
    return bound.astimezone(reading.zone).date()
