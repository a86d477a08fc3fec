"""The modules in a bundle: what is off for all, and what departments do not see. Customers are no configuration."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.installation.modules import hidden_in, switched_off
from ventanilla.people.models import Department
from ventanilla.people.module_actions import hide_modules, switch_modules


def _rows() -> Sequence[Plain]:
    hidden = {key: sorted(hidden_in("departments", key)) for key in _departments()}
    return [{"without": sorted(switched_off()), "departments": {key: keys for key, keys in hidden.items() if keys}}]


def _departments() -> Sequence[str]:
    return list(Department.objects.order_by("position", "id").values_list("key", flat=True))


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, ("without", "departments"))
    hidden = row.get("departments") or {}
    if not isinstance(hidden, dict):
        raise ValidationError(_("“%(name)s” must be %(wanted)s.") % {"name": "departments", "wanted": _("a list")})
    unknown = sorted(str(key) for key in hidden.keys() - set(_departments()))
    if unknown:
        raise ValidationError(_("There is no department “%(key)s”.") % {"key": unknown[0][:60]})
    switch_modules(by=by, off=[str(key) for key in plain.items(row, "without")])
    for key in _departments():
        hide_modules(by=by, kind="departments", key=key, hidden=[str(one) for one in plain.items(hidden, key)])


MODULES = Chapter(
    key="modules",
    title=gettext_lazy("Modules"),
    rows=_rows,
    write=_write,
    names={"without": gettext_lazy("Switched off"), "departments": gettext_lazy("Departments")},
    single=True,
)
