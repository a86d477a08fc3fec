"""Sealing secrets at rest and signing addresses. Pure: the keys are passed in, newest first; older ones still open."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SIGNATURE_BYTES: Final = 20


class Unreadable(ValueError):
    """A sealed text that none of the keys opens: it was changed, or its key is gone."""


def seal(text: str, keys: Sequence[str]) -> str:
    """`text` encrypted and authenticated with the newest key (Fernet: AES-128-CBC and HMAC-SHA256)."""
    return _lock(tuple(keys)).encrypt(text.encode("utf-8")).decode("ascii")


def unseal(sealed: str, keys: Sequence[str]) -> str:
    """The text that `seal` was given. Raises Unreadable when no key fits or the text was tampered with."""
    try:
        return _lock(tuple(keys)).decrypt(sealed.encode("utf-8")).decode("utf-8")
    except InvalidToken:
        raise Unreadable("none of the sealing keys opens this text") from None


def reseal(sealed: str, keys: Sequence[str]) -> str:
    """The same secret under the newest key: the last step of a key rotation. Raises Unreadable."""
    return seal(unseal(sealed, keys), keys)


def sign(purpose: str, payload: str, key: str) -> str:
    """A URL-safe signature of `payload`, 27 characters. A signature for one purpose is worthless for another."""
    message = f"{len(purpose)}:{purpose}:{payload}".encode()
    digest = hmac.new(key.encode("utf-8"), message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def verify(purpose: str, payload: str, signature: str, keys: Sequence[str]) -> bool:
    """True when one of `keys` made this signature for this purpose and payload; constant time in the signature."""
    given = signature.encode("utf-8")
    return any(hmac.compare_digest(sign(purpose, payload, key).encode("ascii"), given) for key in keys)


@lru_cache(maxsize=16)
def _lock(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ValueError("no sealing key was given")
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ventanilla sealing").derive(key.encode("utf-8"))
    return urlsafe_b64encode(derived)
