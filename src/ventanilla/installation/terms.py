"""The installation's own words, where Django looks its translations up: once for each language and choice of words.

A page, a job or a mail activates its language and keeps the words of that moment to its end. Whoever remembers what was
made of texts puts `spoken()` into the key.
"""

from gettext import NullTranslations
from typing import Any, Final

from django.utils.translation import get_language, trans_real

from ventanilla.core.term_words import TERMS
from ventanilla.core.terms import Wording
from ventanilla.installation.queries import installation_as_known

SETTING: Final = "vocabulary"

_PRODUCT = Wording(TERMS, {})
_made: dict[tuple[tuple[str, str], ...], Wording] = {}
_spoken: dict[tuple[str, str], "Spoken"] = {}
_MOST = 40  # choices kept at once: an installation has one, now and then a second


class Spoken(NullTranslations):
    """A language in an installation's own words."""

    def __init__(self, plain: Any, language: str, wording: Wording) -> None:
        super().__init__()
        self.plain, self.code, self.wording = plain, language, wording
        self.key = f"{language} {wording.key}"
        self._said: dict[Any, str] = {}

    def language(self) -> str:
        """The language's name, as Django asks for it."""
        return self.code

    def to_language(self) -> str:
        """The same, in the form of an address."""
        name: str = self.plain.to_language()
        return name

    def gettext(self, message: str) -> str:
        """The translation in these words."""
        said = self._said.get(message)
        if said is None:
            english = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
            found = self.plain.gettext(message).rpartition(trans_real.CONTEXT_SEPARATOR)[2]
            said = self._said[message] = self.wording.say(self.code, english, found)
        return said

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The translation for this number in these words."""
        found = self.plain.ngettext(msgid1, msgid2, n)
        said = self._said.get((msgid1, found))
        if said is None:
            context, separator, english = msgid1.rpartition(trans_real.CONTEXT_SEPARATOR)
            # Without a translation of its own the text keeps its context: Django asks again without it.
            own = not separator or not found.startswith(context)
            said = self._said[msgid1, found] = self.wording.say(self.code, english, found) if own else found
        return said


class _Languages(dict[str, Any]):
    """Django's translations by language; whoever takes one gets it in the installation's words."""

    def __getitem__(self, language: str) -> Any:
        plain, wording = super().__getitem__(language), _wording()
        if not wording.key:
            return plain
        found = _spoken.get((language, wording.key))
        if found is None:
            if len(_spoken) >= _MOST:
                _spoken.clear()
            found = _spoken[language, wording.key] = Spoken(plain, language, wording)
        return found


def speak() -> None:
    """Have every text of the product said in the installation's words from now on. Once, at start."""
    if not isinstance(trans_real._translations, _Languages):  # type: ignore[attr-defined]
        trans_real._translations = _Languages(trans_real._translations)  # type: ignore[attr-defined]


def spoken() -> str | None:
    """The language at hand with the words it is spoken in: the key of what is made of texts."""
    active = getattr(trans_real._active, "value", None)  # type: ignore[attr-defined]
    return active.key if type(active) is Spoken else get_language()


def product_text(language: str, english: str) -> str:
    """A text as the product says it, whatever words are chosen."""
    found = trans_real.translation(language)
    plain = found.plain if isinstance(found, Spoken) else found
    text: str = plain.gettext(english)
    return text


def _wording() -> Wording:
    row = installation_as_known()
    chosen = row.settings.get(SETTING) if row else None
    return wording_of(chosen) if chosen else _PRODUCT


def wording_of(chosen: dict[str, str]) -> Wording:
    """The wording of a choice, words by term."""
    key = tuple(sorted(chosen.items()))
    made = _made.get(key)
    if made is None:
        if len(_made) >= _MOST:
            _made.clear()
        made = _made[key] = Wording(TERMS, chosen)
    return made
