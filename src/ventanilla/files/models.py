"""Stored bytes and the uploads that wait to be used."""

from django.db import models
from django.utils.timezone import now


class Blob(models.Model):
    """One content, stored once however often it arrives. The bytes stand in storage under `address_of(sha256)`.

    `last_asked_at` is when somebody last stored this content: a fresh one is never collected, even before the row that
    refers to it is written.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=now)
    last_asked_at = models.DateTimeField(default=now, db_index=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class Upload(models.Model):
    """A file somebody chose but has not sent yet. Only who holds the token, and is the same person, may use it.

    `person_id` is a plain number because people live in a higher layer; null means an anonymous sender.
    """

    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    token = models.CharField(max_length=40, unique=True)
    person_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=now, db_index=True)

    def __str__(self) -> str:
        return self.name
