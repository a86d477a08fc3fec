"""Changes of the fields that administrators make."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.ids import slug
from ventanilla.events.record import record
from ventanilla.fields.definitions import waiting_for
from ventanilla.fields.indexing import drop_now, plan_index
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.registry import model_with_fields
from ventanilla.fields.uses import uses_of
from ventanilla.installation.actions import bump_config_version

SETTINGS: Final = "settings.manage"
MOST_FIELDS: Final = 100
MOST_OPTIONS: Final = 200
WITH_OPTIONS: Final = frozenset({"choice", "choices"})
WITH_UNIT: Final = frozenset({"number", "money"})
# What these say may decide whether another field is visible.
DECIDING: Final = frozenset({"choice", "choices", "yes_no"})
# Their values name persons and customers: nothing for a requester to browse.
OF_STAFF: Final = frozenset({"person", "reference"})


class Author(Protocol):
    """Who changes fields: `people.Author`, which stands above this layer."""

    @property
    def actor(self) -> str:
        """What the event says."""

    def require(self, right: Any) -> None:
        """Raise `PermissionDenied` unless the author has this right."""


@transaction.atomic
def create_field(
    *, by: Author, entity: str, kind: str, label: Mapping[str, str], key: str = "", **more: Any
) -> FieldDefinition:
    """A new field of an entity at the end of its order, with a key after its label unless one is given.

    `more` are those of `change_field`. Records `field.created`. Raises `ValidationError` for a kind or key that cannot
    be, for a repeated key, and for whatever `change_field` refuses.
    """
    by.require(SETTINGS)
    if kind not in FieldDefinition.Kind.values:
        raise ValidationError({"kind": _("Choose one of the list.")})
    rows = FieldDefinition.objects.filter(entity=entity)
    if rows.count() >= MOST_FIELDS:
        raise ValidationError(_("There are at most %(most)d fields.") % {"most": MOST_FIELDS})
    chosen = _key(key) if key else _free_key(rows, label)
    if rows.filter(key=chosen).exists():
        raise ValidationError({"key": _("There is another field with this key.")})
    last = rows.aggregate(last=Max("position"))["last"]
    row = FieldDefinition(entity=entity, key=chosen, kind=kind, position=0 if last is None else last + 1)
    _set(row, label=label, **more)
    plan_index(row)
    row.save()
    bump_config_version()
    record("field.created", row_topic(row), actor=by.actor, data=_state(row))
    return row


@transaction.atomic
def change_field(
    *, by: Author, definition: FieldDefinition, label: Mapping[str, str], archived: bool = False, **more: Any
) -> FieldDefinition:
    """Set what may change of a field: label, help, unit, audience, types, required, required_when, options,
    visible_when, indexed; archive it or take it back. What is not given becomes empty.

    An option that is no longer among `options` is archived: tickets that have it keep it. Records `field.changed`.
    Raises `ValidationError` for a choice without options, an option without a name, a field of persons or rows that
    requesters should fill in, texts of requesters that should become the desk's alone: they stand in their search, or
    to archive a field while others wait for its values.
    """
    by.require(SETTINGS)
    row = FieldDefinition.objects.select_for_update().get(pk=definition.pk)
    before = row.audience
    _set(row, label=label, **more)
    hidden = before == row.Audience.REQUESTER and row.audience != before
    if hidden and row.kind == row.Kind.TEXT and row.used_at is not None:
        raise ValidationError({"audience": _("Requesters have filled this in and find it. Make a new field instead.")})
    waiting = waiting_for(row) if archived and row.archived_at is None else []
    if waiting:
        names = ", ".join(str(other) for other in waiting)
        raise ValidationError({"archived": _("These fields wait for its values: %(names)s.") % {"names": names}})
    row.archived_at = (row.archived_at or timezone.now()) if archived else None
    plan_index(row)
    row.save()
    bump_config_version()
    record("field.changed", row_topic(row), actor=by.actor, data=_state(row))
    return row


@transaction.atomic
def order_fields(*, by: Author, entity: str, keys: Sequence[str]) -> None:
    """Put the fields of an entity into this order; those not named follow as they were. Records `fields.ordered`."""
    by.require(SETTINGS)
    rows = list(FieldDefinition.objects.select_for_update().filter(entity=entity))
    places = {key: place for place, key in enumerate(keys)}
    wanted = sorted(rows, key=lambda row: places.get(row.key, len(places)))
    moved = [row for place, row in enumerate(wanted) if row.position != place]
    if wanted == rows or not moved:
        return
    for place, row in enumerate(wanted):
        row.position = place
    FieldDefinition.objects.bulk_update(wanted, ["position"])
    bump_config_version()
    record("fields.ordered", f"fields:{entity}", actor=by.actor, data={"keys": [row.key for row in wanted]})


@transaction.atomic
def delete_field(*, by: Author, definition: FieldDefinition) -> None:
    """Delete a field that never had a value. Records `field.deleted`.

    Raises `ValidationError` for any other: history names it, so it can only be archived; and while something that
    would be left with a hole uses it, naming what does.
    """
    by.require(SETTINGS)
    row = FieldDefinition.objects.select_for_update().get(pk=definition.pk)
    if row.used_at is not None:
        raise ValidationError(_("This field has been filled in already, so it can be archived but not deleted."))
    used = ", ".join(f"{use.what}: {use.name}" for use in uses_of(row) if use.stands)
    if used:
        raise ValidationError(_("It is still used. Take it out of these first. %(used)s.") % {"used": used})
    topic, state = row_topic(row), _state(row)
    drop_now(row)
    row.delete()
    bump_config_version()
    record("field.deleted", topic, actor=by.actor, data=state)


def note_used(definitions: Iterable[FieldDefinition]) -> None:
    """Remember that these fields have had a value. Call inside the transaction that writes it; written once a field."""
    fresh = [row.pk for row in definitions if row.used_at is None]
    if fresh and FieldDefinition.objects.filter(pk__in=fresh, used_at=None).update(used_at=timezone.now()):
        bump_config_version()


def row_topic(row: FieldDefinition) -> str:
    """The topic of a field's events."""
    return f"field:{row.entity}.{row.key}"


def _set(
    row: FieldDefinition,
    *,
    label: Mapping[str, str],
    help: Mapping[str, str] | None = None,
    unit: str = "",
    audience: str = FieldDefinition.Audience.STAFF,
    types: Sequence[str] = (),
    required: bool = False,
    options: Sequence[Mapping[str, Any]] = (),
    visible_when: Sequence[Any] = (),
    required_when: Sequence[Any] = (),
    indexed: bool = False,
) -> None:
    if not any(text.strip() for text in label.values()):
        raise ValidationError({"label_es": _("Write the name in at least one language.")})
    if audience not in FieldDefinition.Audience.values:
        raise ValidationError({"audience": _("Choose one of the list.")})
    if audience == FieldDefinition.Audience.REQUESTER and row.kind in OF_STAFF:
        raise ValidationError({"audience": _("Only the desk fills in persons and organizations.")})
    if indexed and row.kind == FieldDefinition.Kind.CHOICES:
        raise ValidationError({"indexed": _("A field with several values cannot be indexed.")})
    if indexed and model_with_fields(row.entity) is None:
        raise ValidationError({"indexed": _("Only fields of tickets are indexed: no other list asks for its fields.")})
    required_when = required_when if required else ()
    for name, condition in (("visible_when", visible_when), ("required_when", required_when)):
        _check_condition(row, name, condition, audience)
        setattr(row, name, [condition[0], "in", list(condition[2])] if condition else [])
    row.label, row.help = dict(label), dict(help or {})
    row.unit = " ".join(unit.split())[:12] if row.kind in WITH_UNIT else ""
    row.audience, row.types, row.required, row.indexed = audience, sorted(set(types)), required, indexed
    if row.kind in WITH_OPTIONS:
        row.options = _options(row, options)


def _check_condition(row: FieldDefinition, name: str, condition: Sequence[Any], audience: str) -> None:
    """Raise `ValidationError` unless the condition is about the values of another field that its readers know, and
    whose appearing does not itself wait for this one."""
    if not condition:
        return
    others = {other.key: other for other in FieldDefinition.objects.filter(entity=row.entity).exclude(pk=row.pk)}
    other = others.get(str(condition[0]).removeprefix("custom."))
    known = {"1", "0"} if other is not None and other.kind == "yes_no" else set(other.option_labels if other else ())
    if len(condition) != 3 or other is None or other.kind not in DECIDING or not known.issuperset(condition[2]):
        raise ValidationError({name: _("Choose values of one other field.")})
    if audience == FieldDefinition.Audience.REQUESTER and other.audience != audience:
        raise ValidationError({name: _("Requesters do not see “%(name)s”.") % {"name": other}})
    seen: FieldDefinition | None = other
    for _step in range(len(others) + 1):
        if seen is None or not seen.visible_when:
            return
        if seen.decided_by == row.key:
            break
        seen = others.get(seen.decided_by)
    raise ValidationError({name: _("“%(name)s” already waits for this field.") % {"name": other}})


def _options(row: FieldDefinition, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = {option["key"]: option for option in row.options}
    made: dict[str, dict[str, Any]] = {}
    for option in given[:MOST_OPTIONS]:
        label = {code: " ".join(str(text).split())[:120] for code, text in option["label"].items() if str(text).strip()}
        if not label:
            raise ValidationError({"options": _("Every option needs a name.")})
        key = option.get("key") or ""
        if key not in known:
            base = _word(key or next(iter(label.values())), "option")
            key = next(k for k in (base, *(f"{base}_{n}" for n in range(2, 999))) if k not in {*known, *made})
        made[key] = {"key": key, "label": label, "archived": bool(option.get("archived"))}
    if not any(not option["archived"] for option in made.values()):
        raise ValidationError({"options": _("Write at least one option to choose.")})
    rest = [option | {"archived": True} for key, option in known.items() if key not in made]
    return [*made.values(), *rest]


def _free_key(rows: Any, label: Mapping[str, str]) -> str:
    base = _word(next((text for text in label.values() if text.strip()), ""), "field")
    taken = set(rows.values_list("key", flat=True))
    return next(key for key in (base, *(f"{base}_{n}" for n in range(2, 999))) if key not in taken)


def _key(text: str) -> str:
    if _word(text, "") != text:
        raise ValidationError({"key": _("A key has lower-case letters, digits and underscores.")})
    return text


def _word(text: str, fallback: str) -> str:
    """A name that may stand in SQL, addresses and conditions: lower-case letters, digits, underscores."""
    word = slug(text, max_length=40).replace("-", "_")
    return word if word[:1].isalpha() else f"{fallback}_{word}".strip("_") if fallback else ""


def _state(row: FieldDefinition) -> dict[str, Any]:
    what = ("entity", "key", "kind", "label", "audience", "types", "indexed")
    names = (*what, "required", "visible_when", "required_when")
    options = [option["key"] for option in row.options if not option.get("archived")]
    state = {name: getattr(row, name) for name in names}
    return state | {"options": options, "archived": row.archived_at is not None}
