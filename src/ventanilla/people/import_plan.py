"""What the lines of an import would make of the people, organizations and departments that are there.

Reads, never writes. The same answer serves the preview and the writing: a line is written exactly as it was announced,
or refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from ventanilla.fields.definitions import PREFIX
from ventanilla.fields.kinds import BadValue
from ventanilla.people.actions import check_own_rights, check_rank
from ventanilla.people.author import Author
from ventanilla.people.import_custom import names_persons, value_of
from ventanilla.people.import_fields import Kind, Problem, folded, key_of, read_values
from ventanilla.people.models import (
    Department,
    Identity,
    ImportLine,
    Organization,
    PeopleImport,
    Person,
    Role,
    Team,
)
from ventanilla.people.rights import REQUESTER_KEYS

Outcome = ImportLine.Outcome


@dataclass
class Known:
    """Everything that lines are compared with, by folded name or by address.

    Organizations that lines make are added while they are written.
    """

    persons: dict[str, Person] = field(default_factory=dict)
    organizations: dict[str, list[Organization]] = field(default_factory=lambda: defaultdict(list))
    domains: dict[str, int] = field(default_factory=dict)
    departments: dict[str, list[Department]] = field(default_factory=lambda: defaultdict(list))
    roles: dict[str, list[Role]] = field(default_factory=lambda: defaultdict(list))
    teams: dict[str, list[Team]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Plan:
    """What becomes of one line. `row` is what it changes, None for a new one; `changes` are values of its fields.

    `new_organization` is the name of one that has to be made first.
    """

    outcome: Outcome
    row: Any = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    new_organization: str = ""
    problems: Sequence[Problem] = ()


def known_for(run: PeopleImport, lines: Iterable[Sequence[str]]) -> Known:
    """What the lines (given by their cells) have to be compared with: a handful of queries however many lines."""
    known = Known()
    for organization in Organization.objects.filter(archived_at=None):
        add_organization(known, organization)
    for organization in Organization.objects.exclude(archived_at=None):
        if folded(organization.name) not in known.organizations:
            known.organizations[folded(organization.name)].append(organization)
    if run.kind == Kind.ORGANIZATIONS:
        found = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=_addresses(run, lines))
        for identity in found.select_related("person__merged_into"):
            known.persons[identity.value] = identity.person.merged_into or identity.person
    if run.kind == Kind.PEOPLE:
        found = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=_addresses(run, lines))
        whole = [f"{who}__{part}" for who in ("person", "person__merged_into") for part in ("role", "organization")]
        for identity in found.select_related(*whole).prefetch_related("person__teams"):
            known.persons[identity.value] = identity.person.merged_into or identity.person
        for role in Role.objects.filter(archived_at=None):
            _under(known.roles, role)
        for team in Team.objects.filter(archived_at=None):
            _under(known.teams, team)
    if run.kind == Kind.DEPARTMENTS:
        for department in Department.objects.filter(archived_at=None):
            _under(known.departments, department)
    return known


def _addresses(run: PeopleImport, lines: Iterable[Sequence[str]]) -> set[str]:
    """The addresses of whoever the lines are about, and of whom their custom fields name."""
    naming = [name for name in run.mapping if names_persons(run.kind, name)]
    found: set[str] = set()
    for cells in lines:
        values, _problems = read_values(run.kind, run.mapping, cells)
        found |= {key_of(run.kind, values), *(str(values.get(name, "")).lower() for name in naming)}
    return found - {""}


def add_organization(known: Known, organization: Organization) -> None:
    """Remember an organization that was there or has just been made."""
    known.organizations[folded(organization.name)].append(organization)
    known.domains.update(dict.fromkeys(organization.domains, organization.pk))


def _under(names: dict[str, list[Any]], row: Any) -> None:
    for name in {row.key, *(folded(text) for text in row.label.values() if text)}:
        names[name].append(row)


def plan(run: PeopleImport, known: Known, by: Author, line: ImportLine) -> Plan:
    """What becomes of a line that was not refused when it was read."""
    values, problems = read_values(run.kind, run.mapping, line.cells)
    own = _own(run, known, values, problems)
    if problems:
        return Plan(Outcome.REFUSED, problems=problems)
    if own:
        values["custom"] = own
    planned = {Kind.PEOPLE: _person, Kind.ORGANIZATIONS: _organization, Kind.DEPARTMENTS: _department}
    return planned[Kind(run.kind)](run, known, by, values)


def _own(run: PeopleImport, known: Known, values: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The values of custom fields by key, taken out of the others; what cannot be one is noted."""
    found: dict[str, Any] = {}
    for name in [name for name in values if name.startswith(PREFIX)]:
        cell = values.pop(name)
        try:
            found[name.removeprefix(PREFIX)] = value_of(run.kind, name, cell, known.persons, known.organizations)
        except BadValue:
            problems.append(Problem("own", name, cell[:60]))
    return found


def _differing_own(present: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in own.items() if present.get(key) != value}


def _person(run: PeopleImport, known: Known, by: Author, values: dict[str, Any]) -> Plan:
    row = known.persons.get(values["email"])
    changes, new_organization = dict(values), ""
    problems: list[Problem] = []
    changes.pop("email")
    if "role" in values:
        changes["role"] = _one(known.roles, values["role"], "role", problems)
    if "organization" in values:
        named = known.organizations.get(folded(values["organization"]), [])
        if named or not run.make_organizations:
            changes["organization"] = _one(known.organizations, values["organization"], "organization", problems)
        else:
            new_organization = changes.pop("organization")
    role = changes.get("role") or (row.role if row else None)
    if "teams" in values:
        changes["teams"] = [_one(known.teams, name, "team", problems, "teams") for name in values["teams"]]
        if (role is None or role.key in REQUESTER_KEYS) and not problems:
            problems.append(Problem("requester_team", "teams"))
    if not problems:
        problems += _forbidden(by, row, changes)
    if problems:
        return Plan(Outcome.REFUSED, problems=problems)
    if row is None:
        return Plan(Outcome.NEW, None, {"email": values["email"], **changes}, new_organization)
    changes = _differing(row, changes)
    return Plan(Outcome.CHANGED if changes or new_organization else Outcome.SAME, row, changes, new_organization)


def _differing(row: Person, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those values that the person does not have already; teams are added to, never taken away."""
    apart = ("teams", "custom")
    found = {name: value for name, value in changes.items() if name not in apart and getattr(row, name) != value}
    own = _differing_own(row.custom, changes.get("custom", {}))
    if own:
        found["custom"] = own
    if changes.get("teams"):
        present = list(row.teams.all())
        more = [team for team in dict.fromkeys(changes["teams"]) if team not in present]
        if more:
            found["teams"] = present + more
    return found


def _forbidden(by: Author, row: Person | None, changes: Mapping[str, Any]) -> list[Problem]:
    """Nobody gives or changes by a file what they could not by hand."""
    roles = [role for role in (row.role if row else None, changes.get("role")) if role is not None]
    try:
        check_rank(by, *roles)
    except PermissionDenied:
        return [Problem("rank", "role")]
    if row is not None:
        try:
            check_own_rights(by, row, changes)
        except ValidationError:
            return [Problem("own_role", "role")]
    return []


def _one(names: Mapping[str, list[Any]], name: str, code: str, problems: list[Problem], field_name: str = "") -> Any:
    """The one row of this name; otherwise None, and the problem is noted."""
    found = names.get(folded(name), [])
    if len(found) == 1:
        return found[0]
    problems.append(Problem("ambiguous" if found else code, field_name or code, name[:60]))
    return None


def _organization(_run: PeopleImport, known: Known, _by: Author, values: dict[str, Any]) -> Plan:
    found = known.organizations.get(folded(values["name"]), [])
    if len(found) > 1:
        return Plan(Outcome.REFUSED, problems=[Problem("ambiguous", "name", values["name"][:60])])
    row = found[0] if found else None
    wanted = values.get("domains", [])
    own = row.pk if row else None
    taken = [domain for domain in wanted if known.domains.get(domain, own) != own]
    if taken:
        return Plan(Outcome.REFUSED, problems=[Problem("domain_taken", "domains", taken[0])])
    if row is None:
        more_own = {"custom": values["custom"]} if "custom" in values else {}
        return Plan(Outcome.NEW, None, {"name": values["name"][:160], "domains": wanted, **more_own})
    more = sorted(set(wanted) - set(row.domains))
    own_values = _differing_own(row.custom, values.get("custom", {}))
    if not more and not own_values:
        return Plan(Outcome.SAME, row)
    return Plan(Outcome.CHANGED, row, {"name": row.name, "domains": [*row.domains, *more], "custom": own_values})


def _department(_run: PeopleImport, known: Known, _by: Author, values: dict[str, Any]) -> Plan:
    label = {code: values[f"label_{code}"] for code in ("es", "en") if values.get(f"label_{code}")}
    found = {row.pk: row for text in label.values() for row in known.departments.get(folded(text), [])}
    if len(found) > 1:
        return Plan(Outcome.REFUSED, problems=[Problem("ambiguous", "label_es", next(iter(label.values()))[:60])])
    row = next(iter(found.values()), None)
    if row is None:
        return Plan(Outcome.NEW, None, {"label": label, "private": values.get("private", False)})
    # A name that fits stays as it is written here; a language that has none yet gets one.
    changes = {"label": label | row.label, "private": values.get("private", row.private)}
    same = changes == {"label": row.label, "private": row.private}
    return Plan(Outcome.SAME if same else Outcome.CHANGED, row, changes)
