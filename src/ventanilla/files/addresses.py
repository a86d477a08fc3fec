"""Signed addresses: a link that opens one file until it expires, for readers who are not signed in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from django.conf import settings
from django.utils.timezone import now

from ventanilla.core.addresses import reverse
from ventanilla.core.crypto import sign, verify
from ventanilla.files.names import safe_name

_PURPOSE = "files.address"


def signed(blob_id: int, name: str, expires: datetime) -> str:
    """The path of a page that serves this blob under this name until `expires`, whoever asks."""
    payload = f"{blob_id}.{int(expires.timestamp())}.{_packed(safe_name(name))}"
    return reverse("signed-file", args=[f"{payload}.{sign(_PURPOSE, payload, settings.SECRET_KEY)}"])


def read_signed(token: str, *, at: datetime | None = None) -> tuple[int, str] | None:
    """(blob id, name) of a token made by `signed`, or None when it is forged, damaged or expired."""
    payload, _, signature = token.rpartition(".")
    if not verify(_PURPOSE, payload, signature, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]):
        return None
    blob_id, expires, packed = payload.split(".")
    if datetime.fromtimestamp(int(expires), tz=UTC) <= (at or now()):
        return None
    return int(blob_id), urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")


def _packed(text: str) -> str:
    return urlsafe_b64encode(text.encode("utf-8")).rstrip(b"=").decode("ascii")
