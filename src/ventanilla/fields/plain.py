"""Reading the plain values of a bundle one by one, saying what is wrong in the reader's language."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ventanilla.core.labels import LANGUAGES

Kind = TypeVar("Kind")
_NO = object()
MOST = 2**31 - 1  # what a column of numbers takes


def only(row: Mapping[str, Any], names: Collection[str]) -> None:
    """Raise `ValidationError` for a name that means nothing here."""
    unknown = [str(name) for name in row if name not in names]
    if unknown:
        raise ValidationError(_("There is no “%(name)s” here.") % {"name": unknown[0][:60]})


def text(row: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text, or the default where nothing is said."""
    return _of(row, name, str, default, _("a text"))


def number(row: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A whole number, or the default where nothing is said."""
    value = row.get(name, default)
    if isinstance(value, bool):
        raise ValidationError(_said(name, _("a whole number")))
    found = _of(row, name, int, default, _("a whole number"))
    if abs(found) > MOST:
        raise ValidationError(_said(name, _("a whole number")))
    return found


def yes_no(row: Mapping[str, Any], name: str) -> bool:
    """Yes or no; no where nothing is said."""
    return _of(row, name, bool, False, _("true or false"))


def words(row: Mapping[str, Any], name: str) -> dict[str, str]:
    """A text by language; empty where nothing is said."""
    value = row.get(name) or {}
    if not isinstance(value, dict) or not all(
        code in LANGUAGES and isinstance(said, str) for code, said in value.items()
    ):
        raise ValidationError(_said(name, _("texts by language (es, en)")))
    return dict(value)


def items(row: Mapping[str, Any], name: str) -> list[Any]:
    """A list; empty where nothing is said."""
    return list(_of(row, name, list, [], _("a list")))


def _of(row: Mapping[str, Any], name: str, kind: type[Kind], default: Kind, wanted: str) -> Kind:
    value = row.get(name, _NO)
    if value is _NO or value is None:
        return default
    if not isinstance(value, kind):
        raise ValidationError(_said(name, wanted))
    return value


def _said(name: str, wanted: str) -> str:
    return _("“%(name)s” must be %(wanted)s.") % {"name": name, "wanted": wanted}
