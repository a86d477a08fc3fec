"""An organization's own words in the product's texts: which there are, and how a sentence changes with them.

Pure. `TERMS` (`term_words.py`) says what may be called otherwise and how; nobody types a word of their own, because a
sentence in Spanish changes around its noun: *la nueva organización creada*, *el nuevo cliente creado*. What stands
directly around the noun follows from the few words below; what stands further away is written in the data (`Term.far`).
A term is told from the same word in another sense by the English text: *equipo* is a team only where English says team.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Gender = Literal["m", "f"]


@dataclass(frozen=True)
class Noun:
    """A noun of one language. `stressed_a`: a Spanish feminine that takes *el* in the singular, such as *área*."""

    one: str
    many: str
    gender: Gender = "m"
    stressed_a: bool = False


@dataclass(frozen=True)
class Word:
    """What a thing may be called: a noun of each language."""

    key: str
    en: Noun
    es: Noun


@dataclass(frozen=True)
class Term:
    """A thing that may be called otherwise.

    `default`: its words in the product. `words`: the others. `en`, `es`: every noun that the product's texts have for
    it, the longest first. `mark`: the English word by which a text is known to be about it; `also`: texts that are
    without saying so. `kept`: texts that say the word and mean something else. `kept_in`: the same for one word alone.
    `far`: by English text, what to replace besides when the Spanish gender changes, in order. `still`: texts in which
    what follows the noun agrees with another.
    """

    key: str
    default: Word
    words: tuple[Word, ...]
    en: tuple[Noun, ...]
    es: tuple[Noun, ...]
    mark: str
    also: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    kept_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    far: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    still: frozenset[str] = frozenset()

    def word(self, key: str) -> Word | None:
        """The word of this key; nothing for one there is not."""
        return next((word for word in (self.default, *self.words) if word.key == key), None)


# What agrees with a noun, by the form before a masculine one.
_BEFORE: Final = {
    "el": "la", "los": "las", "un": "una", "unos": "unas", "este": "esta", "estos": "estas", "ese": "esa",
    "esos": "esas", "otro": "otra", "otros": "otras", "ningún": "ninguna", "algún": "alguna", "algunos": "algunas",
    "todos": "todas", "nuevo": "nueva", "nuevos": "nuevas", "último": "última", "primer": "primera",
    "propio": "propia", "varios": "varias", "mismo": "misma",
}  # fmt: skip
_AFTER: Final = {
    "cambiado": "cambiada", "creado": "creada", "elegido": "elegida", "distintos": "distintas", "privado": "privada",
    "privados": "privadas", "nuevo": "nueva", "nuevos": "nuevas", "inventado": "inventada",
}  # fmt: skip
_CONTRACTED: Final = {"de el": "del", "a el": "al"}
_BEFORE_STRESSED_A: Final = frozenset({"el", "un", "ningún", "algún"})
_MARKS: Final = r"(?<!%\()(?<![\w@./{])"
# A word before the noun with the space after it, and a word after it with the one before.
_LAST_WORD: Final = re.compile(r"(\w+)([ \n]+)$")
_NEXT_WORD: Final = re.compile(r"^([ \n]+)(\w+)")


def agreeing(gender: Gender) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What stands before and after a noun in the other gender, by its form beside a noun of this one."""
    if gender == "m":
        return _BEFORE, _AFTER
    return {feminine: form for form, feminine in _BEFORE.items()}, {f: form for form, f in _AFTER.items()}


def about(term: Term, english: str) -> bool:
    """Whether a text of the product, by its English, is about this term."""
    if english in term.kept:
        return False
    return english in term.also or re.search(rf"{_MARKS}{term.mark}s?\b", english, re.IGNORECASE) is not None


def pattern(nouns: Iterable[Noun]) -> re.Pattern[str]:
    """What finds these nouns in a text, never inside a placeholder, an address or another word."""
    forms = sorted({form for noun in nouns for form in (noun.one, noun.many)}, key=len, reverse=True)
    return re.compile(rf"{_MARKS}(?:{'|'.join(map(re.escape, forms))})(?![\w@])", re.IGNORECASE)


def clash(terms: Iterable[Term], chosen: Mapping[str, str]) -> str:
    """The word that two terms would have in one language, if any."""
    seen: set[tuple[str, str]] = set()
    for term in terms:
        word = term.word(chosen.get(term.key, "")) or term.default
        for code, noun in (("en", word.en), ("es", word.es)):
            if (code, noun.one) in seen:
                return noun.one
            seen.add((code, noun.one))
    return ""


class Wording:
    """The words that are chosen, by term; what is not chosen, or equals the product's, is left out."""

    def __init__(self, terms: Iterable[Term], chosen: Mapping[str, str]) -> None:
        found = [(term, term.word(chosen.get(term.key, ""))) for term in terms]
        self.words = tuple((term, word) for term, word in found if word and word is not term.default)
        # Names the choice wherever something made of the texts is remembered.
        self.key = " ".join(f"{term.key}={word.key}" for term, word in self.words)
        self._found = {
            (term.key, code): pattern(getattr(term, code)) for term, _ in self.words for code in ("en", "es")
        }

    def say(self, language: str, english: str, text: str) -> str:
        """A text of the product (`english`, or for plurals its singular) as this installation says it."""
        for term, word in self.words:
            if about(term, english) and english not in term.kept_in.get(word.key, ()):
                change = _in_spanish if language == "es" else _in_english
                text = change(term, word, english, text, self._found[term.key, language])
        return text


def _in_english(term: Term, word: Word, _english: str, text: str, found: re.Pattern[str]) -> str:
    def changed(before: str, said: str, after: str) -> tuple[str, str, str]:
        new = _form(said, term.en, word.en)
        last = _LAST_WORD.search(before)
        if last and last[1].lower() in ("a", "an"):
            article = "an" if new[0].lower() in "aeio" else "a"
            before = before[: last.start()] + _as_written(last[1], article) + last[2]
        return before, new, after

    return _each(text, found, changed)


def _in_spanish(term: Term, word: Word, english: str, text: str, found: re.Pattern[str]) -> str:
    was = term.es[0].gender
    if was != word.es.gender:
        for said, instead in term.far.get(english, ()):
            text = text.replace(said, instead)

    def changed(before: str, said: str, after: str) -> tuple[str, str, str]:
        new = _form(said, term.es, word.es)
        if was != word.es.gender:
            plural = _is_plural(said, term.es)
            before = _agreeing_before(before, was, word.es.stressed_a and not plural)
            after = after if english in term.still else _agreeing_after(after, was)
        return before, new, after

    return _each(text, found, changed)


def _each(text: str, found: re.Pattern[str], change: Callable[[str, str, str], tuple[str, str, str]]) -> str:
    """The text with every noun changed, from its end to its beginning, so that each sees what stands around it."""
    for match in reversed(list(found.finditer(text))):
        text = "".join(change(text[: match.start()], match[0], text[match.end() :]))
    return text


def _is_plural(said: str, nouns: Iterable[Noun]) -> bool:
    return any(said.lower() == noun.many.lower() for noun in nouns) and not any(
        said.lower() == noun.one.lower() for noun in nouns
    )


def _form(said: str, nouns: Iterable[Noun], new: Noun) -> str:
    return _as_written(said, new.many if _is_plural(said, nouns) else new.one)


def _as_written(said: str, new: str) -> str:
    """The new word with the capital of what it stands for."""
    return new[0].upper() + new[1:] if said[0].isupper() else new


def _agreeing_before(before: str, was: Gender, stressed_a: bool) -> str:
    forms, _after = agreeing(was)
    rest, said, beside = before, "", True
    while last := _LAST_WORD.search(rest):
        word = last[1].lower()
        contracted = word in ("del", "al")
        form = "el" if contracted else word
        if form not in forms:
            break
        new = form if beside and stressed_a and form in _BEFORE_STRESSED_A else forms[form]
        rest, beside = rest[: last.start()], False
        preposition = word.removesuffix("l") if contracted else ""
        if not contracted and new == "el":
            earlier = _LAST_WORD.search(rest)
            if earlier and (joined := _CONTRACTED.get(f"{earlier[1].lower()} el")):
                said = _as_written(earlier[1], joined) + last[2] + said
                rest = rest[: earlier.start()]
                break
        if contracted and new == "el":
            said = last[0] + said
        else:
            said = _as_written(last[1], f"{preposition} {new}".strip()) + last[2] + said
    return rest + said


def _agreeing_after(after: str, was: Gender) -> str:
    _before, forms = agreeing(was)
    word = _NEXT_WORD.search(after)
    if word is None or word[2].lower() not in forms:
        return after
    return word[1] + _as_written(word[2], forms[word[2].lower()]) + after[word.end() :]
