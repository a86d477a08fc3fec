"""The fields that administrators made, in a bundle: a chapter for each entity that has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.fields import plain
from ventanilla.fields.actions import change_field, create_field, delete_field, order_fields
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.section_actions import Author

_TEXTS = ("label", "help")
_LISTS = ("types", "visible_when", "required_when")
_TICKS = ("required", "indexed")
_NAMES = ("key", "kind", "unit", "audience", "options", "archived", *_TEXTS, *_LISTS, *_TICKS)


def chapter_of_fields(entity: str, title: str | Promise) -> Chapter:
    """The chapter of an entity's fields."""

    def write(by: Author, row: Plain, known: bool) -> None:
        plain.only(row, _NAMES)
        kind = plain.text(row, "kind")
        given: dict[str, Any] = {
            "label": plain.words(row, "label"),
            "help": plain.words(row, "help"),
            "unit": plain.text(row, "unit"),
            "audience": plain.text(row, "audience", FieldDefinition.Audience.STAFF),
            "options": [_option(option) for option in plain.items(row, "options")],
            **{name: plain.items(row, name) for name in _LISTS},
            **{name: plain.yes_no(row, name) for name in _TICKS},
        }
        archived = plain.yes_no(row, "archived")
        if not known:
            made = create_field(by=by, entity=entity, kind=kind, key=row["key"], **given)
            if archived:
                change_field(by=by, definition=made, archived=True, **given)
            return
        kept = _of(entity).get(key=row["key"])
        if kind != kept.kind:
            raise ValidationError(_("“%(name)s” cannot be changed later.") % {"name": "kind"})
        change_field(by=by, definition=kept, archived=archived, **given)

    def order(by: Author, keys: Sequence[str]) -> None:
        order_fields(by=by, entity=entity, keys=keys)

    def drop(by: Author, key: str) -> None:
        kept = _of(entity).get(key=key)
        if kept.used_at is None:
            delete_field(by=by, definition=kept)
        else:
            row = _plain(kept)
            write(by, {**row, "archived": True}, True)

    return Chapter(
        key=f"{entity}-fields",
        title=title,
        rows=lambda: [_plain(row) for row in _of(entity).order_by("position", "id")],
        write=write,
        order=order,
        drop=drop,
        first=_waits_for,
        names={
            "label": gettext_lazy("Name"),
            "help": gettext_lazy("Help"),
            "unit": gettext_lazy("Unit"),
            "audience": gettext_lazy("Who sees it"),
            "types": gettext_lazy("Types"),
            "required": gettext_lazy("Required"),
            "options": gettext_lazy("Options"),
            "indexed": gettext_lazy("Indexed"),
            "archived": gettext_lazy("Archived"),
        },
    )


def _of(entity: str) -> Any:
    return FieldDefinition.objects.filter(entity=entity)


def _plain(row: FieldDefinition) -> Mapping[str, Any]:
    """A field without what is empty."""
    values: dict[str, Any] = {
        "help": row.help,
        "unit": row.unit,
        "types": row.types,
        "required": row.required,
        "options": [{name: value for name, value in option.items() if value} for option in row.options],
        "visible_when": row.visible_when,
        "required_when": row.required_when,
        "indexed": row.indexed,
        "archived": row.archived_at is not None,
    }
    kept = {name: value for name, value in values.items() if value}
    return {"key": row.key, "kind": row.kind, "label": dict(row.label), "audience": row.audience, **kept}


def _option(option: Any) -> dict[str, Any]:
    if not isinstance(option, dict):
        raise ValidationError(_("“%(name)s” must be %(wanted)s.") % {"name": "options", "wanted": _("a list")})
    plain.only(option, ("key", "label", "archived"))
    return {
        "key": plain.text(option, "key"),
        "label": plain.words(option, "label"),
        "archived": plain.yes_no(option, "archived"),
    }


def _waits_for(row: Plain) -> str:
    """The key of a field whose values decide about this one, which has to be there before."""
    condition = row.get("visible_when") or row.get("required_when")
    return str(condition[0]).removeprefix("custom.") if isinstance(condition, list) and condition else ""
