"""Values of custom fields: what is taken, how it is stored, and how it reads."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import as_data, as_typed, in_words, stored_form

OPTIONS = [
    {"key": "one", "label": {"en": "One", "es": "Uno"}},
    {"key": "two", "label": {"en": "Two"}, "archived": True},
]


def field(kind: str, **more: Any) -> FieldDefinition:
    return FieldDefinition(entity="ticket", key="x", kind=kind, options=OPTIONS, **more)


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", "  a   b ", "a b"),
        ("text", " ", None),
        ("number", "1.234,50", "1234.5"),
        ("number", "1,234.50", "1234.5"),
        ("number", "1,5", "1.5"),
        ("number", 7, "7"),
        ("number", "-0", "0"),
        ("number", 1e3, "1000"),
        ("money", "12", "12.00"),
        ("money", 0.1, "0.10"),
        ("date", "2024-02-29", "2024-02-29"),
        ("moment", "2026-07-01T10:00+02:00", "2026-07-01T08:00:00Z"),
        ("yes_no", "Sí", "1"),
        ("yes_no", False, "0"),
        ("choice", "two", "two"),
        ("choices", ["two", "one", "one"], ["one", "two"]),
        ("choices", "two,one", ["one", "two"]),
        ("choices", [], None),
        ("person", 12, "12"),
    ],
)
def test_values_have_one_stored_form(kind: str, given: Any, stored: Any) -> None:
    with translation.override("es"):
        assert stored_form(field(kind), given) == stored
        if stored is not None:
            assert stored_form(field(kind), as_data(field(kind), stored)) == stored
            assert stored_form(field(kind), as_typed(field(kind), stored)) == stored


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 5), ("text", "a\x00b"), ("text", "\ud800"), ("text", "x" * 2001), ("number", "many"),
        ("number", True), ("number", "nan"),
        ("number", "1e99"), ("number", [1]), ("money", "1.234"), ("date", "2026-02-30"), ("date", "0001-01-01"),
        ("date", 20260101), ("moment", "2026-01-01"), ("moment", "soon"), ("yes_no", "maybe"), ("choice", "three"),
        ("choice", ["one"]), ("choices", ["one", 2]), ("choices", ["three"]), ("choices", {"one": 1}),
        ("person", "-1"), ("person", True), ("reference", "x"),
    ],
)  # fmt: skip
def test_what_a_kind_cannot_be_is_refused(kind: str, given: Any) -> None:
    with pytest.raises(BadValue) as refused:
        stored_form(field(kind), given)
    assert str(refused.value)


@given(st.decimals(-(10**12), 10**12, places=4))
def test_numbers_come_back_as_they_went(number: Decimal) -> None:
    stored = stored_form(field("number"), str(number))
    assert isinstance(stored, str) and Decimal(stored) == number and stored_form(field("number"), stored) == stored


def test_values_read_in_the_readers_language() -> None:
    with translation.override("es"):
        assert in_words(field("money", unit="€"), "1234.50") == "1.234,50 €"
        assert in_words(field("yes_no"), "1") == "sí"
        assert in_words(field("choices"), ["one", "two"]) == "Uno, Two"
        assert in_words(field("date"), "2026-03-01") == "01/03/2026"
    assert in_words(field("person"), "12", lambda ids: {12: "Ana"}) == "Ana"
    assert in_words(field("person"), "13", lambda ids: {}) == "?"
