"""Every text of the catalog in every word that may be chosen, in both languages: the judge of `core/term_words.py`."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ventanilla.core.term_words import TERMS
from ventanilla.core.terms import Term, Word, Wording, about, agreeing, clash, pattern
from ventanilla.studio.vocabulary import EXAMPLES

CATALOG = Path(__file__).parent.parent / "src/ventanilla/locale/es/LC_MESSAGES/django.po"
# What must come through unchanged, as often as before.
FIXED = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?[a-z][^>]*>|&\w+;|\S+@\S+|https?://\S+|%\d?\.?\d?[sd]")


def texts() -> Iterator[tuple[str, str, str]]:
    """Singular in English, and each form in both languages."""
    with CATALOG.open("rb") as file:
        for message in read_po(file, locale="es"):
            if not message.id:
                continue
            english = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            spanish = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            for one, other in zip(english, spanish, strict=True):
                yield english[0], one, other


ALL = tuple(texts())
CHOICES = [pytest.param(term, word, id=f"{term.key}-{word.key}") for term in TERMS for word in term.words]


def touched(term: Term, word: Word) -> Iterator[tuple[str, str, str]]:
    for english, one, other in ALL:
        if about(term, english) and english not in term.kept_in.get(word.key, ()):
            yield english, one, other


@pytest.mark.parametrize(("term", "word"), CHOICES)
def test_what_is_fixed_stays_and_nothing_else_is_touched(term: Term, word: Word):
    wording = Wording(TERMS, {term.key: word.key})
    for english, one, other in ALL:
        said = {"en": wording.say("en", english, one), "es": wording.say("es", english, other)}
        for was, now in ((one, said["en"]), (other, said["es"])):
            assert FIXED.findall(was) == FIXED.findall(now), now
            assert "  " not in now or "  " in was, now
        if not about(term, english):
            assert said == {"en": one, "es": other}


@pytest.mark.parametrize(("term", "word"), CHOICES)
def test_no_old_word_is_left(term: Term, word: Word):
    wording = Wording(TERMS, {term.key: word.key})
    for code in ("en", "es"):
        noun = getattr(word, code)
        old = [one for one in getattr(term, code) if not {one.one, one.many} & {noun.one, noun.many}]
        for english, one, other in touched(term, word):
            now = wording.say(code, english, one if code == "en" else other)
            # The new word may have an old one as its beginning: *mesa de servicio*.
            without = re.sub(rf"\b(?:{noun.many}|{noun.one})\b", "", now, flags=re.IGNORECASE)
            assert not old or not pattern(old).search(without), now


@pytest.mark.parametrize(("term", "word"), CHOICES)
def test_articles_of_english_fit_what_follows(term: Term, word: Word):
    wording = Wording(TERMS, {term.key: word.key})
    noun = re.escape(word.en.one)
    wrong = rf"\ba {noun}\b" if word.en.one[0] in "aeio" else rf"\ban {noun}\b"
    for english, one, _other in touched(term, word):
        assert not re.search(wrong, wording.say("en", english, one), re.IGNORECASE)


@pytest.mark.parametrize(("term", "word"), CHOICES)
def test_spanish_agrees(term: Term, word: Word):
    """No word of the other gender directly before or after the noun, no “de el”, no plural beside a singular."""
    wording = Wording(TERMS, {term.key: word.key})
    before, after = agreeing("f" if word.es.gender == "m" else "m")
    wrong_before = {"la", "una"} if word.es.gender == "m" else {*before, "del", "al"}
    wrong_before |= {form for form in before if form not in ("el", "un")}
    if word.es.stressed_a:
        wrong_before -= {"el", "un", "del", "al", "ningún", "algún"}
    for english, _one, other in touched(term, word):
        now = wording.say("es", english, other)
        assert not re.search(r"\b(?:de|a) el\b", now, re.IGNORECASE), now
        for match in pattern([word.es]).finditer(now):
            earlier = re.search(r"(\w+) $", now[: match.start()])
            later = re.match(r" (\w+)", now[match.end() :])
            assert not earlier or earlier[1].lower() not in wrong_before, now
            if english not in term.still:
                assert not later or later[1].lower() not in after, now


def spanish(term: str, word: str, english: str) -> str:
    other = next(other for singular, _one, other in ALL if singular == english)
    return Wording(TERMS, {term: word}).say("es", english, other)


def test_sentences_that_are_read_most():
    assert spanish("organization", "customer", "New organization") == "Nuevo cliente"
    assert spanish("organization", "customer", "They belong to different organizations.") == (
        "Pertenecen a clientes distintos."
    )
    assert spanish("organization", "customer", "Brand of an organization set") == "Marca de un cliente elegida"
    assert spanish("organization", "customer", "Name of your organization") == "Nombre de su organización"
    assert spanish("department", "area", "There is no department “%(key)s”.") == "No existe el área «%(key)s»."
    assert spanish("department", "area", "This is the last department: new tickets need one.") == (
        "Es la última área: los tickets nuevos necesitan una."
    )
    assert spanish("help_desk", "cau", "Skip this and go to the desk") == "Omitir e ir al CAU"
    assert spanish("help_desk", "cau", "Work at the desk") == "Trabajar en el CAU"
    assert spanish("team", "crew", "To the team") == "Al equipo"
    assert Wording(TERMS, {"agent": "technician", "organization": "company"}).say(
        "en", "An agent with a tick here sees the tickets of these organizations and no others.",
        "An agent with a tick here sees the tickets of these organizations and no others.",
    ) == "A technician with a tick here sees the tickets of these companies and no others."  # fmt: skip


def test_choices_go_together_and_two_things_are_not_called_the_same():
    both = Wording(TERMS, {"organization": "customer", "ticket": "case", "agent": "operator"})
    text = "Un agente con alguna marca aquí ve los tickets de esas organizaciones y de ninguna otra."
    english = "An agent with a tick here sees the tickets of these organizations and no others."
    assert both.say("es", english, text) == (
        "Un operador con alguna marca aquí ve los casos de esos clientes y de ningún otro."
    )
    assert clash(TERMS, {"organization": "customer", "requester": "customer"}) == "customer"
    assert clash(TERMS, {}) == ""


def test_the_data_is_about_texts_that_there_are():
    known = {english for english, _one, _other in ALL}
    by_english = {english: other for english, _one, other in ALL}
    for term in TERMS:
        said = [
            *term.also,
            *term.kept,
            *term.still,
            *term.far,
            *(one for kept in term.kept_in.values() for one in kept),
        ]
        assert set(said) <= known
        assert term.kept_in.keys() <= {word.key for word in term.words}
        for english, changes in term.far.items():
            assert all(was in by_english[english] for was, _now in changes)
    assert set(EXAMPLES) <= known
