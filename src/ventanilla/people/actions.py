"""Every change of who people are and what they may do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.ids import slug
from ventanilla.core.prepared import Given, Prepared
from ventanilla.core.writing import insert
from ventanilla.events.record import Cause, record
from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import by_config_version
from ventanilla.people.addresses import normal_email, normal_phone
from ventanilla.people.author import Author
from ventanilla.people.calendar_actions import move_default_calendar
from ventanilla.people.custom import ORGANIZATION, PERSON, change_values
from ventanilla.people.models import (
    Calendar,
    Department,
    Identity,
    Membership,
    Organization,
    Person,
    Role,
    Session,
    Team,
)
from ventanilla.people.origin import Origin
from ventanilla.people.rights import Right
from ventanilla.people.sections import DEPARTMENTS, TEAMS
from ventanilla.people.viewer import viewer

_AT_ADDRESS = Prepared(
    lambda: Identity.objects.filter(kind=Identity.Kind.EMAIL, value=Given("value")).select_related("person__role")
)
_IDENTITY = Prepared(lambda: Identity.objects.filter(kind=Given("kind"), value=Given("value")).values_list("pk"))
PROFILE_FIELDS = frozenset(
    {
        *("name", "phone", "language", "time_zone", "theme", "single_keys", "columns"),
        *("absent_until", "notices", "notices_by_mail", "notices_by_push", "working_hours"),
    }
)
# What decides who a person is at the sign-in and what they may do: changes of these stand on the audit list.
RIGHTS_FIELDS = frozenset({"role", "teams", "limited_to", "is_active", "email"})
PERSONAL_FIELDS = frozenset({"name", "email", "phone", "job_title", "location"})


@transaction.atomic
def change_installation(*, by: Author, **changes: Any) -> Installation:
    """Set fields of the installation (`name`, `language`, `time_zone`, `demo`, `settings`).

    Needs the right to manage settings. Records `installation.changed` with the names of the changed fields; the default
    calendar goes along to another time zone, if it was in the installation's.
    """
    by.require(Right.SETTINGS)
    row = Installation.objects.select_for_update().get(pk=1)
    zone = row.time_zone
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, changes[name])
    if changed:
        row.save(update_fields=changed)
        bump_config_version()
        event = record("installation.changed", "installation:1", actor=by.actor, data={"fields": changed})
        if row.time_zone != zone:
            move_default_calendar(by=by, zone=zone, to=row.time_zone, cause=Cause(event))
    return row


@transaction.atomic
def create_person(
    *,
    by: Author,
    name: str,
    email: str = "",
    role: Role | None = None,
    password_hash: str = "",
    organization: Organization | None = None,
    teams: Iterable[Team] = (),
    phone: str = "",
    job_title: str = "",
    location: str = "",
    language: str = "",
    external: str = "",
    custom: Mapping[str, Any] | None = None,
    verified: bool = False,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Person:
    """A new person with their identities and teams; without `organization`, the one that owns the mail domain.

    `password_hash` comes ready made (hashing is slow and does not belong in a transaction); empty means no password.
    Values of custom fields (`custom`, by key) that are required may be missing: who draws a form asks for them.
    Records `person.created`. Raises `ValidationError` for an address that is malformed or taken, or a value that a
    field cannot have.
    """
    role = role or by_config_version("people.requester", lambda: Role.objects.get(key="requester"))
    if not by.trusted:
        by.require(Right.PEOPLE)
        check_rank(by, role)
    address = normal_email(email) if email else ""
    if email and not address:
        raise ValidationError(_("“%(address)s” is not an e-mail address."), params={"address": email})
    if address and _IDENTITY.rows(kind=Identity.Kind.EMAIL.value, value=address):
        raise ValidationError(_("There is already a person with the address %(address)s."), params={"address": address})
    own = change_values(PERSON, {}, custom, by=by)
    person = Person(
        custom=own.values,
        name=" ".join(name.split())[:160],
        email=address or None,
        role=role,
        organization=organization or organization_of(address),
        phone=phone[:60],
        job_title=job_title[:160],
        location=location[:200],
        language=language,
        created_at=at or timezone.now(),
    )
    if password_hash:
        person.password = password_hash
    else:
        person.set_unusable_password()
    insert(person)
    proved_at = timezone.now() if verified else None
    if address:
        insert(Identity(person=person, kind=Identity.Kind.EMAIL, value=address, verified_at=proved_at))
    if external:
        insert(Identity(person=person, kind=Identity.Kind.EXTERNAL, value=external))
    number = normal_phone(phone)
    if number and not _IDENTITY.rows(kind=Identity.Kind.PHONE.value, value=number):
        insert(Identity(person=person, kind=Identity.Kind.PHONE, value=number))
    team_rows = list(teams)
    insert(*(Membership(person=person, team=team) for team in team_rows))
    if team_rows:
        bump_config_version()
    record(
        "person.created",
        f"person:{person.pk}",
        actor=by.actor,
        data={
            "role": role.pk,
            "organization": person.organization_id,
            "teams": [team.pk for team in team_rows],
            **({"changes": own.changes} if own.changes else {}),
        },
        personal={"name": person.name, "email": address, **own.texts},
        cause=cause,
        at=at,
        rows={"person": person},
        quiet=quiet,
    )
    return person


@transaction.atomic
def invite_person(*, by: Author, person: Person) -> None:
    """Ask a person by mail to sign in; may be said again. Records `person.invited`; mail answers it with the letter.

    Raises `ValidationError` for somebody without an address, or who is switched off.
    """
    by.require(Right.PEOPLE)
    if not person.email:
        raise ValidationError(_("Without an address nobody can be invited."))
    if not person.is_active:
        raise ValidationError(_("This account is switched off."))
    record("person.invited", f"person:{person.pk}", actor=by.actor, rows={"person": person})


def organization_of(address: str) -> Organization | None:
    """The organization whose mail domain an address has; the own organization is found the same way."""
    domain = address.rpartition("@")[2]
    if not domain:
        return None
    # The list of organizations with domains is short and JSON containment differs between engines: look in Python.
    present = by_config_version(
        "people.domains", lambda: list(Organization.objects.filter(archived_at=None).exclude(domains=[]))
    )
    return next((organization for organization in present if domain in organization.domains), None)


def person_at(address: str) -> Person | None:
    """The person behind a mail address, or nobody. Merged persons lead to the one they were merged into."""
    value = normal_email(address)
    if not value:
        return None
    found = _AT_ADDRESS.objects(value=value)
    return (found[0].person.merged_into or found[0].person) if found else None


def identify(
    *, by: Author, address: str, name: str, language: str = "", cause: Cause | None = None, quiet: bool = False
) -> Person:
    """The person behind a mail address, made as an unverified requester when nobody has it.

    Merged persons lead to the one they were merged into. Raises `ValidationError` for what is no address.
    """
    return person_at(address) or create_person(
        by=by, name=name, email=address, language=language, cause=cause, quiet=quiet
    )


def identify_for(by: Author, *, address: str, name: str = "") -> Person:
    """The person behind a mail address whom an agent names: knowing an address is enough to open a ticket for somebody.

    Made when nobody has it. Raises `ValidationError` for what is no address, and where the agent looks after some
    customers alone and this is somebody else's.
    """
    if by.person is not None and (among := viewer(by.person).organizations):
        known, theirs = person_at(address), organization_of(normal_email(address))
        place = known.organization_id if known is not None else theirs.pk if theirs is not None else None
        if place not in among:
            raise ValidationError(_("You look after other customers: choose somebody of theirs."))
    return identify(by=Author(by.actor, by.person, trusted=True), address=address, name=name)


@transaction.atomic
def change_person(
    *, by: Author, person: Person, cause: Cause | None = None, quiet: bool = False, **changes: Any
) -> Person:
    """Set fields of a person. Everybody may change their own profile; the rest needs the right to manage people.

    `teams` takes the new list of teams, `custom` values of custom fields by key, which leave the others alone. Records
    `person.changed`, or `person.data_changed` when a custom field is among the changes, `person.rights_changed` when
    one of `RIGHTS_FIELDS` is; free text stands in its payload.
    """
    own = by.person is not None and by.person.pk == person.pk and changes.keys() <= PROFILE_FIELDS
    if not own:
        by.require(Right.PEOPLE)
    teams = changes.pop("teams", None)
    limited_to = changes.pop("limited_to", None)
    custom = changes.pop("custom", None)
    row = Person.objects.select_for_update().get(pk=person.pk)
    if not own:
        check_rank(by, row.role, changes.get("role") or row.role)
    check_own_rights(by, row, changes)
    if "email" in changes:
        _change_address(row, changes)
    ids: dict[str, list[Any]] = {}
    texts: dict[str, list[Any]] = {}
    for name, value in changes.items():
        old = getattr(row, name)
        if old == value:
            continue
        setattr(row, name, value)
        plain = [getattr(v, "pk", v.isoformat() if isinstance(v, datetime) else v) for v in (old, value)]
        (texts if name in PERSONAL_FIELDS else ids)[name] = plain
    own_values = change_values(PERSON, row.custom, custom, by=by)
    row.custom, ids, texts = own_values.values, ids | own_values.changes, texts | own_values.texts
    if teams is not None:
        before, after = set(row.teams.values_list("id", flat=True)), {team.pk for team in teams}
        if before != after:
            Membership.objects.filter(person=row).exclude(team_id__in=after).delete()
            Membership.objects.bulk_create(Membership(person=row, team_id=pk) for pk in sorted(after - before))
            ids["teams"] = [sorted(before - after), sorted(after - before)]
    if limited_to is not None:
        before = set(row.limited_to.values_list("id", flat=True))
        after = {organization.pk for organization in limited_to}
        if before != after:
            row.limited_to.set(limited_to)
            ids["limited_to"] = [sorted(before - after), sorted(after - before)]
    if ids or texts:
        row.save()
        bump_config_version()
        data = {"changes": ids, "texts": sorted(texts)}
        kind = "person.data_changed" if own_values.changes or own_values.texts else "person.changed"
        kind = "person.rights_changed" if RIGHTS_FIELDS & {*ids, *texts} else kind
        record(kind, f"person:{row.pk}", actor=by.actor, data=data, personal=texts, cause=cause, quiet=quiet)
    return row


def check_rank(by: Author, *roles: Role) -> None:
    """Who manages people gives nobody more than they have themselves, and leaves alone those who have more.

    Raises `PermissionDenied`.
    """
    if by.trusted or by.person is None:
        return
    if any(not set(role.rights) <= set(by.person.role.rights) for role in roles):
        raise PermissionDenied(Right.PEOPLE)


def check_own_rights(by: Author, row: Person, changes: Mapping[str, Any]) -> None:
    """Nobody locks themselves out: so there is always somebody left who may manage people. Raises `ValidationError`."""
    if by.person is None or by.person.pk != row.pk:
        return
    role = changes.get("role")
    if changes.get("is_active") is False or (role is not None and Right.PEOPLE not in role.rights):
        raise ValidationError(_("You cannot take away your own right to manage people. Ask another administrator."))


def _change_address(row: Person, changes: dict[str, Any]) -> None:
    address = normal_email(changes["email"] or "")
    if changes["email"] and not address:
        raise ValidationError(_("“%(address)s” is not an e-mail address."), params={"address": changes["email"]})
    taken = Identity.objects.filter(kind=Identity.Kind.EMAIL, value=address).exclude(person=row).exists()
    if address and taken:
        raise ValidationError(_("There is already a person with the address %(address)s."), params={"address": address})
    if address:
        Identity.objects.get_or_create(kind=Identity.Kind.EMAIL, value=address, defaults={"person": row})
    changes["email"] = address or None


@transaction.atomic
def set_password(
    *, by: Author, person: Person, password_hash: str, keep_session: str | None = None, origin: Origin | None = None
) -> None:
    """Set a password by its ready-made hash and end the person's sessions, except the one with the key `keep_session`.

    Records `person.password_changed`, without the password, with the number of sessions that ended.
    """
    if by.person is None or by.person.pk != person.pk:
        by.require(Right.PEOPLE)
    Person.objects.filter(pk=person.pk).update(password=password_hash)
    ended, _by_model = Session.objects.filter(person=person).exclude(session_key=keep_session or "").delete()
    topic, personal = f"person:{person.pk}", origin.as_personal() if origin else None
    record("person.password_changed", topic, actor=by.actor, data={"sessions": ended}, personal=personal)


@transaction.atomic
def verify_address(*, by: Author, person: Person, address: str) -> bool:
    """Remember that the person has read what was sent to an address of theirs; whoever calls has made sure of it.

    Records `person.address_verified` the first time, and returns whether it was that; an address of somebody else's, or
    of nobody, stays as it is.
    """
    identities = Identity.objects.filter(person=person, kind=Identity.Kind.EMAIL, value=normal_email(address))
    if not identities.filter(verified_at=None).update(verified_at=timezone.now()):
        return False
    record("person.address_verified", f"person:{person.pk}", actor=by.actor, personal={"address": address})
    return True


@transaction.atomic
def create_organization(
    *,
    by: Author,
    name: str,
    own: bool = False,
    domains: Iterable[str] = (),
    custom: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Organization:
    """A new organization, with values of custom fields by key. Records `organization.created`.

    Raises `ValidationError` for a value that a field cannot have.
    """
    by.require(Right.PEOPLE)
    values = change_values(ORGANIZATION, {}, custom, by=by)
    plain = sorted({d.lower().strip() for d in domains if d})
    row = Organization.objects.create(name=name, own=own, domains=plain, custom=values.values)
    bump_config_version()
    record(
        "organization.created",
        f"organization:{row.pk}",
        actor=by.actor,
        data={"changes": values.changes} if values.changes else {},
        personal={"name": name, **values.texts},
        quiet=quiet,
    )
    return row


@transaction.atomic
def change_organization(
    *,
    by: Author,
    organization: Organization,
    name: str,
    domains: Iterable[str],
    archived: bool | None = None,
    custom: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> Organization:
    """Rename an organization, set its mail domains and values of custom fields by key, archive it or take it back.

    Records `organization.changed`. Raises `ValidationError` when a domain belongs to another organization, the own one
    would be archived, or a field cannot have a value.
    """
    by.require(Right.PEOPLE)
    present = Organization.objects.select_for_update().values_list("custom", flat=True).get(pk=organization.pk)
    own = change_values(ORGANIZATION, present, custom, by=by)
    organization.custom = own.values
    organization.name, organization.domains = name, sorted({d.lower().strip() for d in domains if d.strip()})
    for other in Organization.objects.exclude(pk=organization.pk).exclude(domains=[]):
        shared = set(other.domains) & set(organization.domains)
        if shared:
            values = {"domain": min(shared), "name": other.name}
            raise ValidationError(_("%(domain)s already belongs to %(name)s.") % values)
    if archived is not None:
        if archived and organization.own:
            raise ValidationError(_("Your own organization cannot be archived."))
        organization.archived_at = (organization.archived_at or timezone.now()) if archived else None
    organization.save(update_fields=["name", "domains", "custom", "archived_at"])
    bump_config_version()
    record(
        "organization.changed",
        f"organization:{organization.pk}",
        actor=by.actor,
        data={"changes": own.changes, "texts": sorted(own.texts)} if own.changes or own.texts else {},
        personal={"name": name, **own.texts},
        quiet=quiet,
    )
    return organization


def create_department(*, by: Author, key: str, label: dict[str, str], private: bool = False) -> Department:
    """A new department. Records `department.created`."""
    return create_row(by=by, section=DEPARTMENTS, key=key, label=label, private=private)


def change_department(
    *, by: Author, department: Department, label: dict[str, str], private: bool, archived: bool = False
) -> Department:
    """Set a department's label and privacy, archive it or take it back. Records `department.changed`.

    Raises `ValidationError` when it is the last one in use or still has teams in use.
    """
    return change_row(by=by, section=DEPARTMENTS, row=department, label=label, archived=archived, private=private)


def create_team(
    *,
    by: Author,
    key: str,
    label: dict[str, str],
    department: Department,
    level: int = 1,
    calendar: Calendar | None = None,
) -> Team:
    """A new team of a department at a support level 1–4, with hours of its own or the usual ones. Records
    `team.created`."""
    given: dict[str, Any] = {"department": department, "level": level, "calendar": calendar}
    return create_row(by=by, section=TEAMS, key=slug(key), label=label, **given)


@transaction.atomic
def change_team(
    *,
    by: Author,
    team: Team,
    label: dict[str, str],
    level: int,
    members: Iterable[Person] | None = None,
    archived: bool = False,
    **more: Any,
) -> Team:
    """Set a team's label, level (1–4), members and hours (`calendar`, if given), archive it or take it back. Records
    `team.changed`, and `team.members_changed` when somebody comes or goes.

    Members are agents; anybody else raises `ValidationError`, as does archiving the last team in use.
    """
    row = change_row(by=by, section=TEAMS, row=team, label=label, archived=archived, level=level, **more)
    if members is not None:
        _set_members(by, row, {person.pk for person in members})
    return row


def _set_members(by: Author, team: Team, after: set[int]) -> None:
    if Person.objects.agents().filter(pk__in=after).count() != len(after):
        raise ValidationError(_("Only agents can be members of a team."))
    present = Membership.objects.filter(team=team, person__in=Person.objects.agents())
    before = set(present.values_list("person_id", flat=True))
    if before == after:
        return
    Membership.objects.filter(team=team, person_id__in=before - after).delete()
    Membership.objects.bulk_create(Membership(team=team, person_id=pk) for pk in sorted(after - before))
    bump_config_version()
    data = {"key": team.key, "added": sorted(after - before), "removed": sorted(before - after)}
    record("team.members_changed", f"team:{team.pk}", actor=by.actor, data=data)


@transaction.atomic
def create_team_with(
    *,
    by: Author,
    key: str,
    label: dict[str, str],
    department: Department,
    level: int,
    members: Iterable[Person],
    calendar: Calendar | None = None,
) -> Team:
    """A new team with its first members. Records `team.created` and, if there are members, `team.changed`."""
    team = create_team(by=by, key=key, label=label, department=department, level=level, calendar=calendar)
    persons = list(members)
    return change_team(by=by, team=team, label=label, level=level, members=persons) if persons else team
