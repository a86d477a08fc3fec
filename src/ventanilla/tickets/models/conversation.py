"""What is said in a ticket: messages, their attachments, drafts, and who is looking."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.files.models import Blob
from ventanilla.people.models import Department, Person
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.models.ticket import Ticket


class Messages(models.QuerySet["Message"]):
    """The only door to messages for anything that reaches a person."""

    def readable_by(self, who: Viewer) -> "Messages":
        """What somebody may read in the tickets they see: `Message.readable_by` as a query."""
        messages = self if who.through is None else self.readable_by(who.through)
        if not who.staff:
            return messages.filter(audience=Message.Audience.REQUESTER)
        if not who.hidden:
            return messages
        others = Q(department=None) | ~Q(department__in=sorted(who.hidden))
        return messages.filter(others | Q(author=who.person))


class Message(models.Model):
    """Something said. Never edited once sent; only `redact` empties it.

    `html` is cleaned when stored; when it is `foreign` (a mail's) it is also framed when shown. `text` is always there,
    for search and plain mails. Quotes and signatures stand in `folded_text` and `folded_html`: folded, not cut. `leg`
    names the thread with a supplier; `origin_ticket` is the ticket the message was written in, whatever it is merged
    into later. What the requester does not see belongs to the `department` that had the ticket when it was written:
    those of a private one are read by its members alone, wherever the ticket goes (null: by the whole desk).
    """

    class Audience(models.TextChoices):
        REQUESTER = "requester"
        SUPPLIER = "supplier"
        STAFF = "staff"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    origin_ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=12, choices=Audience.choices)
    leg = models.CharField(max_length=60, blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=12, choices=Ticket.Channel.choices)
    author = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT)
    author_name = models.CharField(max_length=160, blank=True)
    author_address = models.CharField(max_length=254, blank=True)
    from_staff = models.BooleanField(default=False)
    automatic = models.BooleanField(default=False)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    folded_text = models.TextField(blank=True)
    folded_html = models.TextField(blank=True)
    foreign = models.BooleanField(default=False)
    rfc_message_id = models.CharField(max_length=250, blank=True, db_index=True)
    raw = models.BigIntegerField(null=True, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)
    redacted_at = models.DateTimeField(null=True, blank=True)

    objects = Messages.as_manager()

    class Meta:
        indexes = [models.Index(fields=["ticket", "sent_at", "id"], name="message_ticket")]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def public(self) -> bool:
        """Whether the requester sees it."""
        return self.audience == self.Audience.REQUESTER

    def readable_by(self, who: Viewer) -> bool:
        """Whether somebody who sees its ticket may read it: public ones everybody, others the desk; those of a private
        department its members, and whoever wrote it."""
        if who.through is not None and not self.readable_by(who.through):
            return False
        if self.public:
            return True
        return who.staff and (self.department_id not in who.hidden or self.author_id == who.person)


class Draft(models.Model):
    """What someone is writing. With `send_at` it is on its way: the ticker sends it then, unless it is undone.

    `spent_seconds`: how long it took to write, or whatever else was done meanwhile, where somebody said so.
    `then` is what becomes of the ticket with it; `RESOLVE_ALL` says and does the same to the tickets that depend on it.
    """

    class Then(models.TextChoices):
        STAY = "stay"
        RESOLVE = "resolve"
        RESOLVE_ALL = "all"
        WAIT = "wait"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    audience = models.CharField(max_length=12, choices=Message.Audience.choices)
    html = models.TextField(blank=True)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    then = models.CharField(max_length=8, choices=Then.choices, default=Then.STAY)
    spent_seconds = models.PositiveIntegerField(null=True, blank=True)
    send_at = models.DateTimeField(null=True, blank=True, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person", "audience"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of {self.person_id} in {self.ticket_id}"


class Attachment(models.Model):
    """A file of a message, or of a draft that will become one. `content_id` marks an image inside the text (cid)."""

    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.SET_NULL, related_name="attachments")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    content_id = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Who looks at a ticket, or types in it. Refreshed while the page is open; stale rows are swept."""

    class State(models.TextChoices):
        READING = "reading"
        TYPING = "typing"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    state = models.CharField(max_length=8, choices=State.choices)
    seen_at = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} {self.ticket_id}"
