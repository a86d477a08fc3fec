"""What time was spent on: entries by hand or by a timer, and the months that are closed."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ventanilla.core.models import Configurable
from ventanilla.people.models import Organization, Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models.conversation import Message
from ventanilla.tickets.models.ticket import Ticket


class Activity(Configurable):
    """What time is spent on: remote support, a call, a journey. `billable` is what an entry is unless one says so."""

    billable = models.BooleanField(default=True)

    class Meta(Configurable.Meta):
        verbose_name_plural = "activities"


class TimeEntries(models.QuerySet["TimeEntry"]):
    """The only door to entries for anything that reaches a person."""

    def visible_to(self, person: Person) -> "TimeEntries":
        """Somebody's own, and for whoever sees everybody's hours those of the tickets that they may see."""
        who = viewer(person)
        own = Q(person_id=who.person)
        if not (who.staff and who.may(Right.HOURS)):
            return self.filter(own)
        # The tickets are asked for one by one, by their key: an engine might make the list of all of them first.
        return self.filter(own | Exists(Ticket.objects.seen_by(who).filter(pk=OuterRef("ticket_id"))))


class TimeEntry(models.Model):
    """Time that somebody spent on a ticket.

    `month` is that of `day` as a number (202611), for sums and for closing. `organization` is the ticket's when the
    entry was written: what was billed does not move with the ticket. `message` is what was said meanwhile: the call,
    the reply. `origin_ticket` is the ticket it was written in, whatever that is merged into later.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="time_entries")
    origin_ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    activity = models.ForeignKey(Activity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    day = models.DateField()
    month = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField()
    billable = models.BooleanField(default=True)
    note = models.CharField(max_length=500, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TimeEntries.as_manager()

    class Meta:
        verbose_name_plural = "time entries"
        indexes = [
            models.Index(fields=["month", "day", "id"], name="time_by_month"),
            models.Index(fields=["person", "month"], name="time_by_person"),
            models.Index(fields=["organization", "month"], name="time_by_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.seconds} s of {self.person_id} on {self.ticket_id}"


class Timer(models.Model):
    """A person's running timer: they have one at most."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    origin_ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} on {self.ticket_id}"


class LockedMonth(models.Model):
    """A month that is closed: none of its entries comes, changes or goes. `month` as in `TimeEntry`."""

    month = models.PositiveIntegerField(primary_key=True)
    locked_at = models.DateTimeField(default=timezone.now)
    locked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return str(self.month)
