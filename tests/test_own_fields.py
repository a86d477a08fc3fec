"""Custom fields of persons and organizations: in their forms, beside tickets, in imports and on the audit list."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.plugin import SETUP, People
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.fields.actions import create_field
from ventanilla.fields.definitions import definitions_of
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.models import Organization, PeopleImport, Person
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
SECTORS = (
    {"key": "industry", "label": {"es": "Industria", "en": "Industry"}},
    {"key": "retail", "label": {"es": "Comercio", "en": "Retail"}},
)


@pytest.fixture
def fields(people: People) -> None:
    def make(entity: str, key: str, kind: str, **more: Any) -> None:
        create_field(by=SETUP, entity=entity, key=key, kind=kind, **({"label": {"en": key.capitalize()}} | more))

    make("person", "number", "text", label={"es": "Número de empleado", "en": "Employee number"}, required=True)
    make("person", "since", "date")
    make("person", "boss", "person")
    make("person", "remote", "yes_no")
    make("person", "home", "text", visible_when=["custom.remote", "in", ["1"]])
    make("organization", "sector", "choice", options=SECTORS)
    make("organization", "limit", "money", unit="€")


def test_an_administrator_makes_fields_of_people_and_organizations(people: People, sign_in: SignIn):
    client = sign_in(people.administrator)
    for entity, said in (("person", "Fields of people"), ("organization", "Fields of organizations")):
        page = client.get(f"/settings/fields/{entity}/").content.decode()
        assert said in page and "No field yet" in page
        typed = {"label_en": "Cost center", "audience": "requester", "types": ["incident"]}
        assert client.post(f"/settings/fields/{entity}/new/?kind=text", typed).status_code == 302
        row = definitions_of(entity)["cost_center"]
        assert (row.audience, row.types) == ("staff", [])
        page = client.get(f"/settings/fields/{entity}/{row.pk}/").content.decode()
        assert "Who sees it" not in page and "Where it is used" in page
        assert client.get(f"/settings/fields/ticket/{row.pk}/").status_code == 404
        assert said in client.get("/settings/").content.decode()
    assert client.get("/settings/fields/none/").status_code == 404
    assert "Cost center" in client.get("/people/new/").content.decode()
    assert "Cost center" in client.get("/people/organizations/new/").content.decode()


def test_a_person_has_values_told_in_the_log_and_beside_their_tickets(
    people: People, fields: None, ticket: Ticket, sign_in: SignIn
):
    client, row = sign_in(people.administrator), people.requester
    address = f"/people/{row.pk}/"
    page = client.get(address).content.decode()
    assert "Employee number" in page and 'name="custom.boss"' in page and "custom.home" not in page
    part = client.get("/people/fields/person/?custom.remote=1&custom.number=7").content.decode()
    assert 'name="custom.home"' in part and 'value="7"' in part
    assert client.get("/people/fields/ticket/").status_code == 404
    assert sign_in(people.agent).get("/people/fields/person/").status_code == 403
    typed = {"name": row.name, "email": row.email, "role": row.role_id, "organization": row.organization_id}
    typed |= {"is_active": "on"}
    count = Event.objects.count()
    for wrong in ({}, {"custom.number": "7", "custom.since": "never"}, {"custom.number": "7", "custom.boss": "0"}):
        refused = client.post(address, typed | wrong)
        assert refused.status_code == 422
    assert Event.objects.count() == count and Person.objects.get(pk=row.pk).custom == {}
    given = {"custom.number": "E-77", "custom.since": "2020-05-01", "custom.boss": str(people.supervisor.pk)}
    assert client.post(address, typed | given).status_code == 302
    kept = {"number": "E-77", "since": "2020-05-01", "boss": str(people.supervisor.pk)}
    assert Person.objects.get(pk=row.pk).custom == kept
    event = Event.objects.get(kind="person.data_changed", topic=f"person:{row.pk}")
    assert event.data["changes"]["custom.since"] == [None, "2020-05-01"] and "E-77" not in str(event.data)
    assert event.payload.data == {"custom.number": [None, "E-77"]}
    audit = client.get("/settings/audit/").content.decode()
    assert "Data of a person changed" in audit and "Employee number: E-77" in audit
    assert f"Boss: {people.supervisor.name}" in audit
    page = client.get(address).content.decode()
    assert 'value="E-77"' in page and 'value="2020-05-01"' in page and people.supervisor.name in page
    panel = sign_in(people.agent).get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "Employee number: E-77" in panel and f"Boss: {people.supervisor.name}" in panel
    assert "E-77" not in sign_in(people.requester).get(f"/portal/tickets/{ticket.number}/").content.decode()
    # Saving the same again changes nothing; emptying takes away; one's own profile does not reach them.
    client.post(address, typed | given)
    assert Event.objects.filter(kind="person.data_changed").count() == 1
    client.post(address, typed | given | {"custom.since": ""})
    assert "since" not in Person.objects.get(pk=row.pk).custom
    change_person(by=Author.of(row), person=row, phone="948 555 100")
    assert Person.objects.get(pk=row.pk).custom["number"] == "E-77"


def test_an_organization_has_values_and_the_wizard_does_not_ask(
    people: People, fields: None, ticket: Ticket, sign_in: SignIn
):
    client = sign_in(people.administrator)
    typed = {"name": "Aceros Ñ", "domains": "", "custom.sector": "industry", "custom.limit": "1.500,50"}
    refused = client.post("/people/organizations/new/", typed | {"custom.sector": "farming"})
    assert refused.status_code == 422 and not Organization.objects.filter(name="Aceros Ñ").exists()
    assert client.post("/people/organizations/new/", typed | {"custom.limit": "1500.5"}).status_code == 302
    row = Organization.objects.get(name="Aceros Ñ")
    assert row.custom == {"sector": "industry", "limit": "1500.50"}
    address = f"/people/organizations/{row.pk}/"
    assert 'value="1500.50"' in client.get(address).content.decode()
    change = {"name": "Aceros Ñ", "domains": "", "custom.sector": "", "custom.limit": "20"}
    assert client.post(address, change).status_code == 302
    row.refresh_from_db()
    assert row.custom == {"limit": "20.00"}
    event = Event.objects.get(kind="organization.changed")
    assert event.data["changes"] == {"custom.sector": ["industry", None], "custom.limit": ["1500.50", "20.00"]}
    audit = client.get("/settings/audit/").content.decode()
    assert "Limit: 20.00 €" in audit and "Sector: empty" in audit
    Organization.objects.filter(pk=people.requester.organization_id).update(custom={"limit": "9.00"})
    change_person(by=SETUP, person=people.requester, location="Lima")  # a new configuration version
    panel = sign_in(people.agent).get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "Limit: 9.00 €" in panel
    token = create_token(by=Author.of(people.agent), person=people.agent)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    assert [one["key"] for one in api.get("/api/v1/fields?entity=organization").json()["items"]] == ["sector", "limit"]


def test_a_file_brings_custom_values(people: People, fields: None, sign_in: SignIn, run_background: Any):
    client = sign_in(people.administrator)

    def bring(kind: str, text: str) -> PeopleImport:
        file = SimpleUploadedFile("file.csv", text.encode())
        where = client.post("/people/import/", {"kind": kind, "file": file}).url
        run = PeopleImport.objects.latest("pk")
        columns = {f"column-{place}": key for place, key in enumerate(run.mapping)}
        assert client.post(where, columns).status_code == 302
        run_background()
        assert client.get(where).status_code == 200
        client.post(f"{where}start/")
        run_background()
        run.refresh_from_db()
        return run

    people_ = (
        "Email;Name;Employee number;Since;Boss;Remote\n"
        "new@x.example;New One;E-1;1/5/2020;sonia@people.example;sí\n"
        f"{people.requester.email};;E-2;2021-06-02;;\n"
        "bad@x.example;Bad;E-3;soon;;\n"
        "lost@x.example;Lost;E-4;;nobody@x.example;\n"
    )
    run = bring("people", people_)
    assert run.mapping == ["email", "name", "custom.number", "custom.since", "custom.boss", "custom.remote"]
    assert run.counts == {"new": 1, "changed": 1, "refused": 2}
    made = Person.objects.get(email="new@x.example").custom
    assert made == {"number": "E-1", "since": "2020-05-01", "boss": str(people.supervisor.pk), "remote": "1"}
    people.requester.refresh_from_db()
    assert people.requester.custom == {"number": "E-2", "since": "2021-06-02"}
    refused = run.lines.filter(outcome="refused").order_by("number")
    assert [line.problems for line in refused] == [
        [["own", "custom.since", "soon"]],
        [["own", "custom.boss", "nobody@x.example"]],
    ]
    page = client.get(f"/people/import/{run.pk}/").content.decode()
    assert "“soon” cannot stand in this field." in page
    assert bring("people", people_.partition("bad@")[0]).counts == {"same": 2}
    run = bring("organizations", "Name;Sector;Limit\nCustomer Ltd;comercio;1.200,50\nOther;Industry;\n")
    assert run.counts == {"new": 1, "changed": 1}
    people.requester.organization.refresh_from_db()
    assert people.requester.organization.custom == {"sector": "retail", "limit": "1200.50"}
    assert Organization.objects.get(name="Other").custom == {"sector": "industry"}
    heading = client.get("/people/import/example/people/").content.decode()
    assert "Employee number" in heading
