"""Announcements, what is added to them, and whom they concern."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.people.models import Department, Organization, Person
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models import Ticket


class Announcements(models.QuerySet["Announcement"]):
    """The only door to announcements for anything that reaches a person."""

    def visible_to(self, person: Person) -> "Announcements":
        """What is meant for a person, by organization or by the departments they work in; and what they joined.

        Whoever works at the desk sees all of them, for they are told of in its name: but those that are meant for
        private departments which they do not know, or for customers whom they do not look after.
        """
        who = viewer(person)
        if who.staff:
            return self._of_the_desk(who)
        departments = person.teams.values("department_id")
        seen = Q(audience=Announcement.Audience.EVERYONE)
        seen |= Q(
            pk__in=Announcement.organizations.through.objects.filter(organization_id=who.organization or 0).values(
                "announcement_id"
            )
        )
        seen |= Q(
            pk__in=Announcement.departments.through.objects.filter(department_id__in=departments).values(
                "announcement_id"
            )
        )
        seen |= Q(pk__in=Join.objects.filter(person=person).values("announcement_id"))
        return self.filter(seen)

    def _of_the_desk(self, who: Viewer) -> "Announcements":
        rows, through = self, Announcement.departments.through.objects
        if who.unknown:
            known = through.exclude(department_id__in=sorted(who.unknown)).values("announcement_id")
            rows = rows.exclude(~Q(pk__in=known), audience=Announcement.Audience.DEPARTMENTS)
        if who.organizations:
            customers = Announcement.organizations.through.objects
            theirs = customers.filter(organization_id__in=sorted(who.organizations)).values("announcement_id")
            rows = rows.exclude(~Q(pk__in=theirs), audience=Announcement.Audience.ORGANIZATIONS)
        return rows

    def on(self) -> "Announcements":
        """Those that stand on the portal now."""
        now = timezone.now()
        return self.filter(ended_at=None, starts_at__lte=now).filter(Q(ends_at=None) | Q(ends_at__gt=now))


class Announcement(models.Model):
    """What many should know, from a moment to a moment. With a `ticket` others may say that it is theirs too.

    `ended_at` is when it was really over: by hand, with its ticket, or when `ends_at` came.
    """

    class Audience(models.TextChoices):
        EVERYONE = "everyone"
        DEPARTMENTS = "departments"
        ORGANIZATIONS = "organizations"

    title = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    audience = models.CharField(max_length=14, choices=Audience.choices, default=Audience.EVERYONE)
    departments = models.ManyToManyField(Department, blank=True, related_name="+")
    organizations = models.ManyToManyField(Organization, blank=True, related_name="+")
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.CASCADE, related_name="announcements")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = Announcements.as_manager()

    class Meta:
        indexes = [models.Index(fields=["ended_at", "-starts_at"], name="announcement_on")]

    def __str__(self) -> str:
        return self.title

    @property
    def topic(self) -> str:
        """The topic of the events about it."""
        return f"announcement:{self.pk}"


class Update(models.Model):
    """Something said later to everybody whom an announcement concerns."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="updates")
    text = models.TextField()
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"update {self.pk}"


class Join(models.Model):
    """A person said: it happens to me too. Nobody but the desk learns who else did.

    Once the matter is over they are asked (`asked_at`) whether it works; a "no" makes `ticket`, which is theirs alone.
    """

    class Answer(models.TextChoices):
        YES = "yes"
        NO = "no"

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="joins")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=4, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["announcement", "person"], name="join_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.announcement_id}"
