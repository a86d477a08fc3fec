"""OAuth 2 as a client: the address where a person lets us in, and the tokens that come of it.

RFC 6749 (authorization code, refreshing), RFC 7636 (PKCE, S256); the tokens sign in by XOAUTH2 (`answer`). Nothing is
stored here.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from ventanilla.core.crypto import unseal
from ventanilla.core.oauth import authorization_address
from ventanilla.core.outbound import NoAnswer, NotAsked, post_form
from ventanilla.mail.models import OAuthClient
from ventanilla.mail.providers import PROVIDERS

# RFC 6749 5.1 only recommends that a life is told; this is what providers take.
USUAL_LIFE_SECONDS = 3600
# RFC 6749 5.2: what lies with the registration; everything else lies with what was granted.
_OF_CLIENT = {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
_MOST_SECONDS = 10 * 365 * 24 * 3600


class TokenError(OSError):
    """There is no token to sign in with, or the mail server did not take it. `found` is the doctor's finding."""

    def __init__(self, found: str, said: str = "") -> None:
        super().__init__(said)
        self.found = found


@dataclass(frozen=True)
class Tokens:
    """What a provider gave. `refresh` is empty when the one before stays good; `refresh_until` where it was told."""

    access: str
    until: datetime
    refresh: str
    refresh_until: datetime | None


def authorization_url(client: OAuthClient, *, state: str, verifier: str, redirect_uri: str, login_hint: str) -> str:
    """Where the administrator's browser is sent to sign in and to agree (RFC 6749 4.1.1, RFC 7636 4.3)."""
    asked = {
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.scope,
        "state": state,
        **PROVIDERS[client.provider].asking,
    }
    if login_hint:
        asked["login_hint"] = login_hint
    return authorization_address(client.authorize_url, asked, verifier=verifier)


def redeem(client: OAuthClient, *, code: str, verifier: str, redirect_uri: str, authorities: str = "") -> Tokens:
    """Exchange an authorization code for tokens (RFC 6749 4.1.3). Takes seconds; raises `TokenError`, `Unreadable`."""
    fields = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier
    }  # fmt: skip
    tokens = _ask(client, fields, authorities)
    if not tokens.refresh:
        raise TokenError("no_refresh_token")
    return tokens


def refresh(client: OAuthClient, refresh_token: str, *, authorities: str = "") -> Tokens:
    """Fresh tokens (RFC 6749 6). Takes seconds; raises `TokenError`, `Unreadable`."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "scope": client.scope}
    return _ask(client, fields, authorities)


def _ask(client: OAuthClient, fields: dict[str, str], authorities: str) -> Tokens:
    fields = fields | {"client_id": client.client_id}
    if client.client_secret:
        fields["client_secret"] = unseal(client.client_secret, settings.SEALING_KEYS)
    now = timezone.now()
    try:
        answer = post_form(client.token_url, fields, private_nets=settings.PRIVATE_NETS, authorities=authorities)
    except NotAsked as error:
        raise TokenError("provider_not_allowed", str(error)) from error
    except NoAnswer as error:
        raise TokenError("provider_away", str(error)) from error
    told = _object(answer.body)
    if 400 <= answer.status < 500 and isinstance(told.get("error"), str):
        said = f"{told['error']}: {told.get('error_description', '')}".strip(": ")
        raise TokenError("client_refused" if told["error"] in _OF_CLIENT else "grant_refused", said)
    access, kind = told.get("access_token"), str(told.get("token_type", "")).lower()
    if answer.status != 200 or not isinstance(access, str) or not access or kind != "bearer":
        raise TokenError("provider_away", f"HTTP {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}")
    given = told.get("refresh_token")
    # Neither is a standard: Google tells the first, Keycloak the second; 0 there means that it has no end.
    life = _seconds(told.get("refresh_token_expires_in")) or _seconds(told.get("refresh_expires_in"))
    return Tokens(
        access=access,
        until=now + timedelta(seconds=_seconds(told.get("expires_in")) or USUAL_LIFE_SECONDS),
        refresh=given if isinstance(given, str) else "",
        refresh_until=now + timedelta(seconds=life) if life else None,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: object) -> int:
    """A life in seconds; some servers write numbers as text. 0 for what is none."""
    if isinstance(told, int | str) and str(told).isdecimal():
        return min(int(told), _MOST_SECONDS)
    return 0


def answer(user: str, access_token: str) -> str:
    """What a client says to sign in by XOAUTH2 (Google's protocol, which Microsoft and others speak too)."""
    return f"user={user}\x01auth=Bearer {access_token}\x01\x01"
