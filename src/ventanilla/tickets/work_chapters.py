"""Checklist templates in a bundle."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.section_actions import Author, change_row, create_row
from ventanilla.fields.section_chapter import order_of
from ventanilla.people.models import Department, Team
from ventanilla.tickets.models import ChecklistTemplate
from ventanilla.tickets.work_sections import CHECKLISTS as SECTION

_NAMES = ("key", "label", "items", "types", "department", "team", "by_itself", "archived")


def _rows() -> Sequence[Plain]:
    return [
        _plain(row) for row in ChecklistTemplate.objects.select_related("team", "department").order_by("position", "id")
    ]


def _plain(row: ChecklistTemplate) -> Plain:
    values = {
        "items": [{name: value for name, value in item.items() if value} for item in row.items],
        "types": row.types,
        "department": row.department.key if row.department else "",
        "team": row.team.key if row.team else "",
        "by_itself": row.by_itself,
        "archived": row.archived_at is not None,
    }
    return {"key": row.key, "label": dict(row.label), **{name: value for name, value in values.items() if value}}


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, _NAMES)
    owner = plain.text(row, "department")
    department = Department.objects.filter(key=owner).first() if owner else None
    if owner and department is None:
        raise ValidationError(gettext("There is no department “%(key)s”.") % {"key": owner[:60]})
    team = plain.text(row, "team")
    found = Team.objects.filter(key=team).first() if team else None
    if team and found is None:
        raise ValidationError(gettext("There is no team “%(key)s”.") % {"key": team[:60]})
    values: dict[str, Any] = {
        "label": plain.words(row, "label"),
        "items": [_item(item) for item in plain.items(row, "items")],
        "types": [str(key) for key in plain.items(row, "types")],
        "team": found,
        "department": department,
        "by_itself": plain.yes_no(row, "by_itself"),
    }
    present = ChecklistTemplate.objects.get(key=row["key"]) if known else None
    made = present or create_row(by=by, section=SECTION, key=row["key"], **values)
    change_row(by=by, section=SECTION, row=made, archived=plain.yes_no(row, "archived"), **values)


def _item(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValidationError(gettext("“%(name)s” must be %(wanted)s.") % {"name": "items", "wanted": "label, before"})
    plain.only(item, ("label", "before"))
    return {"label": plain.words(item, "label"), "before": plain.text(item, "before")}


def _drop(by: Author, key: str) -> None:
    row = ChecklistTemplate.objects.get(key=key)
    change_row(by=by, section=SECTION, row=row, label=row.label, archived=True)


CHECKLISTS = Chapter(
    key="checklists",
    title=SECTION.title,
    rows=_rows,
    write=_write,
    order=order_of(SECTION),
    drop=_drop,
    names={
        "label": _("Name"),
        "items": _("Items"),
        "types": _("Types"),
        "department": _("Department"),
        "team": _("For"),
        "by_itself": _("Added by itself"),
        "archived": _("Archived"),
    },
)
