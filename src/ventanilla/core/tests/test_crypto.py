"""Sealing and signing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.crypto import Unreadable, reseal, seal, sign, unseal, verify


@given(st.text(max_size=50))
def test_what_is_sealed_comes_back(text: str) -> None:
    sealed = seal(text, ["key"])
    assert unseal(sealed, ["key"]) == text
    assert not text or len(text) < 4 or text not in sealed


def test_rotation_opens_old_texts_and_seals_with_the_new_key() -> None:
    old = seal("secret", ["old"])
    assert unseal(old, ["new", "old"]) == "secret"
    assert unseal(reseal(old, ["new", "old"]), ["new"]) == "secret"
    with pytest.raises(Unreadable):
        unseal(old, ["new"])


@pytest.mark.parametrize("broken", ["", "x", "gAAAAA", "ñ"])
def test_tampering_is_noticed(broken: str) -> None:
    with pytest.raises(Unreadable):
        unseal(broken, ["key"])


def test_no_key_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no sealing key"):
        seal("x", [])


def test_signatures_are_bound_to_purpose_payload_and_key() -> None:
    signature = sign("file", "12", "key")
    assert len(signature) == 27
    assert verify("file", "12", signature, ["new", "key"])
    assert not verify("file", "13", signature, ["key"])
    assert not verify("mail", "12", signature, ["key"])
    assert not verify("file", "12", signature, ["other"])
    assert not verify("file", "12", "ñ", ["key"])
    assert not verify("file", "12", "", ["key"])
    assert sign("a", "b:c", "key") != sign("a:b", "c", "key")
