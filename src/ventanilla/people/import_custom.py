"""Custom fields as columns of an import: how they are called, and what stands in a cell as people write it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.translation import override

from ventanilla.core.labels import text_in
from ventanilla.fields.definitions import definition_named, usable
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import LONGEST_TEXT, Stored, stored_form
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.people.import_fields import LISTED, Field, Kind, fields_of, folded, heading_words

ENTITIES: Final[Mapping[str, str]] = {Kind.PEOPLE: PERSON, Kind.ORGANIZATIONS: ORGANIZATION}
_DAY: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def own_columns(kind: str) -> tuple[Field, ...]:
    """The custom fields in use of what a kind of import brings, as columns."""
    entity = ENTITIES.get(kind)
    return tuple(_column(row) for row in usable(entity, "", staff=True)) if entity else ()


def all_fields(kind: str) -> Mapping[str, Field]:
    """Everything that a column of this kind of import can be, by key, in the order in which it is offered."""
    return {**fields_of(kind), **{column.key: column for column in own_columns(kind)}}


def _column(row: FieldDefinition) -> Field:
    labels = (text_in(row.label, code) for code, _name in settings.LANGUAGES)
    known_as = tuple(dict.fromkeys(heading_words(name) for name in (*labels, row.key.replace("_", " "))))
    return Field(row.name, str(row), known_as, longest=LONGEST_TEXT)


def names_persons(kind: str, name: str) -> bool:
    """Whether a column holds the addresses of persons for a custom field."""
    row = definition_named(ENTITIES.get(kind, ""), name)
    return row is not None and row.kind == row.Kind.PERSON


def value_of(kind: str, name: str, cell: str, people: Mapping[str, Any], organizations: Mapping[str, Any]) -> Stored:
    """What a cell says of the custom field `name`, in its stored form.

    Options are found by name or key, persons by address and organizations by name, among those given. Raises
    `BadValue` for what the field cannot have.
    """
    row = definition_named(ENTITIES[kind], name)
    if row is None or row.archived_at is not None:
        raise BadValue("")
    # A file is read as what is written in it, whoever looks on: 1.234,50 means the same in every language.
    with override(settings.LANGUAGE_CODE):
        stored = stored_form(row, _typed(row, cell.strip(), people, organizations))
    if stored is None:
        raise BadValue("")
    return stored


def _typed(row: FieldDefinition, cell: str, people: Mapping[str, Any], organizations: Mapping[str, Any]) -> Any:
    match row.kind:
        case "choice":
            return _option(row, cell)
        case "choices":
            return [_option(row, part.strip()) for part in LISTED.split(cell) if part.strip()]
        case "yes_no":
            return "1" if cell.lower() == "x" else cell
        case "date":
            day = _DAY.fullmatch(cell)
            return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}" if day else cell[:10] if cell[10:11] == " " else cell
        case "person":
            return _one(people.get(cell.lower()))
        case "reference":
            found = organizations.get(folded(cell), [])
            return _one(found[0] if len(found) == 1 else None)
    return cell


def _option(row: FieldDefinition, written: str) -> str:
    """The key of an option in use that is called so in either language."""
    for option in row.options:
        if not option.get("archived"):
            names = {option["key"], *(folded(text) for text in option["label"].values())}
            if written in names or folded(written) in names:
                return str(option["key"])
    raise BadValue(written)


def _one(found: Any) -> str:
    if found is None:
        raise BadValue("")
    return str(found.pk)
