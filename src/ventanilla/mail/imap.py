"""Talking to an IMAP server (RFC 3501): connect, look at a folder, read what is new.

Nothing is changed there, unless the mailbox wants what was fetched to be marked or moved.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from imaplib import IMAP4
from typing import Any

from django.conf import settings
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.utils import encode_folder

from ventanilla.core.crypto import Unreadable, unseal
from ventanilla.mail.grants import access_token, grant_of
from ventanilla.mail.models import Mailbox
from ventanilla.mail.oauth import TokenError, answer
from ventanilla.mail.tls import tls_context

TIMEOUT_SECONDS = 30
IDLE_SLICE_SECONDS = 2
ERRORS = (ImapToolsError, IMAP4.error, OSError, UnicodeError, Unreadable)  # SSLError is an OSError, abort an error

Box = BaseMailBox  # other modules name the type without importing the library

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


class BadAnswer(OSError):
    """The server answered something that its protocol does not allow, or refused what was asked."""


ANSWERS = (BadAnswer, ImapToolsError)  # answers of the server, as against a connection that is gone


@dataclass(frozen=True)
class Folder:
    """A folder as the server describes it when it is opened."""

    uid_validity: int
    uid_next: int
    mails: int


@contextmanager
def signed_in(mailbox: Mailbox, *, timeout_seconds: int = TIMEOUT_SECONDS) -> Iterator[Box]:
    """A signed-in connection, encrypted as the mailbox says; certificates are checked. Raises one of `ERRORS`."""
    box = connect(mailbox, timeout_seconds)
    try:
        sign_in(box, mailbox)
        yield box
    finally:
        with suppress(*ERRORS):
            box.logout()


def sign_in(box: Box, mailbox: Mailbox) -> None:
    """Sign in as the mailbox says, and learn what the server offers from then on. Raises one of `ERRORS`."""
    grant = grant_of(mailbox)
    if grant is not None:
        _sign_in_by_token(box, mailbox.imap_user, access_token(grant))
        _learn(box)
        return
    password = unseal(mailbox.imap_password, settings.SEALING_KEYS) if mailbox.imap_password else ""
    if (mailbox.imap_user + password).isascii():
        box.login(mailbox.imap_user, password, initial_folder=None)
    else:
        box.login_utf8(mailbox.imap_user, password, initial_folder=None)
    _learn(box)


def _sign_in_by_token(box: Box, user: str, token: str) -> None:
    """XOAUTH2: on refusal the server says why in a challenge of its own, which wants an empty line (RFC 7628 3.2.3)."""
    if not offers(box, "AUTH=XOAUTH2"):
        raise TokenError("no_xoauth2")
    replies = [answer(user, token).encode()]
    said: list[bytes] = []

    def reply(challenge: bytes) -> bytes:
        said.append(challenge)
        return replies.pop() if replies else b""

    try:
        box.client.authenticate("XOAUTH2", reply)
    except IMAP4.abort:
        raise
    except IMAP4.error as error:
        told = b" ".join(said).decode("utf-8", "replace")
        raise TokenError("token_not_taken", f"{error} {told}".strip()) from error


def _learn(box: Box) -> None:
    # Servers tell most of what they can only to whoever has signed in (RFC 3501 6.2).
    status, lines = box.client.capability()
    if status == "OK" and lines and lines[-1]:
        box.client.capabilities = tuple(lines[-1].decode("ascii", "replace").upper().split())


def connect(mailbox: Mailbox, timeout: int) -> Box:
    """A connection that nobody has signed in on yet, encrypted as the mailbox says. Raises one of `ERRORS`."""
    host, port = mailbox.imap_host, mailbox.imap_port
    if mailbox.imap_security == Mailbox.Security.TLS:
        return MailBox(host, port, timeout=timeout, ssl_context=tls_context(mailbox))
    if mailbox.imap_security == Mailbox.Security.STARTTLS:
        return MailBoxStartTls(host, port, timeout=timeout, ssl_context=tls_context(mailbox))
    return MailBoxUnencrypted(host, port, timeout=timeout)


@dataclass(frozen=True)
class Listed:
    """A mail in the open folder: its number, its size in bytes, and when the server received it."""

    uid: int
    size: int
    at: datetime


def open_folder(box: Box, name: str, *, to_change: bool = False) -> Folder:
    """Open a folder, for reading only (EXAMINE) unless what was fetched is to be marked or moved."""
    box.folder.set(name, readonly=not to_change)
    validity, following = _number(box, "UIDVALIDITY"), _number(box, "UIDNEXT")
    if validity is None:
        raise BadAnswer("the server gives no UIDVALIDITY")
    if following is None:
        # RFC 3501 lets old servers leave UIDNEXT out.
        following = max((int(uid) for uid in box.uids()), default=0) + 1
    return Folder(validity, following, _number(box, "EXISTS") or 0)


def _number(box: Box, name: str) -> int | None:
    _kind, values = box.client.response(name)
    found = values[-1] if values else None
    return int(found) if found else None


def offers(box: Box, capability: str) -> bool:
    """Whether the server can do this, such as `IDLE` (RFC 2177), `MOVE` (RFC 6851) or `QUOTA` (RFC 9208)."""
    return capability in box.client.capabilities


def any_head_above(box: Box, uid: int, text: str) -> bool:
    """Whether the subject or Message-ID of a mail above a UID in the open folder holds this text."""
    heads = _fetch(box, f"{uid + 1}:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)])")
    return any(text.encode() in bytes(head[1]) for head in heads if isinstance(head, tuple) and len(head) > 1)


def wait_for_news(box: Box, stop: threading.Event, *, most_seconds: int) -> None:
    """Until the server tells of something in the open folder, `most_seconds` have passed, or `stop` is set."""
    box.idle.start()  # type: ignore[no-untyped-call]
    for _slice in range(most_seconds // IDLE_SLICE_SECONDS):
        if stop.is_set() or box.idle.poll(timeout=IDLE_SLICE_SECONDS):
            break
    box.idle.stop()  # type: ignore[no-untyped-call]


def list_above(box: Box, last_uid: int) -> list[Listed]:
    """Every mail above `last_uid` in the open folder, oldest number first."""
    found = {}
    for line in _fetch(box, f"{last_uid + 1}:*", "(UID RFC822.SIZE INTERNALDATE)"):
        text = (line[0] if isinstance(line, tuple) else line) or b""
        uid, size = _UID.search(text), _SIZE.search(text)
        # "5:*" means the last mail even when its UID is below 5.
        if uid and size and int(uid[1]) > last_uid:
            found[int(uid[1])] = Listed(int(uid[1]), int(size[1]), _received(text))
    return [found[uid] for uid in sorted(found)]


def _received(line: bytes) -> datetime:
    """The server's own date of a mail (RFC 3501 2.3.3); of one without, now: it counts as new."""
    told = _DATE.search(line)
    if not told:
        return datetime.now(UTC)
    day, month, year, hour, minute, second, sign, hours, minutes = (part.decode("ascii") for part in told.groups())
    away = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    zone = timezone(away)
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rb'INTERNALDATE "([ \d]\d)-(' + "|".join(_MONTHS).encode() + rb')-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)


def mark_seen(box: Box, uids: Sequence[int]) -> None:
    """Mark mails of the open folder as read. Raises one of `ERRORS`."""
    _change(box, "STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", "(\\Seen)")


def move(box: Box, uids: Sequence[int], folder: str) -> None:
    """Move mails of the open folder to another, by MOVE (RFC 6851) or by UIDPLUS (RFC 4315). Raises one of `ERRORS`.

    A server that can do neither would have to delete whatever others marked for it: there nothing is moved.
    """
    chosen, target = ",".join(map(str, uids)), encode_folder(folder).decode("ascii")
    if offers(box, "MOVE"):
        _change(box, "MOVE", chosen, target)
    elif offers(box, "UIDPLUS"):
        _change(box, "COPY", chosen, target)
        _change(box, "STORE", chosen, "+FLAGS.SILENT", "(\\Deleted)")
        _change(box, "EXPUNGE", chosen)
    else:
        raise BadAnswer("the server can move no mail")


def can_move(box: Box) -> bool:
    """Whether the server moves mails without touching others."""
    return offers(box, "MOVE") or offers(box, "UIDPLUS")


def _change(box: Box, command: str, *values: str) -> None:
    status, lines = box.client.uid(command, *values)
    if status != "OK":
        raise BadAnswer(f"{command}: {lines!r}"[:200])


def read_whole(box: Box, uid: int) -> bytes | None:
    """The bytes of one mail without marking it as seen; None when it is no longer there."""
    return _literal(_fetch(box, str(uid), "(BODY.PEEK[])"))


def read_head(box: Box, uid: int, *, max_bytes: int) -> bytes | None:
    """The header block of one mail, cut at `max_bytes`; None when it is no longer there."""
    return _literal(_fetch(box, str(uid), f"(BODY.PEEK[HEADER]<0.{max_bytes}>)"))


def _fetch(box: Box, uids: str, parts: str) -> list[Any]:
    status, lines = box.client.uid("FETCH", uids, parts)
    if status != "OK":
        raise BadAnswer(f"FETCH: {lines!r}"[:200])
    return [line for line in lines if line]


def _literal(lines: list[Any]) -> bytes | None:
    return next((bytes(line[1]) for line in lines if isinstance(line, tuple) and len(line) > 1), None)
