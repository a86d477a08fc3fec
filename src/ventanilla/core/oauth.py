"""What every client of OAuth 2 does alike (RFC 6749, 7636): what it asks with, and knowing its own answer. Pure."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from secrets import compare_digest
from typing import Any
from urllib.parse import urlencode

# How long somebody may take at the provider.
PENDING_SECONDS = 900


def fresh_state() -> str:
    """A value that nobody guesses: what comes back from the provider must carry it (RFC 6749 10.12)."""
    return secrets.token_urlsafe(32)


def fresh_verifier() -> str:
    """A code verifier (RFC 7636 4.1): 64 characters that only we know."""
    return secrets.token_urlsafe(48)


def authorization_address(url: str, asked: Mapping[str, str], *, verifier: str) -> str:
    """Where a browser is sent to sign in and to agree: what is asked for, and the challenge of the verifier (S256).

    RFC 6749 4.1.1, RFC 7636 4.3.
    """
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
    query = {"response_type": "code", **asked, "code_challenge": challenge, "code_challenge_method": "S256"}
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode(query)}"


def awaited(pending: dict[str, Any] | None, state: str, *, now: float) -> dict[str, Any] | None:
    """What a browser asked for, if an answer with this `state` is the one to it. `now` is in seconds since 1970."""
    if not pending or now - pending["at"] > PENDING_SECONDS:
        return None
    return pending if compare_digest(str(pending["state"]).encode(), state.encode()) else None
