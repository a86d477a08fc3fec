"""Queries whose SQL is made once: for the few that every page asks, where making the SQL costs ten times the asking.

A prepared query is an ordinary queryset with `Given` in the places that differ from call to call:

    MARKS = Prepared(lambda: ReadMark.objects.filter(person_id=Given("person")).values_list("ticket_id", "seen_at"))
    MARKS.rows(person=12)

Measured on SQLite: 261 → 20 µs for two columns, 275 → 64 µs for two persons of 24 columns.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.utils import create_namedtuple_class

Row = TypeVar("Row", bound=models.Model)


class Given(Expression):
    """A place in a prepared query, filled in by its name at each call."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.Field())
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """A parameter, with this very place as its value."""
        return "%s", (self,)


@dataclass(frozen=True, slots=True)
class _Made:
    """What the compiler found out: it depends on the engine and the models alone."""

    sql: str
    params: Sequence[Any]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    model: type[models.Model]
    named: Callable[[Any], Any]
    start: int
    end: int
    fields: Sequence[str]
    related: Sequence[Any]


class Prepared(Generic[Row]):
    """A query to be asked often. `make` gives the queryset; it is asked for once, at the first call.

    `select_related` and `only` work as ever; prefetching and annotated instances do not.
    """

    def __init__(self, make: Callable[[], models.QuerySet[Row, Any]]) -> None:
        self._make = make
        self._found_out: _Made | None = None

    def rows(self, **given: Any) -> list[Sequence[Any]]:
        """The rows of a `values_list`. `given`: a value for every `Given`, by name; KeyError when one is missing."""
        return self._ask(self._made(), given)

    def named(self, **given: Any) -> list[Any]:
        """The rows of a `values_list(…, named=True)`."""
        made = self._made()
        return [made.named(row) for row in self._ask(made, given)]

    def objects(self, **given: Any) -> list[Row]:
        """The same as instances of the queryset's model."""
        made = self._made()
        found: list[Any] = []
        for row in self._ask(made, given):
            thing = made.model.from_db(DEFAULT_DB_ALIAS, made.fields, row[made.start : made.end])
            for populator in made.related:
                populator.populate(row, thing)
            found.append(thing)
        return found

    @staticmethod
    def _ask(made: _Made, given: dict[str, Any]) -> list[Sequence[Any]]:
        if not made.sql:
            return []
        # Once: each look at `django.db.connection` finds out whose thread asks.
        engine: Any = connections[DEFAULT_DB_ALIAS]
        found, _many = engine.ask(made.sql, [_value(param, given, engine) for param in made.params])
        return [_converted(row, made.converters, engine) for row in found] if made.converters else list(found)

    def _made(self) -> _Made:
        if self._found_out is None:
            queryset = self._make()
            query = queryset.query
            compiler = query.get_compiler(DEFAULT_DB_ALIAS)
            try:
                sql, params = compiler.as_sql()
            except EmptyResultSet:
                # Django can tell that nothing will ever be found (`pk__in=[]`): then nothing is asked.
                compiler.setup_query()
                sql, params = "", ()
            sql, params = _settled(sql, params)
            columns = [column for column, _sql, _alias in compiler.select]
            about: Any = compiler.klass_info
            places = about["select_fields"] if about else []
            start, end = (places[0], places[-1] + 1) if places else (0, 0)
            columns_asked: Any = getattr(queryset, "_fields", None)
            # What is kept does not include the compiler, which keeps all that the query was made from.
            self._found_out = _Made(
                sql=sql,
                params=params,
                converters=[(place, *how) for place, how in compiler.get_converters(columns).items()],
                model=queryset.model,
                named=create_namedtuple_class(*columns_asked)._make if columns_asked else tuple,
                start=start,
                end=end,
                fields=[column.target.attname for column in columns[start:end]],
                # The stubs are of a later Django, which asks for one more.
                related=get_related_populators(about, compiler.select, DEFAULT_DB_ALIAS) if about else (),  # type: ignore[call-arg]
            )
        return self._found_out


# What needs no quoting on any engine.
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]*")


def _settled(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    """The statement with its fixed values written out, and the values that remain.

    PostgreSQL makes a plan for a statement that is asked often without looking at its values: that two of twenty
    thousand persons are agents it knows of a role that stands in the text alone.
    """
    remaining: list[Any] = []
    values = iter(params)

    def written(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(values)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, str) and _PLAIN.fullmatch(str(value)):
            return f"'{value!s}'"
        remaining.append(value)
        return "%s"

    return re.sub("%%|%s", written, sql), remaining


def _converted(
    row: Sequence[Any], converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]], engine: Any
) -> list[Any]:
    """A row as Django's compiler gives it back: what the engine says, as Python has it."""
    made = list(row)
    for place, ways, expression in converters:
        for convert in ways:
            made[place] = convert(made[place], expression, engine)
    return made


def _value(param: Any, given: dict[str, Any], engine: Any) -> Any:
    value = given[param.name] if isinstance(param, Given) else param
    return engine.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
