"""What a bundle changes, in plain words."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ventanilla.core.labels import LANGUAGES, text_in
from ventanilla.fields.bundles import Difference

_LONGEST = 80


def lines(differences: Iterable[Difference]) -> Iterator[dict[str, Any]]:
    """One line for each difference: what it is about, what becomes of it, and each value that changes."""
    said = {"new": _("new"), "changed": _("changes"), "ordered": _("in another order"), "gone": _("goes")}
    for one in differences:
        yield {
            "chapter": str(one.chapter.title),
            "name": text_in(one.label, get_language() or "es") or one.key,
            "what": one.what,
            "said": said[one.what],
            "changes": [
                f"{one.chapter.names.get(name, name)}: {in_words(old)} → {in_words(new)}"
                for name, (old, new) in one.changes.items()
            ],
        }


def in_words(value: Any) -> str:
    """A plain value as a reader sees it, shortened."""
    match value:
        case True:
            text = _("yes")
        case False:
            text = _("no")
        case _ if not value and value != 0:
            text = _("nothing")
        case dict() if value.keys() <= set(LANGUAGES):
            text = " / ".join(str(part) for part in value.values())
        case list():
            text = ", ".join(in_words(part) for part in value)
        case dict():
            text = ", ".join(f"{name} {in_words(part)}" for name, part in value.items())
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
