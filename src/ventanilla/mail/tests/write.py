"""Mails as people's programs write them, for the tests."""

import itertools
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from django.utils import timezone

_numbers = itertools.count(1)
DESK = "soporte@mesa.example"


def write(text: str = "No imprime.", *, html: str = "", files: Any = (), images: Any = (), **fields: str) -> bytes:
    """One mail. Underscores in the names of `fields` stand for hyphens; an empty value leaves a field out.

    `files`: (name, media type, bytes); `images`: (Content-ID without brackets, bytes of a PNG).
    """
    number = next(_numbers)
    message = EmailMessage(policy=SMTP)
    given = {
        "From": "Ana Ruiz <ana@cliente.example>",
        "To": DESK,
        "Subject": "La impresora no va",
        "Date": format_datetime(timezone.now()),
        "Message-ID": f"<{number}.ana@cliente.example>",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    for name, value in given.items():
        if value:
            message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        for content_id, image in images:
            message.get_payload()[1].add_related(image, "image", "png", cid=f"<{content_id}>")  # type: ignore[index,union-attr]
    for name, media_type, content in files:
        main, _slash, sub = media_type.partition("/")
        message.add_attachment(content, main, sub, filename=name)
    return message.as_bytes()


def answer(to: EmailMessage, text: str = "Gracias, ya va.", **fields: str) -> bytes:
    """The answer to a mail we sent, written in a program that quotes what it answers."""
    quoted = "\n".join(f"> {line}" for line in to.get_body(("plain",)).get_content().splitlines())  # type: ignore[union-attr]
    body = f"{text}\n\nEl lun, 23 nov 2026, Soporte escribió:\n{quoted}\n"
    given = {"Subject": f"Re: {to['Subject']}", "In_Reply_To": str(to["Message-ID"])}
    reply_to = str(to["Reply-To"] or to["From"])
    return write(body, **({"To": reply_to} | given | fields))


def report(about: EmailMessage, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """What a mail server says of a mail it could not deliver (RFC 3464)."""
    block = (
        "Reporting-MTA: dns; mx.cliente.example\r\n\r\nFinal-Recipient: rfc822; ana@cliente.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 {status} no such user\r\n"
    )
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.cliente.example>\r\n"
        f"To: {DESK}\r\nReturn-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\n"
        f"Message-ID: <{next(_numbers)}.dsn@mx.cliente.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNo se pudo entregar.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{block}\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {about['Message-ID']}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()
