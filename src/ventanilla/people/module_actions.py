"""Switching modules on and off, for all or for one department or customer."""

from collections.abc import Collection
from typing import Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.models import Installation
from ventanilla.installation.modules import SETTING, closed, modules
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

_TOPIC = "installation:1"


@transaction.atomic
def switch_modules(*, by: Author, off: Collection[str], cause: Cause | None = None) -> None:
    """Have exactly these modules off, and those that need one of them; no data and no ticket changes.

    Records `modules.switched` with what was off and what is. Raises `ValidationError` for a module there is not.
    """
    by.require(Right.SETTINGS)
    _check(off)
    row = Installation.objects.select_for_update().get(pk=1)
    kept = dict(row.settings.get(SETTING) or {})
    before, after = sorted(kept.get("off") or ()), sorted(closed(off))
    if before == after:
        return
    row.settings = row.settings | {SETTING: kept | {"off": after}}
    row.save(update_fields=["settings"])
    bump_config_version()
    record("modules.switched", _TOPIC, actor=by.actor, data={"off": [before, after]}, cause=cause)


@transaction.atomic
def hide_modules(
    *,
    by: Author,
    kind: Literal["departments", "organizations"],
    key: str,
    hidden: Collection[str],
    cause: Cause | None = None,
) -> None:
    """Hide exactly these modules from one department (by its key) or customer (by its id).

    Records `modules.hidden` with what was and what is. Raises `ValidationError` for a module there is not.
    """
    by.require(Right.SETTINGS)
    _check(hidden)
    row = Installation.objects.select_for_update().get(pk=1)
    kept = dict(row.settings.get(SETTING) or {})
    places = dict(kept.get(kind) or {})
    before, after = sorted(places.pop(key, ())), sorted(closed(hidden))
    if before == after:
        return
    row.settings = row.settings | {SETTING: kept | {kind: places | ({key: after} if after else {})}}
    row.save(update_fields=["settings"])
    bump_config_version()
    data = {"kind": kind, "key": key, "hidden": [before, after]}
    record("modules.hidden", _TOPIC, actor=by.actor, data=data, cause=cause)


def _check(keys: Collection[str]) -> None:
    unknown = sorted(set(keys) - modules().keys())
    if unknown:
        raise ValidationError(_("There is no module “%(name)s”.") % {"name": unknown[0][:60]})
