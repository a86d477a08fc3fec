"""Who may find what: the audience words that stand in the search index, and the same rules as a query."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ventanilla.core.prepared import Prepared
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person
from ventanilla.people.rights import Scope
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.search.audience import Audience
from ventanilla.search.queries import find
from ventanilla.search.query import Query, parse
from ventanilla.search.stem import fold
from ventanilla.tickets.models import Access, Ticket
from ventanilla.tickets.numbering import normal_number
from ventanilla.tickets.queries import lines_of
from ventanilla.tickets.vocabulary import words_for

SMALL_AUDIENCE = 5_000
# With filters beside words, the newest this many matches are looked at; filters narrow what words found.
FILTERED_AMONG = 2_000


# What says of a note whose it is: the department that had the ticket when it was written.
NOTED = "noted_"


def audience_of(ticket: Ticket, *, public: bool, noted_in: int | None = None) -> frozenset[str]:
    """The audience words of one text of a ticket: public texts reach requesters, the others the desk alone.

    `noted_in` is the department of a note: while that is private, the note is kept from all but its members.
    """
    kind = "public" if public else "internal"
    if ticket.stage == Ticket.Stage.SPAM:
        return frozenset({"spam", kind})  # among nobody's alternatives
    if ticket.restricted:
        words = {f"restricted_{ticket.team_id or 0}", kind}
    else:
        words = {"open", f"department_{ticket.department_id}", kind}
    if ticket.organization_id:
        words.add(f"organization_{ticket.organization_id}")
    if noted_in:
        words.add(f"{NOTED}{noted_in}")
    return frozenset(words)


def audience_for(who: Viewer) -> Audience:
    """The same rules as `Tickets.seen_by`, for the index: alternatives of words that must all be there.

    Tickets one merely takes part in start from their ids (few). Public texts only, for whoever does not work here.
    """
    own = [pk for (pk,) in by_config_version(("search.own", who), lambda: Prepared(lambda: _own(who))).rows()]
    if who.scope is Scope.OWN:
        return Audience(ids=own, within=frozenset({"public"}))
    if who.scope is Scope.ORGANIZATION:
        mine = [frozenset({"open", "public", f"organization_{who.organization}"})] if who.organization else []
        return Audience(alternatives=mine, ids=own, within=frozenset({"public"}))
    departments = (
        [frozenset({"open"})]
        if who.everywhere
        else [frozenset({"open", f"department_{pk}"}) for pk in sorted(who.departments)]
    )
    teams = [frozenset({f"restricted_{pk}"}) for pk in sorted(who.teams)]
    by_role = [*departments, *teams]
    if who.organizations:
        by_role = [words | {f"organization_{pk}"} for words in by_role for pk in sorted(who.organizations)]
    return Audience(alternatives=by_role, ids=own, without=frozenset(f"{NOTED}{pk}" for pk in who.unknown))


def _own(who: Viewer) -> Any:
    """The tickets somebody takes part in, unless their role shows them anyway."""
    access = Access.objects.filter(person_id=who.person)
    if who.organizations:
        access = access.filter(ticket__organization_id__in=sorted(who.organizations))
    if who.everywhere:
        # Only restricted tickets are left, which are few and have an index of their own.
        access = access.filter(ticket__restricted=True)
    elif who.staff:
        # What the role shows anyway need not be asked for ticket by ticket.
        access = access.exclude(ticket__restricted=False, ticket__department_id__in=sorted(who.departments))
    return access.values_list("ticket_id")[:SMALL_AUDIENCE]


def search_tickets(person: Person, text: str, *, limit: int = 50, typing: bool = False) -> list[Ticket]:
    """The tickets a person may see whose texts match, newest matching text first, narrowed by `field:value` filters.

    A number alone (`INC-12`) leads to its ticket; filters alone list by last change. The audience is part of the
    look-up and the rows pass `visible_to` once more. They bring what a line of results shows and nothing else: number,
    subject, status, requester, last change.
    """
    query = parse(text, typing=typing)
    number = normal_number(text)
    if number:
        exact = list(Ticket.objects.visible_to(person).filter(number=number).values_list("pk", flat=True))
        if exact:
            return list(lines_of(person, exact).values())
    if not query.filters:
        keys = find(audience_for(viewer(person)), query, limit=limit).group_keys if query.has_words else []
    else:
        keys = _narrowed(person, query, limit)
    found = lines_of(person, keys)
    return [found[key] for key in keys if key in found]


def _narrowed(person: Person, query: Query, limit: int) -> list[int]:
    """The ids of the tickets that filters leave of what the words find; of all one may see when there are no words."""
    tickets = Ticket.objects.visible_to(person)
    for filter_ in query.filters:
        condition = condition_for(filter_.field, filter_.value, person)
        tickets = tickets.exclude(condition) if filter_.negated else tickets.filter(condition)
    if not query.has_words:
        return list(tickets.order_by("-updated_at", "-pk").values_list("pk", flat=True)[:limit])
    keys = find(audience_for(viewer(person)), query, limit=FILTERED_AMONG).group_keys
    left = set(tickets.filter(pk__in=keys).values_list("pk", flat=True))
    return [key for key in keys if key in left][:limit]


_NOTHING = Q(pk=None)
_CATEGORIES = {
    "category:active": (1, 2, 3),
    "category:new": (1,),
    "category:open": (2,),
    "category:pending": (3,),
    "category:resolved": (4,),
    "category:closed": (5,),
}


def condition_for(field: str, value: str, person: Person) -> Q:
    """One search filter as a query; a value that names nothing finds nothing.

    `search.query` has already read the field's name and the values with a meaning of their own in either language.
    """
    plain = fold(value)
    known = words_for(viewer(person))
    if field == "status":
        categories = _CATEGORIES.get(value)
        if categories:
            return Q(status_category__in=categories)
        return Q(status_id__in=_named(known.statuses.values(), plain))
    if field in ("assignee", "requester", "affected"):
        if value == "me":
            return Q(**{field: person})
        if value == "none":
            return Q(**{f"{field}__isnull": True})
        return Q(**{f"{field}__name__icontains": value}) | Q(**{f"{field}__email__icontains": value})
    rows = {
        "type": known.types,
        "team": known.teams,
        "priority": known.priorities,
        "category": known.categories,
        "service": known.services,
        "department": known.departments,
    }.get(field)
    if rows is not None:
        if value == "none":
            return Q(**{f"{field}__isnull": True})
        return Q(**{f"{field}_id__in": _named(rows.values(), plain)})
    if field == "tags":
        return Q(pk__in=Ticket.tags.through.objects.filter(tag__name__iexact=value).values("ticket_id"))
    if field == "organization":
        if value == "none":
            return Q(organization__isnull=True)
        return Q(organization__name__icontains=value)
    if field == "number":
        return Q(number=normal_number(value) or value)
    if field == "channel":
        return Q(channel=plain)
    if field in ("created.after", "created.before"):
        return _created(field, value)
    return _NOTHING


def _created(field: str, value: str) -> Q:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = datetime.strptime(value, pattern).replace(tzinfo=timezone.get_current_timezone())
        except ValueError:
            continue
        if field == "created.after":
            return Q(created_at__gte=day)
        return Q(created_at__lt=day + timedelta(days=1))
    return _NOTHING


def _named(rows: Iterable[Any], plain: str) -> list[int]:
    """The rows whose key or label, in either language, begins with the word as typed."""
    return [
        row.pk for row in rows if row.key == plain or any(fold(text).startswith(plain) for text in row.label.values())
    ]
