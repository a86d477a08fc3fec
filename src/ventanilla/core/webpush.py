"""Messages to browsers: encrypted for one device (RFC 8291, RFC 8188), signed as ours (VAPID, RFC 8292). Pure.

`cryptography` does the arithmetic. The libraries around it were looked at: see docs/decisions/0006-push.md.
"""

import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# RFC 8030 7.2: a push service takes at least 4,096 bytes; 86 of them are the header, 17 the tag and the padding's end.
MOST_BYTES: Final = 4096 - 86 - 17
_RECORD_BYTES: Final = 4096
_AUTH_BYTES: Final = 16
_COORDINATE_BYTES: Final = 32


class BadKeys(ValueError):
    """What a browser says are the keys of its subscription are none."""


def new_key() -> str:
    """A private key to sign with, as base64url of its number (P-256)."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(number.to_bytes(_COORDINATE_BYTES, "big"))


def public_key(private: str) -> str:
    """The public key of a private one, as a browser takes it for `applicationServerKey`: base64url of the point."""
    return _text(_point(_private(private).public_key()))


def check_keys(p256dh: str, auth: str) -> None:
    """Raise `BadKeys` unless these are the keys of a subscription (base64url): a point of P-256, and 16 bytes."""
    _keys(p256dh, auth)


def encrypt(
    message: bytes,
    *,
    p256dh: str,
    auth: str,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """`message` in one record that only the device with these keys reads (Content-Encoding `aes128gcm`).

    `salt` and `sender` are fresh for each message; they are given to check known vectors. Raises `BadKeys`, and
    `ValueError` beyond `MOST_BYTES`.
    """
    if len(message) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    receiver, secret = _keys(p256dh, auth)
    salt, sender = salt or os.urandom(16), sender or ec.generate_private_key(ec.SECP256R1())
    ours, theirs = _point(sender.public_key()), _point(receiver)
    shared = sender.exchange(ec.ECDH(), receiver)
    material = _derive(shared, salt=secret, info=b"WebPush: info\0" + theirs + ours, length=32)
    key = _derive(material, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(material, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    head = salt + struct.pack("!IB", _RECORD_BYTES, len(ours)) + ours
    return head + AESGCM(key).encrypt(nonce, message + b"\x02", None)


def authorization(endpoint: str, *, private: str, contact: str, expires_at: int) -> str:
    """The header `Authorization` for a push to `endpoint` (RFC 8292 3): who we are, until a moment (Unix seconds).

    `contact` is a `mailto:` or `https:` address at which whoever runs the push service finds whoever runs us.
    """
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires_at, "sub": contact}
    said = ".".join(_text(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEAD, claims))
    key = _private(private)
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(SHA256())))
    signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")  # RFC 7518 3.4
    return f"vapid t={said}.{_text(signature)}, k={_text(_point(key.public_key()))}"


_HEAD: Final = {"typ": "JWT", "alg": "ES256"}


def _keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    try:
        secret = _bytes(auth)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(p256dh))
    except (ValueError, NoBase64) as error:
        raise BadKeys("no point of P-256") from error
    if len(secret) != _AUTH_BYTES:
        raise BadKeys(f"the secret has {len(secret)} bytes")
    return point, secret


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(text), "big"), ec.SECP256R1())


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
