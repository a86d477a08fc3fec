"""Bytes of mail to text, whatever the sender claims about them."""

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "ansi": "cp1252",
    "default": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "unicode": "utf-16",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
}
_WESTERN = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})
# Codecs that are text to Python but no charset of a mail; some take quadratic time or run escapes.
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})


@lru_cache(maxsize=512)
def _codec(declared: str) -> str:
    """The Python codec of a declared charset, or "" when it is unknown or no charset of mail."""
    wanted = declared.strip().strip("\"'").lower()[:40]
    wanted = _ALIASES.get(wanted, wanted)
    for attempt in (
        wanted,
        re.sub(r"^x-|[^a-z0-9]", "", wanted),
        wanted.replace("windows-", "cp").replace("cp-", "cp"),
    ):
        try:
            found = codecs.lookup(attempt)
        except (LookupError, ValueError, UnicodeError):
            continue
        # `_is_text_encoding` is how the interpreter itself tells charsets from rot13, zlib and the like.
        if getattr(found, "_is_text_encoding", True) and found.name not in _REFUSED:
            return found.name
        return ""
    return ""


def western(data: bytes) -> str:
    """`data` as cp1252, the five bytes it leaves undefined as Latin-1 controls; loses nothing."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(_WESTERN_TABLE[byte] for byte in data)


_WESTERN_TABLE = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]


def scrub(text: str) -> str:
    """`text` without NUL and without lone surrogates, which no database stores."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def decode(data: bytes, declared: str = "") -> str:
    """`data` as text; never raises, linear time, free of NUL and lone surrogates.

    The declared charset is believed when the bytes bear it out. Lies that are common in real mail are seen through:
    UTF-8 called Latin-1 or ASCII, Latin-1 or cp1252 called UTF-8 or ASCII, ISO-2022-JP not named at all. Latin-1 is
    read as cp1252, as every mail program does.
    """
    codec = _codec(declared) if declared else ""
    if data.startswith(codecs.BOM_UTF8):
        codec, data = "utf-8", data[3:]
    elif not codec and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    return scrub(_decode(data, codec))


def _decode(data: bytes, codec: str) -> str:
    if not codec or codec == "utf-8" or codec in _WESTERN:
        if data.isascii():
            if b"\x1b$" in data:
                return _japanese(data)
            return data.decode("ascii")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if codec == "iso8859-15":
            return data.decode("iso8859-15")
        if codec in ("utf-8", "ascii", ""):
            loose = data.decode("utf-8", "replace")
            # A whole character shortens the text, a broken one does not: mostly whole ones means UTF-8 with a scar.
            if loose.count("\N{REPLACEMENT CHARACTER}") * 2 <= len(data) - len(loose):
                return loose
        return western(data)
    if codec.startswith("iso2022"):
        return _japanese(data) if codec.startswith("iso2022_jp") else data.decode(codec, "replace")
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return western(data)


def _japanese(data: bytes) -> str:
    """ISO-2022-JP in its widest form; senders use vendor characters under the plain name."""
    for codec in ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_3"):
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError):
            continue
    return data.decode("iso2022_jp_ext", "replace")
