"""What a team writes again and again."""

from django.db import models

from ventanilla.core.models import Configurable
from ventanilla.people.models import Department, Team


class CannedReply(Configurable):
    """A text ready to be put into a reply or a note: HTML by language, with the variables of `tickets/canned.py`.

    With a department it is offered in that one's tickets alone, with a team to that team's members alone; `folder`
    groups replies where one chooses.
    """

    folder = models.CharField(max_length=60, default="", blank=True)
    html = models.JSONField(default=dict)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Configurable.Meta):
        verbose_name_plural = "canned replies"
