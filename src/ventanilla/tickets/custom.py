"""The custom fields of tickets: which a ticket has, what may be written into them, how their values read."""

from collections.abc import Iterable, Mapping
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
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import words

ENTITY: Final = "ticket"
# Where a field of persons or organizations looks for them, by name of the address.
ADDRESSES: Final[Mapping[str, str]] = {"person": "desk-people", "reference": "desk-organizations"}


def checked(
    given: Mapping[str, Any], *, type_key: str, by: Author, present: Mapping[str, Any] | None = None
) -> dict[str, Stored | None]:
    """The values in their stored form, by key, for a ticket of this type; None takes a value away.

    Raises `ValidationError`, naming each field (`custom.site`), for a field that the ticket does not have or the
    author may not know, for a value it cannot have, and for emptying what must be filled in (`present`: what stands
    now).
    """
    staff = by.may(Right.DESK)
    offered = {row.key: row for row in usable(ENTITY, type_key, staff=staff)}
    now = present or {}
    found: dict[str, Stored | None] = {}
    problems: dict[str, str] = {}
    for key, value in given.items():
        row = offered.get(key)
        if row is None:
            # What the type no longer has may still be taken away.
            kept = definitions_of(ENTITY).get(key) if staff and key in now else None
            if kept is not None and value in (None, "", []):
                found[key] = None
            else:
                problems[f"{PREFIX}{key}"] = _("This ticket has no field “%(name)s”.") % {"name": str(key)[:60]}
            continue
        try:
            stored = stored_form(row, value)
            if stored is not None and stored != now.get(key):
                _check_choice(row, stored, now.get(key), by)
        except BadValue as error:
            problems[row.name] = str(error)
            continue
        found[key] = stored
    after = {**now, **found}
    for row in _demanded(type_key, after):
        if row.key in found and found[row.key] is None and now.get(row.key) is not None:
            problems[row.name] = _("This cannot be empty.")
    if problems:
        raise ValidationError(problems)
    return found


def note_written(keys: Iterable[str]) -> None:
    """Remember that these fields have a value now. Call inside the transaction that writes it."""
    made = definitions_of(ENTITY)
    note_used(made[key] for key in keys if key in made)


def _check_choice(row: FieldDefinition, stored: Stored, now: Any, by: Author) -> None:
    """Raise `BadValue` for an archived option that the ticket does not have already, or a row that is not there."""
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


def missing(ticket: Ticket) -> list[FieldDefinition]:
    """The required fields that an open ticket has no value for: whoever writes a mail is asked for none."""
    if not ticket.is_open or not definitions_of(ENTITY):
        return []
    rows = _demanded(words().types[ticket.type_id].key, ticket.custom)
    return [row for row in rows if not ticket.custom.get(row.key)]


def _demanded(type_key: str, values: Mapping[str, Any]) -> list[FieldDefinition]:
    return demanded(visible(usable(ENTITY, type_key, staff=True), values), values)


def shown_fields(custom: Mapping[str, Any], type_key: str, *, staff: bool) -> list[FieldDefinition]:
    """The fields of a ticket as pages show them: those its type has and its values make visible, and others in which
    something stands."""
    known = (row for row in definitions_of(ENTITY).values() if staff or row.audience == row.Audience.REQUESTER)
    asked = {row.key for row in visible(usable(ENTITY, type_key, staff=staff), custom)}
    return [row for row in known if row.key in asked or custom.get(row.key)]


def said(row: FieldDefinition, value: Any) -> str:
    """A value in the reader's words; asks for a name where it stands for a person or an organization."""
    return in_words(row, value, names_of if row.kind == row.Kind.PERSON else organization_names)


def named_value(row: FieldDefinition, chosen: str) -> str:
    """How the person or organization that was chosen in a form is called; empty for what cannot be one."""
    return said(row, chosen) if chosen.isascii() and chosen.isdigit() else ""


def is_public(name: str) -> bool:
    """Whether requesters may know the custom field of this name."""
    made = definition_named(ENTITY, name)
    return made is not None and made.audience == made.Audience.REQUESTER


def is_personal(name: str) -> bool:
    """Whether the values of the custom field of this name are free text: events keep it in their payload."""
    made = definition_named(ENTITY, name)
    return made is not None and made.kind == made.Kind.TEXT


def searched_texts(ticket: Ticket, *, public: bool) -> str:
    """The free texts of a ticket that requesters may know, or those that only the desk may."""
    rows = definitions_of(ENTITY)
    return " ".join(
        str(value)
        for key, value in ticket.custom.items()
        if (row := rows.get(key)) is not None and row.kind == row.Kind.TEXT and is_public(row.name) is public
    )


def custom_values(ticket: Ticket) -> dict[str, Any]:
    """The ticket's values under the names that events give them."""
    return {f"{PREFIX}{key}": value for key, value in ticket.custom.items()}


def personal_values(ticket: Ticket) -> dict[str, Any]:
    """Those of them that are free text."""
    return {name: value for name, value in custom_values(ticket).items() if is_personal(name)}


def names_for(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[int, str]]:
    """The names that the values of these rows mention, by kind (`person`, `reference`): two queries at most."""
    made = definitions_of(ENTITY)
    found: dict[str, set[int]] = {"person": set(), "reference": set()}
    for values in rows:
        for key, value in values.items():
            row = made.get(key)
            if row is not None and row.kind in found and value:
                found[row.kind].add(int(value))
    persons, organizations = found["person"], found["reference"]
    return {
        "person": names_of(persons) if persons else {},
        "reference": organization_names(organizations) if organizations else {},
    }
