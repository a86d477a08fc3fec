"""Photos lose what the camera wrote beside the picture, and nothing of the picture."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ventanilla.core.photos import without_metadata

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F
SECRETS = (b"Nikon of Leire", b"Plaza Mayor 1", b"after the end")


def picture(kind: str, turned: int = 6, **more) -> bytes:
    """A file with a place, a maker, a comment, and something behind its end."""
    image = Image.effect_noise((64, 40), 90).convert("RGB")
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = turned, "Nikon of Leire"
    exif.get_ifd(GPS).update({1: "N", 2: (40.0, 24.0, 59.0), 27: b"Plaza Mayor 1"})
    if kind == "PNG":
        more["pnginfo"] = PngInfo()
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x>Plaza Mayor 1</x>")
    if kind in ("JPEG", "WEBP"):
        more["xmp"] = b"<x>Plaza Mayor 1</x>"
    if kind == "JPEG":
        more["comment"] = b"Plaza Mayor 1"
    made = io.BytesIO()
    image.save(made, kind, exif=exif, **more)
    return made.getvalue() + b"after the end"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turned", [1, 6])
@pytest.mark.parametrize("progressive", [False, True])
def test_place_and_maker_go_and_every_pixel_stays(kind, turned, progressive):
    before = picture(kind, turned, **({"progressive": progressive, "icc_profile": b"colors"} if kind == "JPEG" else {}))
    assert any(secret in before for secret in SECRETS)
    after = without_metadata(before)
    assert not any(secret in after for secret in SECRETS)
    was, now = Image.open(io.BytesIO(before)), Image.open(io.BytesIO(after))
    assert now.tobytes() == was.tobytes() and now.size == was.size
    exif = now.getexif()
    assert dict(exif) == ({ORIENTATION: turned} if turned > 1 else {}) and not exif.get_ifd(GPS)
    assert without_metadata(after) == after
    if kind == "JPEG":
        assert now.info["icc_profile"] == b"colors"


@given(st.sampled_from([b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b""]), st.binary(max_size=200))
def test_whatever_comes_something_is_handed_on(head, rest):
    made = without_metadata(head + rest)
    assert made.startswith(head[:2])


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 1500), st.integers(0, 255))
def test_a_damaged_picture_is_handed_on_and_does_not_stop_anything(kind, place, byte):
    raw = bytearray(PICTURES[kind])
    raw[place % len(raw)] = byte
    without_metadata(bytes(raw))
    without_metadata(bytes(raw[: place % len(raw)]))


PICTURES = {kind: picture(kind) for kind in ("JPEG", "PNG", "WEBP")}


def test_exif_that_lies_about_its_size_is_not_followed():
    told = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 65535)
    raw = b"\xff\xd8\xff\xe1" + struct.pack("!H", len(told) + 2) + told + b"\xff\xd9"
    assert without_metadata(raw) == b"\xff\xd8\xff\xd9"
