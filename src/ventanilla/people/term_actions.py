"""Choosing what things are called in this installation."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.core.term_words import TERMS
from ventanilla.core.terms import clash
from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.models import Installation
from ventanilla.installation.terms import SETTING
from ventanilla.people.author import Author
from ventanilla.people.rights import Right


@transaction.atomic
def choose_words(*, by: Author, words: Mapping[str, str], cause: Cause | None = None) -> None:
    """Call things by these words (the key of a word by the key of its term), and all others as the product does.

    Records `vocabulary.chosen` with what was and what is. Raises `ValidationError` for a term or a word there is not,
    and when two things would be called the same.
    """
    by.require(Right.SETTINGS)
    known = {term.key: term for term in TERMS}
    for key, word in words.items():
        if key not in known:
            raise ValidationError(_("There is no “%(name)s” here.") % {"name": str(key)[:60]})
        if known[key].word(str(word)) is None:
            raise ValidationError(_("“%(name)s” cannot be “%(value)s”.") % {"name": key, "value": str(word)[:60]})
    if twice := clash(TERMS, words):
        raise ValidationError(_("Two things cannot both be called “%(word)s”.") % {"word": twice})
    after = {key: word for key, word in sorted(words.items()) if word != known[key].default.key}
    row = Installation.objects.select_for_update().get(pk=1)
    before = dict(row.settings.get(SETTING) or {})
    if before == after:
        return
    row.settings = row.settings | {SETTING: after}
    row.save(update_fields=["settings"])
    bump_config_version()
    record("vocabulary.chosen", "installation:1", actor=by.actor, data={"words": [before, after]}, cause=cause)
