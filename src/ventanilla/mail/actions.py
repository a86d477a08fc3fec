"""Changes around mail: mailboxes, quarantine, blocked senders, another try at sending."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.crypto import seal
from ventanilla.events import wake
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.mail.models import Examination, Mailbox, Outgoing, RawMail, SenderRule
from ventanilla.mail.receive import Outcome
from ventanilla.mail.receive import release as process_released
from ventanilla.people.addresses import normal_email
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

CONNECTION = (
    "imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder",
    "smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password", "ca_certificate", "after_fetch",
    "done_folder",
)  # fmt: skip
SECRETS = frozenset({"imap_password", "smtp_password"})
LONGEST_EXAMINATION_SECONDS = 300
_POSITIONED = frozenset({"imap_host", "imap_user", "imap_folder"})


@transaction.atomic
def save_mailbox(*, by: Author, mailbox: Mailbox | None = None, **fields: Any) -> Mailbox:
    """Make or change a mailbox. Passwords are sealed; an empty one keeps the old.

    Another account or folder is fetched anew, and so is the same folder when another beginning is chosen: what is known
    is recognized. Ending to observe sends nothing of what was held (see `activate_sending`). Records `mailbox.created`
    or `mailbox.changed` with the names of the changed fields, never a secret.
    """
    by.require(Right.SETTINGS)
    row = mailbox or Mailbox()
    fields = {name: value for name, value in fields.items() if not (name in SECRETS and not value)}
    if "address" in fields:
        fields["address"] = normal_email(fields["address"])
        if not fields["address"]:
            raise ValidationError({"address": _("This is not an e-mail address.")})
    changed = sorted(n for n, value in fields.items() if n in SECRETS or row.pk is None or getattr(row, n) != value)
    for name in changed:
        setattr(row, name, seal(fields[name], settings.SEALING_KEYS) if name in SECRETS else fields[name])
    if row.catch_all:
        Mailbox.objects.exclude(pk=row.pk).filter(catch_all=True).update(catch_all=False)
    if _POSITIONED.intersection(changed):
        # Another folder: its numbers mean nothing here, and fetching begins anew.
        row.uid_validity = row.last_uid = row.anew_below_uid = 0
        row.connected_at = None
    elif "fetch_from" in changed and row.fetch_from is not None:
        row.uid_validity = row.last_uid = 0
    if changed:
        row.fetch_error, row.fetch_found, row.next_fetch_at = "", "", timezone.now()
    if "observing" in changed and not row.observing and row.pk is not None:
        _hold_what_waits(row)
    made = row.pk is None
    row.save()
    bump_config_version()
    kind = "mailbox.created" if made else "mailbox.changed"
    record(kind, f"mailbox:{row.pk}", actor=by.actor, data={"fields": changed})
    return row


def as_typed(mailbox: Mailbox | None, fields: Mapping[str, Any]) -> Mailbox:
    """A mailbox as somebody is typing it, to be tried and never saved; an empty password is the stored one."""
    typed = copy(mailbox) if mailbox else Mailbox()
    for name, value in fields.items():
        if name in SECRETS:
            value = seal(value, settings.SEALING_KEYS) if value else getattr(typed, name)
        setattr(typed, name, value)
    return typed


@transaction.atomic
def activate_sending(*, by: Author, mailbox: Mailbox) -> None:
    """End observing: from now on mails leave. What was held until now, or just waits, is never sent by itself.

    Records `mailbox.sending_activated`; nothing happens when the mailbox sends already.
    """
    by.require(Right.SETTINGS)
    if Mailbox.objects.filter(pk=mailbox.pk, observing=True).update(observing=False):
        _hold_what_waits(mailbox)
        bump_config_version()
        record("mailbox.sending_activated", f"mailbox:{mailbox.pk}", actor=by.actor)


def _hold_what_waits(mailbox: Mailbox) -> None:
    """Mails written while observing that nobody has looked at yet are held as those before them were."""
    due = Outgoing.objects.filter(mailbox=mailbox, state=Outgoing.State.DUE)
    due.filter(secret=True).update(context={})
    due.update(state=Outgoing.State.HELD, held=Outgoing.Held.OBSERVING)


@transaction.atomic
def ask_doctor(*, by: Author, mailbox: Mailbox) -> Examination:
    """Have the doctor look at a mailbox in the background, from the beginning. Records `mailbox.examined`.

    One that is being looked at already goes on.
    """
    by.require(Right.SETTINGS)
    now = timezone.now()
    row, _made = Examination.objects.get_or_create(mailbox=mailbox, defaults={"finished_at": now})
    row = Examination.objects.select_for_update().get(pk=row.pk)
    if row.finished_at is None and now - row.started_at < timedelta(seconds=LONGEST_EXAMINATION_SECONDS):
        return row
    row.steps, row.token, row.sent_at = [], "", None
    row.started_at, row.next_look_at, row.finished_at = now, now, None
    row.save()
    record("mailbox.examined", f"mailbox:{mailbox.pk}", actor=by.actor)
    wake.wake_on_commit("examinations")
    return row


def release(*, by: Author, raw: RawMail) -> Outcome:
    """Let a quarantined mail in as if no screen had held it. Records `mail.released`."""
    by.require(Right.QUARANTINE)
    with transaction.atomic():
        record("mail.released", f"mail:{raw.pk}", actor=by.actor)
    return process_released(raw)


@transaction.atomic
def discard(*, by: Author, raw: RawMail) -> None:
    """Take a mail out of quarantine without making anything of it; its source stays. Records `mail.discarded`."""
    by.require(Right.QUARANTINE)
    held = [RawMail.State.QUARANTINED, RawMail.State.FAILED]
    if RawMail.objects.filter(pk=raw.pk, state__in=held).update(
        state=RawMail.State.DONE, outcome=RawMail.Outcome.DISCARDED
    ):
        record("mail.discarded", f"mail:{raw.pk}", actor=by.actor)


@transaction.atomic
def rule_sender(*, by: Author, entry: str, blocked: bool) -> SenderRule:
    """Block an address or domain, or always let it in. Records `sender.blocked` or `sender.allowed`."""
    by.require(Right.QUARANTINE)
    value = entry.strip().lower().lstrip("@")
    if "@" in value:
        value = normal_email(value)
    if not value or " " in value or "." not in value:
        raise ValidationError({"entry": _("Write an address or a domain.")})
    bump_config_version()
    row, _made = SenderRule.objects.update_or_create(
        entry=value[:254], defaults={"blocked": blocked, "learnt_from": None}
    )
    kind = "sender.blocked" if blocked else "sender.allowed"
    record(kind, f"sender:{row.pk}", actor=by.actor, personal={"entry": value})
    return row


@transaction.atomic
def send_again(*, by: Author, outgoing: Outgoing) -> None:
    """Give a mail that failed, or was held for want of a server, another try now. Records `mail.resent`.

    A secret one (a sign-in code) is not sent again: its text is gone and its code too old.
    """
    by.require(Right.OUTBOX)
    stuck = Outgoing.objects.filter(
        pk=outgoing.pk, state__in=[Outgoing.State.FAILED, Outgoing.State.HELD], secret=False
    )
    now = timezone.now()
    # Patience is counted from when a mail was asked for, so that this try is not at once the last.
    if stuck.update(state=Outgoing.State.DUE, attempts=0, next_attempt_at=now, created_at=now, error="", held=""):
        record("mail.resent", f"outgoing:{outgoing.pk}", actor=by.actor)
        wake.wake_on_commit("outgoing")


@transaction.atomic
def drop(*, by: Author, outgoing: Outgoing) -> None:
    """Send a mail that failed, or was held, no more: somebody has seen it. Records `mail.dropped`."""
    by.require(Right.OUTBOX)
    stuck = Outgoing.objects.filter(pk=outgoing.pk, state__in=[Outgoing.State.FAILED, Outgoing.State.HELD])
    if stuck.update(state=Outgoing.State.DROPPED):
        record("mail.dropped", f"outgoing:{outgoing.pk}", actor=by.actor)


@transaction.atomic
def move_position(*, mailbox: Mailbox, uid_validity: int, last_uid: int) -> None:
    """Remember up to where a folder has been read. Positions are bookkeeping and no event.

    Under one UIDVALIDITY a position only moves forward, whatever a second process says.
    """
    # A thread that is about to stop moves nothing once the folder, or the beginning, is another.
    same = Mailbox.objects.filter(pk=mailbox.pk, uid_validity=uid_validity, fetch_from=mailbox.fetch_from)
    same.filter(last_uid__lt=last_uid).update(last_uid=last_uid)
    mailbox.last_uid = last_uid


@transaction.atomic
def begin_folder(
    *, mailbox: Mailbox, uid_validity: int, last_uid: int, anew_below_uid: int, connected_at: datetime
) -> None:
    """Remember that a folder is read from the beginning, or from its end: connected, or renumbered. No event.

    `connected_at` counts at the first connection alone.

    Numbers of before mean nothing any more: what was still to be marked or moved stays where it is.
    """
    rows = Mailbox.objects.filter(pk=mailbox.pk)
    rows.filter(uid_validity=0, connected_at=None).update(connected_at=connected_at)
    rows.update(uid_validity=uid_validity, last_uid=last_uid, anew_below_uid=anew_below_uid)
    RawMail.objects.filter(mailbox=mailbox, pending_uid__isnull=False).update(pending_uid=None)
    mailbox.refresh_from_db(fields=["uid_validity", "last_uid", "anew_below_uid", "connected_at"])


@transaction.atomic
def note_pending(*, raw: int, uid: int) -> None:
    """Remember that a mail is still to be marked or moved in its folder. No event."""
    RawMail.objects.filter(pk=raw).update(pending_uid=uid)


@transaction.atomic
def note_settled(*, raw: Sequence[int]) -> None:
    """Remember that mails were marked or moved in their folder. No event."""
    RawMail.objects.filter(pk__in=raw).update(pending_uid=None)


@transaction.atomic
def note_fetched(*, mailbox: Mailbox, next_at: datetime, not_settled: str = "") -> None:
    """Remember that a mailbox was looked into, and what kept its mails from being marked or moved, if so. No event."""
    Mailbox.objects.filter(pk=mailbox.pk).update(
        fetched_at=timezone.now(),
        fetch_error=not_settled[:500],
        fetch_found="not_settled" if not_settled else "",
        next_fetch_at=next_at,
    )


@transaction.atomic
def note_fetch_failed(*, mailbox: Mailbox, error: str, found: str, next_at: datetime) -> None:
    """Remember why a mailbox could not be looked into (`found`: the doctor's finding), and when it is tried again."""
    Mailbox.objects.filter(pk=mailbox.pk).update(fetch_error=error[:500], fetch_found=found, next_fetch_at=next_at)


@transaction.atomic
def note_examination(*, row: Examination, next_look_at: datetime | None) -> None:
    """Remember what the doctor found so far and when to look on; None: it is finished. Bookkeeping and no event."""
    row.next_look_at = next_look_at
    row.finished_at = timezone.now() if next_look_at is None else None
    # A look that was begun anew meanwhile stays as it is.
    same = Examination.objects.filter(pk=row.pk, started_at=row.started_at)
    same.update(
        steps=row.steps, token=row.token, sent_at=row.sent_at, next_look_at=next_look_at, finished_at=row.finished_at
    )
