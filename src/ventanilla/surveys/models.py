"""Ratings: one per ticket and person."""

from django.db import models
from django.utils import timezone

from ventanilla.people.models import Person
from ventanilla.tickets.models import Satisfaction, Ticket


class Rating(models.Model):
    """How content a person was with a ticket of theirs; the latest one is copied to `Ticket.satisfaction`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="ratings")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    face = models.PositiveSmallIntegerField(choices=Satisfaction.choices)
    comment = models.TextField(blank=True)
    rated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="rating_once")]

    def __str__(self) -> str:
        return f"{self.key} for {self.ticket_id}"

    @property
    def key(self) -> str:
        """The face as addresses and drawings name it: `good`, `fair` or `bad`."""
        return Satisfaction(self.face).name.lower()
