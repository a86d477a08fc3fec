"""Persons and organizations in the REST API, as far as somebody at the desk may know them."""

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from ventanilla.fields.definitions import known as known_fields
from ventanilla.fields.values import as_data
from ventanilla.people.api_base import HIGHEST_ID
from ventanilla.people.models import Organization, Person
from ventanilla.people.queries import (
    known_organizations,
    known_to,
    organization_known_to,
    person_known_to,
    with_words_in,
)
from ventanilla.people.rights import Scope
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.api import caller, nothing_else
from ventanilla.tickets.customers import asked_by, asked_in, figures_of
from ventanilla.tickets.paging import Page, decode, encode

router = Router(tags=["people"])
_BY_ID = Page(fields=("pk",), descending=False)


class PeopleQuery(Schema):
    """`q`: words of the name or address. `organization`: the id of theirs."""

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    organization: Annotated[int, Field(ge=1, le=HIGHEST_ID)] | None = None
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class OrganizationsQuery(Schema):
    """`q`: words of the name."""

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class KnownPersonOut(Schema):
    """A person. `organization` is an id of `/organizations`; `agent`: they work at the desk."""

    id: int
    name: str
    email: str | None
    phone: str
    job_title: str
    location: str
    organization: int | None
    agent: bool
    active: bool
    custom: dict[str, Any]


class OrganizationOut(Schema):
    """An organization. `own`: the company itself. A new person with an address at one of the domains belongs to it."""

    id: int
    name: str
    own: bool
    domains: list[str]
    archived: bool
    custom: dict[str, Any]


class CountsOut(Schema):
    """Tickets that you may see, and the seconds spent on them."""

    total: int
    open: int
    waiting: int
    spent_seconds: int
    good: int
    fair: int
    bad: int
    first_at: datetime | None


class PersonPageOut(KnownPersonOut):
    """A person with their tickets counted."""

    tickets: CountsOut


class OrganizationPageOut(OrganizationOut):
    """An organization with its tickets counted."""

    tickets: CountsOut


class KnownPersonList(Schema):
    """A page of persons."""

    items: list[KnownPersonOut]
    next: str | None


class OrganizationList(Schema):
    """A page of organizations."""

    items: list[OrganizationOut]
    next: str | None


@router.get("/persons", response=KnownPersonList, summary="Persons you may know")
def list_persons(request: HttpRequest, query: Query[PeopleQuery]) -> dict[str, Any]:
    """The active persons that you may choose for a ticket, for whoever works at the desk."""
    nothing_else(request, query)
    who = _at_the_desk(request)
    rows = with_words_in(known_to(who), query.q, "name", "email").select_related("role")
    if query.organization is not None:
        rows = rows.filter(organization=query.organization)
    found, following = _BY_ID.cut(rows, decode(query.cursor, _BY_ID), query.limit)
    return {"items": [_person_out(row) for row in found], "next": encode(following)}


@router.get("/persons/{int:person}", response=PersonPageOut, summary="One person")
def read_person(request: HttpRequest, person: int) -> dict[str, Any]:
    """One person, switched off or not, with their tickets counted."""
    row = person_known_to(_at_the_desk(request), person)
    return _person_out(row) | {"tickets": vars(figures_of(caller(request), asked_by(row)))}


@router.get("/organizations", response=OrganizationList, summary="Organizations you may know")
def list_organizations(request: HttpRequest, query: Query[OrganizationsQuery]) -> dict[str, Any]:
    """The organizations in use: all, or the customers you look after."""
    nothing_else(request, query)
    rows = with_words_in(known_organizations(_at_the_desk(request)), query.q, "name")
    found, following = _BY_ID.cut(rows, decode(query.cursor, _BY_ID), query.limit)
    return {"items": [_organization_out(row) for row in found], "next": encode(following)}


@router.get("/organizations/{int:organization}", response=OrganizationPageOut, summary="One organization")
def read_organization(request: HttpRequest, organization: int) -> dict[str, Any]:
    """One organization, archived or not, with its tickets counted."""
    row = organization_known_to(_at_the_desk(request), organization)
    return _organization_out(row) | {"tickets": vars(figures_of(caller(request), asked_in(row)))}


def _at_the_desk(request: HttpRequest) -> Viewer:
    who = viewer(caller(request))
    if not who.staff:
        raise PermissionDenied
    return who


def _custom(entity: str, values: dict[str, Any]) -> dict[str, Any]:
    return {row.key: as_data(row, values[row.key]) for row in known_fields(entity, values, staff=True)}


def _person_out(row: Person) -> dict[str, Any]:
    names = ("email", "phone", "job_title", "location")
    return {
        "id": row.pk,
        "name": row.display_name,
        **{name: getattr(row, name) for name in names},
        "organization": row.organization_id,
        "agent": row.is_active and row.role.scope in (Scope.ALL, Scope.DEPARTMENTS),
        "active": row.is_active,
        "custom": _custom("person", row.custom),
    }


def _organization_out(row: Organization) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "own": row.own,
        "domains": row.domains,
        "archived": row.archived_at is not None,
        "custom": _custom("organization", row.custom),
    }
