"""Header fields as people mean them: encoded words, addresses, identifiers, dates, file names.

Every function takes what the wire brought and never raises; every string returned is free of control characters, so
that none of them can smuggle a line into a header, a log or a file name.
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ventanilla.mail.charsets import decode, scrub

_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,4000})\?=")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_BARE_ID = re.compile(r"[^<>\s,;]{1,400}@[^<>\s,;]{1,400}")
_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\]@\\]{1,128}@[^\s<>\"(),:;\[\]@\\]{1,255}")
_QUOTED_LOCAL = re.compile(r"\"(?:[^\"\\\r\n]|\\.){1,120}\"@[^\s<>\"(),:;@\\]{1,255}")
_RESERVED_NAME = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_MAX_FIELD = 16_384
_MAX_ADDRESS_FIELD = 65_536
MAX_ADDRESSES = 1_000

EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/ms-tnef": ".dat",
    "application/json": ".json",
    "application/msword": ".doc",
    "application/ics": ".ics",
    "application/rtf": ".rtf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/rtf": ".rtf",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an address; either may be "". The domain is in lower case, the local part as written."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What follows the last "@", or ""."""
        return self.address.rpartition("@")[2]

    @property
    def key(self) -> str:
        """The address in lower case, for comparing."""
        return self.address.lower()


def one_line(text: str, limit: int) -> str:
    """`text` on one line: control and direction-changing characters out, white space collapsed, at most `limit`
    characters."""
    kept = text[: limit * 4]
    if not (kept.isascii() and kept.isprintable()):
        kept = "".join(_replacement(character) for character in kept)
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def _replacement(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs" or (category == "Cf" and character not in "\u200c\u200d"):
        return ""
    return character


def decode_words(raw: bytes | str) -> str:
    """A raw header value as text: encoded words (RFC 2047) and bare 8-bit bytes decoded; never raises.

    Neighbouring words of one charset are joined as bytes first, because senders cut characters in two. A word that
    cannot be read stands as it came.
    """
    text = decode(raw[:_MAX_FIELD]) if isinstance(raw, bytes) else raw[:_MAX_FIELD]
    if "=?" not in text:
        return text
    out: list[str] = []
    position, charset, pending = 0, "", bytearray()
    for match in _ENCODED_WORD.finditer(text):
        between = text[position : match.start()]
        data = _word_bytes(match.group(2), match.group(3))
        if pending and (between.strip() or match.group(1).lower() != charset):
            out.append(decode(bytes(pending), charset))
            pending.clear()
            if not between.strip():
                between = ""
        elif pending:
            between = ""
        out.append(between)
        charset = match.group(1).lower()
        pending += data
        position = match.end()
    if pending:
        out.append(decode(bytes(pending), charset))
    out.append(text[position:])
    return scrub("".join(out))


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b"_", b" "), header=False)
    compact = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(compact) % 4 == 1:
        compact = compact[:-1]
    return base64.b64decode(compact + b"=" * (-len(compact) % 4))


def message_ids(raw: bytes | str, *, limit: int = 100) -> tuple[str, ...]:
    """The message identifiers in a field, each as `<id>`, without repeats; of a longer list the first 20 and the last
    ones."""
    text = decode(raw[:_MAX_ADDRESS_FIELD]) if isinstance(raw, bytes) else raw[:_MAX_ADDRESS_FIELD]
    found = list(dict.fromkeys(f"<{one_line(identifier, 900)}>" for identifier in _MESSAGE_ID.findall(text)))
    if not found:
        found = list(dict.fromkeys(f"<{one_line(identifier, 900)}>" for identifier in _BARE_ID.findall(text)))
    if len(found) > limit:
        found = found[:20] + found[-(limit - 20) :]
    return tuple(found)


def parse_date(raw: bytes | str) -> datetime | None:
    """The moment in UTC, or None when there is none to be understood between the years 1980 and 2200."""
    text = decode(raw[:200]) if isinstance(raw, bytes) else raw[:200]
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return moment if 1980 <= moment.year < 2200 else None


def addresses(raw: bytes | str, *, limit: int = MAX_ADDRESSES) -> tuple[Address, ...]:
    """The addresses of a field, members of groups included; never raises, linear time.

    An entry without a usable address keeps its text as the name. What stands in angle brackets is the address, whatever
    the name pretends to be.
    """
    text = decode(raw[:_MAX_ADDRESS_FIELD]) if isinstance(raw, bytes) else raw[:_MAX_ADDRESS_FIELD]
    found: list[Address] = []
    for entry in _entries(text):
        address = _address(entry)
        if address.name or address.address:
            found.append(address)
            if len(found) >= limit:
                break
    return tuple(found)


@dataclass(slots=True)
class _Entry:
    text: str = ""
    angle: str | None = None
    comment: str = ""
    raw: str = ""


def _entries(text: str) -> list[_Entry]:
    """The field cut at the commas (and group marks) that are outside quotes, comments and angle brackets."""
    entries: list[_Entry] = []
    plain: list[str] = []
    angle: list[str] = []
    comment: list[str] = []
    whole: list[str] = []
    quoted = in_angle = has_angle = seen_at = False
    depth = position = 0

    def end() -> None:
        nonlocal has_angle, in_angle, seen_at
        entry = _Entry("".join(plain), "".join(angle) if has_angle else None, "".join(comment), "".join(whole))
        if entry.text.strip() or entry.angle or entry.comment.strip():
            entries.append(entry)
        plain.clear()
        angle.clear()
        comment.clear()
        whole.clear()
        has_angle = in_angle = seen_at = False

    while position < len(text):
        character = text[position]
        position += 1
        whole.append(character)
        if character == "\\" and (quoted or depth) and position < len(text):
            character = text[position]
            position += 1
            whole.append(character)
            (comment if depth else angle if in_angle else plain).append(character)
        elif depth:
            depth += (character == "(") - (character == ")")
            if depth:
                comment.append(character)
        elif character == '"' and not in_angle:
            quoted = not quoted
        elif quoted:
            plain.append(character)
        elif in_angle:
            if character == ">":
                in_angle = False
            else:
                angle.append(character)
        elif character == "(":
            depth = 1
            comment.append(" ")
        elif character == "<":
            # Of several brackets in one entry the first is the address; the rest is noise.
            in_angle, has_angle = not has_angle, True
        elif character in ",;":
            whole.pop()
            end()
        elif character == ":" and not has_angle and not seen_at and text[position : position + 2] != "//":
            # "undisclosed-recipients:;" or "Grupo: a@x, b@y;": the group's name is no address.
            if "".join(plain[-6:]).lower() == "mailto":
                plain.append(character)
            else:
                plain.clear()
                comment.clear()
                whole.clear()
        else:
            seen_at = seen_at or character == "@"
            plain.append(character)
    end()
    return entries


def _address(entry: _Entry) -> Address:
    name = entry.text
    candidate = (entry.angle or "").strip()
    if candidate.lower().startswith("mailto:"):
        candidate = candidate[7:]
    if candidate.startswith("@") and ":" in candidate:
        candidate = candidate.rpartition(":")[2]  # a source route, RFC 5322 4.4
    address = _usable(candidate)
    if entry.angle is None:
        quoted = _QUOTED_LOCAL.search(entry.raw[:1000])
        plain = _ADDRESS.search(entry.text[:2000])
        if quoted:
            address, name = _usable(quoted.group()), ""
        elif plain:
            address = _usable(plain.group())
            name = entry.text[: plain.start()] + entry.text[plain.end() :]
            name = re.sub(r"(?i)[\[\]<>]|mailto:?", " ", name)
    elif not address and candidate:
        name = f"{name} {candidate}" if name.strip() else candidate
    name = one_line(decode_words(name), 200).strip("\"' ")
    if not name and entry.comment.strip():
        name = one_line(decode_words(entry.comment), 200)
    return Address(name, address)


def _usable(candidate: str) -> str:
    """`candidate` as an address with its domain in lower case, or ""."""
    candidate = one_line(candidate, 400).replace(" @", "@").replace("@ ", "@")
    if "=?" in candidate:
        candidate = one_line(decode_words(candidate), 400)
    local, at, domain = candidate.rpartition("@")
    domain = domain.strip().rstrip(".").lower()
    if not at or not local or not domain or len(candidate) > 320:
        return ""
    if any(character in domain for character in ' "<>()[],;:\\@/') and not (domain[0] == "[" and domain[-1] == "]"):
        return ""
    if not local.startswith('"') and any(character in local for character in ' "<>(),;:\\@'):
        return ""
    return f"{local}@{domain}"


def safe_name(raw: str, *, fallback: str = "attachment", content_type: str = "") -> str:
    """A file name to show and to offer for download: no path, no control or direction-changing character, never empty.

    At most 120 characters, the extension kept; names that systems reserve (CON, NUL) and leading dots are defused.
    """
    if len(raw) > 4096:
        raw = raw[:3800] + raw[-200:]
    name = unicodedata.normalize("NFC", decode_words(raw))
    name = "".join(_replacement(character) for character in name)
    name = name.replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    name = re.sub(r'[<>:"|?*]', "_", name)
    name = " ".join(name.split()).strip(". ")
    if not name:
        extension = EXTENSIONS.get(content_type, "")
        if not extension and content_type.startswith("text/"):
            extension = ".txt"
        name = fallback + extension
    if _RESERVED_NAME.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 16:
        stem, dot, extension = name, "", ""
    keep = 119 - len(extension)
    while len(stem) > keep or len((stem + dot + extension).encode()) > 240:
        stem = stem[: min(keep, len(stem) - 1)]
    return stem.rstrip() + dot + extension
