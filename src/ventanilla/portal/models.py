"""What the portal remembers of forms that were sent."""

from django.db import models
from django.utils import timezone

from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket


class Sent(models.Model):
    """A form that arrived. `once` is its own mark, `digest` stands for what was in it: both again is a repetition.

    Kept for some days, for a browser may send again what it kept while it had no connection.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    once = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "once", "digest"], name="sent_once")]

    def __str__(self) -> str:
        return self.once
