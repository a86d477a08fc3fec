"""Codes of authenticator apps, by the examples of RFC 6238 and by tables."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.people.totp import STEP_SECONDS, address_of, new_secret, step_of

pytestmark = pytest.mark.pure
SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1, the last six of the eight digits.
TABLE = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("now", "code"), TABLE)
def test_the_table_of_the_rfc(now: int, code: str) -> None:
    assert step_of(SECRET, code, now=now, after=0) == now // STEP_SECONDS


@pytest.mark.parametrize(("off", "good"), [(-31, False), (-30, True), (0, True), (29, True), (59, True), (60, False)])
def test_one_step_off_is_forgiven(off: int, good: bool) -> None:
    assert (step_of(SECRET, "005924", now=1234567890 + off, after=0) is not None) is good


def test_a_used_step_and_those_before_it_are_refused() -> None:
    step = 1234567890 // STEP_SECONDS
    assert step_of(SECRET, "005924", now=1234567890, after=step - 1) == step
    assert step_of(SECRET, "005924", now=1234567890, after=step) is None


def test_spaces_are_fine_and_nonsense_is_not() -> None:
    assert step_of(SECRET, " 005 924 ", now=1234567890, after=0)
    for typed in ("", "00592", "0059240", "٠٠٥٩٢٤", "abcdef", "005924\x00"):
        assert step_of(SECRET, typed, now=1234567890, after=0) is None


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    step_of(SECRET, text, now=1234567890, after=0)


def test_the_address_says_whose_it_is() -> None:
    secret = new_secret()
    address = address_of(secret, account="ana@x.example", issuer="Peña & Hijos")
    assert address.startswith("otpauth://totp/") and secret in address and "Pe%C3%B1a%20%26%20Hijos" in address
    assert len(base64.b32decode(secret)) == 20 and new_secret() != secret
