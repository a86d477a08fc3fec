"""The audit list: what stands on it, by which filters it is found, and who may read it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.plugin import PASSWORD, SETUP, People

from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.people.actions import change_installation, change_person, create_person
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Role
from ventanilla.tickets.presence import note_restricted_reading

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def lines(client: Client, **query: str) -> list[tuple[str, str, str]]:
    answer = client.get("/settings/audit/", query)
    assert answer.status_code == 200, answer.content.decode()
    return [(str(line["what"]), line["who"], line["about"]) for line in answer.context["lines"]]


def test_sign_ins_refusals_and_locks_are_told_with_their_origin(sign_in, people: People) -> None:
    browser = Client(headers={"host": "localhost", "user-agent": FIREFOX})
    browser.post("/sign-in/", {"login": "leire@people.example", "password": PASSWORD})
    browser.post("/sign-out/")
    browser.post("/sign-in/", {"login": "nobody@people.example", "password": "x"})
    for _time in range(9):
        browser.post("/sign-in/", {"login": "aitor@people.example", "password": "wrong"})
    client = sign_in(people.administrator)
    found = lines(client, subject="sign_in")
    visitor = "Somebody at the sign-in page"
    assert ("Signed in", "Leire Requester", "") in found
    assert ("Sign-in refused", visitor, "nobody@people.example") in found
    assert found.count(("Sign-in refused", visitor, "Aitor Agent")) == 7
    assert ("Locked after too many attempts", visitor, "Aitor Agent") in found
    assert {what for what, *_rest in lines(client, kind="person.locked_out")} == {"Locked after too many attempts"}
    assert len(lines(client, person=str(people.requester.pk))) == 1
    page = client.get("/settings/audit/", {"kind": "person.signed_in"}).content.decode()
    assert "Firefox on Windows" in page and "127.0.0.1" in page and "with a password" in page


def test_rights_settings_tokens_and_restricted_tickets_stand_there_and_profiles_do_not(
    sign_in, people: People, make_ticket
) -> None:
    admin = Author.of(people.administrator)
    change_person(by=admin, person=people.agent, role=Role.objects.get(key="supervisor"), email="new@people.example")
    change_person(by=Author.of(people.requester), person=people.requester, theme="dark")
    change_installation(by=admin, name="Ayuntamiento")
    create_token(by=Author.of(people.agent), person=people.agent, name="script")
    create_person(by=admin, name="Nora", role=Role.objects.get(key="requester"))
    secret = make_ticket("Complaint", restricted=True, by=SETUP)
    note_restricted_reading(by=Author.of(people.agent), ticket=secret)
    client = sign_in(people.administrator)
    found = lines(client, person=str(people.agent.pk))
    assert ("Rights or address changed", "Amalia Admin", "Aitor Agent") in found
    assert ("API token made", "Aitor Agent", "") in found
    assert ("Restricted ticket opened", "Aitor Agent", f"{secret.number} Complaint") in found
    assert ("Installation changed", "Amalia Admin", "") in lines(client, subject="settings")
    assert not [line for line in lines(client) if line[2] in ("Leire Requester", "Nora")]
    page = client.get("/settings/audit/", {"subject": "rights"}).content.decode()
    assert "Role: Agent → Supervisor" in page and "aitor@people.example → new@people.example" in page


def test_a_ticket_its_reader_may_not_see_is_not_named(sign_in, people: People, make_ticket) -> None:
    secret = make_ticket("Complaint", restricted=True, by=SETUP)
    note_restricted_reading(by=Author.of(people.agent), ticket=secret)
    Department.objects.update(private=True)
    people.administrator.teams.clear()
    change_installation(by=SETUP, name="Forget what is remembered")
    assert lines(sign_in(people.administrator), subject="restricted") == [
        ("Restricted ticket opened", "Aitor Agent", "A ticket you cannot see")
    ]


def test_time_and_pages(sign_in, people: People) -> None:
    client = sign_in(people.administrator)
    today = timezone.now().date()
    assert lines(client, **{"at.after": str(today - timedelta(days=1)), "person": "", "at.until": ""})
    assert not lines(client, **{"at.until": str(today - timedelta(days=2))})
    for _time in range(51):
        create_token(by=SETUP, person=people.agent)
    first = client.get("/settings/audit/", {"subject": "tokens"})
    assert len(first.context["lines"]) == 50
    second = client.get(first.context["pages"].next_url)
    assert len(second.context["lines"]) == 1 and second.context["pages"].previous_url
    assert client.get("/settings/audit/", {"kind": "ticket.opened"}).status_code == 400


@pytest.mark.parametrize("who", ["supervisor", "agent", "reader", "requester", "manager"])
def test_nobody_else_reads_it(sign_in, people: People, who: str) -> None:
    assert sign_in(people.everybody()[who]).get("/settings/audit/").status_code == 403


def test_query_budget(sign_in, people: People, make_ticket) -> None:
    client = sign_in(people.administrator)
    for person in people.everybody().values():
        create_token(by=SETUP, person=person)
        change_person(by=SETUP, person=person, is_active=person.pk != people.reader.pk, email=f"{person.pk}@x.example")
    client.get("/settings/audit/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/settings/audit/").status_code == 200
    counted = [q["sql"] for q in queries if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(counted) <= 14, "\n".join(sql[:160] for sql in counted)


def test_the_list_is_exported_as_it_is_filtered_and_that_stands_on_it(sign_in, people: People) -> None:
    admin = Author.of(people.administrator)
    create_token(by=admin, person=people.administrator, name="=HYPERLINK(1)")
    change_installation(by=admin, name="Ayuntamiento")
    client = sign_in(people.administrator)
    answer = client.post("/settings/audit/export/?subject=tokens&size=1")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(r'filename="Audit 20\d\d-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"])
    heading, line = answer.content.decode("utf-8-sig").splitlines()
    assert heading == "When,What,Details,Who,About,IP address,Device"
    assert ",API token made,'=HYPERLINK(1)" in line and ",Amalia Admin," in line
    assert lines(client, subject="exports") == [("Audit list exported", "Amalia Admin", "")]
    page = client.get("/settings/audit/?subject=exports").content.decode()
    assert "1 line" in page and "Area: API tokens" in page
    assert client.post("/settings/audit/export/?nonsense=1").status_code == 400
    client.post(f"/settings/audit/export/?person={people.agent.pk}")
    assert "Person: Aitor Agent" in client.get("/settings/audit/?subject=exports").content.decode()
    noted = Event.objects.filter(kind="audit.exported").latest("pk")
    assert noted.data["query"] == f"person={people.agent.pk}", "the log forgets no name"


def test_nobody_else_exports_it_and_nothing_is_noted(sign_in, people: People) -> None:
    for person in (people.supervisor, people.agent, people.requester):
        assert sign_in(person).post("/settings/audit/export/").status_code == 403
    assert lines(sign_in(people.administrator), subject="exports") == []
