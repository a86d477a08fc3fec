"""One row: the company that runs this Ventanilla."""

import uuid

from django.db import models


class Installation(models.Model):
    """The settings of the whole installation. There is exactly one row, with id 1."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    identity = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, default="Ventanilla")
    language = models.CharField(max_length=8, default="es")
    time_zone = models.CharField(max_length=64, default="Europe/Madrid")
    demo = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    config_version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one_row")]

    def __str__(self) -> str:
        return self.name
