"""Photos without what the camera wrote beside the picture: place, time, owner, device. Pure, and nothing is lost of the
picture itself: no pixel is computed anew.

Of all that, the orientation alone stays, for viewers turn the picture by it. What cannot be read any further is handed
on as it is: a damaged file is still somebody's file.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

_JPEG: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_EXIF: Final = b"Exif\0\0"
_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
# JPEG (ITU-T T.81 B.1.1.3): markers that stand alone, and the segments that a decoder needs or that carry colors.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_JFIF, _ICC, _ADOBE, _COMMENT, _SCAN, _END = 0xE0, 0xE2, 0xEE, 0xFE, 0xDA, 0xD9
# PNG (third edition 11.3): chunks that tell of the picture instead of drawing it.
_PNG_TOLD: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf"})
_WEBP_TOLD: Final = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS: Final = 0x08 | 0x04


def without_metadata(raw: bytes) -> bytes:
    """A JPEG, PNG or WebP file without metadata, upright as before; anything else as it is."""
    if raw.startswith(_JPEG):
        return _jpeg(raw)
    if raw.startswith(_PNG):
        return _png(raw)
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return _webp(raw)
    return raw


def _jpeg(raw: bytes) -> bytes:
    kept, place, orientation = [], 2, 1
    while True:
        start = place
        while raw[place : place + 1] == b"\xff":
            place += 1
        if place == start or place >= len(raw):
            kept.append(raw[start:])  # no marker where one must be
            break
        marker = raw[place]
        place += 1
        if marker == _END:
            kept.append(b"\xff\xd9")  # what follows is no part of the picture: previews, films, their places
            break
        if marker in _ALONE:
            kept.append(bytes((0xFF, marker)))
            continue
        length = int.from_bytes(raw[place : place + 2], "big")
        if length < 2 or place + length > len(raw):
            kept.append(raw[start:])
            break
        body = raw[place + 2 : place + length]
        place += length
        if marker == 0xE1 and body.startswith(_EXIF):
            orientation = _orientation(body[len(_EXIF) :]) or orientation
        if _needed(marker, body):
            kept.append(bytes((0xFF, marker)) + length.to_bytes(2, "big") + body)
        if marker == _SCAN:
            end = _scan_end(raw, place)
            kept.append(raw[place:end])
            place = end
    told = _EXIF + _only(orientation) if orientation > 1 else b""
    exif = b"\xff\xe1" + (len(told) + 2).to_bytes(2, "big") + told if told else b""
    first = kept[0] if kept and kept[0].startswith(b"\xff\xe0") else b""
    return _JPEG + first + exif + b"".join(kept[1:] if first else kept)


def _needed(marker: int, body: bytes) -> bool:
    if marker == _ICC:
        return body.startswith(b"ICC_PROFILE\0")
    return marker in (_JFIF, _ADOBE) or not (0xE0 <= marker <= 0xEF or marker == _COMMENT)


def _scan_end(raw: bytes, place: int) -> int:
    """Where the entropy-coded data end: at the first marker that is neither a stuffed byte nor a restart."""
    while (place := raw.find(b"\xff", place)) != -1:
        following = raw[place + 1 : place + 2]
        if following and following[0] not in (0x00, 0xFF) and following[0] not in _ALONE:
            return place
        place += 1 if following == b"\xff" else 2
    return len(raw)


def _png(raw: bytes) -> bytes:
    kept, place = [_PNG], len(_PNG)
    while place < len(raw):
        length = int.from_bytes(raw[place : place + 4], "big")
        kind, end = raw[place + 4 : place + 8], place + length + 12
        if len(kind) < 4 or end > len(raw):
            kept.append(raw[place:])
            break
        if kind not in _PNG_TOLD:
            kept.append(raw[place:end])
        elif kind == b"eXIf" and (turned := _orientation(raw[place + 8 : end - 4])) > 1:
            body = kind + _only(turned)
            kept.append(struct.pack("!I", len(body) - 4) + body + struct.pack("!I", zlib.crc32(body)))
        place = end
        if kind == b"IEND":
            break
    return b"".join(kept)


def _webp(raw: bytes) -> bytes:
    kept = []
    for kind, body in _riff(raw):
        if kind == b"VP8X" and body:
            kept.append((kind, bytes((body[0] & ~_WEBP_FLAGS,)) + body[1:]))
        elif kind not in _WEBP_TOLD:
            kept.append((kind, body))
        elif kind == b"EXIF" and (turned := _orientation(body.removeprefix(_EXIF))) > 1:
            kept.append((kind, _only(turned)))
    if any(kind == b"EXIF" for kind, _body in kept):
        kept = [(k, bytes((b[0] | 0x08,)) + b[1:]) if k == b"VP8X" else (k, b) for k, b in kept]
    chunks = b"".join(k + struct.pack("<I", len(b)) + b + b"\0" * (len(b) % 2) if k else b for k, b in kept)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _riff(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file; what cannot be read any further comes last, without a kind."""
    place, end = 12, min(len(raw), 8 + int.from_bytes(raw[4:8], "little"))
    while place < end:
        kind, length = raw[place : place + 4], int.from_bytes(raw[place + 4 : place + 8], "little")
        if place + 8 + length > len(raw):
            yield b"", raw[place:]
            return
        yield kind, raw[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _orientation(tiff: bytes) -> int:
    """How a picture is to be turned (1 to 8, Exif 3.0 4.6.5.1.5); 0 when it does not say."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 0
    try:
        (place,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, place)
        for number in range(min(count, 200)):
            tag, kind, _many, value = struct.unpack_from(f"{order}HHIH", tiff, place + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 0
    return 0


def _only(orientation: int) -> bytes:
    """Exif that says how to turn the picture, and nothing else."""
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
