"""Changes of saved views."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.ids import token
from ventanilla.core.labels import LANGUAGES
from ventanilla.events.record import record
from ventanilla.fields.compile_q import check
from ventanilla.fields.conditions import EVERYTHING, ConditionError, parse, to_json
from ventanilla.fields.kinds import Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.registry import spec_of
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.saved_views.models import SavedView

# Who decides what others may see also decides which views stand at their side.
SHARING: Final = Right.RESTRICT
MOST_OF_ONE_OWNER: Final = 100
LONGEST_NAME: Final = 80
_CLOSED: Final = ("columns", "sort", "grouping", "pinned")


def may_change(by: Author, view: SavedView) -> bool:
    """Whether the author may change, order or delete the view: its owner while nobody else has it, else who shares."""
    if view.audience == SavedView.Audience.OWNER:
        return by.trusted or (by.person is not None and by.person.pk == view.owner_id and by.may(Right.DESK))
    return by.may(SHARING)


@transaction.atomic
def create_view(
    *, by: Author, owner: Person, label: Mapping[str, str], entity: str = "ticket", key: str = "", **values: Any
) -> SavedView:
    """A new view of `owner`, the last of all, with a key that says nothing unless one is given. `values` are those of
    `change_view`.

    Records `view.created`, and `view.shared` when it is not for the owner alone. Raises `ValidationError` naming the
    field, `PermissionDenied` for a view of somebody else or one shared without the right.
    """
    by.require(Right.DESK)
    if not by.trusted and by.person != owner:
        raise PermissionDenied(Right.DESK)
    if SavedView.objects.filter(owner=owner, archived_at=None).count() >= MOST_OF_ONE_OWNER:
        raise ValidationError({"label": _("You have %(most)d views; delete one first.") % {"most": MOST_OF_ONE_OWNER}})
    last = SavedView.objects.aggregate(last=Max("position"))["last"]
    view = SavedView(
        key=key or token(size_bytes=9).lower().strip("-_"),
        entity=entity,
        owner=owner,
        position=0 if last is None else last + 1,
    )
    audience, team = values.pop("audience", SavedView.Audience.OWNER), values.pop("team", None)
    wanted = {"condition": to_json(EVERYTHING), **values, "label": label}
    _set(view, by, wanted)
    _address(view, by, audience, team)
    view.save()
    bump_config_version()
    record(
        "view.created",
        _topic(view),
        actor=by.actor,
        data={"key": view.key, "entity": entity, **{name: getattr(view, name) for name in _CLOSED}},
        personal={"label": view.label, "condition": view.condition},
    )
    if view.audience != SavedView.Audience.OWNER:
        _record_shared(view, by, SavedView.Audience.OWNER, None)
    return view


@transaction.atomic
def change_view(*, by: Author, view: SavedView, **values: Any) -> SavedView:
    """Set some of `label` (by language), `condition` (as stored), `columns`, `sort`, `grouping`, `pinned`, `audience`,
    `team`. What is the same already is no change.

    Records `view.changed`, and `view.shared` when others have it now than before. Raises `ValidationError` naming the
    field, `PermissionDenied` unless one may change the view and share it with those named.
    """
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    _require(by, view)
    names = ("label", "condition", *_CLOSED)
    before = {name: getattr(view, name) for name in names}
    was = (view.audience, view.team_id)
    audience, team = values.pop("audience", view.audience), values.pop("team", view.team)
    _set(view, by, values)
    _address(view, by, audience, team)
    changes = {name: [old, getattr(view, name)] for name, old in before.items() if getattr(view, name) != old}
    shared = was != (view.audience, view.team_id)
    if not changes and not shared:
        return view
    view.save()
    bump_config_version()
    if changes:
        personal: dict[str, Any] = {name: changes.pop(name) for name in ("label", "condition") if name in changes}
        data = {"key": view.key, "changes": changes, "set": [*changes, *personal], "context": {"team": view.team_id}}
        record("view.changed", _topic(view), actor=by.actor, data=data, personal=personal)
    if shared:
        _record_shared(view, by, *was)
    return view


@transaction.atomic
def archive_view(*, by: Author, view: SavedView) -> None:
    """Take the view away from whoever has it. Records `view.archived`; raises `PermissionDenied`."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    _require(by, view)
    if view.archived_at is not None:
        return
    view.archived_at = timezone.now()
    view.save(update_fields=["archived_at"])
    bump_config_version()
    record("view.archived", _topic(view), actor=by.actor, data={"key": view.key, "context": {"team": view.team_id}})


@transaction.atomic
def restore_view(*, by: Author, view: SavedView) -> None:
    """Give a view back that was deleted. Records `view.changed`; raises `PermissionDenied`."""
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    _require(by, view)
    if view.archived_at is None:
        return
    view.archived_at = None
    view.save(update_fields=["archived_at"])
    bump_config_version()
    data = {"key": view.key, "changes": {"archived": [True, False]}, "context": {"team": view.team_id}}
    record("view.changed", _topic(view), actor=by.actor, data=data)


@transaction.atomic
def order_views(*, by: Author, views: Sequence[SavedView]) -> None:
    """Put these views into this order, on the places they have among all. Records `view.changed` for each that moves;
    raises `PermissionDenied` when one of these is not to be changed."""
    rows = {row.pk: row for row in SavedView.objects.select_for_update().filter(pk__in=[view.pk for view in views])}
    wanted = [rows[view.pk] for view in views if view.pk in rows]
    places: list[int] = []
    for place in sorted(row.position for row in wanted):
        places.append(max(place, places[-1] + 1) if places else place)
    for row, place in zip(wanted, places, strict=True):
        if row.position == place:
            continue
        _require(by, row)
        changes = {"position": [row.position, place]}
        row.position = place
        row.save(update_fields=["position"])
        data = {"key": row.key, "changes": changes, "context": {"team": row.team_id}}
        record("view.changed", _topic(row), actor=by.actor, data=data)
    bump_config_version()


def _topic(view: SavedView) -> str:
    return f"view:{view.pk}"


def _require(by: Author, view: SavedView) -> None:
    if not may_change(by, view):
        raise PermissionDenied(SHARING)


def _record_shared(view: SavedView, by: Author, audience: str, team: int | None) -> None:
    changes = {"audience": [str(audience), view.audience], "team": [team, view.team_id]}
    record(
        "view.shared",
        _topic(view),
        actor=by.actor,
        data={"key": view.key, "changes": changes, "context": {"team": view.team_id}},
        personal={"label": view.label},
    )


def _address(view: SavedView, by: Author, audience: str, team: Team | None) -> None:
    """Say who has the view: to give it to others and to take it from them needs the same right."""
    if audience not in SavedView.Audience.values:
        raise ValidationError({"audience": _("Choose who sees the view.")})
    if audience != SavedView.Audience.TEAM:
        team = None
    elif team is None:
        raise ValidationError({"team": _("Choose the team.")})
    if (audience, team.pk if team else None) == (view.audience, view.team_id):
        return
    by.require(SHARING)
    if team is not None and by.person is not None and not by.trusted:
        who = viewer(by.person)
        if team.archived_at is not None or (team.pk not in who.teams and team.department_id not in who.departments):
            raise ValidationError({"team": _("You cannot share with this team.")})
    view.audience, view.team = audience, team


def _set(view: SavedView, by: Author, values: Mapping[str, Any]) -> None:
    """Put checked values into the row."""
    spec = spec_of(view.entity)
    for name, value in values.items():
        match name:
            case "label":
                view.label = _label(value)
            case "condition":
                view.condition = _condition(value, view, by)
            case "columns":
                unknown = [key for key in value if key not in spec.by_key or not spec.by_key[key].column]
                if unknown:
                    raise ValidationError(
                        {"columns": _("There is no column “%(key)s”.") % {"key": str(unknown[0])[:60]}}
                    )
                view.columns = list(dict.fromkeys(value))
            case "sort":
                if value and spec.sort(value.removeprefix("-")) is None:
                    raise ValidationError({"sort": _("This list has no such order.")})
                view.sort = value
            case "grouping":
                if value not in SavedView.Grouping.values:
                    raise ValidationError({"grouping": _("This list has no such grouping.")})
                view.grouping = value
            case "pinned":
                view.pinned = bool(value)
            case _:
                raise TypeError(f"a view has no {name}")


def _label(given: Mapping[str, str]) -> dict[str, str]:
    label = {code: " ".join(str(given.get(code) or "").replace("\x00", "").split()) for code in LANGUAGES}
    label = {code: text for code, text in label.items() if text}
    if not label:
        raise ValidationError({"label": _("Give the view a name.")})
    if any(len(text) > LONGEST_NAME for text in label.values()):
        raise ValidationError({"label": _("That is longer than allowed.")})
    return label


def _condition(stored: Any, view: SavedView, by: Author) -> list[Any]:
    person = by.person or view.owner
    try:
        return to_json(check(parse(stored), spec_of(view.entity), Reading(person_id=person.pk, viewer=viewer(person))))
    except ConditionError as error:
        raise ValidationError({"condition": explain(error)}) from None
