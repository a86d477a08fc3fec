"""From the bytes of a mail to a `Mail`: the text to read, the parts to keep, the facts to judge by.

`parse` is total. Whatever the bytes are it returns, in time and memory linear in their number, and no part is lost:
what is not shown as text is a part, what exceeds a limit is a part as a whole, and what could not be understood at
all is one part with the raw source.
"""

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from ventanilla.core.htmltext import html_to_text, text_to_html
from ventanilla.mail import smime, tnef
from ventanilla.mail.charsets import decode, scrub
from ventanilla.mail.headers import Address, addresses, decode_words, message_ids, one_line, parse_date, safe_name
from ventanilla.mail.invites import Invite, read_invite
from ventanilla.mail.mime import Bounds, Leaf, Split, split
from ventanilla.mail.reports import FailedRecipient, Report, read_report

__all__ = ["Address", "FailedRecipient", "Invite", "Limits", "Mail", "Part", "Report", "parse"]

_CID = re.compile(r"(?i)cid:([^\"'<>\s)]{1,500})")
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_CALENDAR = frozenset({"text/calendar", "application/ics"})
_ENCRYPTED_PGP = "-----BEGIN PGP MESSAGE-----"
# What stands in place of a text that only the recipient's own keys could open. Both languages: parsing knows no reader.
NOTICE_SMIME = (
    "[El contenido de este mensaje está cifrado con S/MIME o dañado y solo puede abrirse desde el archivo adjunto.]\n"
    "[The content of this message is encrypted with S/MIME or damaged and can only be opened from the attached file.]"
)
NOTICE_PGP = (
    "[El contenido de este mensaje está cifrado con PGP y solo puede abrirse desde los archivos adjuntos.]\n"
    "[The content of this message is encrypted with PGP and can only be opened from the attached files.]"
)


_NOBODY = Address("", "")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown and listed. Beyond a limit nothing is lost: the whole is kept as a part."""

    max_text_characters: int = 500_000
    max_html_characters: int = 2_000_000
    max_parts: int = 300
    max_headers: int = 1_000
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the mail. `inline`: the HTML shows it by `cid:` + `content_id`. `unpacked`: its contents follow as
    parts."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False
    unpacked: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail understood. Every string is free of NUL and lone surrogates; one-line strings hold no control character.

    `html` is the sender's and is unsafe until cleaned; "" when the mail had none. `text` is always the readable text.
    `return_path` is None when no delivery agent wrote one, "" for the null path. `defects` are keys of what was wrong.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_: Address = _NOBODY
    from_all: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str = ""
    parts: tuple[Part, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/plain"
    return_path: str | None = None
    report: Report | None = None
    calendar: Invite | None = None
    defects: tuple[str, ...] = ()
    size: int = 0

    def header(self, name: str) -> str:
        """The first (topmost) value of a header field, decoded, or ""."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every value of a header field, topmost first."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


DEFAULT_LIMITS = Limits()


def parse(raw: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Mail:
    """`raw`, one RFC 5322 message or anything else, as a `Mail`. Never raises; linear time and memory.

    Should a defect of this code raise after all, the mail is still a `Mail`: its raw source as one part and the defect
    `unparsed:<exception>`, so that the door stays open and the fault is seen.
    """
    try:
        return _parse(raw, limits)
    except Exception as error:  # noqa: BLE001  the one guarantee that must hold for mail that nobody has seen yet
        part = Part("message.eml", "message/rfc822", raw)
        text = decode(raw[: limits.max_text_characters])
        return Mail(text=text, parts=(part,), defects=(f"unparsed:{type(error).__name__}",), size=len(raw))


def _parse(raw: bytes, limits: Limits) -> Mail:
    taken = split(raw, limits.bounds)
    leaves = smime.opened(taken, limits.bounds)
    defects = set(taken.defects)
    body = _Body(limits, defects)
    for leaf, was_opened in leaves:
        body.take(leaf, opened=was_opened)
    text, html = body.finish(taken)
    fields: dict[str, list[bytes]] = {}
    for name, value in taken.fields:
        fields.setdefault(name.lower(), []).append(value)

    def first(name: str) -> bytes:
        return fields.get(name, [b""])[0]

    def people(name: str) -> tuple[Address, ...]:
        return addresses(b", ".join(fields.get(name, [])))

    subject = one_line(decode_words(first("subject")), 500)
    if len(first("subject")) > 4 * 500:
        defects.add("long_subject")
    return_path = _return_path(fields.get("return-path"))
    from_all, from_ = _author(fields, return_path, defects)
    headers = tuple((name, one_line(decode_words(value), 16_384)) for name, value in taken.fields[: limits.max_headers])
    if len(taken.fields) > limits.max_headers:
        defects.add("too_many_headers")
        headers += tuple(
            (name, one_line(decode_words(value), 16_384))
            for name, value in taken.fields[limits.max_headers :]
            if name.lower() in _JUDGED
        )
    report = read_report(
        taken.leaves,
        content_type=taken.content_type,
        from_address=from_.address,
        null_return_path=return_path == "",
        subject=subject,
        text=text,
        failed_header=decode(b", ".join(fields.get("x-failed-recipients", []))),
    )
    own_id = message_ids(first("message-id"))
    sender = people("sender")
    return Mail(
        message_id=own_id[0] if own_id else "",
        in_reply_to=message_ids(b" ".join(fields.get("in-reply-to", []))),
        references=message_ids(b" ".join(fields.get("references", []))),
        from_=from_,
        from_all=from_all,
        sender=sender[0] if sender else None,
        reply_to=people("reply-to"),
        to=people("to"),
        cc=people("cc"),
        subject=subject,
        date=parse_date(first("date")),
        text=text,
        html=html,
        parts=tuple(body.parts),
        headers=headers,
        content_type=taken.content_type,
        return_path=return_path,
        report=report,
        calendar=body.calendar,
        defects=tuple(sorted(defects)),
        size=len(raw),
    )


# Fields by which a mail is judged: kept even when they stand behind thousands of others.
_JUDGED = frozenset(
    [
        "auto-submitted",
        "precedence",
        "x-autoreply",
        "x-autorespond",
        "x-auto-response-suppress",
        "list-id",
        "list-post",
        "list-unsubscribe",
        "x-ventanilla-installation",
        "return-path",
        "authentication-results",
        "x-failed-recipients",
    ]
)


def _return_path(values: list[bytes] | None) -> str | None:
    if not values:
        return None
    found = addresses(values[0])
    return found[0].address if found else ""


def _author(
    fields: dict[str, list[bytes]], return_path: str | None, defects: set[str]
) -> tuple[tuple[Address, ...], Address]:
    """Everybody in From, and the one who counts as author: the first of From with an address, else the nearest
    substitute."""
    from_all = addresses(b", ".join(fields.get("from", [])))
    if len(from_all) > 1 or len(fields.get("from", [])) > 1:
        defects.add("several_from")
    if not fields.get("from"):
        defects.add("no_from")
    author = next((address for address in from_all if address.address), None)
    if author:
        return from_all, author
    if from_all:
        defects.add("from_without_address")
    name = from_all[0].name if from_all else ""
    for field_name in ("sender", "reply-to"):
        for address in addresses(b", ".join(fields.get(field_name, []))):
            if address.address:
                return from_all, Address(name or address.name, address.address)
    return from_all, Address(name, return_path or "")


class _Body:
    """Sorts leaves into what is read and what is kept, in the order of the mail."""

    def __init__(self, limits: Limits, defects: set[str]) -> None:
        self.limits = limits
        self.defects = defects
        self.parts: list[Part] = []
        self.calendar: Invite | None = None
        self.notices: list[str] = []
        self.has_html = False
        self._segments: list[_Segment] = []
        self._group = 0

    def take(self, leaf: Leaf, *, opened: bool = False) -> None:
        """Sort one leaf. `opened`: what it contains comes as leaves of its own."""
        if opened:
            self.defects.add("smime_signed")
            self._keep(leaf, unpacked=True)
            return
        if self._is_body(leaf):
            self._take_text(leaf)
            return
        if leaf.content_type in _CALENDAR and self.calendar is None:
            self.calendar = read_invite(leaf.content, leaf.charset)
        unpacked = False
        if leaf.content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or leaf.content.startswith(
            tnef.SIGNATURE
        ):
            unpacked = self._unpack(leaf)
        elif leaf.content_type in smime.TYPES:
            self.notices.append(NOTICE_SMIME)
            self.defects.add("smime_opaque")
        elif leaf.content_type == "application/pgp-encrypted":
            self.notices.append(NOTICE_PGP)
            self.defects.add("pgp_encrypted")
        self._keep(leaf, unpacked=unpacked)

    def _is_body(self, leaf: Leaf) -> bool:
        if leaf.content_type not in ("text/plain", "text/html") or leaf.disposition == "attachment":
            return False
        if leaf.root or not leaf.filename:
            return True
        return not leaf.disposition and not self._segments

    def _take_text(self, leaf: Leaf) -> None:
        text = decode(leaf.content, leaf.charset).replace("\r\n", "\n").replace("\r", "\n")
        if leaf.content_type == "text/plain" and leaf.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=leaf.parameters.get("delsp", "").lower() == "yes")
        if not leaf.alternative or leaf.alternative != self._group or not self._segments:
            self._segments.append(_Segment())
        self._group = leaf.alternative
        segment = self._segments[-1]
        if leaf.content_type == "text/html":
            self.has_html = True
            segment.html.append(text)
        else:
            segment.text.append(text)
            if segment.html and leaf.parent != "multipart/alternative":
                segment.html.append(text_to_html(text))

    def _unpack(self, leaf: Leaf) -> bool:
        found = tnef.unpack(leaf.content)
        if not found.complete:
            self.defects.add("tnef_incomplete")
        if (found.text or found.html) and not any(segment.filled for segment in self._segments):
            segment = _Segment()
            if found.text:
                segment.text.append(found.text.replace("\r\n", "\n").replace("\r", "\n"))
            if found.html:
                segment.html.append(found.html)
                self.has_html = True
            self._segments.append(segment)
        for file in found.files:
            kind = file.content_type.strip().lower()
            kind = kind if re.fullmatch(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+", kind) else "application/octet-stream"
            self._keep(Leaf(kind, {}, "attachment", file.name, file.content_id.strip("<> "), file.content))
        return bool(found.text or found.html or found.files)

    def _keep(self, leaf: Leaf, *, unpacked: bool = False) -> None:
        number = len(self.parts) + 1
        fallback = "message" if leaf.content_type in _MESSAGES else f"attachment-{number}"
        name = leaf.filename
        if not name and leaf.content_type in _MESSAGES:
            name = _enclosed_subject(leaf.content)
        elif not name and leaf.content_type in _CALENDAR:
            name = "invite.ics"
        elif not name and leaf.content_type in smime.TYPES:
            name = "smime.p7m"
        name = safe_name(name, fallback=fallback, content_type=leaf.content_type)
        if leaf.content_type in _MESSAGES and not name.lower().endswith(".eml"):
            name = safe_name(f"{name}.eml", fallback=fallback)
        identifier = one_line(leaf.content_id, 300)
        self.parts.append(Part(name, leaf.content_type, leaf.content, identifier, unpacked=unpacked))

    def finish(self, taken: Split) -> tuple[str, str]:
        """The text and the HTML of the whole; afterwards `parts` is complete."""
        texts: list[str] = []
        htmls: list[str] = []
        for segment in self._segments:
            text = "\n".join(piece.rstrip("\n") for piece in segment.text)
            if not text.strip() and segment.html:
                text = html_to_text("\n".join(segment.html))
            texts.append(text)
            htmls.append("\n".join(segment.html) if segment.html else text_to_html(text))
        text = scrub("\n\n".join(piece for piece in texts if piece.strip()))
        html = scrub("\n".join(piece for piece in htmls if piece.strip())) if self.has_html else ""
        if not text.strip() and self.calendar:
            text = self.calendar.as_text()
        if self.notices and (not text.strip() or "smime_opaque" in self.defects):
            text = "\n\n".join(dict.fromkeys([*([text] if text.strip() else []), *self.notices]))
            if html:
                html += "<br>\n" + "<br>\n".join(map(text_to_html, dict.fromkeys(self.notices)))
        if _ENCRYPTED_PGP in text[:100_000]:
            self.defects.add("pgp_encrypted")
        text = self._limit(text, self.limits.max_text_characters, "message.txt", "text/plain")
        html = self._limit(html, self.limits.max_html_characters, "message.html", "text/html")
        self._mark_inline(html)
        self._bound_parts()
        return text, html

    def _limit(self, text: str, most: int, name: str, content_type: str) -> str:
        if len(text) <= most:
            return text
        self.defects.add("long_text")
        self.parts.append(Part(name, content_type, text.encode()))
        return text[:most]

    def _mark_inline(self, html: str) -> None:
        shown = {unquote(identifier) for identifier in _CID.findall(html)} | set(_CID.findall(html))
        if not shown:
            return
        for index, part in enumerate(self.parts):
            if part.content_id and part.content_id in shown and part.content_type.startswith("image/"):
                self.parts[index] = Part(part.name, part.content_type, part.content, part.content_id, inline=True)

    def _bound_parts(self) -> None:
        """The parts beyond the limit put together into one uncompressed archive: few rows, nothing lost."""
        most = self.limits.max_parts
        if len(self.parts) <= most:
            return
        self.defects.add("many_parts")
        rest = self.parts[most - 1 :]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
            for number, part in enumerate(rest, start=most):
                packed.writestr(zipfile.ZipInfo(f"{number:05d}-{part.name}"), part.content)
        self.parts[most - 1 :] = [Part("more-attachments.zip", "application/zip", archive.getvalue())]


@dataclass(slots=True)
class _Segment:
    """A stretch of the body: alternatives of the same words."""

    text: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    @property
    def filled(self) -> bool:
        return any(piece.strip() for piece in (*self.text, *self.html))


def _enclosed_subject(content: bytes) -> str:
    """The subject of an enclosed message, to name its file by."""
    match = re.search(rb"(?im)^subject:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)", content[:16_384])
    return one_line(decode_words(match.group(1)), 80) if match else ""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """A format=flowed text with its paragraphs joined again (RFC 3676); quote marks and the signature line stay as
    they are."""
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0

    def flush() -> None:
        if pending:
            prefix = ">" * pending_depth + " " if pending_depth else ""
            out.append(prefix + "".join(pending))
            pending.clear()

    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        if bare.startswith(" "):
            bare = bare[1:]
        if pending and depth != pending_depth:
            flush()
        if bare == "-- ":
            flush()
            out.append((">" * depth + " " if depth else "") + bare)
        elif bare.endswith(" "):
            pending_depth = depth
            pending.append(bare[:-1] if delete_space else bare)
        else:
            pending_depth = depth
            pending.append(bare)
            flush()
    flush()
    return "\n".join(out)
