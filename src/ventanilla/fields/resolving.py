"""What a comparison means for an entity: its field, and its values as the entity holds them. Pure.

Both compilers begin here, so that they cannot understand the same condition differently.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ventanilla.fields.conditions import Comparison, ConditionError, Scalar
from ventanilla.fields.moments import BadValue


class AnyKind(Protocol):
    """What of a kind is asked here (`kinds.Kind`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it knows."""

    @property
    def keyed(self) -> bool:
        """Whether values are keys of options."""

    def check(self, value: Scalar) -> Scalar:
        """The value in its stored form; raises BadValue."""


class AnyOption(Protocol):
    """What of an option is asked here (`spec.Option`)."""

    def stored(self, *, under: bool = False) -> tuple[Any, ...]:
        """What the entity holds for this option."""


class AnyField(Protocol):
    """What of a field is asked here (`spec.Field`)."""

    @property
    def kind(self) -> AnyKind:
        """Its kind."""

    def option_map(self, reading: Any) -> Mapping[str, AnyOption]:
        """Its options by key."""


def listed(test: Comparison) -> tuple[Scalar, ...]:
    """The values of a comparison, none for an operator without one."""
    if test.value is None:
        return ()
    return test.value if isinstance(test.value, tuple) else (test.value,)


def require_operator(test: Comparison, field: AnyField) -> None:
    """Raise ConditionError for an operator that the field does not know."""
    if test.operator not in field.kind.operators:
        raise ConditionError("unknown_operator", test.operator)


def checked_value(field: AnyField, value: Scalar) -> Scalar:
    """The value in its stored form. Raises ConditionError."""
    try:
        return field.kind.check(value)
    except BadValue:
        raise ConditionError("bad_value", value) from None


def stored_values(test: Comparison, field: AnyField, reading: Any) -> list[Any]:
    """What the entity holds for the values of a comparison. An option that no longer exists is a value nothing has.

    Raises ConditionError for an operator the field does not know or a value it cannot have.
    """
    require_operator(test, field)
    values: Sequence[Scalar] = [checked_value(field, value) for value in listed(test)]
    if field.kind.keyed:
        options = field.option_map(reading)
        under = test.operator == "under"
        return [stored for value in values if value in options for stored in options[str(value)].stored(under=under)]
    if field.kind.name == "person":
        me = reading.person_id
        return [me if value == "me" else value for value in values if value != "me" or me]
    return list(values)
