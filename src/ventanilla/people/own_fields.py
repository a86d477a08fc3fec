"""Custom fields in a Spec: as lists, filters, conditions and columns have them, of whatever entity they are."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.kinds import Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.spec import Field, Option, Options
from ventanilla.fields.stored_kinds import kind_for, order_of
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Organization
from ventanilla.people.queries import names_of

# A saved view keeps the name of its order in 80 characters, "-" and all.
_LONGEST_SORT = 80
_YES_OR_NO = (Option("1", _("yes")), Option("0", _("no")))


def custom_field(row: FieldDefinition) -> Field:
    """A field that an administrator made, as lists, filters and conditions have it."""
    options: Options | None = None
    if row.kind == row.Kind.REFERENCE:
        options = _organizations_by_id
    elif row.kind == row.Kind.YES_NO:
        options = _yes_or_no
    elif row.options:
        options = _options_of(row)
    used = row.archived_at is None
    return Field(
        key=row.name,
        kind=kind_for(row),
        label=format_lazy("{}", row),
        path="custom",
        options=options,
        names=names_of if row.kind == row.Kind.PERSON else None,
        column=row.name if used else "",
        sort=row.name if used and order_of(row) is not None else "",
        editable=used,
        audience=row.audience,
        made=row,
    )


def custom_field_of(relation: str, said: object) -> Callable[[FieldDefinition], Field]:
    """The same for the field of a row that an entity names: `custom.floor` of a `requester` is
    `requester.custom.floor`, called as `said` and the field are. For the desk alone, and not edited there."""

    def made(row: FieldDefinition) -> Field:
        own, path = custom_field(row), f"{relation}__custom"
        name = f"{relation}.{row.name}"
        return replace(
            own,
            key=name,
            kind=kind_for(row, path),
            label=format_lazy("{}: {}", said, row),
            path=path,
            column=name if own.column else "",
            sort=name if own.sort and len(name) < _LONGEST_SORT else "",
            editable=False,
            audience="staff",
        )

    return made


def organizations(reading: Reading) -> Sequence[Option]:
    """The organizations that somebody may know, as options by id."""
    among = reading.viewer.organizations if reading.viewer else frozenset()
    rows = _every_organization()
    return [row for row in rows if row.values[0] in among] if among else rows


def _every_organization() -> Sequence[Option]:
    return by_config_version(
        "people.organizations",
        lambda: [
            Option(str(pk), name, values=(pk,), offered=archived is None)
            for pk, name, archived in Organization.objects.values_list("pk", "name", "archived_at")
        ],
    )


def _organizations_by_id(reading: Reading) -> Sequence[Option]:
    return [replace(option, values=(option.key,)) for option in organizations(reading)]


def _options_of(row: FieldDefinition) -> Options:
    def options(reading: Reading) -> Sequence[Option]:
        offered = row.offered
        return [Option(key, label, offered=key in offered) for key, label in row.option_labels.items()]

    return options


def _yes_or_no(reading: Reading) -> Sequence[Option]:
    return _YES_OR_NO
