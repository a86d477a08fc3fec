"""The desk's pages from the front door: who gets in, what lists show, how many questions a page asks."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.plugin import SETUP, People, make_person

from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
MakeTicket = Callable[..., Ticket]
HTMX = {"HX-Request": "true"}
BUDGETS = json.loads((Path(__file__).parent / "query_budgets.json").read_text(encoding="utf-8"))

PAGES = ("/desk/", "/desk/search/?q=printer", "/desk/palette/?q=p", "/desk/people/", "/desk/agents/", "/desk/tags/")
PAGES_OF_TICKET = ("", "talk/", "panel/", "history/")


@pytest.fixture
def outsider(people: People) -> Person:
    """An agent of another department."""
    other = create_department(by=SETUP, key="other", label={"es": "Otro", "en": "Other"})
    team = create_team(by=SETUP, key="elsewhere", label={"es": "Otra", "en": "Elsewhere"}, department=other)
    return make_person("Olga Outside", "agent", teams=[team])


@pytest.mark.parametrize("page", [*PAGES, "/desk/new/", "/desk/filters/", "/desk/fresh/", "/desk/side/"])
def test_a_visitor_is_sent_to_sign_in_and_a_part_of_a_page_says_401(page: str) -> None:
    client = Client(headers={"host": "localhost"})
    answer = client.get(page)
    assert answer.status_code == 302
    assert "next=" in answer.headers["Location"]
    assert client.get(page, headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize("role", ["requester", "colleague", "manager", "stranger"])
def test_requesters_have_no_desk(people: People, ticket: Ticket, sign_in: SignIn, role: str) -> None:
    client = sign_in(people.everybody()[role])
    for page in (*PAGES, "/desk/new/"):
        assert client.get(page).status_code == 403, page
    seen = 403 if role in ("requester", "manager") else 404
    for part in PAGES_OF_TICKET:
        assert client.get(f"/desk/tickets/{ticket.number}/{part}").status_code == seen, part


def test_an_agent_of_another_department_sees_and_changes_nothing(
    ticket: Ticket, sign_in: SignIn, outsider: Person
) -> None:
    client = sign_in(outsider)
    for part in PAGES_OF_TICKET:
        assert client.get(f"/desk/tickets/{ticket.number}/{part}").status_code == 404
    for part in (
        "take",
        "resolve",
        "reopen",
        "follow",
        "set",
        "write",
        "draft",
        "files",
        "typing",
        "presence",
        "forget",
    ):
        assert client.post(f"/desk/tickets/{ticket.number}/{part}/", {"kind": "note"}).status_code == 404, part
    assert ticket.subject not in client.get("/desk/?view=open").content.decode()
    assert ticket.subject not in client.get("/desk/search/?q=printer").content.decode()
    before = ticket.version
    ticket.refresh_from_db()
    assert ticket.version == before


def test_a_read_only_agent_reads_and_cannot_write(people: People, ticket: Ticket, sign_in: SignIn) -> None:
    client = sign_in(people.reader)
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert ticket.subject in page
    assert "data-composer" not in page
    assert "/set/" not in page
    assert "/take/" not in page
    assert client.get("/desk/new/").status_code == 403
    before, version = ticket.messages.count(), ticket.version
    for part, data in (
        ("take", {}),
        ("resolve", {}),
        ("reopen", {}),
        ("follow", {}),
        ("set", {"field": "priority", "priority": "high"}),
        ("write", {"kind": "reply", "body": "x"}),
        ("write", {"kind": "note", "body": "x"}),
        ("draft", {"kind": "note", "body": "x"}),
        ("files/?kind=note", {}),
    ):
        url = f"/desk/tickets/{ticket.number}/{part}" + ("" if "?" in part else "/")
        answer = client.post(url, data)
        assert answer.status_code == 403 or part.startswith("files"), part
    ticket.refresh_from_db()
    assert (ticket.messages.count(), ticket.version) == (before, version)


def test_views_hold_what_they_say(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    now, known, by = timezone.now(), words(), Author.of(people.agent)
    tickets = {name: make_ticket(f"subject {name}") for name in ("fresh", "mine", "late", "waits", "done")}
    change(by=by, ticket=tickets["mine"], assignee=people.agent, due_at=now + timedelta(hours=1))
    change(by=by, ticket=tickets["late"], due_at=now - timedelta(hours=1))
    change(by=by, ticket=tickets["waits"], status=known.status_for(StatusCategory.PENDING))
    change(by=by, ticket=tickets["done"], status=known.status_for(StatusCategory.RESOLVED))
    client = sign_in(people.agent)
    expected = {
        "unassigned": {"fresh", "late", "waits"},
        "mine": {"mine"},
        "open": {"fresh", "mine", "late", "waits"},
        "teams": {"fresh", "mine", "late", "waits"},
        "new": {"fresh", "late"},
        "pending": {"waits"},
        "overdue": {"late"},
        "resolved": {"done"},
    }
    for view, names in expected.items():
        page = client.get(f"/desk/?view={view}")
        found = {row.subject.split()[1] for group in page.context["groups"] for row in group["rows"]}
        assert found == names, view
    page = client.get("/desk/?view=open")
    assert [(group["label"], group["count"]) for group in page.context["groups"]] == [
        ("Overdue", 1),
        ("At risk", 1),
        ("No due date", 1),
        ("Pending", 1),
    ]
    assert client.get("/desk/?view=nothing").status_code == 404


def test_filters_order_and_columns_stand_in_the_address_and_the_profile(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    high = make_ticket("urgent matter", priority=words().by_key(words().priorities, "critical"), by=SETUP)
    make_ticket("small matter")
    client = sign_in(people.agent)
    page = client.get("/desk/?view=open&priority=critical&sort=-updated")
    assert [row.number for group in page.context["groups"] for row in group["rows"]] == [high.number]
    assert page.context["count"] == 1
    assert client.get("/desk/?view=open&colour=red").status_code == 400
    assert client.get("/desk/?view=open&cursor=x").status_code == 400
    kept = client.post("/desk/columns/", {"column": ["team", "due", "nonsense"], "next": "//evil.example/"})
    assert kept.headers["Location"] == "/desk/"
    assert [column.key for column, _head in client.get("/desk/?view=open").context["heads"]] == ["team", "left"]
    people.agent.refresh_from_db()
    assert people.agent.columns == {"tickets": ["team", "due"]}
    assert "critical" in client.get("/desk/filters/?view=open").content.decode()


def test_a_long_list_is_paged_by_key(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    numbers = {make_ticket(f"matter {position}").number for position in range(7)}
    client = sign_in(people.agent)
    found: list[str] = []
    url = "/desk/?view=open&size=3&sort=-updated"
    while url:
        page = client.get(url)
        found += [row.number for group in page.context["groups"] for row in group["rows"]]
        url = page.context["pages"].next_url
    assert len(found) == 7
    assert set(found) == numbers


def test_bold_is_what_one_has_not_read(people: People, ticket: Ticket, sign_in: SignIn) -> None:
    client = sign_in(people.agent)

    def unread() -> bool:
        (row,) = [row for group in client.get("/desk/?view=open").context["groups"] for row in group["rows"]]
        return bool(row.unread)

    assert unread()
    client.get(f"/desk/tickets/{ticket.number}/")
    assert not unread()
    change(by=Author.of(people.supervisor), ticket=ticket, tags=["vpn"])
    assert unread()


def test_new_tickets_are_announced_and_rows_are_read_again(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    first = make_ticket()
    client = sign_in(people.agent)
    page = client.get("/desk/?view=open")
    fresh = page.context["fresh_url"]
    assert "new ticket" not in client.get(fresh).content.decode()
    make_ticket()
    make_ticket()
    assert "2 new tickets, show" in client.get(fresh).content.decode()
    (row,) = [row for group in page.context["groups"] for row in group["rows"]]
    change(by=Author.of(people.supervisor), ticket=first, subject="Another subject")
    again = client.get(row.row_url).content.decode()
    assert "Another subject" in again
    assert again.count("<tr") == 1


def test_walking_through_a_view(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    now = timezone.now()
    tickets = [make_ticket(f"matter {n}", due_at=now + timedelta(hours=n)) for n in range(1, 4)]
    client = sign_in(people.agent)
    context = client.get(f"/desk/tickets/{tickets[1].number}/?view=open").context
    assert tickets[0].number in context["previous_url"]
    assert tickets[2].number in context["next_url"]
    ends = client.get(f"/desk/tickets/{tickets[2].number}/?view=open").context
    assert ends["next_url"] == ""
    assert client.get(f"/desk/tickets/{tickets[1].number}/?view=open&colour=red").status_code == 200


@pytest.mark.parametrize("sort", ["due", "-updated", "updated", "priority"])
def test_one_goes_on_through_the_view_whatever_becomes_of_its_tickets(
    people: People, make_ticket: MakeTicket, sign_in: SignIn, sort: str
) -> None:
    for n in range(4):
        make_ticket(f"matter {n}", due_at=timezone.now() + timedelta(hours=5 - n))
    client = sign_in(people.agent)
    page = client.get(f"/desk/?view=new&sort={sort}")
    rows = [row for group in page.context["groups"] for row in group["rows"]]
    walked, url = [rows[0].number], rows[0].url
    for _step in rows[1:]:
        ticket = Ticket.objects.get(number=walked[-1])
        client.get(url)
        # It leaves the view, changes its place in every order, and the page is drawn again before one goes on.
        status = words().status_for(StatusCategory.RESOLVED)
        change(by=Author.of(people.agent), ticket=ticket, status=status, priority=words().default_priority, due_at=None)
        url = client.get(url).context["next_url"]
        walked.append(url.split("/")[3])
    assert walked == [row.number for row in rows]
    last = client.get(url)
    assert last.context["next_url"] == "" and "That was the last one of “New”." in last.content.decode()
    sent = {"kind": "note", "body": "Done", "then": "next", "force": "1"}
    address = url.replace(f"{walked[-1]}/", f"{walked[-1]}/write/")
    assert client.post(address, sent, headers=HTMX).headers["HX-Redirect"].startswith("/desk/?view=new")
    assert "That was the last one of “New”." in client.get("/desk/?view=new").content.decode()


def test_the_pane_goes_on_as_a_pane(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    first, second = (make_ticket(f"matter {n}", due_at=timezone.now() + timedelta(hours=n)) for n in (1, 2))
    sent = {"kind": "note", "body": "Done", "then": "next", "force": "1"}
    client = sign_in(people.agent)
    answer = client.post(f"/desk/tickets/{first.number}/write/?pane=1&view=open", sent, headers=HTMX)
    there = answer.headers["HX-Redirect"]
    assert there.startswith(f"/desk/?view=open&open={second.number}&at=")
    assert client.get(there).context["open_ticket"]["ticket"] == second


def test_the_pane_is_the_ticket_without_the_page(people: People, ticket: Ticket, sign_in: SignIn) -> None:
    client = sign_in(people.agent)
    headers = {"HX-Request": "true", "HX-Target": "v-pane"}
    pane = client.get(f"/desk/tickets/{ticket.number}/?view=open", headers=headers).content.decode()
    assert ticket.subject in pane
    assert "<html" not in pane
    whole = client.get(f"/desk/?view=open&open={ticket.number}").content.decode()
    assert "v-talk" in whole
    assert client.get("/desk/?view=open&open=INC-99999").status_code == 200


def test_search_finds_and_narrows(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    found = make_ticket("La impresora de Padrón", "no imprime volantes")
    make_ticket("Another matter")
    client = sign_in(people.agent)
    for query in ("volantes", "estado:abierto impresora", found.number, "IMPRESORA -nada"):
        page = client.get("/desk/search/", {"q": query})
        assert [result["number"] for result in page.context["results"]] == [found.number], query
    for query in ("canal:correo", "channel:phone", "organización:ninguna -impresora", "afectado:yo"):
        page = client.get("/desk/search/", {"q": query})
        assert found.number not in [result["number"] for result in page.context["results"]], query
    channel = {"mail": "correo", "phone": "teléfono", "desk": "mesa"}.get(found.channel, found.channel)
    for query in (f"canal:{channel} volantes", "categoría:ninguna padrón", "servicio:ninguno padrón"):
        page = client.get("/desk/search/", {"q": query})
        assert [result["number"] for result in page.context["results"]] == [found.number], query
    assert client.get("/desk/search/", {"q": '"); DROP TABLE ticket; --\x00'}).status_code == 200
    palette = client.get("/desk/palette/", {"q": "impres"}).content.decode()
    assert found.number in palette
    assert "All open" in client.get("/desk/palette/", {"q": "all op"}).content.decode()


def test_open_tickets_are_kept_and_let_go(people: People, ticket: Ticket, sign_in: SignIn) -> None:
    client = sign_in(people.agent)
    client.get(f"/desk/tickets/{ticket.number}/")
    assert f"/desk/tickets/{ticket.number}/forget/" in client.get("/desk/side/").content.decode()
    assert client.post(f"/desk/tickets/{ticket.number}/forget/").status_code == 200
    assert "forget" not in client.get("/desk/side/").content.decode()


@pytest.mark.parametrize("page", list(BUDGETS))
def test_pages_ask_no_more_than_their_budget(
    people: People, make_ticket: MakeTicket, sign_in: SignIn, page: str
) -> None:
    """Whatever the number of rows: the budget is the number of queries with many tickets and messages."""
    tickets = [make_ticket(f"matter {position}", assignee=people.agent) for position in range(12)]
    client = sign_in(people.agent)
    url = page.replace("NUMBER", tickets[5].number or "")
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    counted = [query for query in queries if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert len(counted) <= BUDGETS[page], "\n".join(query["sql"][:160] for query in counted)


def test_an_empty_desk_teaches(people: People, sign_in: SignIn) -> None:
    page = sign_in(people.administrator).get("/desk/").content.decode()
    assert "The window is open" in page
    assert "/mail/mailboxes/" in page
    assert "/mail/mailboxes/" not in sign_in(people.agent).get("/desk/").content.decode()


@pytest.mark.parametrize(("language", "words_"), [("es", "Aquí no hay nada"), ("en", "There is nothing here")])
def test_errors_speak_the_readers_language(people: People, sign_in: SignIn, language: str, words_: str) -> None:
    Person.objects.filter(pk=people.agent.pk).update(language=language)
    answer = sign_in(people.agent).get("/desk/tickets/INC-404/")
    assert answer.status_code == 404
    assert words_ in answer.content.decode()
    assert answer.headers["X-Request-ID"] in answer.content.decode()


def listed(page: Any) -> list[str]:
    return [row.number for group in page.context["groups"] for row in group["rows"]]


def test_an_agent_limited_to_a_customer_sees_only_theirs(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    theirs, other = make_ticket("theirs"), make_ticket("other", requester=people.stranger)
    people.agent.limited_to.set([people.requester.organization_id])
    client = sign_in(people.agent)
    assert listed(client.get("/desk/?view=open")) == [theirs.number]
    assert client.get(f"/desk/tickets/{other.number}/").status_code == 404
    offered = [item["label"] for item in client.get("/desk/people/?q=").json()["items"]]
    assert people.stranger.name not in offered
    assert people.requester.name in offered
