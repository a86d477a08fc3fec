"""The conductor of the road in: raw mail → parse → screens → destination. The only place that knows the whole road.

Bytes are stored first. Everything slow (parsing, cleaning, storing files) happens before the one transaction in which
the mail becomes what it becomes and its row says so: a kill at any point loses nothing and doubles nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from ventanilla.core.asking import HURRY, ask, may_hurry, run
from ventanilla.core.writing import insert_unless, update
from ventanilla.events.record import record
from ventanilla.files.actions import store as store_blob
from ventanilla.files.actions import storing
from ventanilla.files.models import Blob
from ventanilla.files.queries import open_blob
from ventanilla.installation.queries import installation, one_configuration
from ventanilla.mail.destinations import DESTINATIONS, Arrival
from ventanilla.mail.keys import mark_keys
from ventanilla.mail.marks import read_doctor_token
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.parse import Mail
from ventanilla.mail.parsing import parse_bounded
from ventanilla.mail.queries import (
    catch_all,
    copy_since,
    mailboxes,
    own_addresses,
    received_since,
    sender_rules,
)
from ventanilla.mail.screens import Facts, Verdict, screen
from ventanilla.people.addresses import normal_email
from ventanilla.tickets.models import Ticket

log = structlog.get_logger("ventanilla.mail")

SAME_MAIL_DAYS = 30
LEASE_SECONDS = 300
MOST_ATTEMPTS = 8
MAX_BYTES = 25 * 1024 * 1024
_CLAIM = "UPDATE mail_rawmail SET attempts = attempts + 1 WHERE id = %s AND state = %s"
_ALLOWED_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To")


class NoMailbox(LookupError):
    """No enabled mailbox can take the mail."""


@dataclass(frozen=True)
class Outcome:
    """What a mail became: `outcome` as in the contract of `ventanilla mail deliver`."""

    raw: int
    outcome: str
    ticket: Ticket | None
    reason: str


@dataclass(slots=True)
class Given:
    """A mail as it comes in; `mail` where it has been parsed already."""

    raw: bytes
    mail: Mail | None = None

    def parsed(self) -> Mail:
        """The mail, parsed once."""
        if self.mail is None:
            self.mail = parse_bounded(self.raw)
        return self.mail


def keep(raw: bytes, *, mailbox: Mailbox, envelope_from: str = "", quiet: bool = False) -> tuple[RawMail, bool]:
    """Store the bytes (synced) and then their row; returns the row, and whether it is new to this mailbox."""
    digest = hashlib.sha256(raw).hexdigest()
    row = RawMail(mailbox=mailbox, digest=digest, size=len(raw), envelope_from=envelope_from[:254], quiet=quiet)
    with storing(raw, name="message.eml") as blob:
        row.blob = blob
        if insert_unless(row, unique=("mailbox", "digest")):
            return row, True
    return RawMail.objects.select_related("mailbox", "blob", "ticket").get(mailbox=mailbox, digest=digest), False


def receive(raw: bytes, *, mailbox: Mailbox | None = None, envelope_from: str = "", quiet: bool = False) -> Outcome:
    """Keep a mail and make of it what it is to become. A `quiet` one is older than its mailbox: nobody is told of it.

    Content never raises: what cannot be processed now is stored, reported as `failed`, and tried again by the ticker.
    Raises `NoMailbox` when nobody can take it, and the storage's own errors when it could not be kept.
    """
    (outcome,) = receive_together([Given(raw)], mailbox=mailbox, envelope_from=envelope_from, quiet=quiet)
    return outcome


def receive_together(
    mails: Sequence[Given], *, mailbox: Mailbox | None = None, envelope_from: str = "", quiet: bool = False
) -> Iterator[Outcome]:
    """The same for a few mails, their outcomes in this order: all are kept by one commit before the first is processed.

    When one of them cannot be kept, none is.
    """
    with one_configuration():
        chosen = [(given.raw, mailbox or choose_mailbox(given.parsed())) for given in mails]
        with transaction.atomic():
            kept = [keep(raw, mailbox=box, envelope_from=envelope_from, quiet=quiet) for raw, box in chosen]
        for given, (row, new) in zip(mails, kept, strict=True):
            if not new and row.state != RawMail.State.NEW:
                yield Outcome(row.pk, RawMail.Outcome.DUPLICATE, row.ticket, "same_bytes")
            else:
                yield process(row, raw=given.raw, mail=given.mail)


def hold_unfetched(head: bytes, *, mailbox: Mailbox, size: int) -> RawMail:
    """Hold a mail that is too big to be fetched: its header, its true size in bytes, and the reason. Idempotent."""
    mail = parse_bounded(head)
    store_blob(head, name="message.eml")
    with transaction.atomic():
        # One transaction for row and verdict: after a kill in between, the header alone would become a ticket.
        row, new = keep(head, mailbox=mailbox)
        if new:
            row.sender, row.subject, row.size = normal_email(mail.from_.address), mail.subject[:250], size
            row.state, row.outcome = RawMail.State.QUARANTINED, RawMail.Outcome.QUARANTINED
            row.verdict, row.reason = "too_big", "too_big_to_fetch"
            row.reason_data = {"bytes": str(size)}
            row.save()
            data = {"verdict": row.verdict, "reason": row.reason}
            record("mail.quarantined", f"mail:{row.pk}", actor=f"mail:{row.pk}", data=data)
    return row


def choose_mailbox(mail: Mail) -> Mailbox:
    """The mailbox a mail is addressed to, by its envelope's traces and its recipients, else the catch-all."""
    known = {mailbox.address: mailbox for mailbox in mailboxes()}
    traces = [normal_email(value) for name in _ALLOWED_HEADERS for value in mail.all_headers(name)]
    for address in [*traces, *(normal_email(a.address) for a in (*mail.to, *mail.cc))]:
        local, _at, domain = address.partition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        if address in known or plain in known:
            return known.get(address) or known[plain]
    fallback = catch_all() or next(iter(known.values()), None)
    if fallback is None:
        raise NoMailbox("no mailbox is set up; that is done in the browser (Mail, Mailboxes)")
    return fallback


def process(row: RawMail, *, raw: bytes | None = None, mail: Mail | None = None) -> Outcome:
    """Process a stored mail once: the claim, the ticket and the mark commit together."""
    try:
        if raw is None:
            with open_blob(_blob(row)) as file:
                raw = file.read()
        if mail is None:
            mail = parse_bounded(raw)
        verdict = screen(mail, _facts(mail, row))
        arrival = Arrival.prepare(row, raw, mail, verdict)
        alone = may_hurry()
        with transaction.atomic():
            # The claim: of two processes with the same row, one updates it; the other waits, then finds nothing to do.
            if not run(_CLAIM, row.pk, RawMail.State.NEW.value):
                row.refresh_from_db()
                return Outcome(row.pk, row.outcome or "failed", row.ticket, row.reason)
            return _decide(arrival, hurry=alone)
    except Exception as error:
        log.exception("mail could not be processed", raw=row.pk)
        _postpone(row, error)
        return Outcome(row.pk, "failed", None, type(error).__name__)


def _blob(row: RawMail) -> Blob:
    if row.blob is None:
        raise FileNotFoundError(f"the source of mail {row.pk} was erased")
    return row.blob


def _facts(mail: Mail, row: RawMail) -> Facts:
    sender = normal_email(mail.from_.address)
    blocked, allowed = sender_rules()
    own, now = own_addresses(), timezone.now()
    keys = [key.decode() for key in mark_keys()]
    return Facts(
        own_addresses=own,
        own_domains=frozenset(address.rpartition("@")[2] for address in own),
        installation=str(installation().identity),
        test_token=read_doctor_token(keys, [mail.subject, mail.message_id], mailbox=row.mailbox_id, now=now),
        blocked=blocked,
        allowed=allowed,
        sent_last_hour=received_since(sender, now - timedelta(hours=1)) if sender else 0,
        per_sender_limit=row.mailbox.per_sender_limit,
        max_bytes=MAX_BYTES,
    )


def sameness(mail: Mail) -> str:
    """What two copies of one mail share: Message-ID, From, Date and body with its parts.

    Never the Message-ID alone: it can be forged, and then the forged mail would swallow the true one.
    """
    if not mail.message_id:
        return ""
    said = hashlib.sha256((mail.text + "\0" + mail.html).encode())
    for part in mail.parts:
        said.update(hashlib.sha256(part.content).digest())
    body = said.hexdigest()
    date = mail.date.isoformat() if mail.date else ""
    return hashlib.sha256("\0".join((mail.message_id, mail.from_.address.lower(), date, body)).encode()).hexdigest()


def _decide(arrival: Arrival, *, hurry: bool = False) -> Outcome:
    """Inside the transaction: a copy of a known mail, else the first destination that takes it, else quarantine.

    In a hurry the transaction does not wait for the disk. The mail itself is on it: should the server fall over within
    the second, it is processed once more and becomes the same, and nothing that followed from it can be on the disk
    before it is. What somebody let in by hand would not become the same.
    """
    row, mail = arrival.row, arrival.mail
    row.sender = normal_email(mail.from_.address)
    row.subject = mail.subject[:250]
    row.sameness = sameness(mail)
    _one_at_a_time(row.sameness, hurry=hurry)
    copy = _known_copy(row)
    if copy is not None:
        return _finish(arrival, RawMail.Outcome.DUPLICATE, copy.ticket, "same_mail")
    if arrival.verdict.destination == "discard":
        return _finish(arrival, RawMail.Outcome.DISCARDED, None, arrival.verdict.reason)
    if arrival.verdict.destination != "quarantine" or arrival.released:
        for destination in DESTINATIONS:
            taken = destination(arrival)
            if taken is not None:
                return _finish(arrival, taken.outcome, taken.ticket, taken.reason)
    return _finish(arrival, RawMail.Outcome.QUARANTINED, None, arrival.verdict.reason)


def _one_at_a_time(sameness: str, *, hurry: bool) -> None:
    """Let copies that arrive in two mailboxes at one moment pass one after the other; SQLite has one writer anyway."""
    if sameness and connection.vendor == "postgresql":
        # Both by one statement: each journey counts here.
        ask(f"SELECT pg_advisory_xact_lock(%s){', ' + HURRY if hurry else ''}", int(sameness[:15], 16))


def _known_copy(row: RawMail) -> RawMail | None:
    if not row.sameness:
        return None
    found = copy_since(row.sameness, timezone.now() - timedelta(days=SAME_MAIL_DAYS))
    return RawMail.objects.select_related("ticket").get(pk=found) if found and found != row.pk else None


def _finish(arrival: Arrival, outcome: RawMail.Outcome, ticket: Ticket | None, reason: str) -> Outcome:
    row = arrival.row
    held = outcome == RawMail.Outcome.QUARANTINED
    row.state = RawMail.State.QUARANTINED if held else RawMail.State.DONE
    row.outcome, row.ticket, row.reason = outcome, ticket, reason[:60]
    row.verdict, row.reason_data = arrival.verdict.kind, arrival.verdict.data
    row.error = ""
    update(
        row, "sender", "subject", "sameness", "state", "outcome", "ticket", "reason", "verdict", "reason_data", "error"
    )
    if held:
        record(
            "mail.quarantined",
            f"mail:{row.pk}",
            actor=f"mail:{row.pk}",
            data={"verdict": arrival.verdict.kind, "reason": reason},
        )
    return Outcome(row.pk, outcome, ticket, reason)


def _postpone(row: RawMail, error: Exception) -> None:
    attempts = row.attempts + 1
    RawMail.objects.filter(pk=row.pk, state=RawMail.State.NEW).update(
        attempts=attempts,
        next_attempt_at=timezone.now() + timedelta(seconds=min(3600, 10 * 2**attempts)),
        state=RawMail.State.FAILED if attempts >= MOST_ATTEMPTS else RawMail.State.NEW,
        error=f"{type(error).__name__}: {error}"[:2000],
    )


def process_due(now: datetime) -> int:
    """Process stored mails that a kill or an error left behind; returns how many were taken."""
    due = RawMail.objects.filter(state=RawMail.State.NEW, next_attempt_at__lte=now - timedelta(seconds=LEASE_SECONDS))
    retry = RawMail.objects.filter(state=RawMail.State.NEW, attempts__gt=0, next_attempt_at__lte=now)
    rows = list((due | retry).select_related("mailbox", "blob").order_by("next_attempt_at")[:20])
    for row in rows:
        process(row)
    return len(rows)


@transaction.atomic
def _reopen_quarantined(row: RawMail) -> RawMail:
    locked = RawMail.objects.select_for_update().get(pk=row.pk)
    locked.state, locked.attempts, locked.next_attempt_at = RawMail.State.NEW, 0, timezone.now()
    locked.save(update_fields=["state", "attempts", "next_attempt_at"])
    return locked


def release(row: RawMail) -> Outcome:
    """Process a quarantined mail as if no screen had held it. Rights and the event are the calling action's matter."""
    locked = _reopen_quarantined(row)
    with open_blob(_blob(locked)) as file:
        raw = file.read()
    mail = parse_bounded(raw)
    judged = screen(mail, _facts(mail, locked))
    verdict = Verdict("accept", "deliver", judged.automatic, "released", judged.data)
    arrival = Arrival.prepare(locked, raw, mail, verdict, released=True)
    with transaction.atomic():
        return _decide(arrival)
