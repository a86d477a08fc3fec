"""The send queue: due rows, claimed by lease, tried with patience, failures in sight."""

import base64
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from ventanilla.core.asking import run
from ventanilla.core.crypto import Unreadable, unseal
from ventanilla.core.prepared import Given, Prepared
from ventanilla.core.writing import update
from ventanilla.events.record import record
from ventanilla.installation.queries import installation
from ventanilla.mail.compose import BadAddress, Letter, compose, needs_smtputf8, wire_address
from ventanilla.mail.grants import access_token, grant_of
from ventanilla.mail.letters import Untellable, letter_for
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.mail.oauth import TokenError, answer
from ventanilla.mail.tls import tls_context

log = structlog.get_logger("ventanilla.mail")

BATCH = 50
LEASE_SECONDS = 300
TIMEOUT_SECONDS = 30
LONGEST_PAUSE_SECONDS = 4 * 3600
GIVE_UP_SECONDS = 5 * 24 * 3600  # RFC 5321 4.5.4.1: four to five days
_CLAIM = """
UPDATE mail_outgoing SET next_attempt_at = %s, attempts = attempts + 1
WHERE id = %s AND state = %s AND next_attempt_at <= %s
"""
_ROW = Prepared(
    lambda: Outgoing.objects.filter(pk=Given("pk")).select_related(
        "mailbox", "person", "ticket__requester", "message__author"
    )
)
ERRORS = (smtplib.SMTPException, OSError, ssl.SSLError, Unreadable)


@dataclass
class Post:
    """Open connections of one batch, one per mailbox; a server that cannot be reached is asked once per batch."""

    connections: dict[int, smtplib.SMTP] = field(default_factory=dict)
    unreachable: dict[int, Exception] = field(default_factory=dict)

    def send(self, mailbox: Mailbox, letter: Letter, raw: bytes) -> None:
        """Hand one letter, composed as `raw`, to the mailbox's server. Raises one of `ERRORS`."""
        connection = self._connection(mailbox)
        options = ["SMTPUTF8"] if needs_smtputf8(letter) else []
        recipients = [wire_address(address.address) for address in (*letter.to, *letter.cc)]
        try:
            connection.sendmail(wire_address(letter.from_.address), recipients, raw, options)
        except ERRORS:
            if connection.sock is None:  # the server said goodbye, or smtplib hung up after a 421
                self.connections.pop(mailbox.pk, None)
            raise

    def _connection(self, mailbox: Mailbox) -> smtplib.SMTP:
        if mailbox.pk in self.unreachable:
            raise self.unreachable[mailbox.pk]
        if mailbox.pk not in self.connections:
            try:
                self.connections[mailbox.pk] = connect(mailbox)
            except ERRORS as error:
                self.unreachable[mailbox.pk] = NotReached(f"{type(error).__name__}: {error}")
                raise self.unreachable[mailbox.pk] from error
        return self.connections[mailbox.pk]

    def close(self) -> None:
        """Say goodbye to every server."""
        for connection in self.connections.values():
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()


class NotReached(OSError):
    """No conversation with the server came about: it is away, or does not let us in."""


def connect(mailbox: Mailbox, *, timeout_seconds: int = TIMEOUT_SECONDS) -> smtplib.SMTP:
    """A signed-in connection to the mailbox's SMTP server, encrypted as the mailbox says. Raises one of `ERRORS`."""
    connection = open_connection(mailbox, timeout_seconds)
    try:
        sign_in(connection, mailbox)
    except ERRORS:
        connection.close()
        raise
    return connection


def open_connection(mailbox: Mailbox, timeout_seconds: int) -> smtplib.SMTP:
    """A connection that nobody has signed in on yet, encrypted as the mailbox says. Raises one of `ERRORS`."""
    context = tls_context(mailbox)
    if mailbox.smtp_security == Mailbox.Security.TLS:
        return smtplib.SMTP_SSL(mailbox.smtp_host, mailbox.smtp_port, timeout=timeout_seconds, context=context)
    connection = smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=timeout_seconds)
    if mailbox.smtp_security == Mailbox.Security.STARTTLS:
        try:
            connection.starttls(context=context)
        except ERRORS:
            connection.close()
            raise
    return connection


def sign_in(connection: smtplib.SMTP, mailbox: Mailbox) -> None:
    """Sign in as the mailbox says; without a user name, the server takes mail as it is. Raises one of `ERRORS`."""
    if not mailbox.smtp_user:
        return
    grant = grant_of(mailbox)
    if grant is not None:
        _sign_in_by_token(connection, mailbox.smtp_user, access_token(grant))
        return
    user = mailbox.smtp_user
    password = unseal(mailbox.smtp_password, settings.SEALING_KEYS) if mailbox.smtp_password else ""
    if (user + password).isascii():
        connection.login(user, password)
        return
    # smtplib knows ASCII only; PLAIN carries UTF-8 (RFC 4616).
    connection.ehlo_or_helo_if_needed()
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, said = connection.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _sign_in_by_token(connection: smtplib.SMTP, user: str, token: str) -> None:
    """XOAUTH2; on refusal the server says why in a challenge, which wants an empty line.

    The token follows on a line of its own: a command holds no more than 512 bytes (RFC 4954 4).
    """
    connection.ehlo_or_helo_if_needed()
    if "XOAUTH2" not in connection.esmtp_features.get("auth", "").upper().split():
        raise TokenError("no_xoauth2")
    code, said = connection.docmd("AUTH", "XOAUTH2")
    if code == 334:
        code, said = connection.docmd(base64.b64encode(answer(user, token).encode()).decode("ascii"))
    if code == 334:
        code, said = connection.docmd("")
    if code != 235:
        raise TokenError("token_not_taken", f"{code} {said.decode('utf-8', 'replace')}")


def send_due(now: datetime) -> int:
    """Send a batch of due mails; returns how many were taken. Safe with any number of workers.

    A row is claimed by moving its due time one lease ahead. A kill between the server's "250" and our mark sends the
    same mail again under the same Message-ID, which receivers take as one.
    """
    due = Outgoing.objects.filter(state=Outgoing.State.DUE, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    post = Post()
    try:
        return sum(_claim_and_send(pk, now, post) for pk in ids)
    finally:
        post.close()


def _claim_and_send(pk: int, now: datetime, post: Post) -> int:
    lease = timezone.now() + timedelta(seconds=LEASE_SECONDS)
    if not run(_CLAIM, lease, pk, Outgoing.State.DUE.value, now):
        return 0
    (row,) = _ROW.objects(pk=pk)
    held = why_held_back(row.mailbox)
    if held:
        row.held = held
        _mark(row, Outgoing.State.HELD)
        return 1
    try:
        letter = letter_for(row)
        raw = compose(letter)
    except (Untellable, BadAddress) as error:
        _fail(row, str(error))
        return 1
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("mail could not be written", outgoing=row.pk)
        _try_again(row, repr(error))
        return 1
    _hand_over(row, post, letter, raw)
    return 1


def why_held_back(mailbox: Mailbox | None) -> str:
    """Why nothing leaves by this mailbox at present (`Outgoing.Held`); empty when mails do leave."""
    if installation().demo:
        return Outgoing.Held.DEMO
    if mailbox is None or not mailbox.smtp_host:
        return Outgoing.Held.NO_SERVER
    return Outgoing.Held.OBSERVING if mailbox.observing else ""


def _hand_over(row: Outgoing, post: Post, letter: Letter, raw: bytes) -> None:
    mailbox = row.mailbox
    if mailbox is None:
        return
    try:
        post.send(mailbox, letter, raw)
    except BadAddress as error:
        _fail(row, str(error))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        _refused(row, code, text)
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        _fail(row, str(error))  # an address that this server cannot write to, today or tomorrow
    except smtplib.SMTPResponseException as error:
        _refused(row, error.smtp_code, error.smtp_error)
    except ERRORS as error:
        _try_again(row, f"{type(error).__name__}: {error}")
    else:
        _mark(row, Outgoing.State.SENT)


def _refused(row: Outgoing, code: int, text: bytes | str) -> None:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code >= 500:
        _fail(row, f"{code} {said}")
    else:
        _try_again(row, f"{code} {said}")


def _mark(row: Outgoing, state: Outgoing.State, error: str = "") -> None:
    row.state, row.error = state, error[:1000]
    changed = ["state", "error", "held"]
    if state == Outgoing.State.SENT:
        row.sent_at = timezone.now()
        changed.append("sent_at")
    # In a demo a sign-in code is read in the outbox; elsewhere one that was not sent is never sent later.
    if row.secret and row.held != Outgoing.Held.DEMO:
        row.context = {}
        changed.append("context")
    update(row, *changed)


def _fail(row: Outgoing, error: str) -> None:
    """Give up: the outbox shows it, and the ticket's history says it."""
    log.warning("mail failed", outgoing=row.pk, error=error[:200])
    with transaction.atomic():
        _mark(row, Outgoing.State.FAILED, error)
        topic = row.ticket.topic if row.ticket else f"outgoing:{row.pk}"
        record("mail.failed", topic, actor="system:mail", data={"outgoing": row.pk}, personal={"address": row.address})


def _try_again(row: Outgoing, error: str) -> None:
    now = timezone.now()
    if now - row.created_at >= timedelta(seconds=GIVE_UP_SECONDS):
        _fail(row, error)
        return
    log.warning("mail not sent", outgoing=row.pk, attempts=row.attempts, error=error[:200])
    delay = timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 15 * 2 ** min(row.attempts, 12)))
    Outgoing.objects.filter(pk=row.pk).update(error=error[:1000], next_attempt_at=now + delay)
