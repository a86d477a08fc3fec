"""Codes of authenticator apps: time-based one-time passwords (RFC 6238). Pure: the moment is passed in."""

import base64
import hmac
import re
import secrets
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS: Final = 30
_DIGITS: Final = 6
# RFC 4226, section 4, R6: at least 128 bits, 160 recommended.
_SECRET_BYTES: Final = 20
# RFC 6238, section 5.2: one step for a clock that is off or a slow hand.
_STEPS_OFF: Final = 1


def new_secret() -> str:
    """A fresh secret in base32, as apps want it typed."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def address_of(secret: str, *, account: str, issuer: str) -> str:
    """The `otpauth:` address that a QR code carries into an app."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def step_of(secret: str, code: str, *, now: float, after: int) -> int | None:
    """The time step whose code this is, if it is later than the step `after`: so no code is good twice.

    `now` in seconds since 1970. Spaces in the code are fine. `None` for a wrong, old or used code.
    """
    typed = re.sub(r"[\s-]", "", code)
    if not (typed.isascii() and typed.isdigit() and len(typed) == _DIGITS):
        return None
    present, totp = int(now) // STEP_SECONDS, _totp(secret)
    for step in range(present - _STEPS_OFF, present + _STEPS_OFF + 1):
        fits = hmac.compare_digest(totp.generate(step * STEP_SECONDS), typed.encode("ascii"))
        if fits and step > after:
            return step
    return None


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), _DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what every app understands
