"""Questions about persons and where they belong."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.installation.queries import by_config_version
from ventanilla.people.addresses import normal_email, normal_phone
from ventanilla.people.models import (
    Identity,
    ImportLine,
    Organization,
    PeopleImport,
    Person,
    PersonMerge,
    Role,
    Session,
    SignInProvider,
    Team,
)
from ventanilla.people.rights import Right, Scope
from ventanilla.people.viewer import Viewer

Row = TypeVar("Row", bound=Model)
SHOWN_AT_ONCE = 50
_STAFF = (Scope.ALL, Scope.DEPARTMENTS)


_SOME = ("a", "b", "c", "d")
_PERSONS = Prepared(lambda: Person.objects.filter(pk__in=[Given(place) for place in _SOME]))


def persons_by_id(ids: Iterable[int | None], known: Iterable[Person] = ()) -> dict[int, Person]:
    """The persons with these ids. Those at hand (`known`) are not asked for again: one query, or none."""
    found = {person.pk: person for person in known}
    missing = [pk for pk in dict.fromkeys(ids) if pk is not None and pk not in found]
    if not missing:
        return found
    if len(missing) > len(_SOME):
        return found | Person.objects.in_bulk(missing)
    filled = missing + [0] * (len(_SOME) - len(missing))
    return found | {person.pk: person for person in _PERSONS.objects(**dict(zip(_SOME, filled, strict=True)))}


def names_of(ids: Iterable[object], who: Viewer | None = None) -> Mapping[Any, str]:
    """The names of persons by id, for the words of a list's filters; what is no id, nobody's, or somebody's whom the
    reader may not know is left out."""
    wanted = [pk for pk in ids if isinstance(pk, int)]
    if who is not None and who.organizations:
        wanted = list(known_to(who).filter(pk__in=wanted).values_list("pk", flat=True))
    return {pk: person.display_name for pk, person in persons_by_id(wanted).items()}


def has_administrator() -> bool:
    """Whether anybody may sign in who may manage both people and settings."""
    return _administrators().exists()


def an_administrator() -> Person | None:
    """The first of those who may manage both people and settings."""
    return _administrators().order_by("pk").first()


def _administrators() -> QuerySet[Person]:
    roles: dict[int, Role] = by_config_version("people.roles", lambda: Role.objects.in_bulk())
    ruling = [pk for pk, role in roles.items() if {Right.PEOPLE, Right.SETTINGS} <= set(role.rights)]
    return Person.objects.active().filter(role__in=ruling)


def agent_at(address: str) -> Person | None:
    """The active agent with this address, or nobody."""
    return Person.objects.agents().filter(email=normal_email(address)).first()


def organizations_with_brand(brand: int) -> list[Organization]:
    """The organizations that name this brand, by name."""
    return list(Organization.objects.filter(brand_id=brand).order_by("name"))


def person_at(address: str) -> Person | None:
    """The active person with this address, or nobody."""
    return Person.objects.active().select_related("role").filter(email=normal_email(address)).first()


def role_of(person: Person) -> Role:
    """The person's role from what is remembered of the configuration: it is asked for on every page."""
    roles: dict[int, Role] = by_config_version("people.roles", lambda: Role.objects.in_bulk())
    return roles.get(person.role_id) or person.role


def desk_agents() -> QuerySet[Person]:
    """`Person.objects.agents()`, found by the ids of their roles as the configuration has them: of twenty thousand
    persons the index reads the twenty. Not for queries that outlive the configuration."""
    roles: dict[int, Role] = by_config_version("people.roles", lambda: Role.objects.in_bulk())
    return Person.objects.active().filter(role_id__in=sorted(pk for pk, role in roles.items() if role.scope in _STAFF))


def persons(text: str = "", which: str = "") -> QuerySet[Person]:
    """Everybody whose name, address or phone contains the text. `which`: `agents`, `requesters`, `inactive` or all."""
    rows = Person.objects.filter(merged_into=None).select_related("role", "organization")
    if which == "inactive":
        rows = rows.filter(is_active=False)
    elif which == "agents":
        rows = rows.filter(is_active=True, role__scope__in=_STAFF)
    elif which == "requesters":
        rows = rows.filter(is_active=True).exclude(role__scope__in=_STAFF)
    for word in text.split()[:6]:
        match = Q(name__icontains=word) | Q(email__icontains=word)
        # What a provider knows them by is a digest: every word of a few letters would stand in some.
        match |= Q(identities__provider=None, identities__value__icontains=word)
        number = normal_phone(word)
        if number:
            match |= Q(identities__value__contains=number)
        rows = rows.filter(pk__in=Person.objects.filter(match).values("pk"))
    return rows


def page_of(rows: QuerySet[Person], after: str) -> tuple[Sequence[Person], int | None]:
    """One page in order of name, and the id after which the next one begins: by key, so that deep pages are cheap.

    An `after` that names nobody begins at the beginning.
    """
    last = Person.objects.filter(pk=int(after)).first() if after.isdecimal() and len(after) < 19 else None
    if last is not None:
        rows = rows.filter(Q(name__gt=last.name) | Q(name=last.name, pk__gt=last.pk))
    found = list(rows.order_by("name", "pk")[: SHOWN_AT_ONCE + 1])
    more = len(found) > SHOWN_AT_ONCE
    return found[:SHOWN_AT_ONCE], found[SHOWN_AT_ONCE - 1].pk if more else None


def person_with(pk: int) -> Person:
    """A person with what their page shows, else `Http404`."""
    rows = Person.objects.filter(merged_into=None).select_related("role", "organization")
    found = rows.prefetch_related("teams", "limited_to", "identities").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def organizations() -> QuerySet[Any]:
    """All organizations with the number of their people, those in use first."""
    rows = Organization.objects.annotate(people=Count("person", filter=Q(person__is_active=True)))
    return rows.order_by("archived_at", "-own", "name", "pk")


_ORGANIZATION = Prepared(lambda: Organization.objects.filter(pk=Given("pk")))


def organization_by_id(pk: int | None) -> Organization | None:
    """The organization with this id, archived or not."""
    return next(iter(_ORGANIZATION.objects(pk=pk)), None) if pk is not None else None


def organization_names(ids: Iterable[object]) -> Mapping[Any, str]:
    """The names of organizations by id, archived ones too; what is no id or nobody's is left out."""
    wanted = {int(str(pk)) for pk in ids if str(pk).isdecimal()}
    return dict(Organization.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def known_organizations(who: Viewer) -> QuerySet[Organization]:
    """The organizations in use that somebody may name: all, or those they look after."""
    rows = Organization.objects.filter(archived_at=None)
    return rows.filter(pk__in=sorted(who.organizations)) if who.organizations else rows


def several_organizations(who: Viewer) -> bool:
    """Whether there is anything to choose. Remembered."""
    several: bool = by_config_version(("people.several", who), lambda: len(known_organizations(who)[:2]) > 1)
    return several


def find_organizations(who: Viewer, text: str, *, most: int) -> list[Organization]:
    """Those somebody may name whose name has all the words, by name."""
    rows = known_organizations(who)
    for word in text.split()[:6]:
        rows = rows.filter(name__icontains=word)
    return list(rows.order_by("name", "pk")[:most])


def with_words_in(rows: QuerySet[Row], text: str, *names: str) -> QuerySet[Row]:
    """Those in whose columns each word of the text stands."""
    for word in text.replace("\x00", "").split()[:6]:
        fits = Q()
        for name in names:
            fits |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(fits)
    return rows


def teams() -> QuerySet[Any]:
    """All teams with the number of their agents, in the administrator's order."""
    agents = Count("members", filter=Q(members__is_active=True))
    return Team.objects.select_related("department").annotate(agents=agents).order_by("archived_at", "position", "id")


def people_by_role() -> Mapping[int, int]:
    """How many active people have each role, by its id."""
    counted = Person.objects.active().order_by().values_list("role").annotate(people=Count("pk"))
    return dict(counted)


def merge_with(pk: int) -> PersonMerge | None:
    """The merge of two persons with this id."""
    return PersonMerge.objects.filter(pk=pk).first()


def merges_into(person: Person) -> Sequence[PersonMerge]:
    """Who was made part of a person, and has not been given back."""
    return list(PersonMerge.objects.filter(into=person, undone_at=None).select_related("person"))


def person_by_id(pk: int) -> Person | None:
    """The active person with this id."""
    return Person.objects.active().filter(pk=pk).first()


def agent_by_id(pk: int) -> Person | None:
    """The active person with this id, if they work at the desk."""
    return Person.objects.agents().filter(pk=pk).first()


def agent_names() -> list[tuple[int, str, str | None]]:
    """Id, name and address of every active agent, by name."""
    return list(Person.objects.agents().order_by("name", "pk").values_list("pk", "name", "email"))


def known_to(who: Viewer) -> QuerySet[Person]:
    """The active persons that somebody at the desk may choose from: all, or for an agent limited to some customers the
    persons of these and the desk itself."""
    persons = Person.objects.active()
    if who.organizations:
        agents = Person.objects.agents().values("pk")
        persons = persons.filter(Q(organization_id__in=sorted(who.organizations)) | Q(pk__in=agents))
    return persons


def person_known_to(who: Viewer, pk: int) -> Person:
    """A person, switched off or not, whom somebody at the desk may know, with what their page shows; else `Http404`."""
    rows = Person.objects.filter(merged_into=None)
    if who.organizations:
        agents = Person.objects.agents().values("pk")
        rows = rows.filter(Q(organization_id__in=sorted(who.organizations)) | Q(pk__in=agents))
    shown = rows.select_related("role", "organization").prefetch_related("teams", "limited_to", "identities")
    found = shown.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def organization_known_to(who: Viewer, pk: int) -> Organization:
    """An organization, archived or not, that somebody at the desk may know, else `Http404`."""
    rows = Organization.objects.filter(pk__in=sorted(who.organizations)) if who.organizations else Organization.objects
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def members_of(organization: Organization, most: int) -> Sequence[Person]:
    """The active people of an organization, by name."""
    return list(Person.objects.active().filter(organization=organization).order_by("name", "pk")[:most])


def find_persons(persons: QuerySet[Person], text: str, *, most: int = 20) -> Sequence[Person]:
    """Those whose name, address or phone number fits what was typed; names that begin with it first."""
    words = text.split()[:5]
    for word in words:
        fits = Q(name__icontains=word) | Q(email__icontains=word)
        number = normal_phone(word)
        if number:
            phones = Identity.objects.filter(kind=Identity.Kind.PHONE, value__contains=number.lstrip("+"))
            fits |= Q(pk__in=phones.values("person_id")) | Q(phone__contains=word)
        persons = persons.filter(fits)
    found = list(persons.select_related("organization").order_by("name", "pk")[: most * 3])
    start = text.lower()
    return sorted(found, key=lambda person: not person.display_name.lower().startswith(start))[:most]


_SHORTEST_NUMBER = 3
_NUMBER = re.compile(r"[\d\s()./+-]+(?:(?:ext|x)\.?\s*\d+)?", re.IGNORECASE)
# Enough digits to tell numbers apart, whether with the prefix of the country or without.
_TELLING_DIGITS = 9


def find_callers(persons: QuerySet[Person], text: str, *, most: int) -> Sequence[Person]:
    """Who may be calling: by number or extension however it is written, else by name or address.

    Of numbers, one that is exactly this comes first, then one that ends with it (an extension).
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) < _SHORTEST_NUMBER or not _NUMBER.fullmatch(text.strip()):
        return find_persons(persons, text, most=most)
    wanted = digits[-_TELLING_DIGITS:]
    # The pattern holds digits alone, so nothing typed is a pattern.
    written = r"\D*".join(wanted)
    known = Identity.objects.filter(kind=Identity.Kind.PHONE, value__contains=wanted).values("person_id")
    rows = persons.filter(Q(pk__in=known) | Q(phone__regex=written)).select_related("organization")
    found = list(rows.prefetch_related("identities").order_by("name", "pk")[: most * 5])
    return sorted(found, key=lambda person: _nearness(person, digits, wanted))[:most]


def _nearness(person: Person, digits: str, wanted: str) -> int:
    own = [row.value for row in person.identities.all() if row.kind == Identity.Kind.PHONE]
    numbers = [re.sub(r"\D", "", number) for number in (*own, person.phone)]
    if any(number == digits for number in numbers):
        return 0
    return 1 if any(number.endswith(wanted) for number in numbers) else 2


def sign_in_providers() -> list[SignInProvider]:
    """The providers that are connected, switched on or not, in their order."""
    return list(SignInProvider.objects.filter(archived_at=None))


def active_providers() -> list[SignInProvider]:
    """The providers that sign people in. Remembered: the sign-in page asks."""
    found: list[SignInProvider] = by_config_version(
        "people.providers", lambda: list(SignInProvider.objects.filter(archived_at=None, active=True))
    )
    return found


SECRET_WARNING_DAYS = 14


def providers_with_ending_secret(today: date) -> list[SignInProvider]:
    """The providers in use whose secret ends within 14 days, or has: then nobody signs in by them any more."""
    last = today + timedelta(days=SECRET_WARNING_DAYS)
    return [row for row in active_providers() if row.secret_expires_on is not None and row.secret_expires_on <= last]


def provider_name(pk: int) -> str:
    """What a provider is called in the reader's language, removed or not; empty for none."""
    return next((str(row) for row in SignInProvider.objects.filter(pk=pk)), "")


def provider_links(person: Person) -> list[Identity]:
    """Somebody's accounts at providers that sign them in, the first linked first."""
    rows = Identity.objects.filter(person=person).exclude(provider=None)
    return list(rows.select_related("provider").order_by("verified_at", "pk"))


def sessions_of(person: Person) -> list[Session]:
    """The browsers in which a person is signed in, the last used first."""
    rows = Session.objects.filter(person=person, expire_date__gt=timezone.now())
    return list(rows.defer("session_data").order_by("-seen_at", "-began_at"))


def session_lives(key: str) -> bool:
    """Whether the session with this key has neither ended nor expired."""
    return Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).exists()


def imports_for(person: Person) -> QuerySet[PeopleImport]:
    """The imports that somebody who manages people may look after, newest first; departments need the settings too."""
    if not person.may(Right.PEOPLE):
        return PeopleImport.objects.none()
    rows = PeopleImport.objects.select_related("person").order_by("-pk")
    return rows if person.may(Right.SETTINGS) else rows.exclude(kind=PeopleImport.Kind.DEPARTMENTS)


def refused_lines(run: PeopleImport) -> QuerySet[ImportLine]:
    """The lines of an import that are or were refused, in order."""
    return ImportLine.objects.filter(batch=run, outcome=ImportLine.Outcome.REFUSED).order_by("number")


def import_page(run: PeopleImport, *, problems: int, lines: int) -> tuple[Sequence[ImportLine], Sequence[ImportLine]]:
    """The first lines that are refused, and the first ones of the file."""
    return list(refused_lines(run)[:problems]), list(run.lines.order_by("number")[:lines])
