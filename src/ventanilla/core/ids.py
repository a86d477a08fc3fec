"""Names and tokens. Pure."""

import re
import secrets
import unicodedata
from typing import Final

_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")


def slug(text: str, *, max_length: int = 60, fallback: str = "") -> str:
    """`text` as lower-case ASCII words joined by hyphens: «Atención al público» gives `atencion-al-publico`.

    At most `max_length` characters, never ending in a hyphen; `fallback` when no letter or digit remains.
    """
    decomposed = unicodedata.normalize("NFKD", text[: max_length * 4]).casefold()
    ascii_only = decomposed.encode("ascii", "ignore").decode("ascii")
    return _NOT_SLUG.sub("-", ascii_only).strip("-")[:max_length].strip("-") or fallback


def token(*, size_bytes: int = 24) -> str:
    """An unguessable URL-safe name of `size_bytes` random bytes (24 bytes are 32 characters)."""
    return secrets.token_urlsafe(size_bytes)
