"""Kinds of custom fields in conditions: the operators of the built-in kinds, over one key of the column `custom`.

The column's value is `("custom" ->> 'key')`, with the key as a literal: an expression index is found by it, and both
engines give text. Each test is false, never unknown, for a row without a value.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Case, DecimalField, Expression, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.lookups import (
    Contains,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    IExact,
    In,
    IRegex,
    IsNull,
    LessThan,
)

from ventanilla.fields.conditions import Comparison, Scalar
from ventanilla.fields.kinds import (
    NOTHING,
    YES_NO,
    Choice,
    Date,
    Kind,
    Moment,
    Number,
    PersonKind,
    Reading,
    Text,
)
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import MOMENT_SHAPE

_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_BEGINS = 200
_BEGINNING = f"SUBSTR(UPPER({{}}), 1, {_BEGINS})"


class _Expression(Func):
    """An expression that stands in SQL as it is written: Django would put a second CAST around numbers on SQLite, and
    no index is over that."""

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """The same as for any other engine."""
        return self.as_sql(compiler, connection, **more)


def value_of_sql(key: str) -> str:
    """The same as the template of an expression. Raises ValueError for a key that could not stand in SQL."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key of a custom field: {key!r}")
    return f"(%(expressions)s ->> '{key}')"


def value_of(key: str, *, numeric: bool = False, path: str = "custom") -> Func:
    """The stored value of a custom field as text, or as a number, for queries and for expression indexes.

    `path` leads to the column: that of the row itself, or of one that it names (`requester__custom`). Raises ValueError
    for a key that could not stand in SQL.
    """
    text = value_of_sql(key)
    if numeric:
        return _Expression(F(path), template=f"CAST({text} AS numeric)", output_field=DecimalField())
    return _Expression(F(path), template=text, output_field=TextField())


def beginning_of(key: str, path: str = "custom") -> Func:
    """How a text begins, in capitals: what a comparison without case asks first, because an index can hold that much
    of any text. Raises ValueError like `value_of`."""
    return _Expression(F(path), template=_BEGINNING.format(value_of_sql(key)), output_field=TextField())


def order_of(row: FieldDefinition, path: str = "custom") -> Expression | None:
    """What rows are put in order by: what the index of the field is over, but options as the administrator has them.
    Null where there is no value; None for a field that has no order."""
    match row.kind:
        case "choices" | "person" | "reference":
            return None
        case "number" | "money":
            return value_of(row.key, numeric=True, path=path)
        case "text":
            return beginning_of(row.key, path)
        case "choice":
            held = value_of(row.key, path=path)
            places = (
                When(Exact(held, option["key"]), then=Value(place)) for place, option in enumerate(row.options, start=1)
            )
            return Case(*places, output_field=IntegerField())
    return value_of(row.key, path=path)


def indexed_expression(row: FieldDefinition) -> str:
    """What the index of a field is over, in SQL: the very expression that its comparisons ask.

    Raises ValueError for a field of several values, which no such index can serve.
    """
    text = value_of_sql(row.key).replace("%(expressions)s", '"custom"')
    match row.kind:
        case "choices":
            raise ValueError(f"{row.name} has several values")
        case "number" | "money":
            return f"(CAST({text} AS numeric))"
        case "text":
            return f"({_BEGINNING.format(text)})"
    return text


class _Custom(Kind):
    """What they share: where the value is found."""

    numeric: ClassVar[bool] = False

    def __init__(self, key: str, path: str) -> None:
        self.column = value_of(key, numeric=self.numeric, path=path)
        self.filled = Q(IsNull(value_of(key, path=path), False))

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        """The test; `path` says nothing that the kind does not know already."""
        if test.operator in ("empty", "filled"):
            return self.filled if test.operator == "filled" else ~self.filled
        if test.operator in ("not", "not_in"):
            return ~self.among(values)
        return self.among(values)

    def among(self, values: Sequence[Any]) -> Q:
        """One of these values."""
        texts = [self.written(value) for value in values]
        if not texts:
            return NOTHING
        return self.holds(Exact(self.column, texts[0]) if len(texts) == 1 else In(self.column, texts))

    def holds(self, lookup: Any) -> Q:
        """The lookup, and false where there is no value: `NOT` would make the unknown disappear otherwise."""
        return Q(lookup) & self.filled

    def written(self, value: Any) -> Any:
        """A checked value as the column has it."""
        return str(value)


class _BeginsAlike(Exact):
    """That two texts begin alike in capitals. SQLite's UPPER knows no other letters than those of ASCII: nothing is to
    be told from it about a text with others."""

    ascii = True

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """The same for a text in ASCII; otherwise true."""
        return self.as_sql(compiler, connection) if self.ascii else ("1 = 1", ())


class CustomText(_Custom, Text):
    """Free text. That it is another text is asked of its beginning first, which may be indexed."""

    def __init__(self, key: str, path: str) -> None:
        super().__init__(key, path)
        self.beginning = beginning_of(key, path)

    def _is(self, value: Any) -> Q:
        begins = Func(Value(value), template=_BEGINNING.format("%(expressions)s"), output_field=TextField())
        alike = _BeginsAlike(self.beginning, begins)
        alike.ascii = value.isascii()
        return Q(alike) & self._same(value)

    def _same(self, value: Any) -> Q:
        """As for built-in texts (`kinds.Text`): SQLite compares letters beyond ASCII without case only by pattern."""
        if value.isascii():
            return self.holds(IExact(self.column, value))
        return self.holds(IRegex(self.column, rf"\A{re.escape(value)}\Z"))

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        match test.operator:
            case "contains":
                text = values[0]
                return self.holds(
                    IContains(self.column, text) if text.isascii() else IRegex(self.column, re.escape(text))
                )
            case "is":
                return self._is(values[0])
            case "not":
                return ~self._same(values[0])
        return super().query(path, test, values, reading)


class CustomNumber(_Custom, Number):
    """A number or an amount."""

    numeric = True

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        if test.operator == "below":
            return self.holds(LessThan(self.column, self.written(values[0])))
        if test.operator == "above":
            return self.holds(GreaterThan(self.column, self.written(values[0])))
        return super().query(path, test, values, reading)

    def written(self, value: Any) -> Any:
        return Decimal(str(value))


class CustomYesNo(_Custom, Choice):
    """Yes (`1`) or no (`0`), as options to choose from; a row without a value is neither."""

    name = "yes_no"

    def check(self, value: Scalar) -> Scalar:
        return "1" if YES_NO.check(value) else "0"


class _InTime(_Custom, Moment):
    """What days and moments share: the fixed width makes text compare like time."""

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        if test.operator in ("empty", "filled"):
            return super().query(path, test, values, reading)
        since, before = self.bounds(test, values, reading)
        result = Q()
        if since is not None:
            result &= self.holds(GreaterThanOrEqual(self.column, since))
        if before is not None:
            result &= self.holds(LessThan(self.column, before))
        return result

    def stored(self, moment: datetime, reading: Reading) -> Any:
        return moment.astimezone(UTC).strftime(MOMENT_SHAPE)


class CustomMoment(_InTime):
    """A moment."""


class CustomDate(_InTime, Date):
    """A day."""

    def stored(self, moment: datetime, reading: Reading) -> Any:
        return moment.astimezone(reading.zone).date().isoformat()


class CustomChoice(_Custom, Choice):
    """One of the field's options."""


class CustomReference(_Custom, Choice):
    """A row of another entity, by its id as text."""

    name = "reference"


class CustomChoices(_Custom, Choice):
    """Several of the field's options. `is` and `in` ask whether one of them is there."""

    name = "choices"

    def among(self, values: Sequence[Any]) -> Q:
        result = NOTHING
        for value in values:
            # The column is a list of keys in text, on each engine with its own spaces.
            one = self.holds(Contains(self.column, f'"{value}"'))
            result = one if result is NOTHING else result | one
        return result


class CustomPerson(_Custom, PersonKind):
    """A person, by id, or `me`."""


def kind_for(definition: FieldDefinition, path: str = "custom") -> Kind:
    """The kind of a field as conditions see it; `path` as for `value_of`."""
    made = {
        "text": CustomText,
        "number": CustomNumber,
        "money": CustomNumber,
        "date": CustomDate,
        "moment": CustomMoment,
        "yes_no": CustomYesNo,
        "choice": CustomChoice,
        "choices": CustomChoices,
        "person": CustomPerson,
        "reference": CustomReference,
    }[definition.kind]
    return made(definition.key, path)
