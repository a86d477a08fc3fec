"""What an agent does in one click."""

from django.db import models

from ventanilla.core.models import Configurable
from ventanilla.people.models import Department, Team


class Macro(Configurable):
    """A text and what becomes of the ticket.

    `html` is the text by language, with the variables of `tickets.canned`; empty for a macro that says nothing.
    `public` makes it a reply to the requester, else an internal note. `effects` is in the language of
    `fields.effects`. With a department it is offered in that one's tickets alone, with a team to that team's members
    alone; `folder` groups macros where one chooses.
    """

    folder = models.CharField(max_length=60, default="", blank=True)
    html = models.JSONField(default=dict)
    public = models.BooleanField(default=True)
    effects = models.JSONField(default=list)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Configurable.Meta):
        pass
