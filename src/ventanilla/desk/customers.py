"""A page for each person and each organization with everything about them, as far as the reader may see it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ventanilla.announcements.models import Announcement
from ventanilla.announcements.queries import meant_for
from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes
from ventanilla.desk.access import desk_page, person_of
from ventanilla.people.custom import ORGANIZATION, PERSON, told
from ventanilla.people.models import Identity, Organization, Person
from ventanilla.people.modules import sees_module
from ventanilla.people.queries import members_of, organization_known_to, person_known_to
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.customers import (
    Figures,
    asked_by,
    asked_in,
    figures_of,
    looked_after_by,
    open_ones,
    past_ones,
    taken_part_in,
)
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import SATISFACTION
from ventanilla.tickets.vocabulary import words_for

MOST_OPEN = 25
MOST_PAST = 15
MOST_MEMBERS = 30


@require_safe
@desk_page
def person(request: HttpRequest, person: int) -> HttpResponseBase:
    """A person: how to reach them, where they belong, what they asked and take part in, how content they were."""
    reader = person_of(request)
    who = viewer(reader)
    row = person_known_to(who, person)
    of, place = asked_by(row), row.organization
    teams = words_for(who).teams
    customers = list(row.limited_to.all()) if not who.organizations else []
    facts = [
        *((_("E-mail"), one.value, f"mailto:{one.value}") for one in _identities(row, Identity.Kind.EMAIL)),
        *((_("Phone"), number, f"tel:{number.replace(' ', '')}") for number in _phones(row)),
        (_("Organization"), place.name if place else "", _organization_url(place) if place else ""),
        (_("Location"), row.location, ""),
        (_("Role"), str(row.role), ""),
        (_("Teams"), ", ".join(str(teams[team.pk]) for team in row.teams.all()), ""),
        (_("Only these customers"), ", ".join(customer.name for customer in customers), ""),
        *((label, value, "") for label, value in told(PERSON, row.custom)),
        *((label, value, "") for label, value in (told(ORGANIZATION, place.custom) if place else ())),
    ]
    context = {
        "title": row.display_name,
        "text": row.job_title,
        "off": not row.is_active,
        "away_until": row.absent_until if row.is_absent() else None,
        "edit_url": reverse("person", args=[row.pk]) if reader.may(Right.PEOPLE) else "",
        "new_url": _new_ticket(reader, row),
        "all_url": f"{reverse('desk-search')}?{urlencode({'q': f'de:{row.email}'})}" if row.email else "",
        "taken_part": _lines(taken_part_in(reader, row, MOST_PAST), asker=True),
        "announcements": [],
        "members": [],
        "agents": [],
    }
    return _page(request, reader, of, facts, context, asker=False)


@require_safe
@desk_page
def organization(request: HttpRequest, organization: int) -> HttpResponseBase:
    """An organization: its people, its tickets, who looks after it, what it is told just now."""
    reader = person_of(request)
    who = viewer(reader)
    row = organization_known_to(who, organization)
    of = asked_in(row)
    members = members_of(row, MOST_MEMBERS + 1)
    facts = [
        (_("Mail domains"), ", ".join(row.domains), ""),
        *((label, value, "") for label, value in told(ORGANIZATION, row.custom)),
    ]
    context = {
        "title": row.name,
        "text": _("Your own organization") if row.own else _("Customer"),
        "off": row.archived_at is not None,
        "away_until": None,
        "edit_url": reverse("organization", args=[row.pk]) if reader.may(Right.PEOPLE) else "",
        "new_url": "",
        "all_url": f"{reverse('desk')}?{urlencode({'view': 'open', 'organization': str(row.pk)})}",
        "taken_part": [],
        "announcements": _announcements(reader, row),
        "members": [
            {"name": one.display_name, "hint": one.job_title, "url": _person_url(one)} for one in members[:MOST_MEMBERS]
        ],
        "more_members": len(members) > MOST_MEMBERS,
        "agents": [{"name": one.display_name, "url": _person_url(one)} for one in looked_after_by(reader, row)],
    }
    return _page(request, reader, of, facts, context, asker=True)


def _page(
    request: HttpRequest,
    reader: Person,
    of: Any,
    facts: Iterable[tuple[str, str, str]],
    context: dict[str, Any],
    *,
    asker: bool,
) -> HttpResponseBase:
    figures = figures_of(reader, of)
    context |= {
        "facts": [{"label": label, "value": value, "url": url} for label, value, url in facts if value],
        "figures": _said(figures, reader),
        "open": _lines(open_ones(reader, of, MOST_OPEN), asker=asker) if figures.open else [],
        "past": _lines(past_ones(reader, of, MOST_PAST), asker=asker) if figures.total > figures.open else [],
        "since": figures.first_at,
        "total": figures.total,
    }
    return render(request, "desk/customer.html", context)


def _said(figures: Figures, reader: Person) -> list[dict[str, str]]:
    """The figures that say something, with their names."""
    said = [
        (_("Open"), str(figures.open)),
        (_("Waiting"), str(figures.waiting)),
        (_("In all"), str(figures.total)),
    ]
    if figures.spent_seconds and sees_module(reader, "time"):
        said.append((_("Time worked"), hours_and_minutes(figures.spent_seconds)))
    rated = (("good", figures.good, 3), ("fair", figures.fair, 2), ("bad", figures.bad, 1))
    found = [{"label": label, "value": value, "face": ""} for label, value in said]
    if sees_module(reader, "surveys"):
        found += [
            {"label": str(SATISFACTION[face]), "value": str(count), "face": key} for key, count, face in rated if count
        ]
    return found


def _lines(tickets: Sequence[Ticket], *, asker: bool) -> list[dict[str, Any]]:
    return [
        {
            "number": ticket.number,
            "subject": ticket.subject,
            "url": reverse("desk-ticket", args=[ticket.number]),
            "category": ticket.category_of_status.key,
            "status": str(ticket.status),
            "asker": ticket.requester.display_name if asker else "",
            "agent": ticket.assignee.display_name if ticket.assignee else "",
            "at": ticket.updated_at,
        }
        for ticket in tickets
    ]


def _announcements(reader: Person, row: Organization) -> list[dict[str, Any]]:
    if not sees_module(reader, "announcements"):
        return []
    return [{"title": one.title, "url": _announcement_url(reader, one)} for one in meant_for(reader, row)]


def _announcement_url(reader: Person, row: Announcement) -> str:
    return reverse("announcement", args=[row.pk]) if reader.may(Right.REPLY) else ""


def _identities(row: Person, kind: Identity.Kind) -> list[Identity]:
    return [one for one in row.identities.all() if one.kind == kind and one.provider_id is None]


def _phones(row: Person) -> list[str]:
    others = [one.value for one in _identities(row, Identity.Kind.PHONE)]
    return [row.phone] if row.phone else others


def _new_ticket(reader: Person, row: Person) -> str:
    if not row.is_active or not reader.may(Right.OPEN_FOR_OTHERS):
        return ""
    return f"{reverse('desk-new')}?{urlencode({'requester': row.pk})}"


def _person_url(row: Person) -> str:
    return reverse("desk-person", args=[row.pk])


def _organization_url(row: Organization) -> str:
    return reverse("desk-organization", args=[row.pk])
