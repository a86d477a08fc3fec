"""Values of custom fields, whatever has them: what may be written into them, and how they read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.fields.actions import note_used
from ventanilla.fields.definitions import PREFIX, definition_named, definitions_of, demanded, usable, visible
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import Stored, in_words, stored_form
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, Person
from ventanilla.people.queries import known_organizations, names_of, organization_names
from ventanilla.people.viewer import viewer

PERSON: Final = "person"
ORGANIZATION: Final = "organization"
# Where a field of persons or organizations looks for them, by name of the address.
ADDRESSES: Final[Mapping[str, str]] = {"person": "desk-people", "reference": "desk-organizations"}


@dataclass
class Changed:
    """What a change of custom values does: all values afterwards, and old and new of each by name (`custom.site`);
    free texts apart, for they are personal."""

    values: dict[str, Any]
    changes: dict[str, list[Any]] = field(default_factory=dict)
    texts: dict[str, list[Any]] = field(default_factory=dict)


def checked(
    entity: str,
    given: Mapping[str, Any],
    *,
    by: Author,
    staff: bool = True,
    type_key: str = "",
    present: Mapping[str, Any] | None = None,
) -> dict[str, Stored | None]:
    """The values in their stored form, by key, for a row of this entity (and type); None takes a value away.

    Raises `ValidationError`, naming each field (`custom.site`), for a field that the row does not have or that is not
    for requesters (unless `staff`), for a value it cannot have, and for emptying what must be filled in (`present`:
    what stands now).
    """
    offered = {row.key: row for row in usable(entity, type_key, staff=staff)}
    now = present or {}
    found: dict[str, Stored | None] = {}
    problems: dict[str, str] = {}
    for key, value in given.items():
        row = offered.get(key)
        if row is None:
            # What the type no longer has may still be taken away.
            kept = definitions_of(entity).get(key) if staff and key in now else None
            if kept is not None and value in (None, "", []):
                found[key] = None
            else:
                problems[f"{PREFIX}{key}"] = _("There is no field “%(name)s” here.") % {"name": str(key)[:60]}
            continue
        try:
            stored = stored_form(row, value)
            if stored is not None and stored != now.get(key):
                _check_choice(row, stored, now.get(key), by)
        except BadValue as error:
            problems[row.name] = str(error)
            continue
        found[key] = stored
    for row in demanded_of(entity, {**now, **found}, type_key=type_key):
        if row.key in found and found[row.key] is None and now.get(row.key) is not None:
            problems[row.name] = _("This cannot be empty.")
    if problems:
        raise ValidationError(problems)
    return found


def demanded_of(entity: str, values: Mapping[str, Any], *, type_key: str = "") -> list[FieldDefinition]:
    """The fields that a row with these values must have filled in."""
    return demanded(visible(usable(entity, type_key, staff=True), values), values)


def _check_choice(row: FieldDefinition, stored: Stored, now: Any, by: Author) -> None:
    """Raise `BadValue` for an archived option that does not stand there already, or a row that is not there."""
    wrong = BadValue(_("Choose one of the list."))
    match row.kind:
        case "choice":
            if stored not in row.offered:
                raise wrong
        case "choices":
            if set(stored) - row.offered.keys() - set(now or ()):
                raise wrong
        case "person":
            if not Person.objects.active().filter(pk=int(str(stored))).exists():
                raise wrong
        case "reference":
            rows = (
                known_organizations(viewer(by.person)) if by.person else Organization.objects.filter(archived_at=None)
            )
            if not rows.filter(pk=int(str(stored))).exists():
                raise wrong


def change_values(entity: str, present: Mapping[str, Any], given: Mapping[str, Any] | None, *, by: Author) -> Changed:
    """What `given` makes of the values that stand now, for the action that writes them; nothing for None.

    Raises `ValidationError` like `checked`. Remembers that the fields have been used.
    """
    result = Changed(dict(present))
    if not given:
        return result
    for key, value in checked(entity, given, by=by, present=present).items():
        old = present.get(key)
        if value == old:
            continue
        if value is None:
            result.values.pop(key, None)
        else:
            result.values[key] = value
        name = f"{PREFIX}{key}"
        (result.texts if is_personal(entity, name) else result.changes)[name] = [old, value]
    note_written(entity, (name.removeprefix(PREFIX) for name in (*result.changes, *result.texts)))
    return result


def note_written(entity: str, keys: Iterable[str]) -> None:
    """Remember that these fields have a value now. Call inside the transaction that writes it."""
    made = definitions_of(entity)
    note_used(made[key] for key in keys if key in made)


def is_personal(entity: str, name: str) -> bool:
    """Whether the values of the custom field of this name are free text: events keep it in their payload."""
    made = definition_named(entity, name)
    return made is not None and made.kind == made.Kind.TEXT


def said(row: FieldDefinition, value: Any) -> str:
    """A value in the reader's words; asks for a name where it stands for a person or an organization."""
    return in_words(row, value, names_of if row.kind == row.Kind.PERSON else organization_names)


def named_value(row: FieldDefinition, chosen: str) -> str:
    """How the person or organization that was chosen in a form is called; empty for what cannot be one."""
    return said(row, chosen) if chosen.isascii() and chosen.isdigit() else ""


def told(entity: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The name and the words of every value that stands in these, in the administrator's order."""
    rows = definitions_of(entity).values() if values else ()
    return [(str(row), said(row, values[row.key])) for row in rows if row.archived_at is None and values.get(row.key)]
