"""Spec: what an entity consists of, declared once. It feeds lists, filters, addresses, conditions and the API."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from django.db.models import Expression, Model
from django.utils.functional import Promise

from ventanilla.fields.conditions import ConditionError, Scalar
from ventanilla.fields.kinds import Kind, Reading
from ventanilla.fields.models import FieldDefinition

AUDIENCES: Final = ("requester", "staff", "admin")


@dataclass(frozen=True)
class Option:
    """One value a field may have. `key` stands in conditions and addresses, `values` in the database (several, when it
    stands for a set; default: the key itself), `below` what `under` means in a tree (default: `values`). An archived
    one is not `offered` but still understood."""

    key: str
    label: str | Promise
    values: tuple[Any, ...] = ()
    below: tuple[Any, ...] = ()
    offered: bool = True

    def stored(self, *, under: bool = False) -> tuple[Any, ...]:
        """What the database holds for this option."""
        own = self.values or (self.key,)
        return (self.below or own) if under else own


Options = Callable[[Reading], Sequence[Option]]
# By value, for whoever reads (`Reading.viewer`): those whom they may know.
Names = Callable[[Sequence[Scalar], Any], Mapping[Scalar, str]]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an entity.

    `path` is the ORM path of the column that is compared (`team_id`, `status_category`). `options` lists what a keyed
    field may be; `names` labels values that are too many to list (persons). `column` names the renderer of the list
    cell ("" when it is no column) and `reads` the further ORM paths this needs. `sort` names the Sort a click on the
    column's head applies. `audience` is who may know the field: requester, staff or admin. `frozen` marks what events
    copy into their context so that conditions can be judged later. Without its `module` there is no such field.
    `made` is the definition of a custom field; its values stand under their key at `path`.
    """

    key: str
    kind: Kind
    label: str | Promise
    path: str
    options: Options | None = None
    names: Names | None = None
    filterable: bool = True
    sort: str = ""
    column: str = ""
    reads: tuple[str, ...] = ()
    editable: bool = False
    frozen: bool = False
    module: str = ""
    audience: str = "staff"
    full_label: str | Promise = ""
    made: FieldDefinition | None = None

    def __post_init__(self) -> None:
        if self.audience not in AUDIENCES:
            raise ValueError(f"{self.key}: no such audience: {self.audience}")
        if self.kind.keyed and self.filterable and self.options is None:
            raise ValueError(f"{self.key}: a field of kind {self.kind.name} needs options")

    def option_map(self, reading: Reading) -> dict[str, Option]:
        """The options by key; empty for a field without."""
        return {option.key: option for option in self.options(reading)} if self.options else {}

    def label_of(self, value: Scalar, reading: Reading) -> str:
        """How this value is called for the reader; the value itself when nothing knows it."""
        option = self.option_map(reading).get(str(value))
        if option is not None:
            return str(option.label)
        return self.names([value], reading.viewer).get(value, str(value)) if self.names else str(value)


@dataclass(frozen=True)
class Sort:
    """One order of a list. `paths` are ORM paths, "-" for falling, none of them nullable; the id is added as the last
    in the direction of the last path. Backwards is the same order reversed, so one index serves both.

    Instead of paths, `value`: an expression that may be null. Rows without a value come last both ways."""

    key: str
    label: str | Promise
    paths: tuple[str, ...]
    value: Expression | None = None


@dataclass(frozen=True)
class Spec:
    """An entity's fields and orders. `default_sort` may begin with "-" (reversed). `custom` makes a field of each
    definition that an administrator made for the entity; without it, the entity takes none. `across` does so for those
    of other entities that its rows name, each with the entity they belong to."""

    entity: str
    model: type[Model]
    fields: tuple[Field, ...]
    sorts: tuple[Sort, ...] = ()
    default_sort: str = ""
    default_columns: tuple[str, ...] = ()
    custom: Callable[[FieldDefinition], Field] | None = None
    across: tuple[tuple[str, Callable[[FieldDefinition], Field]], ...] = ()

    def __post_init__(self) -> None:
        keys = [field.key for field in self.fields]
        repeated = {key for key in keys if keys.count(key) > 1}
        if repeated:
            raise ValueError(f"{self.entity}: declared twice: {', '.join(sorted(repeated))}")
        unknown = {*self.default_columns} - {field.key for field in self.fields if field.column}
        unknown |= {field.sort for field in self.fields if field.sort} - {sort.key for sort in self.sorts}
        if unknown:
            raise ValueError(f"{self.entity}: no such column or sort: {', '.join(sorted(unknown))}")

    @cached_property
    def by_key(self) -> Mapping[str, Field]:
        """The fields by key."""
        return {field.key: field for field in self.fields}

    def field(self, key: str) -> Field:
        """The filterable field with this key. Raises ConditionError (`unknown_field`)."""
        found = self.by_key.get(key)
        if found is None or not found.filterable:
            raise ConditionError("unknown_field", key)
        return found

    def sort(self, key: str) -> Sort | None:
        """The order with this key (without "-"), or None."""
        return next((sort for sort in self.sorts if sort.key == key), None)

    def extended(self, fields: Iterable[Field] = (), sorts: Iterable[Sort] = ()) -> "Spec":
        """The same entity with what another app adds to it."""
        return replace(self, fields=(*self.fields, *fields), sorts=(*self.sorts, *sorts))

    def without_modules(self, off: Collection[str]) -> "Spec":
        """The part of the entity that is left without these modules."""
        return self.having(lambda field: field.module not in off)

    def known_to(self, audience: str) -> "Spec":
        """The part of the entity that this audience may know; "staff" knows also what requesters know, and so on."""
        level = AUDIENCES.index(audience)
        return self.having(lambda field: AUDIENCES.index(field.audience) <= level)

    def having(self, kept: Callable[[Field], bool]) -> "Spec":
        """The part of the entity with these fields alone; with a custom field goes the order by its value."""
        fields = tuple(field for field in self.fields if kept(field))
        keys = {field.key for field in fields}
        columns = tuple(key for key in self.default_columns if key in keys)
        sorts = tuple(sort for sort in self.sorts if sort.value is None or sort.key in keys)
        return replace(self, fields=fields, default_columns=columns, sorts=sorts)
