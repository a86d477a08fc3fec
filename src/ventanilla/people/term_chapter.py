"""What things are called, in a bundle: the key of a word by the key of its term."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from ventanilla.core.term_words import TERMS
from ventanilla.fields import plain
from ventanilla.fields.bundles import Chapter, Plain
from ventanilla.installation.queries import installation
from ventanilla.installation.terms import SETTING
from ventanilla.people.term_actions import choose_words


def _rows() -> Sequence[Plain]:
    chosen = installation().settings.get(SETTING) or {}
    return [{term.key: chosen.get(term.key, term.default.key) for term in TERMS}]


def _write(by: Any, row: Plain, known: bool) -> None:
    plain.only(row, [term.key for term in TERMS])
    choose_words(by=by, words={term.key: plain.text(row, term.key, term.default.key) for term in TERMS})


VOCABULARY = Chapter(
    key="vocabulary",
    title=_("Vocabulary"),
    rows=_rows,
    write=_write,
    names={},
    single=True,
)
