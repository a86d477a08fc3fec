"""The list engine: from a Spec, a queryset and an address to one page of rows.

    asked = lists.asked(request.GET, spec, reading, columns=person.columns)
    page = lists.page(Ticket.objects.visible_to(person), spec, asked, reading, base=view.condition)

The queryset comes from `visible_to`; filters, order and place come from the address. Paging is by key, in both
directions, never by offset: a deep page costs what the first one does.
"""

import base64
import binascii
import json
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple

from django.core.exceptions import BadRequest, EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import connection
from django.db.models import BooleanField, Expression, F, Model, Q, QuerySet, Value
from django.db.models import Field as Column
from django.http import QueryDict
from django.utils.translation import gettext as _

from ventanilla.core.prepared import Prepared
from ventanilla.fields.compile_q import compile_q, lasting
from ventanilla.fields.conditions import EVERYTHING, All, Comparison, Condition, ConditionError, both, normal, storable
from ventanilla.fields.kinds import CHOICES, Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.spec import Field, Spec
from ventanilla.fields.urls import address, from_query
from ventanilla.installation.queries import by_config_version

SIZE: Final = 50
MAX_SIZE: Final = 100
COUNT_CAP: Final = 1_000
_AT_ONCE: Final = 2_000
OWN_PARAMETERS: Final = frozenset({"sort", "cursor", "size"})
_LONGEST_CURSOR: Final = 2_000
_HIGHEST: Final = 2**63 - 1
# What a row of a list calls the value of an expression that the list is in order of.
_SORTED_BY: Final = "sorted_by"


class BadAddress(BadRequest):
    """An address that no page of ours gave out: answered with 400 and `sentence`, in the reader's language."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list. `sort` begins with "-" when reversed; `kept` are parameters of the page itself
    (`view`), which every link repeats."""

    condition: Condition
    sort: str
    columns: tuple[str, ...]
    size: int = SIZE
    cursor: str = ""
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Page:
    """Rows in order (named tuples of what was read; `pk` always), and the cursors of the pages beside it ("" at an
    end)."""

    rows: tuple[Any, ...]
    next_cursor: str = ""
    previous_cursor: str = ""


@dataclass(frozen=True)
class Pages:
    """Links to the pages beside this one; "" at an end."""

    previous_url: str
    next_url: str


@dataclass(frozen=True)
class Chip:
    """One active filter in words, and the address without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class Head:
    """The head of a sortable column: where a click leads, and how the list is sorted by it now."""

    url: str
    sort: str


@dataclass(frozen=True)
class Choice:
    """One value to filter by: a link that switches it on, or off when it is `current`."""

    label: str
    url: str
    current: bool


class Neighbor(NamedTuple):
    """A row beside another one: what was read of it, and its place in the order (see `places`)."""

    value: Any
    place: str


class Count(NamedTuple):
    """A number of rows; `capped` when there are more than it says."""

    value: int
    capped: bool


def asked(
    parameters: QueryDict,
    spec: Spec,
    reading: Reading,
    *,
    columns: Sequence[str] = (),
    default_sort: str = "",
    keep: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Asked:
    """What the address asks. `columns` is the person's stored choice; `keep` names parameters every link repeats,
    `ignore` others that are not filters. Raises BadAddress for anything unknown."""
    try:
        condition = from_query(parameters, spec, reading, reserved={*OWN_PARAMETERS, *keep, *ignore})
    except ConditionError as error:
        raise BadAddress(explain(error)) from None
    sort = parameters.get("sort") or default_sort or spec.default_sort
    if spec.sort(sort.removeprefix("-")) is None:
        raise BadAddress(_("This list has no such order."))
    size = parameters.get("size") or str(SIZE)
    if not size.isascii() or not size.isdigit() or not 1 <= int(size[:4]) <= MAX_SIZE:
        raise BadAddress(_("A page has 1 to %(most)s rows.") % {"most": MAX_SIZE})
    return Asked(
        condition=condition,
        sort=sort,
        columns=chosen_columns(spec, columns),
        size=int(size),
        cursor=parameters.get("cursor") or "",
        kept=tuple((name, str(parameters[name])) for name in keep if parameters.get(name)),
    )


def chosen_columns(spec: Spec, stored: Sequence[str]) -> tuple[str, ...]:
    """The stored choice without what is no column (any more); the default when nothing remains."""
    known = [key for key in dict.fromkeys(stored) if key in spec.by_key and spec.by_key[key].column]
    return tuple(known) or spec.default_columns


def page(
    queryset: QuerySet[Any],
    spec: Spec,
    asked: Asked,
    reading: Reading,
    *,
    base: Condition = EVERYTHING,
    reads: Sequence[str] = (),
    known_as: Hashable = None,
) -> Page:
    """One page of `queryset` (already `visible_to` the reader) under `base` (a view) and what was asked.

    One query, or two where a list in order of values that may be missing comes to the rows without one. A row has
    `pk`, the path of every chosen column, what those columns declare in `reads`, and `reads`.
    Raises BadAddress for a cursor of another list or another order.

    `known_as` names the queryset and its reader, for as long as the configuration stays: the query of a first page is
    then made once, unless its condition has to do with the time.
    """
    keys = _keys(spec, asked.sort)
    once = known_as is not None and not asked.cursor and keys[0].value is None
    if once and lasting(both(base, asked.condition), spec):
        name = (
            "lists.page",
            known_as,
            spec.entity,
            base,
            asked.condition,
            asked.sort,
            asked.columns,
            asked.size,
            reads,
        )
        first = by_config_version(
            name,
            lambda: Prepared(
                lambda: _first(_read(queryset, spec, asked, reading, keys, base, reads), keys, asked.size)
            ),
        ).named()
        return _page(first, keys, asked)
    rows = _read(queryset, spec, asked, reading, keys, base, reads)
    place = _read_cursor(asked.cursor, asked.sort, keys) if asked.cursor else None
    if place is not None and place.backwards:
        found = _cut(rows, [key.reversed() for key in keys], place.values, asked.size)
        if len(found) > asked.size:
            shown = tuple(reversed(found[: asked.size]))
            return Page(
                shown, _cursor(asked.sort, keys, shown[-1]), _cursor(asked.sort, keys, shown[0], backwards=True)
            )
        place = None  # the first page, and a whole one
    return _page(_cut(rows, keys, place.values if place else None, asked.size), keys, asked, place)


def _page(found: Sequence[Any], keys: Sequence["_Key"], asked: Asked, place: "_Place | None" = None) -> Page:
    """The page whose rows, and one more if there are more, were found after `place`."""
    shown = tuple(found[: asked.size])
    return Page(
        shown,
        _cursor(asked.sort, keys, shown[-1]) if len(found) > asked.size else "",
        _cursor(asked.sort, keys, shown[0], backwards=True) if place and shown else "",
    )


def every_row(
    queryset: QuerySet[Any],
    spec: Spec,
    asked: Asked,
    reading: Reading,
    *,
    base: Condition = EVERYTHING,
    reads: Sequence[str] = (),
) -> Iterator[Any]:
    """All rows of a list in its order, whatever its size and place: one query (or two, see `page`), read piece by piece
    as they are taken, so that memory stays the same. Rows are those of `page`, without what only a place needs."""
    keys = _keys(spec, asked.sort)
    rows = _read(queryset, spec, asked, reading, keys, base, reads, placed=False)
    parts = [rows.order_by(*(key.order for key in left)) for rows, left in _parts_of(rows, keys)]
    return chain.from_iterable(part.iterator(chunk_size=_AT_ONCE) for part in parts)


def _read(
    queryset: QuerySet[Any],
    spec: Spec,
    asked: Asked,
    reading: Reading,
    keys: Sequence["_Key"],
    base: Condition,
    reads: Sequence[str],
    *,
    placed: bool = True,
) -> QuerySet[Any]:
    chosen = [spec.by_key[key] for key in asked.columns]
    # Tags and the like have many values a row: whoever shows them reads them for the whole page at once.
    own = [field.path for field in chosen if field.kind is not CHOICES]
    places = [key.path for key in keys] if placed else []
    paths = dict.fromkeys(("pk", *places, *own, *(p for f in chosen for p in f.reads), *reads))
    rows = _with_value(queryset.filter(compile_q(both(base, asked.condition), spec, reading)), keys)
    return rows.values_list(*paths, named=True)


def _with_value(rows: QuerySet[Any], keys: Sequence["_Key"]) -> QuerySet[Any]:
    """The rows with the value that the list is in order of, where that is an expression."""
    return rows if keys[0].value is None else rows.annotate(**{_SORTED_BY: keys[0].value})


def places(spec: Spec, asked: Asked, rows: Sequence[Any]) -> list[str]:
    """Where each row of a page stands in this order, for `beside`: it stays that place wherever the row goes."""
    keys = _keys(spec, asked.sort)
    return [_cursor(asked.sort, keys, row) for row in rows]


def beside(
    queryset: QuerySet[Any],
    spec: Spec,
    asked: Asked,
    reading: Reading,
    *,
    at: Any,
    read: str,
    place: str = "",
    base: Condition = EVERYTHING,
) -> tuple[Neighbor | None, Neighbor | None]:
    """The rows before and after the row `at` in this order (it need not be in the list itself): two queries, a few
    more in order of an expression.

    `at` has `pk` and the paths of the order as attributes, as an instance or a row of a page has. `place` (`places`)
    is where it stood when somebody set out from the list; a place of another order counts as none.
    """
    keys = _keys(spec, asked.sort)
    paths = dict.fromkeys((read, *(key.path for key in keys)))
    rows = queryset.filter(compile_q(both(base, asked.condition), spec, reading)).exclude(pk=at.pk)
    rows = _with_value(rows, keys)
    try:
        values = list(_read_cursor(place, asked.sort, keys).values) if place else []
    except BadAddress:
        values = []
    values = values or _values_at(spec, keys, at)
    named = rows.values_list(*paths, named=True)
    found = (_cut(named, [key.reversed() for key in keys], values, 0), _cut(named, keys, values, 0))
    before, after = (
        Neighbor(getattr(row[0], read), _cursor(asked.sort, keys, row[0])) if row else None for row in found
    )
    return before, after


def _values_at(spec: Spec, keys: Sequence["_Key"], at: Any) -> list[Any]:
    """The values of an order that a row has; an expression is asked for."""
    values: list[Any] = []
    for key in keys:
        if key.value is not None:
            stored = _with_value(spec.model._base_manager.filter(pk=at.pk), keys)
            values.append(stored.values_list(_SORTED_BY, flat=True).first())
            continue
        value = at
        for part in key.path.split("__"):
            value = getattr(value, part)
        values.append(value)
    return values


def count(queryset: QuerySet[Any], *, cap: int = COUNT_CAP) -> Count:
    """How many rows there are, counting no further than `cap`."""
    return counts({"": queryset}, cap=cap)[""]


def counts(querysets: Mapping[str, QuerySet[Any]], *, cap: int = COUNT_CAP) -> dict[str, Count]:
    """How many rows each has, counting no further than `cap`: one query for all of them."""
    selects: list[str] = []
    parameters: list[Any] = []
    found = dict.fromkeys(querysets, 0)
    for position, queryset in enumerate(querysets.values()):
        try:
            sql, values = queryset.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        selects.append(f"SELECT {position}, count(*) FROM ({sql}) AS counted_{position}")  # noqa: S608 - Django's SQL
        parameters += values
    if selects:
        names = list(querysets)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects), parameters)
            found |= {names[position]: number for position, number in cursor.fetchall()}
    return {name: Count(min(number, cap), number > cap) for name, number in found.items()}


def link(path: str, spec: Spec, asked: Asked, *, cursor: str = "") -> str:
    """The address of this list, from its beginning or from `cursor`."""
    more = dict(asked.kept)
    if asked.sort != spec.default_sort:
        more["sort"] = asked.sort
    if asked.size != SIZE:
        more["size"] = str(asked.size)
    return address(path, asked.condition, spec, **more, cursor=cursor)


def pages(path: str, spec: Spec, asked: Asked, page: Page) -> Pages:
    """The links to the pages before and after."""
    return Pages(
        previous_url=link(path, spec, asked, cursor=page.previous_cursor) if page.previous_cursor else "",
        next_url=link(path, spec, asked, cursor=page.next_cursor) if page.next_cursor else "",
    )


def chips(path: str, spec: Spec, asked: Asked, reading: Reading) -> list[Chip]:
    """The active filters in words, each with the address without it."""
    parts = _parts(asked.condition)
    return [
        Chip(
            label=str(spec.field(part.field).label),
            value=in_words(part, spec, reading),
            remove_url=link(path, spec, replace(asked, condition=_all(other for other in parts if other is not part))),
        )
        for part in parts
    ]


def heads(path: str, spec: Spec, asked: Asked) -> dict[str, Head]:
    """The chosen columns by which the list can be sorted. A click on the present one turns the order round."""
    result: dict[str, Head] = {}
    for key in asked.columns:
        sort = spec.by_key[key].sort
        if sort:
            current = {sort: "ascending", f"-{sort}": "descending"}.get(asked.sort, "")
            wanted = f"-{sort}" if current == "ascending" else sort
            if not current and spec.default_sort == f"-{sort}":
                wanted = spec.default_sort
            result[key] = Head(url=link(path, spec, replace(asked, sort=wanted)), sort=current)
    return result


def choices(path: str, spec: Spec, asked: Asked, reading: Reading, key: str) -> list[Choice]:
    """The offered options of a field as links that add them to the filter or take them out (any of those chosen)."""
    field = spec.field(key)
    parts = _parts(asked.condition)
    mine = next((part for part in parts if part.field == key and part.operator in ("is", "in", "under")), None)
    chosen = [str(value) for value in _values(mine)] if mine else []
    several = "in" in field.kind.operators
    result = []
    for option in field.options(reading) if field.options else ():
        current = option.key in chosen
        if not (option.offered or current):
            continue
        wanted = [value for value in chosen if value != option.key] if several or current else []
        wanted += [] if current else [option.key]
        rest = [part for part in parts if part is not mine]
        if wanted:
            rest.append(Comparison(key, "in", tuple(wanted)) if several else Comparison(key, "is", wanted[0]))
        result.append(
            Choice(str(option.label), link(path, spec, replace(asked, condition=_all(rest))), current=current)
        )
    return result


def in_words(comparison: Comparison, spec: Spec, reading: Reading) -> str:
    """The right-hand side of a filter for the reader: "Network or Servers", "not Ana", "since 2026-11-01"."""
    field = spec.field(comparison.field)
    values = _(" or ").join(_value_in_words(field, value, reading) for value in _values(comparison))
    sentences = {
        "is": "%(values)s",
        "in": "%(values)s",
        "on": "%(values)s",
        "under": "%(values)s",
        "contains": "%(values)s",
        "not": _("not %(values)s"),
        "not_in": _("not %(values)s"),
        "empty": _("none"),
        "filled": _("any"),
        "before": _("before %(values)s"),
        "after": _("since %(values)s"),
        "until": _("until %(values)s"),
        "within": _("within %(values)s"),
        "below": _("less than %(values)s"),
        "above": _("more than %(values)s"),
    }
    return sentences[comparison.operator] % {"values": values}


# Keyset paging


@dataclass(frozen=True)
class _Key:
    """One column of an order. With `value` it is computed and may be null: such rows are last, or `empty_first`."""

    path: str
    descending: bool
    column: Column[Any, Any]
    value: Expression | None = None
    empty_first: bool = False

    def reversed(self) -> "_Key":
        return replace(self, descending=not self.descending, empty_first=not self.empty_first)

    @property
    def order(self) -> str:
        return f"-{self.path}" if self.descending else self.path


@dataclass(frozen=True)
class _Place:
    values: tuple[Any, ...]
    backwards: bool


class _Beyond(Expression):
    """`(a, b) < (x, y)`: rows after a place where all columns run the same way. Both engines answer it by index."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, keys: Sequence[_Key], values: Sequence[Any]) -> None:
        super().__init__()
        self.operator = "<" if keys[0].descending else ">"
        self.left: list[Any] = [F(key.path) for key in keys]
        self.right: list[Any] = [Value(value, output_field=key.column) for key, value in zip(keys, values, strict=True)]

    def get_source_expressions(self) -> list[Any]:
        return [*self.left, *self.right]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        middle = len(exprs) // 2
        self.left, self.right = list(exprs[:middle]), list(exprs[middle:])

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sides: list[str] = []
        parameters: list[Any] = []
        for side in (self.left, self.right):
            compiled = [compiler.compile(expression) for expression in side]
            sides.append(f"({', '.join(sql for sql, _values in compiled)})")
            parameters += [value for _sql, values in compiled for value in values]
        return f"{sides[0]} {self.operator} {sides[1]}", tuple(parameters)


def _keys(spec: Spec, sort: str) -> list[_Key]:
    declared = spec.sort(sort.removeprefix("-"))
    if declared is None:
        raise BadAddress(_("This list has no such order."))
    keys = []
    if declared.value is not None:
        keys.append(_Key(_SORTED_BY, sort.startswith("-"), declared.value.output_field, declared.value))
    for path in declared.paths:
        plain = path.removeprefix("-")
        keys.append(_Key(plain, path.startswith("-") is not sort.startswith("-"), _column(spec.model, plain)))
    return [*keys, _Key("pk", keys[-1].descending, _column(spec.model, "pk"))]


@lru_cache(maxsize=512)
def _column(model: type[Model], path: str) -> Column[Any, Any]:
    """The column at the end of a path. Raises ValueError where it may be null: such rows would be skipped by paging."""
    options, column = model._meta, model._meta.pk
    for part in path.split("__") if path != "pk" else ():
        try:
            column = options.get_field(part)  # type: ignore[assignment]
        except FieldDoesNotExist:
            raise ValueError(f"{model.__name__} has no {path} to sort by") from None
        if getattr(column, "null", False):
            raise ValueError(f"{model.__name__}.{path} may be null; sort by a column that is always filled")
        if column.is_relation and column.related_model is not None:
            options = column.related_model._meta
    if column is None:
        raise ValueError(f"{model.__name__} has no {path} to sort by")
    return column


def _cut(rows: QuerySet[Any], keys: Sequence[_Key], after: Sequence[Any] | None, size: int) -> list[Any]:
    if keys[0].value is not None:
        return _cut_parts(rows, keys, after, size)
    if after is not None:
        same_way = len({key.descending for key in keys}) == 1
        rows = rows.filter(_Beyond(keys, after) if same_way else _beyond(keys, after))
    return list(_first(rows, keys, size))


def _cut_parts(rows: QuerySet[Any], keys: Sequence[_Key], after: Sequence[Any] | None, size: int) -> list[Any]:
    """The same where the first column may be null: the rows of one part, and of the next when these are not enough."""
    found: list[Any] = []
    for part, left in _parts_of(rows, keys):
        if after is not None:
            in_values = len(left) == len(keys)
            if (after[0] is not None) is in_values:
                part = part.filter(_beyond(left, after[-len(left) :]))
            elif in_values is not keys[0].empty_first:
                continue  # the place is in the other part, which comes behind this one
        found += _first(part, left, size - len(found))
        if len(found) > size:
            break
    return found


def _parts_of(rows: QuerySet[Any], keys: Sequence[_Key]) -> list[tuple[QuerySet[Any], Sequence[_Key]]]:
    """The rows with a value and those without, in the order of the list, each with the columns left to sort it by: so
    an index over the value serves the first on both engines, wherever these put nulls."""
    if keys[0].value is None:
        return [(rows, keys)]
    missing = f"{_SORTED_BY}__isnull"
    parts = [(rows.filter(**{missing: False}), keys), (rows.filter(**{missing: True}), keys[1:])]
    return parts[::-1] if keys[0].empty_first else parts


def _first(rows: QuerySet[Any], keys: Sequence[_Key], size: int) -> QuerySet[Any]:
    """So many rows in this order, and one more, which tells that there are more."""
    return rows.order_by(*(key.order for key in keys))[: size + 1]


def _beyond(keys: Sequence[_Key], values: Sequence[Any]) -> Q:
    """Rows after a place in an order whose columns run different ways."""
    result, equal = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        result |= equal & Q(**{f"{key.path}__{'lt' if key.descending else 'gt'}": value})
        equal &= Q(**{key.path: value})
    # Implied by the rest, but said aloud it lets the index begin at the right place.
    first = keys[0]
    return Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": values[0]}) & result


def _cursor(sort: str, keys: Sequence[_Key], row: Any, *, backwards: bool = False) -> str:
    values = [getattr(row, key.path) for key in keys]
    plain = [
        value.isoformat() if isinstance(value, datetime | date) else str(value) if isinstance(value, Decimal) else value
        for value in values
    ]
    text = json.dumps([sort, int(backwards), plain], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode("utf-8")).rstrip(b"=").decode("ascii")


def _read_cursor(cursor: str, sort: str, keys: Sequence[_Key]) -> _Place:
    refusal = BadAddress(_("This page of the list no longer exists. Go back to its beginning."))
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise refusal
        of_sort, backwards, plain = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        )
        if of_sort != sort or backwards not in (0, 1) or not isinstance(plain, list) or len(plain) != len(keys):
            raise refusal
        values = tuple(_value(key, value) for key, value in zip(keys, plain, strict=True))
    except (binascii.Error, ValueError, TypeError, ValidationError, RecursionError, OverflowError):
        raise refusal from None
    return _Place(values, bool(backwards))


def _value(key: _Key, plain: Any) -> Any:
    """A value of a cursor as its column has it. Raises ValueError or ValidationError for any other."""
    if plain is None and key.value is not None:
        return None
    if plain is None or isinstance(plain, list | dict | float):
        raise ValueError(plain)
    if isinstance(plain, int) and not -_HIGHEST <= plain <= _HIGHEST:
        raise ValueError(plain)
    if isinstance(plain, str) and not storable(plain):
        raise ValueError(plain)
    value = key.column.to_python(plain)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(plain)
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value) <= _HIGHEST):
        raise ValueError(plain)
    return value


def _parts(condition: Condition) -> list[Comparison]:
    """The comparisons of a condition that came from an address."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    return [part for part in parts if isinstance(part, Comparison)]


def _all(parts: Any) -> Condition:
    return normal(All(tuple(parts)))


def _values(comparison: Comparison) -> tuple[Any, ...]:
    if comparison.value is None:
        return ()
    return comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)


def _value_in_words(field: Field, value: Any, reading: Reading) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    words = {
        "me": _("me"),
        "today": _("today"),
        "yesterday": _("yesterday"),
        "tomorrow": _("tomorrow"),
        "this_week": _("this week"),
        "last_week": _("last week"),
        "this_month": _("this month"),
        "last_month": _("last month"),
    }
    if not field.kind.keyed and value in words:
        return words[value]
    return field.label_of(value, reading)
