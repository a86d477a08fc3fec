"""The chapter of a section: its rows as plain values, and back by the section's own actions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.section_actions import Author, change_row, create_row, delete_row, order_rows, why_kept
from ventanilla.fields.sections import Attribute, Section, sections

# Where an agent is named: their address, and the agent of an address.
AgentOf = Callable[[str], Any]


def chapter_of(section: Section[Any], agent_of: AgentOf) -> Chapter:
    """The chapter of a section. `agent_of` gives the agent with an address, or nothing."""

    def write(by: Author, row: Plain, known: bool) -> None:
        plain.only(row, {"key", "label", "archived", *(a.name for a in section.attributes)})
        values = {a.name: _value(section, a, row, agent_of) for a in section.attributes}
        label = plain.words(row, "label")
        archived = plain.yes_no(row, "archived")
        if known:
            kept = section.model._default_manager.get(key=row["key"])
            _check_once(section, kept, values)
            change_row(by=by, section=section, row=kept, label=label, archived=archived, **values)
        else:
            made = create_row(by=by, section=section, label=label, key=row["key"], **values)
            if archived:
                change_row(by=by, section=section, row=made, label=label, archived=True)

    tree = section.tree
    return Chapter(
        key=section.key,
        title=section.title,
        rows=lambda: [_plain(section, row) for row in _rows(section)],
        write=write,
        order=order_of(section),
        drop=drop_of(section),
        first=lambda row: str(row.get(tree) or "") if tree else "",
        names={"label": gettext_lazy("Name"), "archived": gettext_lazy("Archived")}
        | {a.name: a.label for a in section.attributes},
    )


def order_of(section: Section[Any]) -> Callable[[Author, Sequence[str]], None]:
    """How a chapter puts the rows of its section in order."""

    def order(by: Author, keys: Sequence[str]) -> None:
        order_rows(by=by, section=section, keys=keys)

    return order


def drop_of(section: Section[Any]) -> Callable[[Author, str], None]:
    """How a chapter takes a row of its section away: deleted, or archived where something keeps it."""

    def drop(by: Author, key: str) -> None:
        kept = section.model._default_manager.get(key=key)
        if why_kept(section, kept):
            change_row(by=by, section=section, row=kept, label=kept.label, archived=True)
        else:
            delete_row(by=by, section=section, row=kept)

    return drop


def _rows(section: Section[Any]) -> Sequence[Any]:
    named = [attribute.name for attribute in section.attributes if attribute.points]
    rows = section.model._default_manager.order_by("position", "id")
    return list(rows.select_related(*named) if named else rows)


def _plain(section: Section[Any], row: Any) -> Mapping[str, Any]:
    """A row without what is empty."""
    values = {a.name: _plain_value(a, getattr(row, a.name)) for a in section.attributes}
    said = {name: value for name, value in values.items() if value not in (None, "", False, {}, [])}
    archived = {"archived": True} if row.archived_at is not None else {}
    return {"key": row.key, "label": dict(row.label), **said, **archived}


def _plain_value(attribute: Attribute, value: Any) -> Any:
    if value is None:
        return None
    match attribute.kind:
        case "row":
            return value.key
        case "agent":
            return value.email
        case "choices":
            return list(value)
        case "choice":
            chosen = next((known for known, _label in attribute.choices if known == value), value)
            # A number that stands for a word says the word.
            return (
                str(chosen.label)
                if isinstance(chosen, models.IntegerChoices)
                else (str(chosen) if isinstance(chosen, str) else chosen)
            )
    return value


def _value(section: Section[Any], attribute: Attribute, row: Plain, agent_of: AgentOf) -> Any:
    name = attribute.name
    match attribute.kind:
        case "words" | "rich":
            return plain.words(row, name)
        case "yes_no":
            return plain.yes_no(row, name)
        case "number":
            return plain.number(row, name)
        case "choice":
            return _choice(attribute, row)
        case "choices":
            return _choices(attribute, row)
        case "text":
            return plain.text(row, name)
        case "agent":
            address = plain.text(row, name)
            return agent_of(address) if address else None
    key = plain.text(row, name)
    if not key:
        if attribute.required:
            raise ValidationError(_("“%(name)s” is missing.") % {"name": name})
        return None
    named = sections()[attribute.section].model._default_manager.filter(key=key).first()
    if named is None:
        raise ValidationError(_("“%(name)s” names “%(key)s”, which is not there.") % {"name": name, "key": key[:60]})
    return named


def _choice(attribute: Attribute, row: Plain) -> Any:
    given = row.get(attribute.name)
    offered = {_plain_value(attribute, value): value for value, _label in attribute.choices}
    if isinstance(given, bool | list | dict) or given not in offered:
        said = {"name": attribute.name, "offered": ", ".join(map(str, offered))}
        raise ValidationError(_("“%(name)s” must be one of: %(offered)s.") % said)
    return offered[given]


def _choices(attribute: Attribute, row: Plain) -> list[Any]:
    given, offered = plain.items(row, attribute.name), [value for value, _label in attribute.choices]
    if any(value not in offered for value in given):
        said = {"name": attribute.name, "offered": ", ".join(map(str, offered))}
        raise ValidationError(_("“%(name)s” must be one of: %(offered)s.") % said)
    return [value for value in offered if value in given]


def _check_once(section: Section[Any], kept: Any, values: Mapping[str, Any]) -> None:
    for attribute in section.attributes:
        if attribute.once and values[attribute.name] != getattr(kept, attribute.name):
            raise ValidationError(_("“%(name)s” cannot be changed later.") % {"name": attribute.name})
