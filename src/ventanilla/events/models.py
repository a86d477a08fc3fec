"""The log that everything reads, what it keeps of persons, and what still has to be done about it."""

from django.db import models


class Event(models.Model):
    """One thing that happened. Insert-only: triggers refuse UPDATE and DELETE unless an `EventsGate` row stands.

    `actor` and `topic` are text (`person:12`, `ticket:4711`) so that no event depends on a row's life.
    `data` holds keys, ids and closed values; free text of persons stands in `Payload`.
    `root` is empty on an event that began a chain: it is its own root.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    topic = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    cause = models.BigIntegerField(null=True)
    root = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["topic", "id"], name="event_topic"),
            models.Index(fields=["root"], name="event_root"),
            models.Index(fields=["recorded_at"], name="event_recorded"),
            models.Index(fields=["kind", "recorded_at"], name="event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.topic}"

    @property
    def chain(self) -> int:
        """The id of the event that began this chain."""
        return self.root or self.id


class Payload(models.Model):
    """Free text of persons that belongs to an event (subjects, names, addresses); erasure may blank it."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="payload")
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"payload of {self.event_id}"


class Handover(models.Model):
    """One background reaction to one event: the only outbox. The row is the truth; a queue only wakes a worker."""

    class State(models.IntegerChoices):
        DUE = 0
        DONE = 1
        FAILED = 2

    event = models.ForeignKey(Event, on_delete=models.CASCADE, db_index=False)
    reaction = models.CharField(max_length=60)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="handover_once")]
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="handover_due")]

    def __str__(self) -> str:
        return f"{self.reaction} of {self.event_id}"


class EventsGate(models.Model):
    """While a row stands here, events may be changed or deleted: erasure, retention, wiping the demo, nothing else."""

    reason = models.CharField(max_length=60)

    class Meta:
        db_table = "events_gate"

    def __str__(self) -> str:
        return self.reason


class Beat(models.Model):
    """When a part of the background (`ticker`) last gave a sign of life."""

    name = models.CharField(max_length=30, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
