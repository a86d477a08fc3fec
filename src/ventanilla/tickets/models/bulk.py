"""One change to many tickets, carried out in the background."""

from django.db import models

from ventanilla.people.models import Person
from ventanilla.tickets.models.ticket import Ticket


class BulkRun(models.Model):
    """What somebody has done to many tickets at once, and how far it has come.

    `effects` is in the language of `fields.effects`. `position` is the place of the last item that was taken; the
    counts are of what became of the items so far. A run under way is due at `next_attempt_at`.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    effects = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    event = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=["running", "undoing"]),
                name="bulk_run_due",
            ),
            models.Index(fields=["person", "-created_at"], name="bulk_run_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state} {self.position}/{self.total}"

    @property
    def under_way(self) -> bool:
        """Whether there is something left to do."""
        return self.state in (self.State.RUNNING, self.State.UNDOING)


class BulkItem(models.Model):
    """One of the tickets of a run: what became of it, by which event, and why it was left as it was.

    `why` is a sentence in the language of whoever asked; it is forgotten with the run.
    """

    class Outcome(models.TextChoices):
        CHANGED = "changed"
        SAME = "same"
        LEFT = "left"
        RESTORED = "restored"
        KEPT = "kept"

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default="")
    event = models.BigIntegerField(default=0)
    why = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="bulk_item_place")]

    def __str__(self) -> str:
        return f"{self.run_id}.{self.position} {self.outcome}"
