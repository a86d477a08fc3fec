"""The ticket, who has access to it, and who has read it."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.catalog.models import Service
from ventanilla.people.models import Department, Organization, Person, Team
from ventanilla.people.rights import Scope
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models.vocabulary import (
    Category,
    Impact,
    PendingReason,
    Priority,
    Status,
    StatusCategory,
    Tag,
    TicketType,
    Urgency,
)

# Where tickets stand in the order by deadline: those without one after those with one, those that wait last.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
WAITING = datetime(9999, 6, 1, tzinfo=UTC)


class Tickets(models.QuerySet["Ticket"]):
    """The only door to tickets for anything that reaches a person."""

    def visible_to(self, person: Person) -> "Tickets":
        """The tickets a person may see: by role, and those they take part in.

        A restricted ticket is seen by its team and by those who take part in it, whatever their role.
        """
        return self.seen_by(viewer(person))

    def seen_by(self, who: Viewer) -> "Tickets":
        """The same for a `Viewer` at hand."""
        return self.filter(stage=Ticket.Stage.TICKET)._by_role(who)

    def spam_seen_by(self, who: Viewer) -> "Tickets":
        """What the desk has put aside as spam, of the tickets somebody there would see otherwise."""
        return self.filter(stage=Ticket.Stage.SPAM)._by_role(who) if who.staff else self.none()

    def readable_by(self, who: Viewer) -> "Tickets":
        """The tickets somebody may open: those they see, and at the desk what is spam among them."""
        if not who.staff:
            return self.seen_by(who)
        return self.filter(stage__in=[Ticket.Stage.TICKET, Ticket.Stage.SPAM])._by_role(who)

    def merged_seen_by(self, who: Viewer) -> "Tickets":
        """The merged tickets somebody would see, were they on their own again."""
        return self.filter(stage=Ticket.Stage.MERGED)._by_role(who)

    def _by_role(self, who: Viewer) -> "Tickets":
        tickets = self if who.through is None else self._by_role(who.through)
        part = Q(pk__in=Access.objects.filter(person_id=who.person).values("ticket_id"))
        if who.scope is Scope.OWN:
            return tickets.filter(part)
        if who.scope is Scope.ORGANIZATION:
            if who.organization is None:
                return tickets.filter(part)
            return tickets.filter(part | Q(organization_id=who.organization, restricted=False))
        open_to_all = Q(restricted=False)
        if who.teams:
            open_to_all |= Q(team_id__in=sorted(who.teams))
        if who.organizations:
            # An agent limited to some customers sees nothing of the others, not even as a participant.
            return tickets.filter(organization_id__in=sorted(who.organizations)).filter(
                (Q(department_id__in=sorted(who.departments)) & open_to_all) | part
            )
        by_role = open_to_all if who.everywhere else Q(department_id__in=sorted(who.departments)) & open_to_all
        return tickets.filter(by_role | part)


class Satisfaction(models.IntegerChoices):
    """How content somebody was: three faces."""

    BAD = 1
    FAIR = 2
    GOOD = 3


class Ticket(models.Model):
    """One matter. Its number never changes; `status_category`, `is_open` and `sort_due_at` are copies for indexes.

    `cycle_at` is when the life cycle does its next step with it, `cycle_step` how many steps this wait has seen.
    What is merged points at the ticket it went into, and at the one that is left after all merges (`survivor`).
    """

    class Stage(models.TextChoices):
        TICKET = "ticket"
        CONVERSATION = "conversation"
        SPAM = "spam"
        MERGED = "merged"

    class Channel(models.TextChoices):
        MAIL = "mail"
        PORTAL = "portal"
        DESK = "desk"
        PHONE = "phone"
        API = "api"

    number = models.CharField(max_length=24, unique=True, null=True)  # noqa: DJ001 - a conversation has none yet
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.TICKET)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    type = models.ForeignKey(TicketType, on_delete=models.PROTECT)
    subject = models.CharField(max_length=250)
    requester = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="requested", db_index=False)
    affected = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="affected_by")
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT)
    impact = models.ForeignKey(Impact, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    urgency = models.ForeignKey(Urgency, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    priority = models.ForeignKey(Priority, on_delete=models.PROTECT)
    priority_by_hand = models.BooleanField(default=False)
    status = models.ForeignKey(Status, on_delete=models.PROTECT)
    status_category = models.PositiveSmallIntegerField(choices=StatusCategory.choices)
    is_open = models.PositiveSmallIntegerField(default=1)
    pending_reason = models.ForeignKey(PendingReason, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    pending_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # A copy for lists: when the first of the times that were agreed ends (`sla`).
    agreed_due_at = models.DateTimeField(null=True, blank=True)
    sort_due_at = models.DateTimeField(default=NEVER)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    assignee = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="assigned", db_index=False
    )
    restricted = models.BooleanField(default=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    custom = models.JSONField(default=dict, blank=True)
    workflow_version = models.PositiveIntegerField(null=True, blank=True)
    mailbox = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    first_reply_at = models.DateTimeField(null=True, blank=True)
    requester_spoke_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cycle_at = models.DateTimeField(null=True, blank=True)
    cycle_step = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_message_id = models.BigIntegerField(null=True, blank=True)
    # Copies for lists and for whoever need not ask: tasks to do, those of them that a status waits for, seconds spent.
    open_tasks = models.PositiveIntegerField(default=0, db_default=0)
    required_tasks = models.PositiveIntegerField(default=0, db_default=0)
    spent_seconds = models.PositiveIntegerField(default=0, db_default=0)
    # A copy of the latest rating, for lists.
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True, choices=Satisfaction.choices)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    survivor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1)

    objects = Tickets.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["is_open", "-updated_at", "-id"], name="ticket_recent"),
            models.Index(fields=["is_open", "sort_due_at", "id"], name="ticket_due"),
            models.Index(fields=["team", "is_open", "-updated_at", "-id"], name="ticket_team"),
            models.Index(fields=["assignee", "is_open", "-updated_at", "-id"], name="ticket_assignee"),
            models.Index(fields=["organization", "is_open", "-updated_at", "-id"], name="ticket_organization"),
            models.Index(fields=["requester", "-updated_at", "-id"], name="ticket_requester"),
            models.Index(fields=["requester", "-is_open", "-updated_at", "-id"], name="ticket_of_requester"),
            models.Index(fields=["status_category", "-updated_at", "-id"], name="ticket_status"),
            models.Index(fields=["team", "is_open", "sort_due_at", "id"], name="ticket_team_due"),
            models.Index(fields=["assignee", "is_open", "sort_due_at", "id"], name="ticket_assignee_due"),
            models.Index(fields=["organization", "is_open", "sort_due_at", "id"], name="ticket_organization_due"),
            models.Index(fields=["pending_until"], name="ticket_wakes"),
            models.Index(fields=["id"], name="ticket_restricted", condition=Q(restricted=True)),
            models.Index(fields=["cycle_at"], name="ticket_cycle", condition=Q(cycle_at__isnull=False)),
            models.Index(fields=["satisfaction"], name="ticket_rated", condition=Q(satisfaction__isnull=False)),
            models.Index(fields=["merged_into"], name="ticket_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["survivor"], name="ticket_survivor", condition=Q(survivor__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number or f"conversation {self.pk}"

    @property
    def topic(self) -> str:
        """The topic of this ticket's events."""
        return f"ticket:{self.pk}"

    def place_by_deadline(self) -> datetime:
        """What `sort_due_at` must be: the deadline, `NEVER` without one, `WAITING` while the ticket waits."""
        if self.status_category == StatusCategory.PENDING:
            return WAITING
        return self.deadline or NEVER

    @property
    def deadline(self) -> datetime | None:
        """The date set by hand, or the first agreed end if that is sooner."""
        return min((moment for moment in (self.due_at, self.agreed_due_at) if moment is not None), default=None)

    @property
    def category_of_status(self) -> StatusCategory:
        """The status category as the enumeration."""
        return StatusCategory(self.status_category)


class Access(models.Model):
    """Why a person sees a ticket apart from their role. Kept by the actions; one indexed join for requesters."""

    class Why(models.TextChoices):
        REQUESTER = "requester"
        AFFECTED = "affected"
        PARTICIPANT = "participant"
        WATCHER = "watcher"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="access", db_index=False)
    why = models.CharField(max_length=12, choices=Why.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "ticket", "why"], name="access_once")]
        indexes = [models.Index(fields=["ticket", "why"], name="access_ticket")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.why} {self.ticket_id}"


class ReadMark(models.Model):
    """Up to when a person has read a ticket. Reading is no event."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "ticket"], name="read_mark_once")]

    def __str__(self) -> str:
        return f"{self.person_id} read {self.ticket_id}"


class Snooze(models.Model):
    """A person put a ticket off: out of their own lists until a moment, and nobody else's."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="snoozes")
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "ticket"], name="snooze_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id} put off by {self.person_id}"
