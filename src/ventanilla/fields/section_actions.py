"""Changes of the rows of sections: made, changed, put in order, deleted while nobody has used them, and taken back."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Final, Protocol

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.keys import free_key
from ventanilla.core.models import Configurable
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.fields.sections import Attribute, Row, Section, section_of, uses_of
from ventanilla.installation.actions import bump_config_version

MOST_ROWS: Final = 2_000
_MOST_NAMED = 5


class Author(Protocol):
    """Who changes the configuration: `people.Author`, which stands above this layer."""

    @property
    def actor(self) -> str:
        """What the event says."""

    def require(self, right: Any) -> None:
        """Raise `PermissionDenied` unless the author has this right."""


@transaction.atomic
def create_row(
    *,
    by: Author,
    section: Section[Row],
    label: Mapping[str, str],
    key: str = "",
    cause: Cause | None = None,
    **values: Any,
) -> Row:
    """A new row at the end of a section, with a key after its label unless one is given.

    `values` are those of the section's attributes. Records `<noun>.created`. Raises `ValidationError` for a row without
    a name, a repeated key, and whatever the section refuses.
    """
    by.require(section.right)
    rows = section.model._default_manager.all()
    if rows.count() >= MOST_ROWS:
        raise ValidationError(_("There are at most %(most)d.") % {"most": MOST_ROWS})
    if key:
        _check_key(section, key)
    row = section.model(key=key or free_key(rows, label, fallback=section.noun), position=_last(rows) + 1)
    _set(section, row, label, values)
    section.guard(by, None, row)
    row.save()
    section.keep(row)
    bump_config_version()
    record(f"{section.noun}.created", topic_of(section, row), actor=by.actor, data=_state(section, row), cause=cause)
    return row


@transaction.atomic
def change_row(
    *,
    by: Author,
    section: Section[Row],
    row: Row,
    label: Mapping[str, str],
    archived: bool | None = None,
    cause: Cause | None = None,
    **values: Any,
) -> Row:
    """Set a row's label and these of its attributes; archive it or take it back. What is not given stays.

    Records `<noun>.changed` with what was and what is, if anything changed. Raises `ValidationError` for whatever the
    section refuses, and for archiving the last row that the product needs.
    """
    by.require(section.right)
    kept = section.model._default_manager.select_for_update().get(pk=row.pk)
    before = _state(section, kept)
    was = copy(kept)
    if archived is not None:
        kept.archived_at = (kept.archived_at or timezone.now()) if archived else None
    _set(section, kept, label, {n: v for n, v in values.items() if not _fixed(section, n)})
    section.guard(by, was, kept)
    if kept.archived_at is not None and not before["archived"]:
        _check_needed(section, kept)
    after = _state(section, kept)
    changes = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if changes:
        kept.save()
        section.keep(kept)
        bump_config_version()
        data = {"key": kept.key, "changes": changes}
        record(f"{section.noun}.changed", topic_of(section, kept), actor=by.actor, data=data, cause=cause)
    return kept


@transaction.atomic
def order_rows(*, by: Author, section: Section[Any], keys: Sequence[str], cause: Cause | None = None) -> None:
    """Put the rows of a section into this order; those not named follow as they were. Records `<noun>.ordered`."""
    by.require(section.right)
    rows = list(section.model._default_manager.select_for_update().order_by("position", "id"))
    places = {key: place for place, key in enumerate(keys)}
    wanted = sorted(rows, key=lambda row: places.get(row.key, len(places)))
    if wanted == rows:
        return
    for place, row in enumerate(wanted):
        row.position = place
        if section.place:
            setattr(row, section.place, place + 1)
    section.model._default_manager.bulk_update(wanted, ["position", *([section.place] if section.place else [])])
    bump_config_version()
    data = {"keys": [row.key for row in wanted], "before": [row.key for row in rows]}
    record(f"{section.noun}.ordered", f"{section.noun}s", actor=by.actor, data=data, cause=cause)


@transaction.atomic
def delete_row(*, by: Author, section: Section[Any], row: Configurable, cause: Cause | None = None) -> None:
    """Delete a row that nothing has ever used. Records `<noun>.deleted` with the whole row, so that it can come back.

    Raises `ValidationError`, naming what uses it, for any other: it can only be archived.
    """
    by.require(section.right)
    kept = section.model._default_manager.select_for_update().get(pk=row.pk)
    section.guard(by, kept, kept)
    _check_needed(section, kept)
    reason = why_kept(section, kept)
    if reason:
        raise ValidationError(reason)
    topic, state = topic_of(section, kept), _state(section, kept)
    kept.delete()
    bump_config_version()
    record(f"{section.noun}.deleted", topic, actor=by.actor, data=state, cause=cause)


@transaction.atomic
def undo_section_event(*, by: Author, event: Event) -> None:
    """Take back what an event about a section's row tells: a new action with that event as its cause.

    A value is put back only where nobody has changed it since. Raises `ValidationError` when nothing can be taken back.
    """
    noun, _dot, what = event.kind.partition(".")
    section = section_of(noun)
    if section is None:
        raise ValidationError(_("This cannot be undone."))
    by.require(section.right)
    cause = Cause(event)
    match what:
        case "created":
            delete_row(by=by, section=section, row=_row_named(section, event.data["key"]), cause=cause)
        case "deleted":
            state = dict(event.data)
            values = {a.name: _value_of(section, a, state[a.name]) for a in section.attributes if a.name in state}
            create_row(by=by, section=section, label=state["label"], key=state["key"], cause=cause, **values)
        case "ordered":
            order_rows(by=by, section=section, keys=event.data["before"], cause=cause)
        case _:
            _undo_change(by, section, event, cause)


def _undo_change(by: Author, section: Section[Any], event: Event, cause: Cause) -> None:
    row = _row_named(section, event.data["key"])
    now = _state(section, row)
    back = {name: old for name, (old, new) in event.data["changes"].items() if now.get(name) == new}
    if not back:
        raise ValidationError(_("Somebody has changed it since."))
    label = back.pop("label", row.label)
    archived = back.pop("archived", None)
    values = {name: _value_of(section, a, old) for name, old in back.items() if (a := section.attribute(name))}
    change_row(by=by, section=section, row=row, label=label, archived=archived, cause=cause, **values)


def why_kept(section: Section[Any], row: Configurable) -> str:
    """Why a row cannot be deleted, in the reader's language; empty when it can."""
    uses = uses_of(section, row)
    if uses:
        names = ", ".join(str(use.label) for use in uses[:_MOST_NAMED])
        return _("This uses it: %(names)s. It can be archived, but not deleted.") % {"names": names}
    if row.used_at is not None or _referred(row):
        return _("It has been used already: history names it. It can be archived, but not deleted.")
    return ""


def topic_of(section: Section[Any], row: Configurable) -> str:
    """The topic of a row's events."""
    return f"{section.noun}:{row.pk}"


def _row_named(section: Section[Any], key: str) -> Any:
    row = section.model._default_manager.filter(key=key).first()
    if row is None:
        raise ValidationError(_("It is no longer there."))
    return row


def _fixed(section: Section[Any], name: str) -> bool:
    attribute = section.attribute(name)
    return attribute is not None and attribute.once


def _last(rows: Any) -> int:
    last = rows.order_by("-position").values_list("position", flat=True).first()
    return -1 if last is None else int(last)


def _referred(row: Configurable) -> bool:
    """Whether any row points at this one, or at what would go with it, and would not go itself."""
    return any(model._default_manager.filter(**{path: row.pk}).exists() for model, path in _staying(type(row)))


def _staying(model: Any, path: str = "") -> Iterator[tuple[Any, str]]:
    """The models whose rows stay when a row of `model` goes, each with its way to that row."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.is_relation or not relation.auto_created or relation.concrete:
            continue
        way = f"{relation.field.name}__{path}" if path else relation.field.name
        if relation.many_to_many or relation.on_delete is not models.CASCADE:
            yield relation.related_model, way
        elif relation.related_model is not model:
            yield from _staying(relation.related_model, way)


def _check_needed(section: Section[Any], row: Configurable) -> None:
    if row.key in section.relied_on:
        raise ValidationError(_("Ventanilla itself needs this one: call it as you like, but it has to stay."))
    if not section.needed:
        return
    others = section.model._default_manager.filter(archived_at=None).exclude(pk=row.pk)
    if not others.filter(**{name: getattr(row, name) for name in section.alike}).exists():
        raise ValidationError(str(section.needed))


def _set(section: Section[Any], row: Configurable, label: Mapping[str, str], values: Mapping[str, Any]) -> None:
    said = {code: " ".join(text.split())[:120] for code, text in label.items() if text and text.strip()}
    if not said:
        raise ValidationError({"label_es": _("Write the name in at least one language.")})
    row.label = said
    unknown = values.keys() - {attribute.name for attribute in section.attributes}
    if unknown:
        raise ValidationError(_("It has no “%(name)s”.") % {"name": min(unknown)})
    for name, value in values.items():
        setattr(row, name, value)
        _check_value(section, name, value)
    if section.tree:
        _check_circle(section, row)
    section.check(row)
    if section.place and row.pk is None:
        setattr(row, section.place, row.position + 1)


def _check_key(section: Section[Any], key: str) -> None:
    try:
        section.model._meta.get_field("key").run_validators(key)
    except ValidationError as error:
        raise ValidationError({"key": error.messages}) from None
    if section.model._default_manager.filter(key=key).exists():
        raise ValidationError({"key": _("There is another one with this key.")})


def _check_value(section: Section[Any], name: str, value: Any) -> None:
    """Raise `ValidationError` for what the column of an attribute does not take: too long, too large, too small."""
    attribute, column = section.attribute(name), section.model._meta.get_field(name)
    if attribute is None or attribute.points or attribute.by_language or attribute.kind in ("choices", "data"):
        return
    try:
        column.run_validators(value)
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from None


def _check_circle(section: Section[Any], row: Configurable) -> None:
    above = getattr(row, section.tree)
    while above is not None:
        if row.pk is not None and above.pk == row.pk:
            raise ValidationError({section.tree: _("It cannot stand below itself.")})
        above = getattr(above, section.tree)


def _state(section: Section[Any], row: Configurable) -> dict[str, Any]:
    """A row as plain values: ids for rows it names."""
    values = {attribute.name: getattr(row, attribute.name) for attribute in section.attributes}
    plain = {name: value.pk if isinstance(value, models.Model) else value for name, value in values.items()}
    return {"key": row.key, "label": dict(row.label), **plain, "archived": row.archived_at is not None}


def _value_of(section: Section[Any], attribute: Attribute, plain: Any) -> Any:
    """The value that a plain one of an event stands for; nothing where the row that it named is gone."""
    if not attribute.points or plain is None:
        return plain
    related: Any = section.model._meta.get_field(attribute.name).related_model
    return related._default_manager.filter(pk=plain).first()
