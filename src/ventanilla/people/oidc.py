"""A provider of sign-ins, asked over HTTPS: what it offers (OpenID Connect Discovery 1.0), who somebody is (Core 1.0).

Nothing is stored here but, for an hour, the public keys of a provider in the memory of this process.
"""

import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import quote_plus, urlsplit

from django.conf import settings

from ventanilla.core.crypto import Unreadable, unseal
from ventanilla.core.oauth import authorization_address
from ventanilla.core.outbound import Answer, NoAnswer, NotAsked, NotFound, NotTrusted, get, post_form
from ventanilla.people.id_token import ALGORITHMS, NotTrue, Told, UnknownKey, told, true_claims, usable_keys
from ventanilla.people.models import SignInProvider

_WELL_KNOWN = "/.well-known/openid-configuration"
_KEYS_SECONDS = 3600
# Somebody waits at each of these questions, and so does the thread that answers them.
_PATIENCE_SECONDS = 8
_known_keys: dict[str, tuple[float, dict[str, Any]]] = {}
# Choosing the account matters where one is about to be linked for good; both offer all that are signed in there.
_CHOOSING = {SignInProvider.Kind.MICROSOFT: "select_account", SignInProvider.Kind.GOOGLE: "select_account"}


class Trouble(OSError):
    """A provider does not answer, or not as the standard wants it. `found` is what `provider_wording` puts in words."""

    def __init__(self, found: str, said: str = "") -> None:
        super().__init__(said)
        self.found = found


@dataclass(frozen=True)
class Metadata:
    """What a provider says of itself (Discovery 3): its addresses, how we sign in there, whether it names itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    # RFC 6749 2.3.1: in the body, else in the header Authorization.
    secret_in_body: bool = False
    # RFC 9207: every answer says whose it is.
    names_itself: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, provider: SignInProvider) -> "Metadata":
        """What was stored."""
        return cls(**{one.name: provider.metadata[one.name] for one in fields(cls)})


def discover(issuer: str, *, kind: str, authorities: str = "") -> Metadata:
    """Ask a provider what it offers, and for its keys. Takes seconds; raises `Trouble`, which says what is wrong.

    With `kind` microsoft an issuer that names the tenant by its domain becomes the one that names it by its number.
    """
    answer = _asked(lambda: get(issuer.rstrip("/") + _WELL_KNOWN, **_whom(authorities)))
    if answer.status != 200:
        raise Trouble("not_there" if answer.status in (400, 404) else "away", f"HTTP {answer.status}")
    said = _object(answer.body)
    found = said.get("issuer")
    if not isinstance(found, str) or not found:
        raise Trouble("no_provider")
    if found != issuer and not (kind == SignInProvider.Kind.MICROSOFT and _same_cloud(found, issuer)):
        raise Trouble("other_issuer", found[:200])
    addresses = {name: said.get(name, "") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    addresses["userinfo_endpoint"] = said.get("userinfo_endpoint") or ""
    for name, address in addresses.items():
        if not _is_address(address) and (address or name != "userinfo_endpoint"):
            raise Trouble("no_address", name)
    _check_offer(said, kind)
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    metadata = Metadata(
        issuer=found,
        **addresses,
        secret_in_body="client_secret_post" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )
    if not usable_keys(_keys(metadata.jwks_uri, authorities, anew=True)):
        raise Trouble("no_keys")
    return metadata


def _check_offer(said: Mapping[str, Any], kind: str) -> None:
    if "code" not in (said.get("response_types_supported") or ["code"]):
        raise Trouble("no_code")
    methods = said.get("code_challenge_methods_supported")
    # Microsoft has PKCE and does not say so.
    if "S256" not in (methods or []) and (methods or kind != SignInProvider.Kind.MICROSOFT):
        raise Trouble("no_pkce")
    signing = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    if not set(signing) & set(ALGORITHMS):
        raise Trouble("no_algorithm", ", ".join(map(str, signing))[:200])


def authorization_url(
    provider: SignInProvider, *, state: str, nonce: str, verifier: str, redirect_uri: str, choosing: bool,
    at_most_seconds: int | None,
) -> str:  # fmt: skip
    """Where a browser is sent to sign in (Core 3.1.2.1). `choosing`: let people choose among their accounts there.

    `at_most_seconds`: whoever signed in there longer ago does it again, if the provider knows how to ask.
    """
    asked = {
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
    }
    prompt = _CHOOSING.get(SignInProvider.Kind(provider.kind), "") if choosing else ""
    if prompt:
        asked["prompt"] = prompt
    if at_most_seconds is not None:
        asked["max_age"] = str(at_most_seconds)
    return authorization_address(Metadata.of(provider).authorization_endpoint, asked, verifier=verifier)


def who(provider: SignInProvider, *, code: str, verifier: str, nonce: str, redirect_uri: str) -> Told:
    """Exchange a code for an ID token, and say whom it names (Core 3.1.3). Takes seconds.

    Only if the token tells no address, the provider is asked for it (Core 5.3). Raises `Trouble` when the provider does
    not answer or refuses the code, and `NotTrue` for a token that is not to be believed.
    """
    metadata = Metadata.of(provider)
    tokens = _redeemed(provider, metadata, code=code, verifier=verifier, redirect_uri=redirect_uri)
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise NotTrue("there is no ID token in the answer")
    asked: dict[str, Any] = {
        "issuer": provider.issuer, "client_id": provider.client_id, "nonce": nonce, "now": int(time.time()),
    }  # fmt: skip
    try:
        claims = true_claims(token, _keys(metadata.jwks_uri, provider.ca_certificate), **asked)
    except UnknownKey:
        claims = true_claims(token, _keys(metadata.jwks_uri, provider.ca_certificate, anew=True), **asked)
    if "email" not in claims and metadata.userinfo_endpoint:
        claims |= _more(provider, metadata, claims["sub"], tokens.get("access_token"))
    return told(claims, kind=provider.kind)


def _redeemed(
    provider: SignInProvider, metadata: Metadata, *, code: str, verifier: str, redirect_uri: str
) -> dict[str, Any]:
    given = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
    }  # fmt: skip
    headers: dict[str, str] = {}
    try:
        secret = unseal(provider.client_secret, settings.SEALING_KEYS) if provider.client_secret else ""
    except Unreadable as error:
        raise Trouble("refused", str(error)) from error
    if secret and not metadata.secret_in_body:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
    else:
        given |= {"client_id": provider.client_id} | ({"client_secret": secret} if secret else {})
    whom = _whom(provider.ca_certificate)
    answer = _asked(lambda: post_form(metadata.token_endpoint, given, headers=headers, **whom))
    said = _object(answer.body)
    if 400 <= answer.status < 500 and isinstance(said.get("error"), str):
        description = f"{said['error']}: {said.get('error_description', '')}".strip(": ")
        raise Trouble("spent" if said["error"] == "invalid_grant" else "refused", description[:300])
    if answer.status != 200:
        raise Trouble("away", f"HTTP {answer.status}")
    return said


def _more(provider: SignInProvider, metadata: Metadata, subject: str, token: object) -> dict[str, Any]:
    """The address and name of the same subject (Core 5.3.2: of any other it must not be used)."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = _asked(lambda: get(metadata.userinfo_endpoint, headers=headers, **_whom(provider.ca_certificate)))
    said = _object(answer.body) if answer.status == 200 else {}
    if said.get("sub") != subject:
        return {}
    return {name: said[name] for name in ("email", "email_verified", "name") if name in said}


def _keys(address: str, authorities: str, *, anew: bool = False) -> dict[str, Any]:
    at, keys = _known_keys.get(address, (0.0, {}))
    if anew or time.monotonic() - at > _KEYS_SECONDS or not keys:
        answer = _asked(lambda: get(address, **_whom(authorities)))
        if answer.status != 200:
            raise Trouble("no_keys", f"HTTP {answer.status}")
        keys = _object(answer.body)
        _known_keys[address] = time.monotonic(), keys
    return keys


def _whom(authorities: str) -> dict[str, Any]:
    return {"private_nets": settings.PRIVATE_NETS, "authorities": authorities, "timeout_seconds": _PATIENCE_SECONDS}


def _asked(ask: Any) -> Answer:
    try:
        answer: Answer = ask()
    except NotAsked as error:
        raise Trouble("not_allowed", str(error)) from error
    except NoAnswer as error:
        found = {NotFound: "not_found", NotTrusted: "not_trusted"}.get(type(error), "away")
        raise Trouble(found, str(error)) from error
    return answer


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _is_address(address: object) -> bool:
    if not isinstance(address, str) or len(address) > 500:
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _same_cloud(found: str, asked: str) -> bool:
    """A tenant of Entra ID, by whatever name it was asked for; `{tenantid}` would stand for every tenant there is."""
    if "{" in found:
        return False
    one, other = urlsplit(found), urlsplit(asked)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)
