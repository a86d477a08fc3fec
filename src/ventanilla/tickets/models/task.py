"""What is to be done in a ticket: tasks, and checklists of them."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ventanilla.core.models import Configurable
from ventanilla.people.models import Department, Person, Team
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models.ticket import Ticket


class ChecklistTemplate(Configurable):
    """A checklist that is made again and again.

    `items`: in order, each `{"label": {"es": …, "en": …}, "before": …}`, where `before` is what `Task.required_before`
    is. `types`: the keys of the types of ticket it is offered for, none for all. With a department it is offered in
    that one's tickets alone, with a team to that team's members alone. `by_itself`: each new ticket of those types, and
    of that department, gets it.
    """

    items = models.JSONField(default=list)
    types = models.JSONField(default=list)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_itself = models.BooleanField(default=False)

    class Meta(Configurable.Meta):
        pass


class Checklist(models.Model):
    """A list of tasks with a title. `origin_ticket` is the ticket it was made in, whatever that is merged into later.

    What was removed stays, so that removing it can be undone.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="checklists")
    origin_ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=120)
    template = models.CharField(max_length=60, default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class Tasks(models.QuerySet["Task"]):
    """The only door to tasks for anything that reaches a person."""

    def standing(self) -> "Tasks":
        """Those that were not removed."""
        return self.filter(removed_at=None)

    def visible_to(self, person: Person) -> "Tasks":
        """Those of the tickets that a person at the desk may see; they are nobody else's business."""
        who = viewer(person)
        if not who.staff:
            return self.none()
        return self.standing().filter(Exists(Ticket.objects.seen_by(who).filter(pk=OuterRef("ticket_id"))))


class Task(models.Model):
    """Something to be done in a ticket, on its own or as an item of a checklist.

    `required_before`: what the ticket cannot become until this is done: `category:resolved`, `status:KEY` or nothing.
    `tell_at` is when the owner is told that it is soon due, or due; empty once they were, or when there is nothing to
    tell. `origin_ticket` is the ticket it was written in, whatever that is merged into later. What was removed stays.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="tasks")
    origin_ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    checklist = models.ForeignKey(Checklist, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=250)
    position = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    tell_at = models.DateTimeField(null=True, blank=True)
    required_before = models.CharField(max_length=80, default="", blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = Tasks.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(done_at__isnull=True, removed_at__isnull=True, owner__isnull=False),
                name="task_of_owner",
            ),
            models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="task_due"),
        ]

    def __str__(self) -> str:
        return self.title
