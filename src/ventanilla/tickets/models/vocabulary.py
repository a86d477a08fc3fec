"""The words administrators choose: types, statuses, reasons, priorities, categories, tags."""

from django.db import models

from ventanilla.core.models import Configurable
from ventanilla.people.models import Department, Person, Team


class StatusCategory(models.IntegerChoices):
    """The five states code knows. Statuses are named freely; code tests only their category."""

    NEW = 1, "new"
    OPEN = 2, "open"
    PENDING = 3, "pending"
    RESOLVED = 4, "resolved"
    CLOSED = 5, "closed"

    @property
    def key(self) -> str:
        """The word used in conditions and in the API."""
        return str(self.label)

    @property
    def is_open(self) -> bool:
        """Open as users say it: new, being worked on, or waiting."""
        return self <= StatusCategory.PENDING


class TicketType(Configurable):
    """Incident, service request…: the type gives a ticket its number's prefix when it is opened."""

    prefix = models.CharField(max_length=8)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT)
    restricted = models.BooleanField(default=False)
    portal = models.BooleanField(default=True)


class Status(Configurable):
    """A named status in one of the five categories, and what the clocks do meanwhile."""

    class Clock(models.TextChoices):
        RUN = "run"
        PAUSE = "pause"
        STOP = "stop"

    category = models.PositiveSmallIntegerField(choices=StatusCategory.choices)
    clock = models.CharField(max_length=5, choices=Clock.choices, default=Clock.RUN)

    class Meta(Configurable.Meta):
        verbose_name_plural = "statuses"


class PendingReason(Configurable):
    """Whom or what a pending ticket waits for, in the desk's words (`label`) and the requester's (`told`)."""

    told = models.JSONField(default=dict)
    waits_for_requester = models.BooleanField(default=False)


class Priority(Configurable):
    """How soon: rank 1 is the most pressing."""

    rank = models.PositiveSmallIntegerField(default=1)


class Impact(Configurable):
    """How many are affected, one axis of the matrix."""


class Urgency(Configurable):
    """How long it can wait, the other axis."""


class PriorityRule(models.Model):
    """One cell of the matrix impact × urgency → priority."""

    impact = models.ForeignKey(Impact, on_delete=models.CASCADE)
    urgency = models.ForeignKey(Urgency, on_delete=models.CASCADE)
    priority = models.ForeignKey(Priority, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["impact", "urgency"], name="priority_rule_once")]

    def __str__(self) -> str:
        return f"{self.impact} × {self.urgency}"


class Routing(models.Model):
    """Where new tickets of a mailbox, portal form or category go: a team and, if ticked, an agent.

    `in_charge` names an agent; `turn` hands tickets round among the members present, fewest open tickets first.
    """

    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    in_charge = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    turn = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Category(Configurable, Routing):  # noqa: DJ008 - Configurable gives it its label as text
    """A node of the category tree."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT)
    restricted = models.BooleanField(default=False)

    class Meta(Configurable.Meta):
        verbose_name_plural = "categories"


class Tag(models.Model):
    """A free word put on tickets, made on first use."""

    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """The counter behind one prefix. Gaps are allowed, repeats are not."""

    prefix = models.CharField(max_length=8, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.prefix}-{self.last}"
