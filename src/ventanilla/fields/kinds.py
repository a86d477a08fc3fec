"""Kinds of fields: which operators each knows, how it reads a value, and what a test on it is as a query.

`check` takes one value of a stored condition or of an address (then always text) and returns it in its one stored form;
`query` compiles a test whose values are checked. A kind is stateless; there is one instance of each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar, Final

from django.db.models import Q

from ventanilla.fields import moments
from ventanilla.fields.conditions import Comparison, Scalar
from ventanilla.fields.moments import BadValue as BadValue  # a kind's word to whoever gives it values

NOTHING: Final = Q(pk__in=[])
_HIGHEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Reading:
    """Who asks, and when: what "me", "today", "my teams" mean. `viewer` is whatever the options of fields ask for."""

    person_id: int | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    zone: tzinfo = UTC
    viewer: Any = None


class Kind:
    """What all kinds share. `values` turns a checked value into what the database holds."""

    name: ClassVar[str] = ""
    operators: ClassVar[tuple[str, ...]] = ("is", "in", "not", "not_in", "empty", "filled")
    splits: ClassVar[bool] = True
    """Whether a comma in an address separates values."""
    keyed: ClassVar[bool] = False
    """Whether values are keys of options."""
    lasting: ClassVar[bool] = True
    """Whether a test means the same until the configuration changes: neither time nor rows that come and go matter."""

    def check(self, value: Scalar) -> Scalar:
        """`value` in its stored form. Raises BadValue."""
        raise NotImplementedError

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        """The test as a condition of a query; `values` are what the database holds for the test's values."""
        match test.operator:
            case "is" | "in" | "under":
                return among(path, values)
            case "not" | "not_in":
                return ~among(path, values)
            case "empty":
                return Q(**{f"{path}__isnull": True})
            case "filled":
                return Q(**{f"{path}__isnull": False})
        raise AssertionError(f"{self.name} does not know {test.operator}")


def among(path: str, values: Sequence[Any]) -> Q:
    """One of these values; an equality where there is but one, which indexes like best."""
    if not values:
        return NOTHING
    return Q(**{path: values[0]}) if len(values) == 1 else Q(**{f"{path}__in": list(values)})


class Text(Kind):
    """Free text. Equality ignores case; an empty text counts as empty."""

    name = "text"
    operators = ("contains", "is", "not", "empty", "filled")
    splits = False

    def check(self, value: Scalar) -> Scalar:
        if not isinstance(value, str) or not value.strip():
            raise BadValue
        return value.strip()

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        match test.operator:
            case "contains":
                return _like(path, values[0])
            case "is":
                return _like(path, values[0], whole=True)
            case "not":
                return ~_like(path, values[0], whole=True)
        nothing = Q(**{path: ""}) | Q(**{f"{path}__isnull": True})
        return nothing if test.operator == "empty" else ~nothing


def _like(path: str, text: str, *, whole: bool = False) -> Q:
    """A text with, or equal to, this one in any case.

    SQLite's LIKE knows no other letters than those of ASCII: «ó» in capitals would not be found.
    """
    if text.isascii():
        return Q(**{f"{path}__{'iexact' if whole else 'icontains'}": text})
    escaped = re.escape(text)
    return Q(**{f"{path}__iregex": rf"\A{escaped}\Z" if whole else escaped})


class Number(Kind):
    """A number, whole or not."""

    name = "number"
    operators = ("is", "in", "not", "not_in", "below", "above", "empty", "filled")

    def check(self, value: Scalar) -> Scalar:
        if isinstance(value, bool):
            raise BadValue
        if isinstance(value, str):
            try:
                value = int(value) if re.fullmatch(r"[+-]?\d{1,19}", value) else float(value)
            except ValueError:
                raise BadValue from None
        if not -_HIGHEST <= value <= _HIGHEST:  # also false for "nan"
            raise BadValue
        return value

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        match test.operator:
            case "below":
                return Q(**{f"{path}__lt": values[0]})
            case "above":
                return Q(**{f"{path}__gt": values[0]})
        return super().query(path, test, values, reading)


class YesNo(Kind):
    """True or false."""

    name = "yes_no"
    operators = ("is",)
    _WORDS: ClassVar[dict[str, bool]] = {
        **dict.fromkeys(("1", "true", "yes", "si", "sí"), True),
        **dict.fromkeys(("0", "false", "no"), False),
    }

    def check(self, value: Scalar) -> Scalar:
        known = self._WORDS.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(known, bool):
            raise BadValue
        return known


class Moment(Kind):
    """A moment. Values: a date `2026-11-23` (the whole day where the reader lives), a moment `2026-11-23T10:00Z`, a
    distance from now (`-7d`, `+24h`; minutes m, hours h, days d, weeks w), or a period such as `today`.

    `after` begins with the value, `before` ends before it, `until` includes the day or period, `on` is the day or
    period itself, `within -7d` is the last seven days, `within +24h` the next 24 hours.
    """

    name = "moment"
    operators = ("on", "after", "before", "until", "within", "empty", "filled")
    lasting = False

    def check(self, value: Scalar) -> Scalar:
        if not isinstance(value, str):
            raise BadValue
        return moments.checked(value)

    def query(self, path: str, test: Comparison, values: Sequence[Any], reading: Reading) -> Q:
        if test.operator in ("empty", "filled"):
            return super().query(path, test, values, reading)
        since, before = self.bounds(test, values, reading)
        bounds = {f"{path}__gte": since, f"{path}__lt": before}
        return Q(**{lookup: bound for lookup, bound in bounds.items() if bound is not None})

    def bounds(self, test: Comparison, values: Sequence[Any], reading: Reading) -> tuple[Any, Any]:
        """The first stored value that fits and the first after those that fit; None where there is no bound."""
        start, end = moments.bounds(test.operator, str(values[0]), reading)
        return tuple(None if bound is None else self.stored(bound, reading) for bound in (start, end))  # type: ignore[return-value]

    def stored(self, moment: datetime, reading: Reading) -> Any:
        """What the column holds for this moment."""
        return moment


class Date(Moment):
    """A day without a time. Takes the same values as a moment and counts in days where the reader lives."""

    name = "date"

    def stored(self, moment: datetime, reading: Reading) -> Any:
        return moment.astimezone(reading.zone).date()


class Choice(Kind):
    """One of the field's options, by key. An option may stand for several stored values ("active" statuses)."""

    name = "choice"
    keyed = True

    def check(self, value: Scalar) -> Scalar:
        if not isinstance(value, str) or not value:
            raise BadValue
        return value


class Reference(Choice):
    """A row of another table, by key."""

    name = "reference"


class Tree(Reference):
    """A row of a tree. `is` means exactly this one, `under` this one or any below it."""

    name = "tree"
    operators = ("under", "is", "in", "not", "not_in", "empty", "filled")


class Choices(Choice):
    """Several of the field's options (tags). `is` and `in` ask whether one of them is there."""

    name = "choices"
    lasting = False  # a tag is made when it is first used


class PersonKind(Kind):
    """A person, by id, or `me`."""

    name = "person"

    def check(self, value: Scalar) -> Scalar:
        if value == "me":
            return "me"
        if isinstance(value, str) and re.fullmatch(r"\d{1,18}", value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _HIGHEST:
            raise BadValue
        return value


TEXT: Final = Text()
NUMBER: Final = Number()
YES_NO: Final = YesNo()
MOMENT: Final = Moment()
DATE: Final = Date()
CHOICE: Final = Choice()
CHOICES: Final = Choices()
REFERENCE: Final = Reference()
TREE: Final = Tree()
PERSON: Final = PersonKind()
KINDS: Final = {
    kind.name: kind for kind in (TEXT, NUMBER, YES_NO, MOMENT, DATE, CHOICE, CHOICES, REFERENCE, TREE, PERSON)
}
