"""What people type into the search box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.search.query import MAX_TERMS, Filter, Query, Term, parse


def word(*parts: str, **more: bool) -> Term:
    return Term(words=parts, **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query()),
        ("   ", Query()),
        ("Impresora ROTA", Query(wanted=(word("impresora"), word("rota")))),
        ("no funciona la impresora", Query(wanted=(word("funciona"), word("impresora")))),
        ("de la", Query(wanted=(word("de"), word("la")))),
        ("INC-12", Query(wanted=(word("inc", "12"),))),
        ("ana@acme.example", Query(wanted=(word("ana", "acme", "example"),))),
        ('"no funciona" red', Query(wanted=(word("no", "funciona", exact=True), word("red")))),
        ('"sin cerrar', Query(wanted=(word("sin", "cerrar", exact=True),))),
        ("correo -servidor", Query(wanted=(word("correo"),), unwanted=(word("servidor"),))),
        ('-"error 5"', Query(unwanted=(word("error", "5", exact=True),))),
        ("correo - servidor", Query(wanted=(word("correo"), word("servidor")))),
        ("estado:abierto", Query(filters=(Filter("status", "category:active"),))),
        ("Status:OPEN", Query(filters=(Filter("status", "category:active"),))),
        ('estado:"en espera"', Query(filters=(Filter("status", "category:pending"),))),
        ("asignado:yo", Query(filters=(Filter("assignee", "me"),))),
        ("assignee:nobody", Query(filters=(Filter("assignee", "none"),))),
        ('de:"Ana Pérez" red', Query(wanted=(word("red"),), filters=(Filter("requester", "Ana Pérez"),))),
        ("-grupo:redes", Query(filters=(Filter("team", "redes", negated=True),))),
        ("categoría:hardware", Query(filters=(Filter("category", "hardware"),))),
        ("canal:correo", Query(filters=(Filter("channel", "mail"),))),
        ("canal:teléfono", Query(filters=(Filter("channel", "phone"),))),
        ("channel:Phone", Query(filters=(Filter("channel", "phone"),))),
        ("afectado:yo", Query(filters=(Filter("affected", "me"),))),
        ("categoría:ninguna", Query(filters=(Filter("category", "none"),))),
        ("organización:ninguna", Query(filters=(Filter("organization", "none"),))),
        ("error: disco", Query(wanted=(word("error"), word("disco")))),
        ("estado: abierto", Query(wanted=(word("estado"), word("abierto")))),
        ("https://acme.example/a", Query(wanted=(word("https", "acme", "example", "a"),))),
        ("a las 10:30", Query(wanted=(word("10", "30"),))),
        ("desconocido:x", Query(wanted=(word("desconocido", "x"),))),
        ('AND OR NOT * ^ ( ) "" : -', Query(wanted=(word("not"),))),
        ("red red", Query(wanted=(word("red"),))),
        ("a\x00b", Query(wanted=(word("b"),))),
    ],
)
def test_parse(text: str, expected: Query) -> None:
    assert parse(text) == expected


def test_while_typing_the_last_word_is_a_beginning() -> None:
    assert parse("red impr", typing=True).wanted == (word("red"), word("impr", prefix=True))
    assert parse("inc-1", typing=True).wanted == (word("inc", "1"),)
    assert parse("inc-12", typing=True).wanted == (word("inc", "12", prefix=True),)
    assert parse("red ", typing=True).wanted == (word("red"),)
    assert parse("-re", typing=True) == Query(unwanted=(word("re"),))


@given(st.text(max_size=700), st.booleans())
def test_everything_is_a_search(text: str, typing: bool) -> None:
    query = parse(text, typing=typing)
    assert len(query.wanted) <= MAX_TERMS
    assert all(term.words and all(term.words) for term in (*query.wanted, *query.unwanted))
    assert all(found.value for found in query.filters)


@given(st.text(alphabet='-":aeiostd ñ', max_size=60))
def test_every_arrangement_of_marks_is_a_search(text: str) -> None:
    parse(text)
    parse(text, typing=True)
