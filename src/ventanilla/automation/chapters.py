"""Macros in a bundle."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.automation.actions import save_macro
from ventanilla.automation.models import Macro
from ventanilla.automation.sections import MACROS as SECTION
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.effects import EffectError, parse
from ventanilla.fields.section_actions import Author, change_row
from ventanilla.fields.section_chapter import order_of
from ventanilla.people.models import Department, Team
from ventanilla.people.queries import agent_at, persons_by_id

_NAMES = ("key", "label", "folder", "department", "team", "public", "html", "effects", "archived")


def _rows() -> Sequence[Plain]:
    return [_plain(row) for row in Macro.objects.select_related("team", "department").order_by("position", "id")]


def _plain(row: Macro) -> Plain:
    values = {
        "folder": row.folder,
        "department": row.department.key if row.department else "",
        "team": row.team.key if row.team else "",
        "html": row.html,
        "effects": [_with_address(effect) for effect in row.effects],
        "archived": row.archived_at is not None,
    }
    kept = {name: value for name, value in values.items() if value}
    return {"key": row.key, "label": dict(row.label), "public": row.public, **kept}


def _with_address(effect: list[Any]) -> list[Any]:
    """Agents by their address: their number means nothing elsewhere."""
    verb, field, value = effect
    if field == "assignee" and isinstance(value, int):
        found = persons_by_id([value]).get(value)
        value = found.email if found else None
    return [verb, field, value]


def _with_number(effect: Any) -> Any:
    if isinstance(effect, list) and len(effect) == 3 and effect[1] == "assignee" and "@" in str(effect[2]):
        found = agent_at(str(effect[2]))
        if found is None:
            raise ValidationError(gettext("No agent has the address %(address)s.") % {"address": str(effect[2])[:120]})
        return [effect[0], effect[1], found.pk]
    return effect


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, _NAMES)
    effects = [_with_number(effect) for effect in plain.items(row, "effects")]
    try:
        parsed = parse(effects) if effects else ()
    except EffectError as error:
        raise ValidationError(gettext("The effects cannot be understood: %(problem)s") % {"problem": error}) from None
    owner = plain.text(row, "department")
    department = Department.objects.filter(key=owner).first() if owner else None
    if owner and department is None:
        raise ValidationError(gettext("There is no department “%(key)s”.") % {"key": owner[:60]})
    team = plain.text(row, "team")
    found = Team.objects.filter(key=team).first() if team else None
    if team and found is None:
        raise ValidationError(gettext("There is no team “%(key)s”.") % {"key": team[:60]})
    save_macro(
        by=by,
        macro=Macro.objects.get(key=row["key"]) if known else None,
        label=plain.words(row, "label"),
        html=plain.words(row, "html"),
        public=plain.yes_no(row, "public"),
        effects=parsed,
        team=found,
        department=department,
        folder=plain.text(row, "folder"),
        archived=plain.yes_no(row, "archived"),
        key=row["key"],
    )


def _drop(by: Author, key: str) -> None:
    row = Macro.objects.get(key=key)
    change_row(by=by, section=SECTION, row=row, label=row.label, archived=True)


MACROS = Chapter(
    key="macros",
    title=SECTION.title,
    rows=_rows,
    write=_write,
    order=order_of(SECTION),
    drop=_drop,
    names={
        "label": _("Name"),
        "folder": _("Folder"),
        "department": _("Department"),
        "team": _("For"),
        "public": _("Reply to the requester"),
        "html": _("Text"),
        "effects": _("What it does"),
        "archived": _("Archived"),
    },
)
