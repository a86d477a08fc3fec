"""What was agreed about times, and the clocks that measure it on each ticket."""

from django.db import models

from ventanilla.core.models import Configurable
from ventanilla.people.models import Calendar, CalendarVersion, Department, Team
from ventanilla.tickets.models import Ticket


class Agreement(Configurable):
    """What somebody may count on: customers (SLA), one's own house (OLA), or we of a supplier (underpinning contract).

    What it says stands in its versions; the newest is in force until it is archived. With a department it covers that
    one's tickets alone.
    """

    class Side(models.TextChoices):
        SLA = "sla"
        OLA = "ola"
        SUPPLIER = "supplier"

    side = models.CharField(max_length=10, choices=Side.choices)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Configurable.Meta):
        pass


class AgreementVersion(models.Model):
    """What an agreement says from a moment on. Never changed: another wording is another version.

    `team` is whose time counts, None for customers' agreements. `definition` is in the language of `sla/wording.py`:
    whom it covers, what it grants, when its clocks stand and who is warned before they end.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    definition = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_once")]

    def __str__(self) -> str:
        return f"{self.agreement_id}@{self.number}"


class Clock(models.Model):
    """One time that is measured on a ticket.

    `place` is the team whose time counts, 0 for everybody's; of several of one metric `count` tells which. `turns` are
    the moments at which it began to run or to stand, with the reason (`sla/reckoning.py`). `due_at` is empty while it
    stands in time. `late`: it ran past its end. `told` are the warnings that were given. Once it has ended it keeps the
    version and the calendar by which it was judged.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    side = models.CharField(max_length=10, choices=Agreement.Side.choices)
    place = models.PositiveBigIntegerField(default=0)
    metric = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=1)
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="+")
    calendar = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    target = models.JSONField()
    turns = models.JSONField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    late = models.BooleanField(default=False)
    told = models.JSONField(default=list)
    reason = models.CharField(max_length=400, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "side", "place", "metric", "count"], name="clock_once")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.metric} of {self.ticket_id}"


class NextDue(models.Model):
    """When the clocks of a ticket have to be looked at next: one row for each ticket that has any that is open.

    `stamp` tells by which agreements and calendars they were reckoned.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="next_due")
    at = models.DateTimeField(null=True, blank=True, db_index=True)
    stamp = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.ticket_id} at {self.at}"


class Recount(models.Model):
    """How far the open tickets have been reckoned anew after agreements or calendars changed: one row."""

    stamp = models.BigIntegerField(default=0)
    after = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.done} of {self.total}"
