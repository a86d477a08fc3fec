"""Folding, words and stems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.search.stem import MAX_WORD_LENGTH, fold, index_words, stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Avería en el Baño", ["averia", "en", "el", "bano"]),
        ("INC-12: no va", ["inc", "12", "no", "va"]),
        ("ana.perez@acme.example", ["ana", "perez", "acme", "example"]),
        ("foo_bar", ["foo", "bar"]),
        ("contrasen\u0303a CONTRASEÑA", ["contrasena", "contrasena"]),
        ("1º ﬁn Straße", ["1o", "fin", "strasse"]),
        ("日本 Ελλάδα", ["日本", "ελλαδα"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("avería", "averias"),
        ("contraseña", "contrasenas"),
        ("impresora", "impresoras"),
        ("actualización", "actualizaciones"),
        ("printer", "printers"),
        ("password", "passwords"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert set(stems(fold(one))) & set(stems(fold(other)))


def test_what_is_no_word_keeps_its_shape() -> None:
    assert stems("inc12") == ("inc12",)
    assert stems("12") == ("12",)
    assert stems("el") == ("el",)


@given(st.text(max_size=200))
def test_index_words_are_plain_and_contain_every_stem(text: str) -> None:
    in_order, extra = index_words(text)
    for word in (*in_order, *extra):
        assert word.isalnum() or not word.isascii()
        assert "_" not in word
        assert "'" not in word
        assert 0 < len(word) <= MAX_WORD_LENGTH
    assert all(stem in {*in_order, *extra} for word in in_order for stem in stems(word))
    assert not set(in_order) & set(extra)
