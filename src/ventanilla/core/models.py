"""The shape shared by every row an administrator may configure. Abstract: no table stands behind it."""

from django.db import models
from django.utils.translation import get_language

from ventanilla.core.labels import text_in


class Configurable(models.Model):
    """A configurable row: an immutable key for conditions and bundles, a label in two languages, a place in the order.

    What any event names is archived, never deleted, so that history can always say its name: `used_at` is when one
    first did.
    """

    key = models.SlugField(max_length=60, unique=True)
    label = models.JSONField(default=dict)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return text_in(self.label, get_language() or "es")
