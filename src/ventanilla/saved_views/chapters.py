"""Shared views in a bundle. Those of one person, and those that ask for persons or organizations, are no configuration:
elsewhere they would ask for others."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.fields.conditions import comparisons
from ventanilla.people.queries import an_administrator
from ventanilla.saved_views.actions import archive_view, create_view, order_views
from ventanilla.saved_views.actions import change_view as change
from ventanilla.saved_views.models import SavedView
from ventanilla.saved_views.queries import team_with

_NAMES = ("key", "label", "entity", "team", "condition", "columns", "sort", "grouping", "pinned")
_OF_OTHERS = frozenset({"requester", "assignee", "affected", "organization"})


def _shared() -> Any:
    shared = (SavedView.Audience.TEAM, SavedView.Audience.EVERYONE)
    return SavedView.objects.filter(audience__in=shared, archived_at=None).select_related("team")


def _rows() -> Sequence[Plain]:
    return [_plain(row) for row in _shared().order_by("position", "id") if not _names_somebody(row)]


def _names_somebody(row: SavedView) -> bool:
    return any(test.field in _OF_OTHERS and test.value not in ("me", None) for test in comparisons(row.parsed))


def _plain(row: SavedView) -> Plain:
    values = {
        "team": row.team.key if row.team else "",
        "condition": row.condition,
        "columns": row.columns,
        "sort": row.sort,
        "pinned": row.pinned,
    }
    kept = {name: value for name, value in values.items() if value}
    return {"key": row.key, "label": dict(row.label), "entity": row.entity, "grouping": str(row.grouping), **kept}


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, _NAMES)
    key = plain.text(row, "team")
    team = team_with(key) if key else None
    if key and team is None:
        raise ValidationError(gettext("There is no team “%(key)s”.") % {"key": key[:60]})
    values: dict[str, Any] = {
        "label": plain.words(row, "label"),
        "condition": plain.items(row, "condition"),
        "columns": plain.items(row, "columns"),
        "sort": plain.text(row, "sort"),
        "grouping": plain.text(row, "grouping", SavedView.Grouping.DUE),
        "pinned": plain.yes_no(row, "pinned"),
        "audience": SavedView.Audience.TEAM if team else SavedView.Audience.EVERYONE,
        "team": team,
    }
    if known:
        change(by=by, view=_shared().get(key=row["key"]), **values)
        return
    if SavedView.objects.filter(key=row["key"]).exists():
        raise ValidationError(gettext("There is another one with this key."))
    owner = by.person or an_administrator()
    if owner is None:
        raise ValidationError(gettext("A view needs an administrator whose it is: make one first."))
    create_view(by=by, owner=owner, key=row["key"], entity=plain.text(row, "entity", "ticket"), **values)


def _order(by: Any, keys: Sequence[str]) -> None:
    places = {key: place for place, key in enumerate(keys)}
    views = [view for view in _shared() if view.key in places]
    order_views(by=by, views=sorted(views, key=lambda view: places[view.key]))


def _drop(by: Any, key: str) -> None:
    archive_view(by=by, view=_shared().get(key=key))


VIEWS = Chapter(
    key="views",
    title=_("Shared views"),
    rows=_rows,
    write=_write,
    order=_order,
    drop=_drop,
    names={
        "label": _("Name"),
        "team": _("For"),
        "condition": _("Condition"),
        "columns": _("Columns"),
        "sort": _("Order"),
        "grouping": _("Heads"),
        "pinned": _("Pinned"),
    },
)
