"""Signed marks by which an answer finds its ticket, and by which an agent may answer by mail.

Three marks leave the house: a Message-ID for every mail about a ticket, a reply token for notices to agents, and the
number in the subject. The first two are signed and prove themselves; the third proves nothing and only helps when the
writer is already a participant. A fourth, signed too, tells a mailbox its own test mail.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ventanilla.core.crypto import sign, verify

Audience = Literal["public", "internal"]

_MARK = re.compile(r"<v\.(\d{1,18})\.(\d{1,18})\.([a-z2-7]{26})@[^<>\s]{1,255}>", re.IGNORECASE)
_TOKEN = re.compile(r"(?:\+|<r\.)([a-z2-7]{20,58})(?:\.[a-z0-9]{1,40})?@", re.IGNORECASE)
_SUBJECT = re.compile(r"\[\s?#?([A-Za-z][A-Za-z0-9]{0,9}-\d{1,12})\s?\]")
_TEST = re.compile(r"\bt\.(\d{1,18}\.\d{1,12})\.([A-Za-z0-9_-]{27})")
_TEST_SECONDS = 24 * 3600
_CLOCKS_DIFFER_SECONDS = 300
_MAX_READ = 65_536
_TOKEN_MAC_BYTES = 12
_MARK_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Mark:
    """A ticket and one of its messages, by id, as named in a Message-ID of ours."""

    ticket: int
    message: int


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """The right of one person to answer on one ticket by mail until `expires_at`; `audience` says what the answer
    becomes."""

    ticket: int
    person: int
    audience: Audience
    expires_at: datetime


def message_id(key: bytes, *, ticket: int, message: int, domain: str) -> str:
    """The signed Message-ID `<v.{ticket}.{message}.{signature}@domain>` of a mail about a message of a ticket.

    The signature does not cover the domain, so that marks stay good when the domain of the installation changes.
    """
    if ticket <= 0 or message < 0:
        raise ValueError("ids are positive")
    return f"<v.{ticket}.{message}.{_sign(key, ticket, message)}@{domain}>"


def read_mark(keys: Sequence[bytes], value: str | Iterable[str]) -> Mark | None:
    """The ticket and message that the last genuine mark in a header value (or several identifiers) names, or None.

    `keys`: the present key first, then older ones still honoured. Compared in constant time. At most 64 KiB are read.
    """
    text = value if isinstance(value, str) else " ".join(value)
    for ticket, message, signature in reversed(_MARK.findall(text[-_MAX_READ:])):
        mark = Mark(int(ticket), int(message))
        wanted = signature.lower().encode()
        if _matches(wanted, (_sign(key, mark.ticket, mark.message).encode() for key in keys)):
            return mark
    return None


def read_reference(keys: Sequence[bytes], value: str | Iterable[str]) -> int | None:
    """The id of the ticket that a References, In-Reply-To or Message-ID value names by a genuine mark, or None."""
    mark = read_mark(keys, value)
    return mark.ticket if mark else None


def reply_token(key: bytes, *, ticket: int, person: int, audience: Audience, expires_at: datetime) -> str:
    """A signed token of 20 to 58 letters and digits (case does not matter), for an address or a Message-ID.

    `expires_at` is aware and kept to the second. Raises ValueError for ids that are not positive or exceed 56 bits.
    """
    if not (0 < ticket < 1 << 56 and 0 < person < 1 << 56):
        raise ValueError("ids are positive and below 2**56")
    payload = bytes([1 if audience == "internal" else 0]) + int(expires_at.timestamp()).to_bytes(4, "big")
    payload += _number(ticket) + _number(person)
    return _letters(payload + _mac(key, b"reply-token", payload)[:_TOKEN_MAC_BYTES])


def reply_address(mailbox: str, token: str) -> str:
    """`mailbox` with the token behind a plus sign, or `mailbox` itself when that would exceed 64 characters (RFC 5321
    4.5.3.1).

    In the latter case the token still travels in the Message-ID, see `token_message_id`.
    """
    local, _, domain = mailbox.rpartition("@")
    addressed = f"{local}+{token}"
    return f"{addressed}@{domain}" if len(addressed) <= 64 else mailbox


def token_message_id(token: str, *, unique: str, domain: str) -> str:
    """The Message-ID `<r.{token}.{unique}@domain>` of a notice; `unique` (letters and digits) tells its mails apart."""
    if not re.fullmatch(r"[a-zA-Z0-9]{1,40}", unique):
        raise ValueError("unique is 1 to 40 letters and digits")
    return f"<r.{token}.{unique.lower()}@{domain}>"


def read_reply_token(keys: Sequence[bytes], values: str | Iterable[str], *, now: datetime) -> ReplyToken | None:
    """The last genuine, unexpired token in addresses or identifiers, or None when it is forged, foreign or too old.

    A token proves which notice is answered, not who answers: a forwarded notice carries it along. The caller checks
    that the author is the token's person.
    """
    text = values if isinstance(values, str) else " ".join(values)
    for letters in reversed(_TOKEN.findall(text[-_MAX_READ:])):
        data = _octets(letters)
        payload, signature = data[:-_TOKEN_MAC_BYTES], data[-_TOKEN_MAC_BYTES:]
        genuine = (_mac(key, b"reply-token", payload)[:_TOKEN_MAC_BYTES] for key in keys)
        if len(payload) < 9 or not _matches(signature, genuine):
            continue
        token = _unpack(payload)
        if token and token.expires_at > now:
            return token
    return None


def doctor_token(key: str, *, mailbox: int, at: datetime) -> str:
    """The signed token `t.{mailbox}.{moment}.{signature}` of a test mail that a mailbox sends to itself."""
    payload = f"{mailbox}.{int(at.timestamp())}"
    return f"t.{payload}.{sign('mail-test', payload, key)}"


def read_doctor_token(keys: Sequence[str], values: Iterable[str], *, mailbox: int, now: datetime) -> str:
    """The genuine token of a test mail to this mailbox, at most a day old, in a subject or Message-ID; else nothing."""
    for payload, signature in _TEST.findall(" ".join(values)[:_MAX_READ]):
        addressed, _, moment = payload.partition(".")
        young = 0 <= now.timestamp() - int(moment) + _CLOCKS_DIFFER_SECONDS < _TEST_SECONDS
        if int(addressed) == mailbox and young and verify("mail-test", payload, signature, keys):
            return f"t.{payload}.{signature}"
    return ""


def subject_numbers(subject: str) -> tuple[str, ...]:
    """Ticket numbers in square brackets, `[INC-12]` or `[#INC-12]`, in upper case, without repeats, at most 10."""
    return tuple(dict.fromkeys(number.upper() for number in _SUBJECT.findall(subject[:2000])))[:10]


def _matches(claimed: bytes, genuine: Iterable[bytes]) -> bool:
    """Whether `claimed` is one of `genuine`; always compares with every one, in constant time."""
    found = False
    for signature in genuine:
        found |= hmac.compare_digest(claimed, signature)
    return found


def _sign(key: bytes, ticket: int, message: int) -> str:
    return _letters(_mac(key, b"message-id", f"{ticket}.{message}".encode())[:_MARK_MAC_BYTES])


def _mac(key: bytes, purpose: bytes, data: bytes) -> bytes:
    """HMAC-SHA256; the purpose keeps a signature made for one kind of mark from being good for another."""
    return hmac.new(key, b"ventanilla\0" + purpose + b"\0" + data, hashlib.sha256).digest()


def _letters(data: bytes) -> str:
    """Base32 in lower case: survives servers that change the case of an address."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def _octets(letters: str) -> bytes:
    try:
        return base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        return b""


def _number(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _unpack(payload: bytes) -> ReplyToken | None:
    """A payload whose signature was good; None when it is not of the present form."""
    numbers = []
    rest = payload[5:]
    for _ in range(2):
        size, rest = (rest[0], rest[1:]) if rest else (0, b"")
        numbers.append(int.from_bytes(rest[:size], "big"))
        rest = rest[size:]
    if rest or payload[0] not in (0, 1):
        return None
    expires_at = datetime.fromtimestamp(int.from_bytes(payload[1:5], "big"), UTC)
    return ReplyToken(numbers[0], numbers[1], "internal" if payload[0] else "public", expires_at)
