"""winmail.dat (MS-OXTNEF): the text and the files that Outlook packs into one opaque attachment.

Written here because the known reader follows counts found in the data without a bound and takes trailing NULs off the
files. Every loop below is bounded by the bytes that are really there.
"""

import re
import struct
from dataclasses import dataclass

from ventanilla.mail.charsets import decode, scrub

SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTACH_TITLE, _ATTACH_DATA, _ATTACH_START, _ATTACH_PROPERTIES = 0x8010, 0x800F, 0x9002, 0x9005
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_P_BODY, _P_HTML, _P_RTF, _P_CODEPAGE, _P_LONG_NAME, _P_NAME, _P_OBJECT, _P_MIME, _P_CID = (
    0x1000,
    0x1013,
    0x1009,
    0x3FDE,
    0x3707,
    0x3704,
    0x3701,
    0x370E,
    0x3712,
)
_FIXED = {
    0x0002: 4,
    0x0003: 4,
    0x0004: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x000A: 4,
    0x000B: 4,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
_VARIABLE = frozenset({0x000D, 0x001E, 0x001F, 0x0102})
_MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")
_MAX_OBJECTS = 20_000
_MAX_RTF = 4_000_000
_RTF_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS "
    rb"Sans SerifSymbol"
    rb"ArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_RTF_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file found inside: name and declared type as given (either may be ""), and its bytes, unchanged."""

    name: str
    content_type: str
    content_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a winmail.dat held. `complete` is False when some of it could not be read."""

    text: str
    html: str
    files: tuple[PackedFile, ...]
    complete: bool


@dataclass(slots=True)
class _File:
    """A file whose properties are still being read."""

    name: str = ""
    content_type: str = ""
    content_id: str = ""
    content: bytes | None = None


class _Broken(Exception):
    """The data ends or lies."""


def unpack(data: bytes) -> Unpacked:
    """`data` taken apart; never raises; linear in its length. What cannot be read is left out and `complete` is
    False."""
    if not data.startswith(SIGNATURE):
        return Unpacked("", "", (), complete=False)
    text, html, rtf, codepage, complete = "", "", b"", "cp1252", True
    files: list[_File] = []
    position, count = 6, 0
    while position + 11 <= len(data):
        count += 1
        kind, length = struct.unpack_from("<xHxxI", data, position)
        position += 9
        if length > len(data) - position or count > _MAX_OBJECTS:
            complete = False
            length = max(0, len(data) - position)
        value = data[position : position + length]
        position += length + 2
        try:
            if kind == _CODEPAGE and len(value) >= 4:
                codepage = f"cp{struct.unpack_from('<I', value)[0]}"
            elif kind == _BODY:
                text = decode(value.rstrip(b"\0"), codepage)
            elif kind == _PROPERTIES:
                found, whole = _properties(value)
                complete = complete and whole
                inner = found.get(_P_CODEPAGE, b"")
                charset = f"cp{struct.unpack('<I', inner)[0]}" if len(inner) == 4 else codepage
                charset = {"cp65001": "utf-8", "cp28591": "iso-8859-1", "cp20127": "ascii"}.get(charset, charset)
                text = _string(found.get(_P_BODY), charset) or text
                html = _string(found.get(_P_HTML), charset) or html
                rtf = _bytes(found.get(_P_RTF)) or rtf
            elif kind == _ATTACH_START:
                files.append(_File())
            elif kind in (_ATTACH_TITLE, _ATTACH_DATA, _ATTACH_PROPERTIES):
                if not files:
                    files.append(_File())
                complete = _read_file(files[-1], kind, value, codepage) and complete
        except struct.error:
            complete = False
        if count > _MAX_OBJECTS:
            break
    if rtf and not text and not html:
        plain = rtf_to_text(rtf)
        text = plain
        complete = complete and bool(plain)
    packed = tuple(
        PackedFile(file.name, file.content_type, file.content_id, file.content)
        for file in files
        if file.content is not None
    )
    return Unpacked(scrub(text), scrub(html), packed, complete)


def _read_file(file: _File, kind: int, value: bytes, codepage: str) -> bool:
    whole = True
    if kind == _ATTACH_DATA:
        file.content = value
    elif kind == _ATTACH_TITLE:
        file.name = file.name or decode(value.rstrip(b"\0"), codepage)
    else:
        found, whole = _properties(value)
        name = _string(found.get(_P_LONG_NAME), codepage) or _string(found.get(_P_NAME), codepage)
        file.name = name or file.name
        file.content_type = _string(found.get(_P_MIME), codepage) or file.content_type
        file.content_id = _string(found.get(_P_CID), codepage) or file.content_id
        inner = _bytes(found.get(_P_OBJECT))
        if inner and file.content is None:
            if inner.startswith(_MESSAGE_OBJECT):
                inner = inner[len(_MESSAGE_OBJECT) :]
                file.content_type = "application/ms-tnef"
            file.content = inner
    return whole


def _properties(data: bytes) -> tuple[dict[int, bytes], bool]:
    """Property id → bytes (text properties as UTF-8), the first value of each, and whether all could be read."""
    found: dict[int, bytes] = {}
    position = 4
    try:
        for _ in range(min(struct.unpack_from("<I", data)[0], len(data) // 4)):
            kind, name = struct.unpack_from("<HH", data, position)
            position += 4
            if name >= 0x8000:
                position += 16
                named, size = struct.unpack_from("<II", data, position)
                position += 8 if named == 0 else 8 + (size + 3) // 4 * 4
            many, kind = bool(kind & 0x1000), kind & ~0x1000
            values = 1
            if kind in _VARIABLE or many:
                values = struct.unpack_from("<I", data, position)[0]
                position += 4
            if kind in _VARIABLE:
                if values > len(data) // 4:
                    raise _Broken
                for index in range(values):
                    size = struct.unpack_from("<I", data, position)[0]
                    position += 4
                    if size > len(data) - position:
                        raise _Broken
                    if index == 0:
                        value = data[position : position + size]
                        if kind == 0x001F:
                            value = value.decode("utf-16-le", "replace").encode()
                            value = b"\xef\xbb\xbf" + value
                        found.setdefault(name, value)
                    position += (size + 3) // 4 * 4
            elif kind in _FIXED:
                found.setdefault(name, data[position : position + _FIXED[kind]])
                position += _FIXED[kind] * values
            else:
                raise _Broken
    except (struct.error, _Broken):
        return found, False
    return found, True


def _string(value: bytes | None, charset: str) -> str:
    return decode(value.rstrip(b"\0"), charset).rstrip("\0") if value else ""


def _bytes(value: bytes | None) -> bytes:
    return value or b""


def rtf_to_text(compressed: bytes) -> str:
    """Compressed RTF (MS-OXRTFCP) as plain text, "" when it cannot be read; at most 4 MB of RTF is looked at."""
    rtf = _decompress(compressed)
    out: list[str] = []
    pending = bytearray()
    charset, skip, depth, unicode_skip, hidden = "cp1252", 0, 0, 0, False
    destinations = (
        b"htmltag",
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pict",
        b"object",
        b"themedata",
        b"generator",
        b"listtable",
    )

    def flush() -> None:
        if pending:
            out.append(decode(bytes(pending), charset))
            pending.clear()

    from_html = b"\\fromhtml1" in rtf[:2000]
    for match in _RTF_TOKEN.finditer(rtf):
        word, number, code, symbol, brace, text = match.groups()
        if brace:
            depth += 1 if brace == b"{" else -1
            if skip and depth < skip:
                skip = 0
        elif skip:
            continue
        elif word:
            if word in destinations:
                skip = depth
            elif word == b"htmlrtf":
                hidden = from_html and number != b"0"
            elif hidden:
                continue
            elif word in (b"par", b"line", b"row"):
                flush()
                out.append("\n")
            elif word in (b"tab", b"cell"):
                flush()
                out.append("\t")
            elif word == b"ansicpg" and number:
                charset = "cp" + number.decode()
            elif word == b"u" and number:
                flush()
                out.append(chr(int(number) & 0xFFFF))
                unicode_skip = 1
        elif hidden:
            continue
        elif code:
            if unicode_skip:
                unicode_skip = 0
            else:
                pending.append(int(code, 16))
        elif symbol:
            if symbol == b"*":
                skip = depth
            elif symbol in b"{}\\":
                pending += symbol
            elif symbol == b"~":
                pending += b" "
        elif text:
            if unicode_skip:
                text, unicode_skip = text[1:], 0
            pending += text
    flush()
    return scrub("".join(out)).strip()


def _decompress(data: bytes) -> bytes:
    """LZFu: a 4 KiB ring filled with common RTF, runs of literal bytes and references into the ring."""
    if len(data) < 16:
        return b""
    kind = data[8:12]
    if kind == b"MELA":
        return data[16 : 16 + _MAX_RTF]
    if kind != b"LZFu":
        return b""
    size = min(struct.unpack_from("<I", data, 4)[0], _MAX_RTF)
    ring = bytearray(_RTF_START.ljust(4096, b"\0"))
    write, position = len(_RTF_START), 16
    out = bytearray()
    while position < len(data) and len(out) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= len(data) or len(out) >= size:
                break
            if control >> bit & 1:
                if position + 2 > len(data):
                    return bytes(out)
                reference = data[position] << 8 | data[position + 1]
                position += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write:
                    return bytes(out)
                for step in range(length):
                    byte = ring[(offset + step) % 4096]
                    out.append(byte)
                    ring[write] = byte
                    write = (write + 1) % 4096
            else:
                byte = data[position]
                position += 1
                out.append(byte)
                ring[write] = byte
                write = (write + 1) % 4096
    return bytes(out)
