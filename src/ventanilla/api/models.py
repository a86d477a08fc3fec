"""What the API keeps: tokens, and the answers to requests that may be repeated."""

from django.db import models
from django.utils import timezone

from ventanilla.people.models import Person


class Token(models.Model):
    """A bearer token. Only its hash is kept; the first characters help a person to tell tokens apart.

    `scopes` limits it to some of what its person may do (see `scopes.py`): words with spaces between, as in RFC 6749.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, blank=True)
    start = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=400, default="*", db_default="*")
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.start}…"


class Repeatable(models.Model):
    """A POST with an `Idempotency-Key`: what was asked, and what was answered. Kept for 24 hours."""

    owner = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    content_type = models.CharField(max_length=80, blank=True)
    location = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="repeatable_once")]

    def __str__(self) -> str:
        return self.key
