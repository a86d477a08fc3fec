"""Filters in the address: `?status.category=open&team=network,n2&created.after=2026-11-01`.

A parameter is a field, or a field and an operator joined by a dot; all must hold. Several values, joined by commas or
given several times, mean any of them. `=` alone (`assignee.empty=`) is for operators without a value.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from urllib.parse import urlencode

from ventanilla.fields.compile_q import check
from ventanilla.fields.conditions import (
    MAX_NODES,
    MAX_TEXT,
    MAX_VALUES,
    OPERATORS,
    WITHOUT_VALUE,
    All,
    Comparison,
    Condition,
    ConditionError,
    Scalar,
    normal,
)
from ventanilla.fields.kinds import Reading
from ventanilla.fields.spec import Field, Spec


class Parameters(Protocol):
    """A query string taken apart: Django's QueryDict, or anything with `lists`."""

    def lists(self) -> Iterable[tuple[str, Sequence[str]]]:
        """Each name with all its values."""


class NotFlat(ValueError):
    """A condition with alternatives or nesting: it has a name (a view), not an address of its own."""


def from_query(parameters: Parameters, spec: Spec, reading: Reading, *, reserved: Collection[str] = ()) -> Condition:
    """The condition that an address means; names in `reserved` (sort, cursor, …) are none of its business.

    Raises ConditionError for any other name that is no filterable field, and for a value the field cannot have: the
    page answers 400 with `problems.explain`.
    """
    parts: list[Condition] = []
    name = ""
    for name, given in parameters.lists():
        if name in reserved:
            continue
        field, operator = _named(name, spec)
        parts.append(_test(field, operator, given))
        if len(parts) > MAX_NODES:
            raise ConditionError("too_many_parts", MAX_NODES)
    condition = normal(check(All(tuple(parts)), spec, reading))
    try:
        to_query(condition, spec)
    except NotFlat:
        raise ConditionError("one_value_wanted", name) from None  # the same comparison said in two ways
    return condition


def to_query(condition: Condition, spec: Spec) -> list[tuple[str, str]]:
    """The parameters that mean this condition, as short as can be. Raises NotFlat when an address cannot say it."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    pairs: dict[str, list[str]] = {}
    for part in parts:
        if not isinstance(part, Comparison):
            raise NotFlat
        name, values = _pair(part, spec)
        if name in pairs:
            raise NotFlat
        pairs[name] = values
    return [(name, value) for name, values in pairs.items() for value in values]


def address(path: str, condition: Condition, spec: Spec, **more: str | None) -> str:
    """`path` with the condition and further parameters; empty ones are left out. Raises NotFlat."""
    pairs = [*to_query(condition, spec), *((name, value) for name, value in more.items() if value)]
    return f"{path}?{urlencode(pairs, safe=',:')}" if pairs else path


def _named(name: str, spec: Spec) -> tuple[Field, str]:
    whole = spec.by_key.get(name)
    if whole is not None and whole.filterable:
        return whole, ""
    key, _, operator = name.rpartition(".")
    if operator in OPERATORS and key in spec.by_key:
        return spec.field(key), operator
    raise ConditionError("unknown_field", name)


def _test(field: Field, operator: str, given: Sequence[str]) -> Comparison:
    operator = operator or field.kind.operators[0]
    if operator in WITHOUT_VALUE:
        return Comparison(field.key, operator)
    texts = [part for text in given for part in (text.split(",") if field.kind.splits else [text]) if part.strip()]
    if not texts or len(texts) > MAX_VALUES or any(len(text) > MAX_TEXT or "\x00" in text for text in texts):
        raise ConditionError("value_wanted", field.key)
    several = {"is": "in", "in": "in", "not": "not_in", "not_in": "not_in"}.get(operator, "")
    if several in field.kind.operators and (len(texts) > 1 or operator == several):
        return Comparison(field.key, several, tuple(texts))
    if len(texts) > 1:
        raise ConditionError("one_value_wanted", field.key)
    return Comparison(field.key, operator, texts[0])


def _pair(comparison: Comparison, spec: Spec) -> tuple[str, list[str]]:
    usual = spec.field(comparison.field).kind.operators[0]
    bare = comparison.operator == usual or (comparison.operator == "in" and usual == "is")
    name = comparison.field if bare else f"{comparison.field}.{comparison.operator}"
    if comparison.value is None:
        return name, ["1"]
    if not isinstance(comparison.value, tuple):
        return name, [_text(comparison.value)]
    texts = [_text(value) for value in comparison.value]
    return name, texts if any("," in text for text in texts) else [",".join(texts)]


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
