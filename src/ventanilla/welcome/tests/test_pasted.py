"""Pasted addresses: what mail programs copy, and whatever else somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.welcome.pasted import Colleague, NoAddress, read_pasted

pytestmark = pytest.mark.pure

ANA, LUIS = Colleague("Ana Pérez", "ana@x.example"), Colleague("", "luis@x.example")


@pytest.mark.parametrize(
    ("text", "found", "unread"),
    [
        ('"Ana Pérez" <ana@x.example>', [ANA], []),
        ("Ana Pérez <Ana@X.example>, luis@x.example", [ANA, LUIS], []),
        ('"Pérez, Ana" <ana@x.example>; <luis@x.example>;', [ANA, LUIS], []),
        ("Pérez, Ana <ana@x.example>", [ANA], []),
        ("Pérez, Ana <ana@x.example>, luis@x.example", [ANA, LUIS], []),
        ("Ana Pérez ana@x.example", [ANA], []),
        ("Ana Pérez\tana@x.example\r\nluis@x.example\r\n\r\n", [ANA, LUIS], []),
        ("ana@x.example\tAna Pérez", [ANA], []),
        ("ana@x.example luis@x.example", [Colleague("", "ana@x.example"), LUIS], []),
        ("mailto:luis@x.example", [LUIS], []),
        ("luis@x.example <luis@x.example>", [LUIS], []),
        ("ana@x.example\nAna Pérez <ana@x.example>\nOtra <ana@x.example>", [ANA], []),
        ("luis@x.example\nAna Pérez", [LUIS], [NoAddress(2, "Ana Pérez")]),
        ("Ana; luis@x.example", [LUIS], [NoAddress(1, "Ana")]),
        ("ana@\n<@x.example>", [], [NoAddress(1, "ana@"), NoAddress(2, "<@x.example>")]),
        ("", [], []),
        (" ,;\n\t; ,", [], []),
    ],
)
def test_what_is_pasted(text, found, unread):
    assert read_pasted(text) == (found, unread)


@given(st.text(alphabet='ab@.<>",; \t\n\\é', max_size=120))
def test_anything_can_be_pasted(text):
    found, unread = read_pasted(text)
    addresses = [one.address for one in found]
    assert len(addresses) == len(set(addresses))
    assert all(one.text.strip() and 1 <= one.line <= len(text.splitlines()) for one in unread)
    assert "@" not in text or found or unread
