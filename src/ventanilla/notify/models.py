"""What people are told of events and whether they have seen it, and the devices on which they are told."""

import hashlib

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.people.models import Person
from ventanilla.tickets.models import Message, Ticket


class Notification(models.Model):
    """One event that concerns one person, and why. The row is the inbox; mail and push are told of it.

    Being read is the row's matter, so all of a person's devices agree. `tell_at` is when its mail and push are due:
    at once, or when the person's hours begin; empty once they were told or it was read before.
    """

    class Reason(models.TextChoices):
        """What happened, and what the person has to do with it."""

        MENTIONED = "mentioned"
        MENTIONED_TEAM = "mentioned_team"
        ASSIGNED = "assigned"
        OPENED_MINE = "opened_mine"
        OPENED_TEAM = "opened_team"
        OPENED_ANY = "opened_any"
        ANSWERED = "answered"
        ANSWERED_FOLLOWED = "answered_followed"
        ANSWERED_TEAM = "answered_team"
        ANSWERED_ANY = "answered_any"
        NOTED = "noted"
        NOTED_FOLLOWED = "noted_followed"
        WOKE = "woke"
        WOKE_ANSWERED = "woke_answered"
        TASK_ASSIGNED = "task_assigned"
        TASK_DUE_SOON = "task_due_soon"
        TASK_OVERDUE = "task_overdue"
        TIME_NEAR = "time_near"
        TIME_OVER = "time_over"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.BigIntegerField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)
    tell_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="notification_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="notification_inbox"),
            models.Index(fields=["person", "ticket"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="notification_due"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} for {self.person_id}"


class PushKey(models.Model):
    """The key we sign pushes with (VAPID, RFC 8292): made once, sealed. Every subscription is bound to it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    private = models.TextField()
    public = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="push_key_is_one_row")]

    def __str__(self) -> str:
        return self.public


class Device(models.Model):
    """A browser in which a person asked to be told (RFC 8030: its push subscription).

    Whoever knows `endpoint` can take the subscription away, so it is shown to nobody; `digest` finds it. `session_mark`
    is the mark of the session it was made in.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="devices")
    endpoint = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    agent = models.CharField(max_length=300, blank=True)
    session_mark = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    reached_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.digest[:12]

    @staticmethod
    def digest_of(endpoint: str) -> str:
        """What finds a subscription by its address."""
        return hashlib.sha256(endpoint.encode()).hexdigest()


class Push(models.Model):
    """One message to one device: a due row until the push service has taken it or it is too old to matter.

    The text is gone with the row. A second try after a crash shows the same message again in the place of the first,
    for both bear the same `tag`.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="pushes")
    title = models.CharField(max_length=160)
    body = models.CharField(max_length=400, blank=True)
    address = models.CharField(max_length=300)
    tag = models.CharField(max_length=80)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.tag} to {self.device_id}"
