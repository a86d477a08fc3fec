"""A letter as bytes for the wire: text and HTML, images shown inside, attachments, and headers that nothing can break.

The body is built by the standard library. The header block is written here, because the library's folding encodes long
message identifiers as if they were words, which breaks threading, and because every value must pass one gate.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from ventanilla.core.htmltext import html_to_text
from ventanilla.mail.charsets import scrub
from ventanilla.mail.headers import Address, one_line, safe_name
from ventanilla.mail.screens import INSTALLATION_HEADER

Automatic = Literal["", "auto-replied", "auto-generated"]

_TYPE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,80}/[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,80}")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MAX_REFERENCES = 20
_WIDTH = 76


class BadAddress(ValueError):
    """An address that cannot stand in a header."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send. With a `content_id` it is an image that the HTML shows by `cid:`."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail says. `date` is aware. `automatic` is "" for a person's own words (RFC 3834 section 5)."""

    from_: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    message_id: str
    date: datetime
    html: str = ""
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    automatic: Automatic = ""
    installation: str = ""
    language: str = ""


def compose(letter: Letter) -> bytes:
    """The message in RFC 5322 form with CRLF line ends, no line longer than 998 octets.

    Line breaks and control characters in names, subject, identifiers and file names are taken out. Domains are
    written in their ASCII form; an address with a non-ASCII local part stays UTF-8 and needs SMTPUTF8 (RFC 6531), see
    `needs_smtputf8`. Raises BadAddress for an address that is none, ValueError when nobody is addressed.
    """
    if not letter.to and not letter.cc:
        raise ValueError("a letter needs a recipient")
    lines = [
        _addresses("From", (letter.from_,)),
        _addresses("To", letter.to),
        _addresses("Cc", letter.cc),
        _addresses("Reply-To", letter.reply_to),
        _text("Subject", one_line(letter.subject, 500)),
        f"Date: {format_datetime(letter.date)}",
        _identifiers("Message-ID", (letter.message_id,)),
        _identifiers("In-Reply-To", (letter.in_reply_to,)),
        _identifiers("References", _bounded(letter.references, letter.in_reply_to)),
    ]
    if letter.automatic:
        lines.append(f"Auto-Submitted: {letter.automatic}")
    # Exchange answers neither this with "out of office" nor with read receipts, whoever wrote it.
    lines.append("X-Auto-Response-Suppress: " + ("All" if letter.automatic else "OOF, AutoReply"))
    if letter.installation:
        lines.append(_text(INSTALLATION_HEADER, one_line(letter.installation, 60)))
    if re.fullmatch(r"[A-Za-z-]{2,20}", letter.language):
        lines.append(f"Content-Language: {letter.language}")
    head = "\r\n".join(line for line in lines if line)
    return head.encode("utf-8") + b"\r\n" + _body(letter).as_bytes()


def needs_smtputf8(letter: Letter) -> bool:
    """Whether an address of the letter has a non-ASCII local part, so that the server must offer SMTPUTF8."""
    people = (letter.from_, *letter.to, *letter.cc, *letter.reply_to)
    return any(not address.address.rpartition("@")[0].isascii() for address in people)


def _body(letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message.set_content(_lines(letter.text or html_to_text(letter.html)), charset="utf-8")
    if letter.html:
        message.add_alternative(_lines(letter.html), subtype="html", charset="utf-8")
        shown = [file for file in letter.attachments if _shown(file, letter.html)]
        if shown:
            html_part = next(each for each in message.iter_parts() if each.get_content_type() == "text/html")
            for file in shown:
                main, _, sub = _type(file).partition("/")
                name = safe_name(file.name, content_type=file.content_type)
                identifier = f"<{_content_id(file)}>"
                html_part.add_related(file.content, main, sub, cid=identifier, filename=name, disposition="inline")
    for file in letter.attachments:
        if not _shown(file, letter.html):
            main, _, sub = _type(file).partition("/")
            name = safe_name(file.name, content_type=file.content_type)
            message.add_attachment(file.content, main, sub, filename=name)
    return message


def _shown(file: Attachment, html: str) -> bool:
    return bool(file.content_id) and f"cid:{file.content_id}" in html


def _content_id(file: Attachment) -> str:
    return re.sub(r"[^A-Za-z0-9.@_+-]", "", file.content_id)[:200] or "image"


def _type(file: Attachment) -> str:
    """The declared type; what mail gives a structure of its own (message, multipart) travels as plain bytes."""
    if not _TYPE.fullmatch(file.content_type) or file.content_type.lower().startswith(("message/", "multipart/")):
        return "application/octet-stream"
    return file.content_type.lower()


def _lines(text: str) -> str:
    return scrub(text).replace("\r\n", "\n").replace("\r", "\n")


def _text(name: str, value: str) -> str:
    """An unstructured field, folded, as encoded words where it is not ASCII."""
    value = scrub(value)
    if value.isascii() and "=?" not in value:
        return _fold(name, value.split(" "), " ")
    return f"{name}: " + Header(value, "utf-8", maxlinelen=_WIDTH, header_name=name).encode(linesep="\r\n")


def _addresses(name: str, people: tuple[Address, ...]) -> str:
    return _fold(name, [_mailbox(address) for address in people], ", ") if people else ""


def _mailbox(address: Address) -> str:
    wire = wire_address(address.address)
    shown = scrub(one_line(address.name, 200))
    if not shown:
        return wire
    if not shown.isascii() or "=?" in shown:
        phrase = Header(shown, "utf-8", maxlinelen=_WIDTH - 2, header_name="Reply-To").encode(linesep="\r\n")
        return f"{phrase} <{wire}>"
    if _ATOM.fullmatch(shown):
        return f"{shown} <{wire}>"
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{wire}>'


def wire_address(address: str) -> str:
    """`address` as it stands on the wire: the domain in ASCII (IDNA). Raises BadAddress when it is no address."""
    local, at, domain = address.rpartition("@")
    quoted = local.startswith('"') and local.endswith('"') and len(local) > 2
    bad = r"[\x00-\x1f\x7f]" if quoted else r"[\x00-\x20\x7f<>()\[\]:;,@\\\"]"
    if (
        not at
        or not local
        or not domain
        or re.search(bad, local)
        or re.search(r"[\x00-\x20\x7f<>(),;:\\\"@]", domain.strip("[]"))
    ):
        raise BadAddress(address[:320])
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadAddress(address[:320]) from error
    return f"{scrub(local)}@{domain}"


def _identifiers(name: str, identifiers: tuple[str, ...]) -> str:
    kept = [identifier for identifier in identifiers if _ID.fullmatch(identifier)]
    return _fold(name, kept, " ") if kept else ""


def _bounded(references: tuple[str, ...], parent: str) -> tuple[str, ...]:
    """The first reference (where the conversation began) and the latest ones, the parent last (RFC 5322 3.6.4)."""
    known = list(dict.fromkeys((*references, *([parent] if parent else []))))
    if parent and parent in known:
        known.remove(parent)
        known.append(parent)
    if len(known) > _MAX_REFERENCES:
        known = [known[0], *known[-(_MAX_REFERENCES - 1) :]]
    return tuple(known)


def _fold(name: str, pieces: list[str], separator: str) -> str:
    """`name: pieces`, with line breaks between pieces so that lines stay short; a piece is never cut."""
    lines, line = [], f"{name}:"
    for index, piece in enumerate(pieces):
        said = piece + (separator.rstrip() if index < len(pieces) - 1 else "")
        if len(line) + 1 + len(said) > _WIDTH and line != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {said}"
    lines.append(line)
    return "\r\n".join(lines)
