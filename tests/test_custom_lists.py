"""Lists by custom fields: of the ticket, of its requester and of its organization; shown, filtered, in order, exported,
asked for by programs; and lists of people and organizations by theirs."""

import csv
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.plugin import SETUP, People
from ventanilla.api.actions import create_token
from ventanilla.fields.actions import create_field
from ventanilla.fields.kinds import Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.registry import spec_of
from ventanilla.people.models import Organization, Person
from ventanilla.saved_views.actions import create_view
from ventanilla.tickets.models import Ticket
from ventanilla.ui import lists

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
TIERS = (
    {"key": "gold", "label": {"es": "Oro", "en": "Gold"}},
    {"key": "basic", "label": {"es": "Básico", "en": "Basic"}},
    {"key": "silver", "label": {"es": "Plata", "en": "Silver"}},
)
# Values of each kind in their order.
ORDERED = {
    "text": ["Alba", "beta", "Casa", "dedo"],
    "number": ["-4", "0.5", "3", "12", "100"],
    "money": ["-1.00", "9.50", "10.00", "1200.00"],
    "date": ["2025-12-31", "2026-01-01", "2026-11-02"],
    "moment": ["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z", "2026-11-01T00:00:00Z"],
    "yes_no": ["0", "1"],
    "choice": ["gold", "basic", "silver"],
}


def make(entity: str, key: str, kind: str, **more: Any) -> FieldDefinition:
    return create_field(by=SETUP, entity=entity, key=key, kind=kind, **({"label": {"en": key.capitalize()}} | more))


@pytest.fixture
def borrowed(people: People, make_ticket: Any) -> list[Ticket]:
    """Tickets of persons on three floors, and of organizations of two tiers or none."""
    make("person", "floor", "number")
    make("person", "boss", "person")
    make("organization", "tier", "choice", options=TIERS)
    gold = Organization.objects.create(name="Gold Ltd", custom={"tier": "gold"})
    silver = Organization.objects.create(name="Silver Ltd", custom={"tier": "silver"})
    made = []
    for person, floor, organization in (
        (people.requester, "10", gold),
        (people.colleague, "9", silver),
        (people.stranger, "", None),
    ):
        values = {"floor": floor, "boss": str(people.supervisor.pk)} if floor else {}
        Person.objects.filter(pk=person.pk).update(custom=values, organization=organization)
        ticket = make_ticket(f"Of {person.name}", requester=person)
        Ticket.objects.filter(pk=ticket.pk).update(organization=organization)
        made.append(ticket)
    return made


def numbers_in(page: str, tickets: list[Ticket]) -> list[int]:
    """Which of the tickets the page shows, in its order."""
    places = {number: page.find(f"/desk/rows/{ticket.number}/") for number, ticket in enumerate(tickets)}
    return sorted((number for number, place in places.items() if place >= 0), key=lambda number: places[number])


def columns(client: Client, *keys: str) -> None:
    client.post("/desk/columns/", {"column": keys, "next": "/desk/"})


def test_a_list_knows_the_fields_of_the_requester_and_of_the_organization(
    people: People, borrowed: list[Ticket], sign_in: SignIn, make_ticket: Any
):
    client = sign_in(people.agent)
    columns(client, "requester.custom.floor", "requester.custom.boss", "organization.custom.tier")
    client.get("/desk/?view=unassigned")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = client.get("/desk/?view=unassigned").content.decode()
    assert all(said in page for said in ("Requester: Floor", "Organization: Tier", "Gold", people.supervisor.name))
    for _more in range(5):
        make_ticket(requester=people.colleague)
    client.get("/desk/?view=unassigned")
    with CaptureQueriesContext(connection) as many:
        client.get("/desk/?view=unassigned")
    assert len(many) == len(few)
    found = {
        "requester.custom.floor=9": [1],
        "requester.custom.floor.above=9": [0],
        "requester.custom.floor.empty=1": [2],
        "organization.custom.tier=gold,basic": [0],
        "organization.custom.tier.not=gold": [1, 2],
        f"requester.custom.boss={people.supervisor.pk}": [0, 1],
    }
    Ticket.objects.exclude(pk__in=[ticket.pk for ticket in borrowed]).delete()
    for query, wanted in found.items():
        page = client.get(f"/desk/?view=unassigned&{query}").content.decode()
        assert sorted(numbers_in(page, borrowed)) == wanted, query
    menu = client.get("/desk/filters/?view=unassigned").content.decode()
    assert "Organization: Tier" in menu and "organization.custom.tier=silver" in menu
    for query, wanted in {
        "sort=requester.custom.floor": [1, 0, 2],
        "sort=-requester.custom.floor": [0, 1, 2],
        "sort=organization.custom.tier": [0, 1, 2],
    }.items():
        page = client.get(f"/desk/?view=unassigned&{query}").content.decode()
        assert numbers_in(page, borrowed) == wanted, query
        assert 'aria-sort="' in page
    export = client.post("/desk/export/?view=unassigned&sort=-requester.custom.floor", {"file_type": "csv"})
    heading, *lines = csv.reader(export.getvalue().decode("utf-8-sig").splitlines())
    assert [line[heading.index("Requester: Floor")] for line in lines] == ["10", "9", ""]


def test_views_and_programs_ask_for_what_is_of_the_requester(people: People, borrowed: list[Ticket], sign_in: SignIn):
    view = create_view(
        by=SETUP, owner=people.agent, label={"en": "High up"}, columns=["requester.custom.floor"],
        sort="-requester.custom.floor", condition=["and", ["open", "is", True], ["requester.custom.floor", "filled"]],
    )  # fmt: skip
    page = sign_in(people.agent).get(f"/desk/?view={view.key}").content.decode()
    assert numbers_in(page, borrowed) == [0, 1]
    editor = sign_in(people.agent).get(f"/desk/views/{view.key}/").content.decode()
    assert "Organization: Tier" in editor
    token = create_token(by=SETUP, person=people.agent)
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client(headers=headers).get("/api/v1/tickets?organization.custom.tier=silver").json()
    assert [row["number"] for row in answer["items"]] == [borrowed[1].number]
    # Whoever manages fields is told of the view before the field goes.
    row = FieldDefinition.objects.get(entity="person", key="floor")
    told = sign_in(people.administrator).get(f"/settings/fields/person/{row.pk}/").content.decode()
    assert "High up" in told


def test_requesters_cannot_ask_for_what_is_of_others(people: People, borrowed: list[Ticket]):
    create_field(by=SETUP, entity="person", key="open", kind="text", label={"en": "Open"}, audience="requester")
    headers = {"Authorization": f"Bearer {create_token(by=SETUP, person=people.requester)}"}
    for query in (
        "requester.custom.floor=9",
        "requester.custom.open=x",
        "organization.custom.tier=gold",
        "sort=number",
    ):
        assert Client(headers=headers).get(f"/api/v1/tickets?{query}").status_code == 422


@pytest.mark.parametrize("kind", ORDERED)
def test_a_list_is_in_order_of_a_custom_field_page_by_page_both_ways(people: People, make_ticket: Any, kind: str):
    options = TIERS if kind == "choice" else ()
    make("ticket", "by", kind, options=options)
    for value in (*reversed(ORDERED[kind]), None, ORDERED[kind][0], None):
        ticket = make_ticket()
        Ticket.objects.filter(pk=ticket.pk).update(custom={"by": value} if value else {})
    spec, reading = spec_of("ticket"), Reading()
    place = {value: number for number, value in enumerate(ORDERED[kind])}

    def walked(sort: str) -> list[int]:
        asked = lists.asked(QueryDict(f"sort={sort}&size=2"), spec, reading)
        page = lists.page(Ticket.objects.all(), spec, asked, reading)
        found = [row.pk for row in page.rows]
        while page.next_cursor:
            asked = replace(asked, cursor=page.next_cursor)
            page = lists.page(Ticket.objects.all(), spec, asked, reading)
            found += [row.pk for row in page.rows]
        back = [row.pk for row in page.rows]
        while page.previous_cursor:
            asked = replace(asked, cursor=page.previous_cursor)
            page = lists.page(Ticket.objects.all(), spec, asked, reading)
            back = [*(row.pk for row in page.rows if row.pk not in back), *back]
        assert back == found == [row.pk for row in lists.every_row(Ticket.objects.all(), spec, asked, reading)]
        around = [None, *found, None]
        for number, ticket in enumerate(Ticket.objects.get(pk=pk) for pk in found):
            sides = lists.beside(Ticket.objects.all(), spec, asked, reading, at=ticket, read="pk")
            assert [side and side.value for side in sides] == [around[number], around[number + 2]]
        return found

    rows = list(Ticket.objects.values_list("pk", "custom"))
    filled = [(place[custom["by"]], pk) for pk, custom in rows if custom]
    empty = sorted(pk for pk, custom in rows if not custom)
    assert walked("custom.by") == [pk for _place, pk in sorted(filled)] + empty
    assert walked("-custom.by") == [pk for _place, pk in sorted(filled, reverse=True)] + empty[::-1]


def test_what_no_list_has_is_refused(people: People, borrowed: list[Ticket], sign_in: SignIn):
    make("ticket", "many", "choices", options=TIERS)
    client = sign_in(people.agent)
    for query in (
        "sort=custom.many", "sort=custom.gone", "sort=requester__password", "sort=requester.custom.boss",
        "requester.password=x", "requester.custom.gone=1", "requester__custom.floor=1", "custom__floor=1",
        "size=1000000", "size=0", "organization.custom.tier=platinum", "requester.custom.floor=high",
    ):  # fmt: skip
        answer = client.get(f"/desk/?view=unassigned&{query}")
        assert answer.status_code == 400, query
        assert client.post(f"/desk/export/?view=unassigned&{query}", {"file_type": "csv"}).status_code == 400
    page = lists.page(
        Ticket.objects.all(), spec_of("ticket"),
        lists.asked(QueryDict("sort=requester.custom.floor&size=1"), spec_of("ticket"), Reading()), Reading(),
    )  # fmt: skip
    assert client.get(f"/desk/?view=unassigned&sort=custom.gone&cursor={page.next_cursor}").status_code == 400
    assert client.get(f"/desk/?view=unassigned&cursor={page.next_cursor}").status_code == 400
