"""Slugs and tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.ids import slug, token


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Atención al público", "atencion-al-publico"),
        ("  --Año 2026: contraseñas!  ", "ano-2026-contrasenas"),
        ("STRASSE Straße", "strasse-strasse"),
        ("日本", ""),
    ],
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_slug_falls_back_when_nothing_remains() -> None:
    assert slug("¡!", fallback="x") == "x"


@given(st.text(), st.integers(1, 80))
def test_slugs_are_short_plain_and_stable(text: str, length: int) -> None:
    made = slug(text, max_length=length)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", made)
    assert len(made) <= length
    assert slug(made, max_length=length) == made


def test_tokens_differ_and_fit_in_an_address() -> None:
    assert len({token() for _ in range(100)}) == 100
    assert re.fullmatch(r"[\w-]{32}", token())
