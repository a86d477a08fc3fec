"""Delivery reports: which address failed, why, and which message of ours it was about.

Reads RFC 3464 and what servers send instead of it: qmail's prose, Exim and Gmail's X-Failed-Recipients, Exchange's
pages.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ventanilla.mail.charsets import decode
from ventanilla.mail.headers import message_ids, one_line
from ventanilla.mail.mime import Leaf

_FIELD = re.compile(r"(?m)^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*(?:\r?\n[ \t]+.*){0,50})")
_ORIGINAL_ID = re.compile(r"(?im)^[> \t]*message-id:\s{0,20}(<[^<>\s]{1,900}>)")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_COPY = re.compile(r"(?im)^-+ ?(?:below this line|original message|mensaje original|a continuación)")
_ID_LINE = re.compile(r"(?im)^[> \t]*(?:message-id|references|in-reply-to)[ \t]*:.*$")
_ANGLE = re.compile(r"<([^<>\s@]{1,128}@[^<>\s@]{1,255})>")
_FAILED_LINE = re.compile(r"(?m)^[ \t]*<?([^<>\s@:;,\"']{1,128}@[^<>\s@:;,\"']{1,255}?)>?[:;,.]?[ \t\r]*$")
_PROSE = re.compile(
    r"(?i)this is the qmail-send program|this is a permanent error; i've given up|"
    r"delivery (?:to the following|has failed)|"
    r"(?:could|can)(?: not|n't) be delivered|wasn't delivered to|mail delivery (?:failed|system)|undeliver(?:ed|able)|"
    r"no se ha podido entregar|no se pudo entregar|error (?:al|en la) entreg|address not found|"
    r"no se ha encontrado la dirección|"
    r"delivery (?:status notification|failure)|returned mail|returned to sender|correo devuelto|"
    r"konnte nicht zugestellt werden|unzustellbar|recipient address rejected|user unknown"
)
_SUBJECT = re.compile(
    r"(?i)^\s*(?:undeliver(?:ed|able)|returned mail|failure notice|mail delivery (?:failed|failure|system|problem)|"
    r"delivery (?:status notification|failure|has failed)|delivery notification|undelivered mail returned|"
    r"no se puede entregar|no entregado|no entregable|correo (?:devuelto|no entregado)|"
    r"mensaje (?:devuelto|no entregado)|"
    r"error (?:de|en la) entrega|unzustellbar|warning: could not send|message not delivered)"
)
_DAEMON = re.compile(
    r"(?i)^(?:mailer-daemon|postmaster|mail-daemon|maildaemon|mdaemon|microsoftexchange[0-9a-f]*|"
    r"mail\.daemon)(?:\+.*)?@"
)
_MAX_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One address of a report: action (failed, delayed, delivered, relayed, expanded or ""), status code, the
    server's words."""

    address: str
    action: str
    status: str
    diagnostic: str

    @property
    def permanent(self) -> bool:
        """Whether the failure is final rather than a delay."""
        return self.action in ("failed", "") and not self.status.startswith(("2.", "4."))


@dataclass(frozen=True, slots=True)
class Report:
    """A report about an earlier mail. `kind`: dsn (delivery), mdn (read receipt), arf (complaint)."""

    kind: Literal["dsn", "mdn", "arf"]
    recipients: tuple[FailedRecipient, ...]
    original_message_id: str
    standard: bool


def read_report(
    leaves: Iterable[Leaf],
    *,
    content_type: str,
    from_address: str,
    null_return_path: bool,
    subject: str,
    text: str,
    failed_header: str,
) -> Report | None:
    """The report in these parts, or None when the mail is not one; never raises."""
    # An attached report is a person's evidence; only what is a report as a whole counts as one.
    daemon = bool(_DAEMON.match(from_address))
    parts = list(leaves)
    original = _original_id(parts, text)
    for leaf in parts if daemon or null_return_path or content_type == "multipart/report" else ():
        if leaf.content_type == "message/disposition-notification":
            about = next(
                (block["original-message-id"] for block in _blocks(leaf) if "original-message-id" in block), ""
            )
            return Report("mdn", (), (message_ids(about) or (original,))[0], standard=True)
        if leaf.content_type == "message/feedback-report":
            return Report("arf", (), original, standard=True)
        if leaf.content_type in ("message/delivery-status", "message/global-delivery-status"):
            return Report("dsn", tuple(_recipients(leaf)), original, standard=True)
    listed = tuple(dict.fromkeys(re.findall(r"[^\s,;<>]{1,128}@[^\s,;<>]{1,255}", failed_header[:8192])))
    said = bool(_SUBJECT.match(subject))
    # A postmaster is also a person: their words alone prove nothing.
    sure = said or null_return_path or not from_address.lower().startswith("postmaster")
    prose = sure and bool(_PROSE.search(text[:20_000]))
    told = daemon and (prose or said or content_type == "multipart/report")
    if not (listed or told or (null_return_path and said and prose)):
        return None
    if not listed:
        own_words = _COPY.split(text[:_MAX_TEXT], maxsplit=1)[0]
        own_words = _ID_LINE.sub("", own_words)
        listed = tuple(dict.fromkeys(_FAILED_LINE.findall(own_words) or _ANGLE.findall(own_words)))[:50]
    status = _STATUS.search(text[:_MAX_TEXT])
    reason = next(
        (line for line in text[:_MAX_TEXT].splitlines() if _STATUS.search(line) or re.search(r"\b5[0-9]{2}[ -]", line)),
        "",
    )
    return Report(
        "dsn",
        tuple(
            FailedRecipient(one_line(address, 320), "", status.group(1) if status else "", one_line(reason, 500))
            for address in listed[:50]
        ),
        original,
        standard=False,
    )


def _blocks(leaf: Leaf) -> list[dict[str, str]]:
    """The groups of fields of a report part: one about the message, then one for each recipient."""
    text = decode(leaf.content[:_MAX_TEXT]).replace("\r\n", "\n")
    return [
        {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block)}
        for block in re.split(r"\n[ \t]*\n", text)
        if block.strip()
    ]


def _recipients(leaf: Leaf) -> Iterable[FailedRecipient]:
    for block in _blocks(leaf)[:500]:
        address = block.get("original-recipient") or block.get("final-recipient") or ""
        final = block.get("final-recipient") or address
        if not address:
            continue
        status = _STATUS.search(block.get("status", ""))
        address = address.partition(";")[2].strip() or final.partition(";")[2].strip() or address
        yield FailedRecipient(
            one_line(address.strip("<>"), 320),
            block.get("action", "").partition(" ")[0].lower()[:20],
            status.group(1) if status else "",
            one_line(block.get("diagnostic-code", "").partition(";")[2] or block.get("diagnostic-code", ""), 500),
        )


def _original_id(parts: list[Leaf], text: str) -> str:
    for leaf in parts:
        if leaf.content_type in (
            "message/rfc822",
            "message/global",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global-headers",
        ):
            head = re.split(r"\r?\n\r?\n", decode(leaf.content[:65_536]), maxsplit=1)[0]
            found = _ORIGINAL_ID.search(head)
            if found:
                return found.group(1)
    found = _ORIGINAL_ID.search(text[:_MAX_TEXT])
    return found.group(1) if found else ""
