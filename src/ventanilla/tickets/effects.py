"""Carrying effects out on tickets: from keys to rows, and from what a ticket has to what it shall have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.fields.definitions import PREFIX, definition_named
from ventanilla.fields.effects import Effect, stored
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.values import stored_form
from ventanilla.people.custom import said
from ventanilla.people.models import Person
from ventanilla.people.queries import agent_by_id
from ventanilla.tickets.custom import is_personal
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import field_label
from ventanilla.tickets.queries import tags_of
from ventanilla.tickets.vocabulary import ROWS, Words

ME = "me"
_MAY_BE_EMPTY = frozenset({"impact", "urgency", "category", "service", "team", "assignee"})


@dataclass(frozen=True)
class Plan:
    """Effects whose values have been found: good for any number of tickets, as long as the configuration stands."""

    values: Mapping[str, Any]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def for_ticket(self, ticket: Ticket) -> dict[str, Any]:
        """What `tickets.actions.change` is to set on this ticket."""
        if not self.added and not self.removed:
            return dict(self.values)
        kept = [name for name in tags_of(ticket) if name not in self.removed]
        return {**self.values, "tags": [*kept, *self.added]}


def plan_of(effects: Sequence[Effect], known: Words, *, me: Person | None) -> Plan:
    """The effects with their rows and persons; `me` is whoever carries them out, None while they are only checked.

    Raises ValidationError, naming the field, for what cannot be done.
    """
    values: dict[str, Any] = {}
    own: dict[str, Any] = {}
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    for effect in effects:
        if effect.field == "tags" and isinstance(effect.value, tuple):
            if effect.verb == "add":
                added += effect.value
            else:
                removed += effect.value
        elif effect.verb == "set" and effect.field.startswith(PREFIX):
            own[effect.field.removeprefix(PREFIX)] = _custom(effect)
        elif effect.verb == "set":
            values[effect.field] = _value(effect, known, me)
        else:
            raise ValidationError({effect.field: _("This field cannot be changed so.")})
    return Plan(values | {"custom": own} if own else values, added, removed)


def as_told(effects: Sequence[Effect]) -> tuple[list[list[Any]], dict[str, Any]]:
    """Effects as events keep them: what is told for ever, and the free texts by field, which may be blanked."""
    personal = {effect.field: effect.value for effect in effects if is_personal(effect.field)}
    told = [replace(effect, value=None) if effect.field in personal else effect for effect in effects]
    return stored(tuple(told)), personal


def in_words(effects: Sequence[Effect], known: Words) -> str:
    """The effects as a reader says them: "Priority: High, Tags: +vip"."""
    return ", ".join(f"{field_label(effect.field)}: {_said(effect, known)}" for effect in effects)


def _custom(effect: Effect) -> Any:
    """The value for a custom field, which each ticket checks again: its type may not have the field."""
    row = definition_named("ticket", effect.field)
    try:
        if row is None or row.archived_at is not None:
            raise BadValue(_("This field cannot be changed so."))
        return stored_form(row, effect.value)
    except BadValue as error:
        raise ValidationError({effect.field: str(error)}) from None


def _value(effect: Effect, known: Words, me: Person | None) -> Any:
    name, value = effect.field, effect.value
    if value is None and name in _MAY_BE_EMPTY:
        return None
    if name in ROWS:
        row = known.by_key(ROWS[name](known), str(value))
        if row is None or row.archived_at is not None:
            raise ValidationError({name: _("Choose one of the list.")})
        return row
    if name == "assignee":
        text = str(value)
        if text == ME:
            return me
        person = agent_by_id(int(text[:18])) if text.isascii() and text.isdigit() else None
        if person is None:
            raise ValidationError({name: _("Choose one of the list.")})
        return person
    if name == "stage" and value in (Ticket.Stage.TICKET, Ticket.Stage.SPAM):
        return Ticket.Stage(str(value))
    raise ValidationError({name: _("This field cannot be changed so.")})


def _said(effect: Effect, known: Words) -> str:
    if isinstance(effect.value, tuple):
        sign = "+" if effect.verb == "add" else "−"
        return " ".join(f"{sign}{value}" for value in effect.value)
    if effect.value is None:
        return _("none")
    made = definition_named("ticket", effect.field)
    if made is not None:
        try:
            return said(made, stored_form(made, effect.value))
        except BadValue:
            return str(effect.value)
    if effect.field in ROWS:
        row = known.by_key(ROWS[effect.field](known), str(effect.value))
        return str(row) if row is not None else _("a private department")
    if effect.value == ME:
        return _("whoever uses it")
    if effect.field == "assignee":
        person = agent_by_id(int(str(effect.value)[:18])) if str(effect.value).isdigit() else None
        return person.display_name if person is not None else str(effect.value)
    if effect.field == "stage":
        return _("Spam") if effect.value == Ticket.Stage.SPAM else _("No spam")
    return str(effect.value)
