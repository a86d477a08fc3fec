"""Whether an ID token is true, and what it says of a person (OpenID Connect Core 1.0, 2 and 3.1.3.7; RFC 7519). Pure.

The signature is `joserfc`'s; which key may have made it, and every claim that decides, is looked at here.
"""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ventanilla.core.late import Late
from ventanilla.people.addresses import normal_email

if TYPE_CHECKING:
    from joserfc import errors, jwk, jws, jwt
else:
    errors, jwk, jws, jwt = (Late(f"joserfc.{name}") for name in ("errors", "jwk", "jws", "jwt"))

# The algorithms that are accepted, each with the type of its key (RFC 7518, 8037, 9864). A key that both sides know
# (HS256) would let whoever reads our settings sign as anybody.
ALGORITHMS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
LEEWAY_SECONDS = 120
_LEAST_RSA_BITS = 2048
_LONGEST_TOKEN = 64 * 1024


class NotTrue(ValueError):
    """The token is not to be believed; the text says why, for the log."""


class UnknownKey(NotTrue):
    """None of the provider's keys that we know can have signed this: it may have newer ones."""


@dataclass(frozen=True)
class Told:
    """What a provider says of somebody. `address` is in its normal form or empty; `verified`: it is theirs for sure."""

    issuer: str
    subject: str
    address: str
    verified: bool
    name: str
    # When they signed in there (seconds since 1970), where the provider tells it: it may have been long ago.
    signed_in_at: int = 0

    @property
    def value(self) -> str:
        """What stands in `Identity.value`: of fixed length, and of one issuer alone."""
        return "oidc:" + hashlib.sha256(f"{len(self.issuer)}:{self.issuer}:{self.subject}".encode()).hexdigest()


def true_claims(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: int
) -> dict[str, Any]:
    """The claims of an ID token that is for us, from this issuer, fresh, and an answer to our `nonce`.

    `keys` is a JSON Web Key Set (RFC 7517), `now` in seconds since 1970. Raises `NotTrue`, and `UnknownKey` when other
    keys might change it.
    """
    if len(token) > _LONGEST_TOKEN:
        raise NotTrue("the token is longer than any token")
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotTrue(f"signed by {str(algorithm)[:20]}, which is not accepted")
    key = _key(header, algorithm, keys)
    wanted = jwt.JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        # Headers that say nothing to us may stand there (RFC 7515 4); those that are critical are refused.
        registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        claims = jwt.decode(token, key, registry=registry).claims
        wanted.validate(claims)
    except (errors.JoseError, ValueError, TypeError) as error:
        raise NotTrue(str(error)) from error
    # A list would do for the library; a nonce and an issuer are one string each.
    if claims["nonce"] != nonce or claims["iss"] != issuer:
        raise NotTrue("the answer is not to our question")
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if many else client_id) != client_id:
        raise NotTrue("the token was given to another client (azp)")
    if not claims["sub"] or len(claims["sub"]) > 255:
        raise NotTrue("the token names nobody (sub)")
    return dict(claims)


def told(claims: Mapping[str, Any], *, kind: str) -> Told:
    """What claims say of a person; whether their address is theirs for sure depends on the provider's `kind`.

    `email_verified` (OpenID Connect Core 5.1) counts. Microsoft Entra ID does not send it: there `xms_edov` says that
    the tenant owns the address's domain. Google vouches for addresses of its own and of a Workspace (`hd`) alone:
    another may have changed hands since it was looked at
    (https://developers.google.com/identity/gsi/web/guides/verify-google-id-token).
    """
    address = normal_email(claims["email"]) if isinstance(claims.get("email"), str) else ""
    verified = claims.get("email_verified") in (True, "true")
    if kind == "microsoft":
        verified = verified or claims.get("xms_edov") in (True, 1, "1", "true")
    elif kind == "google":
        verified = verified and (address.endswith(("@gmail.com", "@googlemail.com")) or bool(claims.get("hd")))
    name = claims.get("name") if isinstance(claims.get("name"), str) else ""
    signed_in_at = claims.get("auth_time")
    return Told(
        issuer=str(claims["iss"]), subject=str(claims["sub"]), address=address, verified=verified and bool(address),
        name=" ".join(str(name or "").split())[:160],
        signed_in_at=signed_in_at if isinstance(signed_in_at, int) else 0,
    )  # fmt: skip


def usable_keys(keys: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The keys of a set that sign by an algorithm we accept; others may stand there for other purposes."""
    every = keys.get("keys")
    return [
        key for key in (every if isinstance(every, list) else [])
        if isinstance(key, dict) and key.get("kty") in ALGORITHMS.values() and key.get("use", "sig") == "sig"
    ]  # fmt: skip


def _header(token: str) -> dict[str, Any]:
    try:
        first = token.split(".", 1)[0]
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError) as error:
        raise NotTrue("this is no signed token") from error
    if not isinstance(header, dict):
        raise NotTrue("this is no signed token")
    return header


def _key(header: Mapping[str, Any], algorithm: str, keys: Mapping[str, Any]) -> "jwk.Key":
    fitting = [
        key for key in usable_keys(keys)
        if key["kty"] == ALGORITHMS[algorithm] and key.get("alg", algorithm) in _names(algorithm)
    ]  # fmt: skip
    if "kid" in header:
        fitting = [key for key in fitting if key.get("kid") == header["kid"]]
    if len(fitting) != 1:
        raise UnknownKey(f"{len(fitting)} keys of the provider fit the token")
    try:
        key = jwk.import_key({name: value for name, value in fitting[0].items() if name not in ("alg", "key_ops")})
    except (errors.JoseError, ValueError, TypeError, KeyError) as error:
        raise NotTrue(f"the key of the provider is none: {error}") from error
    if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _LEAST_RSA_BITS:
        raise NotTrue("the key of the provider is too short")
    return key


def _names(algorithm: str) -> tuple[str, ...]:
    """RFC 9864 calls EdDSA with this curve Ed25519; a provider may use one name for the key and one for the token."""
    return ("EdDSA", "Ed25519") if ALGORITHMS[algorithm] == "OKP" else (algorithm,)
