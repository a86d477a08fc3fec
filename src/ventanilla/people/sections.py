"""Departments and teams, declared once (`fields/sections.py`)."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.sections import Attribute, Column, Section
from ventanilla.people.models import Department, Team
from ventanilla.people.queries import teams

_LEVELS = tuple((level, f"N{level}") for level in range(1, 5))


def _check_teams(row: Department) -> None:
    if row.archived_at is not None and Team.objects.filter(department=row, archived_at=None).exists():
        raise ValidationError(said("This department still has teams. Archive them first."))


def _members() -> Mapping[int, str]:
    return {team.pk: str(team.agents) for team in teams()}


DEPARTMENTS = Section(
    key="departments",
    noun="department",
    model=Department,
    title=_("Departments"),
    one=_("Department"),
    new=_("New department"),
    text=_("Parts of your organization with queues of their own."),
    icon="folder",
    attributes=(
        Attribute(
            "private",
            "yes_no",
            _("Private"),
            help=_("Only its members see its tickets, not even administrators."),
        ),
    ),
    check=_check_teams,
    needed=_("This is the last department: new tickets need one."),
)

TEAMS = Section(
    key="teams",
    noun="team",
    model=Team,
    title=_("Teams"),
    one=_("Team"),
    new=_("New team"),
    text=_("Groups of agents. Tickets wait in a team until somebody takes them."),
    icon="people",
    attributes=(
        Attribute("department", "row", _("Department"), required=True, section="departments", once=True),
        Attribute("level", "choice", _("Support level"), required=True, choices=_LEVELS),
    ),
    columns=(Column(_("Members"), _members),),
    needed=_("This is the last team: new tickets need one."),
    page="team",
    audit="rights",
)
