"""Changes of what tasks and time are made of: templates of checklists, and activities."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.keys import free_key
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Team
from ventanilla.people.rights import Right
from ventanilla.tickets import required
from ventanilla.tickets.models import Activity, ChecklistTemplate
from ventanilla.tickets.vocabulary import words

MOST_ITEMS = 100
Row = TypeVar("Row", ChecklistTemplate, Activity)


@transaction.atomic
def save_template(
    *,
    by: Author,
    template: ChecklistTemplate | None,
    label: dict[str, str],
    items: Sequence[Mapping[str, Any]],
    types: Sequence[str] = (),
    team: Team | None = None,
    by_itself: bool = False,
    archived: bool = False,
) -> ChecklistTemplate:
    """Make a template (`template` None), or set everything about one, archive it or take it back.

    `items`: `label` by language and `before` of each, as in `ChecklistTemplate.items`. Checklists that were made from
    it stay as they are. Records `checklist_template.created` or `.changed`. Raises `ValidationError`, naming the field,
    for one without items, and for types and requirements that do not exist.
    """
    by.require(Right.SETTINGS)
    kept = [_item(item) for item in items if any(text.strip() for text in item["label"].values())]
    if not kept:
        raise ValidationError(_("Write at least one item."))
    if len(kept) > MOST_ITEMS:
        raise ValidationError(_("A checklist has at most %(most)d items.") % {"most": MOST_ITEMS})
    known = {row.key for row in words().types.values()}
    if not set(types) <= known:
        raise ValidationError({"types": _("Choose one of the list.")})
    values = {"label": label, "items": kept, "types": list(types), "team": team, "by_itself": by_itself}
    return _write(ChecklistTemplate, "checklist_template", template, values, by=by, archived=archived)


@transaction.atomic
def save_activity(
    *, by: Author, activity: Activity | None, label: dict[str, str], billable: bool = True, archived: bool = False
) -> Activity:
    """Make an activity (`activity` None), or set everything about one, archive it or take it back.

    Records `activity.created` or `activity.changed`.
    """
    by.require(Right.SETTINGS)
    return _write(Activity, "activity", activity, {"label": label, "billable": billable}, by=by, archived=archived)


@transaction.atomic
def order_rows(*, by: Author, model: type[Row], keys: Sequence[str]) -> None:
    """Put templates or activities into this order; those not named stay behind. Records a change of each that moved."""
    by.require(Right.SETTINGS)
    wanted = {key: place for place, key in enumerate(keys)}
    kind = "activity.changed" if model is Activity else "checklist_template.changed"
    rows = sorted(
        model._default_manager.select_for_update().order_by("position", "pk"),
        key=lambda row: wanted.get(row.key, len(wanted)),
    )
    for place, row in enumerate(rows):
        if row.position != place:
            data = {"key": row.key, "changes": {"position": [row.position, place]}}
            row.position = place
            row.save(update_fields=["position"])
            record(kind, f"{kind.partition('.')[0]}:{row.pk}", actor=by.actor, data=data)
    bump_config_version()


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = {code: " ".join(text.replace("\x00", "").split())[:250] for code, text in item["label"].items()}
    return {
        "label": {code: text for code, text in texts.items() if text},
        "before": required.checked(item.get("before", "")),
    }


def _write(
    model: type[Row], name: str, present: Row | None, values: dict[str, Any], *, by: Author, archived: bool
) -> Row:
    if present is None:
        rows = model._default_manager.all()
        key = free_key(rows, values["label"], fallback=name.replace("_", "-"))
        row: Row = model._default_manager.create(key=key, position=rows.count(), **values)
        record(f"{name}.created", f"{name}:{row.pk}", actor=by.actor, data={"key": key})
    else:
        row = model._default_manager.select_for_update().get(pk=present.pk)
        for field, value in values.items():
            setattr(row, field, value)
        row.archived_at = (row.archived_at or timezone.now()) if archived else None
        row.save()
        record(f"{name}.changed", f"{name}:{row.pk}", actor=by.actor, data={"key": row.key, "archived": archived})
    bump_config_version()
    return row
