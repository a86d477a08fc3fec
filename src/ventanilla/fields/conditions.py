"""The condition language: one small grammar for views, addresses, rules and agreements. Pure.

As stored:

    ["and", ["status.category", "is", "open"], ["team", "in", ["network", "servers"]], ["not", ["assignee", "empty"]]]

A test is `[field, operator]` or `[field, operator, value]`; values of configurable rows are their keys. What a field
means and which operators it knows is the business of a Spec; here only the form is checked.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

MAX_NODES: Final = 200
MAX_DEPTH: Final = 8
MAX_VALUES: Final = 200
MAX_TEXT: Final = 500
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

WITHOUT_VALUE: Final = frozenset({"empty", "filled"})
WITH_LIST: Final = frozenset({"in", "not_in"})
WITH_ONE: Final = frozenset(
    {"is", "not", "contains", "before", "after", "until", "on", "within", "below", "above", "under"}
)
OPERATORS: Final = WITHOUT_VALUE | WITH_LIST | WITH_ONE

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None


class ConditionError(ValueError):
    """A condition that makes no sense.

    `problem` is a fixed word (see fields/problems.py for its sentence), `subject` what it is about (a field, an
    operator, a value), `where` the path of positions to the faulty part.
    """

    def __init__(self, problem: str, subject: object = "", where: tuple[int, ...] = ()) -> None:
        super().__init__(f"{problem}: {subject!r} at {list(where)}")
        self.problem = problem
        self.subject = str(subject)[:80]
        self.where = where


@dataclass(frozen=True)
class Comparison:
    """One field compared. `value` is None for `empty` and `filled`, a tuple for `in` and `not_in`, else one scalar."""

    field: str
    operator: str
    value: Value = None


@dataclass(frozen=True)
class All:
    """True when every part is; without parts, always."""

    parts: "tuple[Condition, ...]" = ()


@dataclass(frozen=True)
class Either:
    """True when at least one part is; without parts, never."""

    parts: "tuple[Condition, ...]" = ()


@dataclass(frozen=True)
class Not:
    """True when its part is not."""

    part: "Condition"


Condition: TypeAlias = Comparison | All | Either | Not
EVERYTHING: Final = All()


def parse(stored: Any) -> Condition:
    """The condition that a stored list means. Raises ConditionError for anything that is not in the grammar, has more
    than MAX_NODES parts or is nested deeper than MAX_DEPTH."""
    budget = [MAX_NODES]
    return _parse(stored, (), budget)


def to_json(condition: Condition) -> list[Any]:
    """The list to store; `parse` gives the same condition back."""
    match condition:
        case Comparison(field, operator, None):
            return [field, operator]
        case Comparison(field, operator, value):
            return [field, operator, list(value) if isinstance(value, tuple) else value]
        case All(parts):
            return ["and", *map(to_json, parts)]
        case Either(parts):
            return ["or", *map(to_json, parts)]
        case Not(part):
            return ["not", to_json(part)]


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and all its parts, outermost first."""
    yield condition
    match condition:
        case All(parts) | Either(parts):
            for part in parts:
                yield from walk(part)
        case Not(part):
            yield from walk(part)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in the condition."""
    return (part for part in walk(condition) if isinstance(part, Comparison))


def fields_of(condition: Condition) -> frozenset[str]:
    """The keys of the fields that the condition asks about."""
    return frozenset(test.field for test in comparisons(condition))


def normal(condition: Condition) -> Condition:
    """The same condition without needless nesting: no group in a like group, no group of one, no double negation, no
    part twice; `in` with one value becomes `is`."""
    match condition:
        case Comparison(field, "in", (only,)):
            return Comparison(field, "is", only)
        case Comparison(field, "not_in", (only,)):
            return Comparison(field, "not", only)
        case Comparison():
            return condition
        case Not(part):
            inner = normal(part)
            return inner.part if isinstance(inner, Not) else Not(inner)
        case All(parts):
            return _flat(All, parts)
        case Either(parts):
            return _flat(Either, parts)


def both(one: Condition, other: Condition) -> Condition:
    """Both must hold."""
    return normal(All((one, other)))


def _flat(group: type[All] | type[Either], parts: tuple[Condition, ...]) -> Condition:
    flat: dict[Condition, None] = {}
    for part in map(normal, parts):
        flat.update(dict.fromkeys(part.parts if isinstance(part, group) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else group(tuple(flat))


def _parse(stored: Any, where: tuple[int, ...], budget: list[int]) -> Condition:
    budget[0] -= 1
    if budget[0] < 0:
        raise ConditionError("too_many_parts", MAX_NODES, where)
    if len(where) >= MAX_DEPTH:
        raise ConditionError("too_deep", MAX_DEPTH, where)
    if not isinstance(stored, list) or not stored or not isinstance(stored[0], str):
        raise ConditionError("not_a_condition", "", where)
    head, *rest = stored
    if head in ("and", "or"):
        parts = tuple(_parse(part, (*where, position), budget) for position, part in enumerate(rest, start=1))
        return All(parts) if head == "and" else Either(parts)
    if head == "not":
        if len(rest) != 1:
            raise ConditionError("not_a_condition", head, where)
        return Not(_parse(rest[0], (*where, 1), budget))
    return _parse_test(head, rest, where)


def _parse_test(field: str, rest: list[Any], where: tuple[int, ...]) -> Comparison:
    if not field or len(field) > MAX_TEXT or not storable(field) or not rest or not isinstance(rest[0], str):
        raise ConditionError("not_a_condition", field, where)
    operator, *values = rest
    if operator not in OPERATORS:
        raise ConditionError("unknown_operator", operator, where)
    if operator in WITHOUT_VALUE:
        if values:
            raise ConditionError("no_value_wanted", operator, where)
        return Comparison(field, operator)
    if len(values) != 1:
        raise ConditionError("value_wanted", operator, where)
    value = values[0]
    if operator in WITH_LIST:
        if not isinstance(value, list) or not 0 < len(value) <= MAX_VALUES:
            raise ConditionError("list_wanted", operator, where)
        return Comparison(field, operator, tuple(_scalar(item, where) for item in value))
    return Comparison(field, operator, _scalar(value, where))


def storable(text: str) -> bool:
    """Whether a database takes the text: no NUL, and no half of a character beyond the first 65,536."""
    return _UNSTORABLE.search(text) is None


def _scalar(value: Any, where: tuple[int, ...]) -> Scalar:
    if isinstance(value, str):
        if len(value) > MAX_TEXT or not storable(value):
            raise ConditionError("bad_value", ascii(value), where)
        return value
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ConditionError("bad_value", value, where)
