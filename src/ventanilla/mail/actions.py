"""Changes around mail: mailboxes, quarantine, blocked senders, another try at sending."""

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
from ventanilla.mail.models import Mailbox, Outgoing, RawMail, SenderRule
from ventanilla.mail.receive import Outcome
from ventanilla.mail.receive import release as process_released
from ventanilla.people.addresses import normal_email
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

SECRETS = frozenset({"imap_password", "smtp_password"})


@transaction.atomic
def save_mailbox(*, by: Author, mailbox: Mailbox | None = None, **fields: Any) -> Mailbox:
    """Make or change a mailbox. Passwords are sealed; an empty one keeps the old.

    Records `mailbox.created` or `mailbox.changed` with the names of the changed fields, never a secret.
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
    made = row.pk is None
    row.save()
    bump_config_version()
    kind = "mailbox.created" if made else "mailbox.changed"
    record(kind, f"mailbox:{row.pk}", actor=by.actor, data={"fields": changed})
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
    row, _made = SenderRule.objects.update_or_create(entry=value[:254], defaults={"blocked": blocked})
    kind = "sender.blocked" if blocked else "sender.allowed"
    record(kind, f"sender:{row.pk}", actor=by.actor, personal={"entry": value})
    return row


@transaction.atomic
def send_again(*, by: Author, outgoing: Outgoing) -> None:
    """Give a failed mail another try now. Records `mail.resent`."""
    by.require(Right.OUTBOX)
    if Outgoing.objects.filter(pk=outgoing.pk, state=Outgoing.State.FAILED).update(
        state=Outgoing.State.DUE, attempts=0, next_attempt_at=timezone.now(), error=""
    ):
        record("mail.resent", f"outgoing:{outgoing.pk}", actor=by.actor)
        wake.wake_on_commit("outgoing")
