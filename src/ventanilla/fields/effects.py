"""The effect language: what macros, changes to many tickets and, later, rules do. Pure.

As stored:

    [["set", "priority", "high"], ["set", "assignee", null], ["add", "tags", ["vip"]]]

Values of configurable rows are their keys. What a field is and which values it takes is the business of whoever
carries effects out; here only the form is checked.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ventanilla.fields.conditions import storable

MAX_EFFECTS: Final = 30
MAX_VALUES: Final = 40
MAX_TEXT: Final = 500
WITH_ONE: Final = frozenset({"set"})
WITH_LIST: Final = frozenset({"add", "remove"})

Scalar: TypeAlias = str | int | float | bool | None


class EffectError(ValueError):
    """Effects that make no sense: `problem` is a fixed word, `where` the position of the faulty one."""

    def __init__(self, problem: str, where: int = 0) -> None:
        super().__init__(f"{problem} at {where}")
        self.problem = problem
        self.where = where


@dataclass(frozen=True)
class Effect:
    """One field, and what becomes of it. `value` is one scalar (None empties the field) or, to add and remove, some."""

    verb: str
    field: str
    value: Scalar | tuple[str, ...] = None


def as_scalar(typed: Any) -> Scalar:
    """What a form says of a custom field as the value of an effect: several options joined by commas, None for nothing.

    Raises EffectError for more than an effect can hold.
    """
    value = ",".join(typed) if isinstance(typed, list) else typed
    if _too_long(value):
        raise EffectError("bad_value")
    return value or None


def parse(stored: Any) -> tuple[Effect, ...]:
    """The effects that were stored or sent. Raises EffectError for anything else, and for two that set one field."""
    if not isinstance(stored, list | tuple) or not stored:
        raise EffectError("not_effects")
    if len(stored) > MAX_EFFECTS:
        raise EffectError("too_many")
    effects = tuple(_effect(part, place) for place, part in enumerate(stored))
    set_already: set[str] = set()
    for place, effect in enumerate(effects):
        if effect.verb == "set" and effect.field in set_already:
            raise EffectError("set_twice", place)
        set_already.add(effect.field)
    return effects


def stored(effects: tuple[Effect, ...]) -> list[list[Any]]:
    """The effects as JSON keeps them: `parse` gives the same back."""
    return [
        [effect.verb, effect.field, list(effect.value) if isinstance(effect.value, tuple) else effect.value]
        for effect in effects
    ]


def _effect(part: Any, place: int) -> Effect:
    if not isinstance(part, list | tuple) or len(part) != 3:
        raise EffectError("not_effects", place)
    verb, field, value = part
    if not isinstance(field, str) or not field or _too_long(field):
        raise EffectError("unknown_field", place)
    if verb in WITH_ONE:
        if not isinstance(value, str | int | float | bool | None) or _too_long(value):
            raise EffectError("bad_value", place)
        return Effect(verb, field, value)
    if verb in WITH_LIST:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_VALUES:
            raise EffectError("list_wanted", place)
        if not all(isinstance(item, str) and not _too_long(item) for item in value):
            raise EffectError("bad_value", place)
        return Effect(verb, field, tuple(dict.fromkeys(value)))
    raise EffectError("unknown_verb", place)


def _too_long(value: Any) -> bool:
    return isinstance(value, str) and (len(value) > MAX_TEXT or not storable(value))
