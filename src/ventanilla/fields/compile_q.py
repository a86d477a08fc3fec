"""From a condition to a query, by way of the Spec."""

from collections.abc import Sequence

from django.db.models import Q

from ventanilla.fields.conditions import All, Comparison, Condition, ConditionError, Either, Not, comparisons
from ventanilla.fields.kinds import CHOICES, NOTHING, Reading
from ventanilla.fields.resolving import checked_value, listed, require_operator, stored_values
from ventanilla.fields.spec import Spec


def check(condition: Condition, spec: Spec, reading: Reading) -> Condition:
    """`condition` with every value in its stored form.

    Raises ConditionError for a field the entity does not have, an operator the field does not know, or a value it
    cannot have (for a field with options: a key that is none of them).
    """
    match condition:
        case Comparison():
            return _checked_test(condition, spec, reading)
        case All(parts):
            return All(tuple(check(part, spec, reading) for part in parts))
        case Either(parts):
            return Either(tuple(check(part, spec, reading) for part in parts))
        case Not(part):
            return Not(check(part, spec, reading))


def compile_q(condition: Condition, spec: Spec, reading: Reading) -> Q:
    """The rows for which `condition` is true, as a Q on the entity's model; never makes a row appear twice.

    An option that no longer exists is a value no row has. Raises ConditionError like `check`, except for that.
    """
    match condition:
        case Comparison():
            return _compiled_test(condition, spec, reading)
        case All(parts):
            result = Q()
            for part in parts:
                result &= compile_q(part, spec, reading)
            return result
        case Either(parts):
            return _any([compile_q(part, spec, reading) for part in parts])
        case Not(part):
            inner = compile_q(part, spec, reading)
            return ~inner if inner else NOTHING


def lasting(condition: Condition, spec: Spec) -> bool:
    """Whether `compile_q` gives the same for one reader until the configuration changes, whenever it is asked."""
    return all(spec.field(test.field).kind.lasting for test in comparisons(condition))


def _any(parts: Sequence[Q]) -> Q:
    if not all(parts):
        return Q()  # one part holds for every row; Django would leave it out instead
    result = NOTHING
    for part in parts:
        result = part if result is NOTHING else result | part
    return result


def _checked_test(test: Comparison, spec: Spec, reading: Reading) -> Comparison:
    field = spec.field(test.field)
    require_operator(test, field)
    if test.value is None:
        return test
    single = not isinstance(test.value, tuple)
    values = tuple(checked_value(field, value) for value in listed(test))
    if field.kind.keyed:
        options = field.option_map(reading)
        for value in values:
            if value not in options:
                raise ConditionError("unknown_value", value)
    return Comparison(test.field, test.operator, values[0] if single else values)


def _compiled_test(test: Comparison, spec: Spec, reading: Reading) -> Q:
    field = spec.field(test.field)
    stored = stored_values(test, field, reading)
    if field.kind is not CHOICES:
        return field.kind.query(field.path, test, stored, reading)
    # Through a subquery: a join would show a row once for every tag that fits.
    positive = Comparison(
        test.field, {"not": "is", "not_in": "in", "empty": "filled"}.get(test.operator, test.operator)
    )
    inner = field.kind.query(field.path, positive, stored, reading)
    matching = Q(pk__in=spec.model._base_manager.filter(inner).values("pk"))
    return matching if positive.operator == test.operator else ~matching
