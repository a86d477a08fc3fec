"""Where people are told of events besides by mail: their devices, and what is on its way to them."""

import hashlib

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.people.models import Person


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
