"""The custom fields of tickets: which a ticket has, what may be written into them, how their values read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ventanilla.fields.definitions import PREFIX, definition_named, definitions_of, usable, visible
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import Stored
from ventanilla.people import custom
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import words, words_for

ENTITY: Final = "ticket"


def checked(
    given: Mapping[str, Any], *, type_key: str, by: Author, present: Mapping[str, Any] | None = None
) -> dict[str, Stored | None]:
    """The values in their stored form, by key, for a ticket of this type; None takes a value away.

    Raises `ValidationError` like `people.custom.checked`; whoever does not work at the desk knows the fields of
    requesters alone.
    """
    staff = by.may(Right.DESK)
    return custom.checked(ENTITY, given, by=by, staff=staff, type_key=type_key, present=present)


def note_written(keys: Iterable[str]) -> None:
    """Remember that these fields have a value now. Call inside the transaction that writes it."""
    custom.note_written(ENTITY, keys)


def missing(ticket: Ticket) -> list[FieldDefinition]:
    """The required fields that an open ticket has no value for: whoever writes a mail is asked for none."""
    return missing_in(ticket.custom, ticket.type_id) if ticket.is_open else []


def missing_in(values: Mapping[str, Any], type_id: int) -> list[FieldDefinition]:
    """The required fields that a ticket of this type with these values lacks. `lacking.py` says the same as a query."""
    if not definitions_of(ENTITY):
        return []
    rows = custom.demanded_of(ENTITY, values, type_key=words().types[type_id].key)
    return [row for row in rows if not values.get(row.key)]


def shown_fields(values: Mapping[str, Any], type_key: str, *, staff: bool) -> list[FieldDefinition]:
    """The fields of a ticket as pages show them: those its type has and its values make visible, and others in which
    something stands."""
    known = (row for row in definitions_of(ENTITY).values() if staff or row.audience == row.Audience.REQUESTER)
    asked = {row.key for row in visible(usable(ENTITY, type_key, staff=staff), values)}
    return [row for row in known if row.key in asked or values.get(row.key)]


def known_rows(who: Viewer, rows: Iterable[FieldDefinition]) -> list[FieldDefinition]:
    """Of these fields those that somebody may know: not those that only types of a department hidden from them have."""
    if not who.unknown:
        return list(rows)
    keys = {row.key for row in words_for(who).types.values()}
    return [row for row in rows if not row.types or not keys.isdisjoint(row.types)]


def is_public(name: str) -> bool:
    """Whether requesters may know the custom field of this name."""
    made = definition_named(ENTITY, name)
    return made is not None and made.audience == made.Audience.REQUESTER


def is_personal(name: str) -> bool:
    """Whether the values of the custom field of this name are free text: events keep it in their payload."""
    return custom.is_personal(ENTITY, name)


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
