"""Lists that people keep under a name."""

from functools import cached_property

from django.db import models
from django.db.models import Q

from ventanilla.core.models import Configurable
from ventanilla.fields.conditions import Condition, ConditionError, Either, parse
from ventanilla.people.models import Person, Team
from ventanilla.people.viewer import Viewer


class SavedViews(models.QuerySet["SavedView"]):
    """Questions to the table of saved views."""

    def visible_to(self, who: Viewer) -> "SavedViews":
        """One's own, those of one's teams, and those for everybody who works at the desk."""
        mine = Q(owner_id=who.person)
        if not who.staff:
            return self.none()
        ours = Q(audience=SavedView.Audience.TEAM, team_id__in=who.teams) | Q(audience=SavedView.Audience.EVERYONE)
        return self.filter(mine | ours, archived_at=None)


class SavedView(Configurable):
    """A condition over an entity's list with its columns, order and grouping.

    The key says nothing: it stands in addresses and events, and names may be personal. Without `columns` a list has
    those its reader chose. `condition` is stored as `fields/conditions.py` has it.
    """

    class Audience(models.TextChoices):
        """Who has the view."""

        OWNER = "owner"
        TEAM = "team"
        EVERYONE = "everyone"

    class Grouping(models.TextChoices):
        """Under which heads the rows stand."""

        NONE = "none"
        DUE = "due"

    entity = models.CharField(max_length=30, default="ticket")
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.OWNER)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    condition = models.JSONField(default=list)
    columns = models.JSONField(default=list, blank=True)
    sort = models.CharField(max_length=80, blank=True)
    grouping = models.CharField(max_length=10, choices=Grouping.choices, default=Grouping.DUE)
    pinned = models.BooleanField(default=False)

    objects = SavedViews.as_manager()

    @cached_property
    def parsed(self) -> Condition:
        """The stored condition; one that finds nothing when the stored list is no condition (any more)."""
        try:
            return parse(self.condition)
        except ConditionError:
            return Either()

    class Meta(Configurable.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="team", team__isnull=False) | (~Q(audience="team") & Q(team__isnull=True)),
                name="saved_view_team_when_for_a_team",
            )
        ]
