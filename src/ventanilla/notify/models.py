"""What agents are told, and whether they have seen it."""

from django.db import models
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

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
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
            models.Index(fields=["person", "ticket"], condition=models.Q(read_at=None), name="notification_unread"),
            models.Index(fields=["tell_at"], condition=models.Q(tell_at__isnull=False), name="notification_due"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} for {self.person_id}"
