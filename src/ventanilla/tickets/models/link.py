"""What two tickets have to do with each other."""

from django.db import models
from django.db.models import Q

from ventanilla.tickets.models.ticket import Ticket


class Link(models.Model):
    """Two tickets that have to do with each other, stored in one direction.

    `ticket` continues `other`, is one person's share of it, was split from it, is its duplicate, blocks it, was caused
    by it, or depends on it as on its principal. Which of two related tickets comes first means nothing.
    """

    class Kind(models.TextChoices):
        FOLLOW_UP = "follow_up"
        ANNOUNCED = "announced"
        SPLIT = "split"
        RELATED = "related"
        DUPLICATE = "duplicate"
        BLOCKS = "blocks"
        CAUSED_BY = "caused_by"
        DEPENDENT = "dependent"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="linked_by")
    kind = models.CharField(max_length=12, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="link_once"),
            models.CheckConstraint(condition=~Q(ticket=models.F("other")), name="link_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.other_id}"
