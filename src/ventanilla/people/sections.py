"""Departments and teams, declared once (`fields/sections.py`)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.sections import Attribute, Column, Section
from ventanilla.people.models import Department, Person, Role, Team
from ventanilla.people.queries import people_by_role, teams
from ventanilla.people.rights import Right, Scope

_LEVELS = tuple((level, f"N{level}") for level in range(1, 5))


def _check_teams(row: Department) -> None:
    if row.archived_at is not None and Team.objects.filter(department=row, archived_at=None).exists():
        raise ValidationError(gettext("This department still has teams. Archive them first."))


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


def _check_role(row: Role) -> None:
    given = [str(right) for right in Right if right in row.rights]
    desk = row.scope in (Scope.ALL, Scope.DEPARTMENTS)
    if desk and Right.DESK not in given:
        raise ValidationError({"rights": gettext("Who sees tickets of departments works at the desk: tick that too.")})
    if not desk and set(given) - {Right.OPEN}:
        raise ValidationError({"rights": gettext("Requesters only open tickets; all else belongs to the desk.")})
    row.rights = given


def _guard_role(by: Any, before: Role | None, after: Role) -> None:
    """Nobody gives a role more than they have, or touches one that has more; somebody can always manage everything."""
    ruling = {Right.PEOPLE, Right.SETTINGS}
    own = None if by.trusted or by.person is None else set(by.person.role.rights)
    if own is not None and any(role is not None and not set(role.rights) <= own for role in (before, after)):
        raise PermissionDenied(Right.PEOPLE)
    if before is not None and ruling <= set(before.rights) and not ruling <= set(after.rights):
        others = [role.pk for role in Role.objects.exclude(pk=after.pk) if ruling <= set(role.rights)]
        if not Person.objects.active().filter(role__in=others).exists():
            raise ValidationError({"rights": gettext("Nobody could manage people and settings any more.")})


RIGHTS = {
    Right.DESK: _("Work at the desk"),
    Right.REPLY: _("Reply to requesters"),
    Right.NOTE: _("Write internal notes"),
    Right.CHANGE: _("Change tickets"),
    Right.OPEN: _("Open tickets"),
    Right.OPEN_FOR_OTHERS: _("Open tickets for others"),
    Right.REDACT: _("Remove texts for ever"),
    Right.RESTRICT: _("Restrict tickets, share views"),
    Right.HOURS: _("See everybody's hours, close months"),
    Right.QUARANTINE: _("Release mail from quarantine"),
    Right.OUTBOX: _("See the outbox"),
    Right.PEOPLE: _("Manage people and roles"),
    Right.SETTINGS: _("Change settings"),
}
_SCOPES = (
    (Scope.OWN, _("Their own tickets")),
    (Scope.ORGANIZATION, _("Those of their organization")),
    (Scope.DEPARTMENTS, _("Those of their departments")),
    (Scope.ALL, _("All but those of private departments")),
)


def _holders() -> Mapping[int, str]:
    return {pk: str(count) for pk, count in people_by_role().items()}


ROLES = Section(
    key="roles",
    noun="role",
    model=Role,
    title=_("Roles"),
    one=_("Role"),
    new=_("New role"),
    text=_("What people may do, and whose tickets they see. Everybody has one role."),
    icon="key",
    attributes=(
        Attribute(
            "scope",
            "choice",
            _("Tickets they see"),
            help=_("Beside those they take part in. It cannot be changed later."),
            required=True,
            choices=_SCOPES,
            once=True,
        ),
        Attribute("rights", "choices", _("What they may do"), choices=tuple(RIGHTS.items())),
    ),
    columns=(Column(_("People"), _holders),),
    check=_check_role,
    guard=_guard_role,
    relied_on=frozenset({"requester"}),
    right=Right.PEOPLE,
    audit="rights",
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
        Attribute(
            "calendar", "row", _("Hours of the team"), none=_("The usual ones"), section="calendars", column=False
        ),
    ),
    columns=(Column(_("Members"), _members),),
    needed=_("This is the last team: new tickets need one."),
    page="team",
    audit="rights",
)
