"""Mailboxes, every mail that came in, every mail that goes out."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.brands.models import Brand
from ventanilla.files.models import Blob
from ventanilla.people.models import Person
from ventanilla.tickets.models import Message, Routing, Ticket, TicketType


class Mailbox(Routing):
    """An address that requesters write to, how its mail is fetched and sent, and where its tickets go.

    Passwords are sealed with the key file. Without an IMAP host, mail arrives by `ventanilla mail deliver`; without an
    SMTP host, nothing leaves and the outbox says so. The catch-all takes what no other mailbox claims.

    Fetching begins at `fetch_from` (empty: at the moment of connecting, `connected_at`). Mails that lay in the folder
    below `anew_below_uid` when it was connected or renumbered are judged by the server's date: before the beginning
    they are nobody's ticket, before the connection they are never answered. While `observing`, nothing is sent.
    `ca_certificate` (PEM) is trusted beside the system's own for both servers. Its mails look and sound as `brand`
    says, where the reader's organization has no brand of its own.
    """

    class Security(models.TextChoices):
        TLS = "tls"
        STARTTLS = "starttls"
        NONE = "none"

    class CcPolicy(models.TextChoices):
        PARTICIPANTS = "participants"
        IGNORE = "ignore"

    class AfterFetch(models.TextChoices):
        LEAVE = "leave"
        SEEN = "seen"
        MOVE = "move"

    address = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    enabled = models.BooleanField(default=True)
    catch_all = models.BooleanField(default=False)
    type = models.ForeignKey(TicketType, null=True, blank=True, on_delete=models.PROTECT)
    language = models.CharField(max_length=8, blank=True)
    acknowledge = models.BooleanField(default=True)
    cc_policy = models.CharField(max_length=12, choices=CcPolicy.choices, default=CcPolicy.PARTICIPANTS)
    proven_agents_only = models.BooleanField(default=False)
    trusted_host = models.CharField(max_length=253, blank=True)
    per_sender_limit = models.PositiveIntegerField(default=60)
    answers_per_hour = models.PositiveIntegerField(default=5)
    imap_host = models.CharField(max_length=253, blank=True)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=8, choices=Security.choices, default=Security.TLS)
    imap_user = models.CharField(max_length=254, blank=True)
    imap_password = models.TextField(blank=True)
    imap_folder = models.CharField(max_length=120, default="INBOX")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    fetch_from = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    anew_below_uid = models.BigIntegerField(default=0, db_default=0)
    after_fetch = models.CharField(
        max_length=8, choices=AfterFetch.choices, default=AfterFetch.LEAVE, db_default=AfterFetch.LEAVE.value
    )
    done_folder = models.CharField(max_length=120, blank=True, default="", db_default="")
    smtp_host = models.CharField(max_length=253, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=8, choices=Security.choices, default=Security.STARTTLS)
    smtp_user = models.CharField(max_length=254, blank=True)
    smtp_password = models.TextField(blank=True)
    ca_certificate = models.TextField(blank=True, default="", db_default="")
    observing = models.BooleanField(default=False, db_default=False)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField(null=True, blank=True)
    fetch_error = models.CharField(max_length=500, blank=True)
    fetch_found = models.CharField(max_length=40, blank=True, default="", db_default="")
    next_fetch_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["address"]
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(fields=["catch_all"], condition=Q(catch_all=True), name="one_catch_all_mailbox")
        ]

    def __str__(self) -> str:
        return self.address


class MailText(models.Model):
    """What a kind of mail (`texts.KINDS`) says instead of the product's text, by language: to the readers of one
    brand, or to all. A language that is missing is the product's."""

    kind = models.CharField(max_length=20)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    subject = models.JSONField(default=dict)
    html = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "brand"], name="one_text_a_kind_and_brand"),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(brand__isnull=True), name="one_text_a_kind_for_all_brands"
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class FetchLease(models.Model):
    """Which ticker (`holder`) fetches a mailbox, `until` when unless it prolongs that: one at a time.

    A row of its own, for whoever saves a mailbox must not bring back who held it a moment ago.
    """

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, primary_key=True)
    holder = models.CharField(max_length=60, blank=True, default="")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.mailbox_id} by {self.holder}"


class OAuthClient(models.Model):
    """How this installation is registered at a provider of accounts (RFC 6749 2); one row for all mailboxes there.

    The secret is sealed with the key file. `secret_expires_on` is what the administrator says of it: no provider does.
    """

    class Provider(models.TextChoices):
        MICROSOFT = "microsoft"
        GOOGLE = "google"
        OTHER = "other"

    provider = models.CharField(max_length=12, choices=Provider.choices)
    tenant = models.CharField(max_length=120, blank=True)
    client_id = models.CharField(max_length=250)
    client_secret = models.TextField(blank=True)
    secret_expires_on = models.DateField(null=True, blank=True)
    authorize_url = models.CharField(max_length=500)
    token_url = models.CharField(max_length=500)
    scope = models.CharField(max_length=500)

    class Meta:
        verbose_name = "OAuth client"
        constraints = [models.UniqueConstraint(fields=["token_url", "client_id"], name="oauth_client_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.client_id}"


class Grant(models.Model):
    """Somebody let us into a mailbox's account (OAuth 2): while the row is there, no password is used.

    A due row: the tokens, sealed, are renewed at `next_renewal_at`, claimed by moving it one lease ahead; empty: the
    provider refused, and somebody has to sign in again. `found` (the doctor's finding) and `error` say what became of
    the last try. `refresh_expires_at`: when renewing itself ends, where the provider tells and renewing does not
    prolong it.
    """

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="grant")
    client = models.ForeignKey(OAuthClient, on_delete=models.PROTECT)
    refresh_token = models.TextField()
    access_token = models.TextField()
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)
    next_renewal_at = models.DateTimeField(null=True, db_index=True)
    found = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"grant for {self.mailbox_id}"


class RawMail(models.Model):
    """A mail exactly as it came. Stored before anything is made of it; processed once, in one transaction.

    `quiet`: older than the connection of its mailbox, never answered by itself. `pending_uid`: its number in the folder
    until it was marked or moved there, where the mailbox wants that.
    """

    class State(models.IntegerChoices):
        NEW = 0
        DONE = 1
        QUARANTINED = 2
        FAILED = 3

    class Outcome(models.TextChoices):
        OPENED = "opened"
        ADDED = "added"
        BOUNCE = "bounce"
        QUARANTINED = "quarantined"
        DUPLICATE = "duplicate"
        DISCARDED = "discarded"

    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, db_index=False)
    digest = models.CharField(max_length=64)
    blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT)
    size = models.BigIntegerField()
    envelope_from = models.CharField(max_length=254, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.NEW)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    verdict = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    reason_data = models.JSONField(default=dict, blank=True)
    sameness = models.CharField(max_length=64, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    quiet = models.BooleanField(default=False, db_default=False)
    pending_uid = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "digest"], name="raw_mail_once")]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="raw_mail_due"),
            models.Index(fields=["sameness", "received_at"], name="raw_mail_sameness"),
            models.Index(fields=["sender", "received_at"], name="raw_mail_sender"),
            models.Index(fields=["mailbox"], condition=Q(pending_uid__isnull=False), name="raw_mail_pending"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"


class Examination(models.Model):
    """The mailbox doctor's last look at a mailbox: its steps so far, as `doctor.Step.stored` makes them.

    A due row: whoever looks at it next does so at `next_look_at`. `token` marks the test mail, sent at `sent_at`.
    """

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE)
    steps = models.JSONField(default=list)
    token = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"examination of {self.mailbox_id}"


class SenderRule(models.Model):
    """An address or domain whose mail is blocked, or always let in. `learnt_from`: the spam that taught us."""

    entry = models.CharField(max_length=254, unique=True)
    blocked = models.BooleanField(default=True)
    learnt_from = models.ForeignKey(Ticket, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.entry


class Outgoing(models.Model):
    """One mail to one address. The row is written with what it tells of, in one transaction; sending follows.

    `kind` says what it is, `message` or `context` what it tells. Its Message-ID is fixed when the row is written, so
    that a second try after a crash is the same mail. `secret` rows (sign-in codes) lose their text once sent. `held`
    says why one was not sent although nothing failed.
    """

    class Kind(models.TextChoices):
        REPLY = "reply"
        ACKNOWLEDGEMENT = "ack"
        RESOLVED = "resolved"
        REMINDER = "reminder"
        NOTICE = "notice"
        LINK = "link"
        LIBRARY = "library"
        INVITATION = "invitation"
        ANNOUNCEMENT = "announced"
        QUESTION = "question"

    class State(models.IntegerChoices):
        DUE = 0
        SENT = 1
        FAILED = 2
        HELD = 3
        DROPPED = 4

    class Held(models.TextChoices):
        DEMO = "demo"
        NO_SERVER = "no_server"
        OBSERVING = "observing"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    event = models.BigIntegerField(null=True)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE)
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    address = models.CharField(max_length=254)
    mailbox = models.ForeignKey(Mailbox, null=True, on_delete=models.SET_NULL)
    rfc_message_id = models.CharField(max_length=250, unique=True)
    automatic = models.BooleanField(default=False)
    secret = models.BooleanField(default=False)
    context = models.JSONField(default=dict)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    held = models.CharField(max_length=12, choices=Held.choices, blank=True, default="", db_default="")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "outgoing"
        constraints = [models.UniqueConstraint(fields=["event", "kind", "address"], name="outgoing_once")]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="outgoing_due"),
            models.Index(fields=["address", "created_at"], name="outgoing_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}"
