"""Photos as they come from a phone, made fit to be kept: readable everywhere, and not telling where they were taken."""

import subprocess
import sys
from pathlib import PurePath
from typing import Final

import structlog

from ventanilla.core.photos import without_metadata
from ventanilla.files.names import SNIFFED_BYTES, sniff

log = structlog.get_logger("ventanilla.files")

SECONDS: Final = 40
_PLAIN: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_CONVERTED: Final = frozenset({"image/heic", "image/avif"})


class UnreadablePhoto(ValueError):
    """A picture that has to be converted and cannot be."""


def is_photo(first: bytes, name: str = "") -> bool:
    """Whether a file that begins with these bytes (its first 4 KB) is a picture that `private` changes."""
    return sniff(first[:SNIFFED_BYTES], name) in _PLAIN | _CONVERTED


def private(raw: bytes, name: str) -> tuple[bytes, str]:
    """A photo and its name without place, time and device; HEIC and AVIF become JPEG, at most 2,000 pixels long.

    The picture of a JPEG, PNG or WebP stays as it is, bit by bit. Any other file is returned unchanged. Converting
    takes up to a second, in a child process with limits. Raises `UnreadablePhoto`.
    """
    kind = sniff(raw[:SNIFFED_BYTES], name)
    if kind in _PLAIN:
        return without_metadata(raw), name
    if kind in _CONVERTED:
        return _converted(raw), f"{PurePath(name).stem or 'photo'}.jpg"
    return raw, name


def as_logo(raw: bytes) -> bytes:
    """A PNG, JPEG, WebP or GIF as a PNG of at most 960 × 320 pixels with nothing but its pixels in it.

    Takes up to a second, in a child process with limits. Raises `UnreadablePhoto`.
    """
    return _converted(raw, "logo")


def _converted(raw: bytes, *how: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - our own program; `how` is a word of ours
            [sys.executable, "-m", "ventanilla.core.photo_process", *how],
            input=raw,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        log.warning("photo not converted", size=len(raw), error=repr(error)[:200])
        raise UnreadablePhoto from error
    return done.stdout
