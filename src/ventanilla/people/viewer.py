"""What a person may see, as a small frozen value: the building block of every `visible_to`."""

from dataclasses import dataclass, replace
from typing import Any

from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Department, Person, Team
from ventanilla.people.rights import Right, Scope


@dataclass(frozen=True)
class Viewer:
    """A person's scope and rights, resolved to ids.

    `departments` are those whose tickets the person sees by role; `everywhere` is true when these are all there are,
    so that queries need not ask. `hidden` are the private departments of which the person is no member.
    `organizations` limits an agent to some customers; empty means no limit. `through` is who really looks, where
    somebody sees the pages as this person: only what both may see is seen.
    """

    person: int
    scope: Scope
    rights: frozenset[str]
    teams: frozenset[int]
    departments: frozenset[int]
    hidden: frozenset[int]
    everywhere: bool
    organizations: frozenset[int]
    organization: int | None
    through: "Viewer | None" = None

    def may(self, right: Right) -> bool:
        """Whether the role includes a right."""
        return right in self.rights

    @property
    def staff(self) -> bool:
        """Whether the person works at the desk."""
        return self.scope in (Scope.ALL, Scope.DEPARTMENTS)

    def is_offered(self, row: Any, department: int | None = None) -> bool:
        """Whether a row that a department or a team may own is offered: in that department's tickets (`department`;
        None: wherever the person works), to that team's members, and not once it is archived."""
        if row.archived_at is not None or (row.team_id is not None and row.team_id not in self.teams):
            return False
        owner = row.department_id
        if owner is None:
            return True
        if owner in self.unknown:
            return False
        return owner == department if department is not None else owner in self.departments

    @property
    def unknown(self) -> frozenset[int]:
        """The private departments of which the person may know nothing: neither names nor what is written there."""
        return self.hidden if self.through is None else self.hidden | self.through.unknown


def viewer(person: Person) -> Viewer:
    """The person's `Viewer`, cached until the configuration changes (memberships and roles are configuration)."""
    who: Viewer = by_config_version(("viewer", person.pk), lambda: _build(person.pk))
    return who if person.seen_through is None else replace(who, through=viewer(person.seen_through))


def _build(person_id: int) -> Viewer:
    person = Person.objects.select_related("role").get(pk=person_id)
    scope = Scope(person.role.scope) if person.is_active else Scope.OWN
    teams = dict(person.teams.values_list("id", "department_id"))
    every = dict(Department.objects.values_list("id", "private"))
    member_of = set(teams.values())
    seen: set[int] = set()
    if scope is Scope.ALL:
        seen = {pk for pk, private in every.items() if not private or pk in member_of}
    elif scope is Scope.DEPARTMENTS:
        seen = member_of
    return Viewer(
        person=person_id,
        scope=scope,
        rights=frozenset(person.role.rights) if person.is_active else frozenset(),
        teams=frozenset(teams),
        departments=frozenset(seen),
        hidden=frozenset(pk for pk, private in every.items() if private and pk not in member_of),
        everywhere=bool(seen) and seen == every.keys(),
        organizations=frozenset(person.limited_to.values_list("id", flat=True)),
        organization=person.organization_id,
    )


def staff_of(team: Team) -> list[int]:
    """The ids of a team's active members."""
    return list(team.members.active().order_by("id").values_list("id", flat=True))
