"""The process in which a picture is drawn anew: bytes in, bytes out, with limits on memory and time.

Without an argument a photo becomes a JPEG, with `logo` a picture becomes a small PNG.

Started as a program of its own, so that a picture made to break its decoder breaks nothing else, and so that the
library is in memory only while it is needed. Exit code 3: it is no picture that can be read.
"""

import io
import resource
import sys

from pi_heif import register_heif_opener
from PIL import Image, ImageOps

MEMORY_BYTES = 1536 * 1024 * 1024
SECONDS = 30
MOST_PIXELS = 100_000_000
LONGEST_SIDE = 2000
QUALITY = 85
LOGO_SIDES = (960, 320)
UNREADABLE = 3


def as_jpeg(raw: bytes) -> bytes:
    """The picture upright, at most `LONGEST_SIDE` pixels long, as JPEG with its colors and without metadata."""
    with Image.open(io.BytesIO(raw), formats=("HEIF", "AVIF")) as picture:
        profile = picture.info.get("icc_profile")
        upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if upright.mode in ("RGBA", "LA", "PA"):
        ground = Image.new("RGB", upright.size, "white")
        ground.paste(upright.convert("RGBA"), mask=upright.convert("RGBA").getchannel("A"))
        upright = ground
    made = io.BytesIO()
    upright.convert("RGB").save(made, "JPEG", quality=QUALITY, optimize=True, icc_profile=profile)
    return made.getvalue()


def as_logo(raw: bytes) -> bytes:
    """The picture upright, no larger than `LOGO_SIDES`, as PNG: its first frame, and nothing that is not drawn."""
    with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail(LOGO_SIDES, Image.Resampling.LANCZOS)
    # A fresh one: what a picture carries beside its pixels stays behind.
    drawn = Image.new("RGBA", upright.size)
    drawn.paste(upright)
    made = io.BytesIO()
    drawn.save(made, "PNG", optimize=True)
    return made.getvalue()


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    register_heif_opener()
    try:
        draw = as_logo if sys.argv[1:] == ["logo"] else as_jpeg
        made = draw(sys.stdin.buffer.read())
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return UNREADABLE
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
