"""The send queue: due rows, claimed by lease, tried with patience, failures in sight."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from ventanilla.core.crypto import unseal
from ventanilla.installation.queries import installation
from ventanilla.mail.compose import BadAddress, Letter, compose, needs_smtputf8, wire_address
from ventanilla.mail.letters import letter_for
from ventanilla.mail.models import Mailbox, Outgoing

log = structlog.get_logger("ventanilla.mail")

BATCH = 50
LEASE_SECONDS = 120
TIMEOUT_SECONDS = 30
MOST_ATTEMPTS = 10


@dataclass
class Post:
    """Open connections of one batch, one per mailbox."""

    connections: dict[int, smtplib.SMTP] = field(default_factory=dict)

    def send(self, mailbox: Mailbox, letter: Letter) -> None:
        """Hand one letter to the mailbox's server. Raises what `smtplib`, `ssl` and sockets raise."""
        connection = self.connections.get(mailbox.pk)
        if connection is None:
            connection = self.connections[mailbox.pk] = connect(mailbox)
        options = ["SMTPUTF8"] if needs_smtputf8(letter) else []
        recipients = [wire_address(address.address) for address in (*letter.to, *letter.cc)]
        try:
            connection.sendmail(wire_address(letter.from_.address), recipients, compose(letter), options)
        except (smtplib.SMTPServerDisconnected, OSError):
            self.connections.pop(mailbox.pk, None)
            raise

    def close(self) -> None:
        """Say goodbye to every server."""
        for connection in self.connections.values():
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()


def connect(mailbox: Mailbox) -> smtplib.SMTP:
    """A signed-in connection to the mailbox's SMTP server, encrypted as the mailbox says."""
    context = ssl.create_default_context()
    if mailbox.smtp_security == Mailbox.Security.TLS:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            mailbox.smtp_host, mailbox.smtp_port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=TIMEOUT_SECONDS)
        if mailbox.smtp_security == Mailbox.Security.STARTTLS:
            connection.starttls(context=context)
    if mailbox.smtp_user:
        connection.login(mailbox.smtp_user, unseal(mailbox.smtp_password, settings.SEALING_KEYS))
    return connection


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
    lease = now + timedelta(seconds=LEASE_SECONDS)
    claimed = Outgoing.objects.filter(pk=pk, state=Outgoing.State.DUE, next_attempt_at__lte=now).update(
        next_attempt_at=lease, attempts=F("attempts") + 1
    )
    if not claimed:
        return 0
    row = Outgoing.objects.select_related("mailbox", "person", "ticket__requester", "message__author").get(pk=pk)
    if installation().demo or row.mailbox is None or not row.mailbox.smtp_host:
        _finish(row, Outgoing.State.HELD)
        return 1
    try:
        post.send(row.mailbox, letter_for(row))
    except (BadAddress, ValueError) as error:
        _finish(row, Outgoing.State.FAILED, str(error))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        _try_again(row, f"{code} {text!r}", final=code >= 500)
    except smtplib.SMTPResponseException as error:
        final = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
        _try_again(row, f"{error.smtp_code} {error.smtp_error!r}", final=final)
    except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
        _try_again(row, repr(error), final=False)
    else:
        _finish(row, Outgoing.State.SENT)
    return 1


def _finish(row: Outgoing, state: Outgoing.State, error: str = "") -> None:
    fields = {"state": state, "error": error[:1000]}
    if state == Outgoing.State.SENT:
        fields["sent_at"] = timezone.now()
        if row.secret:
            fields["context"] = {}
    Outgoing.objects.filter(pk=row.pk).update(**fields)


def _try_again(row: Outgoing, error: str, *, final: bool) -> None:
    log.warning("mail not sent", outgoing=row.pk, attempts=row.attempts, error=error[:200])
    if final or row.attempts >= MOST_ATTEMPTS:
        _finish(row, Outgoing.State.FAILED, error)
        return
    delay = timedelta(seconds=min(4 * 3600, 15 * 2**row.attempts))
    Outgoing.objects.filter(pk=row.pk).update(error=error[:1000], next_attempt_at=timezone.now() + delay)
