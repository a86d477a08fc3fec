"""The REST API from its front door: the contract, the rights, bad input."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from tests.api_client import BASE, Api
from tests.plugin import SETUP, make_person
from ventanilla.api.actions import create_token, revoke_token
from ventanilla.api.models import Repeatable, Token
from ventanilla.events.models import Event
from ventanilla.fields.actions import create_field
from ventanilla.mail.models import Outgoing
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Role
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import change
from ventanilla.tickets.bulk import run_due as run_bulk
from ventanilla.tickets.models import BulkRun, Message, Ticket
from ventanilla.tickets.vocabulary import words


@pytest.fixture
def api() -> Callable[[Person | None], Api]:
    return Api


TICKET_FIELDS = {
    "number", "subject", "type", "status", "status_category", "priority", "requester", "team", "assignee", "tags",
    "spam", "custom", "missing", "created_at", "updated_at", "version",
}  # fmt: skip


def test_a_ticket_from_opening_to_resolved(api, people):
    agent, requester = api(people.agent), api(people.requester)
    made = requester.post("/tickets", {"subject": "No puedo imprimir", "text": "Ayuda"})
    assert made.status_code == 201
    ticket = made.json()
    assert set(ticket) == TICKET_FIELDS
    assert ticket["number"] == "INC-1" and ticket["status_category"] == "new" and ticket["version"] == 1
    assert ticket["requester"] == {"email": "leire@people.example", "name": "Leire Requester"}
    assert made["Location"] == "/api/v1/tickets/INC-1"

    replied = agent.post("/tickets/INC-1/messages", {"html": "<p>Pruebe <b>ahora</b></p>"})
    assert replied.status_code == 201
    message = replied.json()
    assert message["public"] is True and message["text"] == "Pruebe ahora" and message["channel"] == "api"
    assert message["author"] == {"name": "Aitor Agent", "address": "aitor@people.example"}

    fresh = agent.get("/tickets/INC-1")
    assert fresh.json()["status_category"] == "open" and fresh.json()["assignee"]["email"] == "aitor@people.example"
    version = fresh.json()["version"]
    done = agent.patch(
        "/tickets/INC-1",
        {"status": "resolved", "priority": "high", "tags": ["b", "a"], "subject": "Impresora"},
        **{"if-match": str(version)},
    )
    assert done.status_code == 200
    assert done.json()["status_category"] == "resolved" and done.json()["tags"] == ["a", "b"]
    assert done.json()["version"] == version + 1

    stale = agent.patch("/tickets/INC-1", {"status": "open"}, **{"if-match": f'"{version}"'})
    assert stale.status_code == 412 and stale["Content-Type"] == "application/problem+json"
    assert Ticket.objects.get(number="INC-1").category_of_status.key == "resolved"

    kinds = [event["kind"] for event in agent.get("/tickets/INC-1/events").json()["items"]]
    assert kinds == ["ticket.opened", "ticket.replied", "ticket.changed", "ticket.changed"]
    said = requester.get("/tickets/INC-1/messages").json()
    assert [m["text"] for m in said["items"]] == ["Ayuda", "Pruebe ahora"] and said["next"] is None


def test_internal_notes_stay_at_the_desk(api, people, ticket):
    agent, requester = api(people.agent), api(people.requester)
    note = agent.post(f"/tickets/{ticket.number}/messages", {"text": "Secret passphrase zzyzx", "public": False})
    assert note.status_code == 201 and note.json()["public"] is False
    assert len(requester.get(f"/tickets/{ticket.number}/messages").json()["items"]) == 1
    assert requester.get("/search", q="zzyzx").json()["items"] == []
    assert [t["number"] for t in agent.get("/search", q="zzyzx").json()["items"]] == [ticket.number]
    denied = requester.post(f"/tickets/{ticket.number}/messages", {"text": "x", "public": False})
    assert denied.status_code == 403
    assert Message.objects.count() == 2


@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_what_one_may_not_see_is_not_there(api, people, ticket, who):
    other = api(getattr(people, who))
    for path in ("", "/messages", "/events"):
        answer = other.get(f"/tickets/{ticket.number}{path}")
        assert answer.status_code in (403, 404), path
    assert other.get(f"/tickets/{ticket.number}").status_code == 404
    assert other.patch(f"/tickets/{ticket.number}", {"status": "closed"}).status_code == 404
    assert other.post(f"/tickets/{ticket.number}/messages", {"text": "hello"}).status_code == 404
    assert other.get("/tickets").json() == {"items": [], "next": None}
    assert other.get("/search", q="printer").json()["items"] == []
    assert Event.objects.filter(topic=ticket.topic).count() == 1


def test_a_manager_reads_and_answers_for_the_organization(api, people, ticket):
    manager = api(people.manager)
    assert manager.get(f"/tickets/{ticket.number}").status_code == 200
    assert manager.post(f"/tickets/{ticket.number}/messages", {"text": "It is urgent."}).status_code == 201
    assert manager.patch(f"/tickets/{ticket.number}", {"status": "closed"}).status_code == 403


def test_a_read_only_agent_reads_and_changes_nothing(api, people, ticket):
    reader = api(people.reader)
    assert reader.get(f"/tickets/{ticket.number}").status_code == 200
    assert reader.get(f"/tickets/{ticket.number}/events").status_code == 200
    before = Event.objects.filter(topic=ticket.topic).count()
    assert reader.patch(f"/tickets/{ticket.number}", {"status": "closed"}).status_code == 403
    assert reader.post(f"/tickets/{ticket.number}/messages", {"text": "x"}).status_code == 403
    assert reader.post(f"/tickets/{ticket.number}/messages", {"text": "x", "public": False}).status_code == 403
    assert Event.objects.filter(topic=ticket.topic).count() == before


def test_a_requester_may_not_route_nor_open_for_others(api, people):
    requester = api(people.requester)
    assert requester.post("/tickets", {"subject": "x", "text": "y", "priority": "critical"}).status_code == 403
    other = {"subject": "x", "text": "y", "requester": {"email": "somebody@else.example"}}
    assert requester.post("/tickets", other).status_code == 403
    assert not Ticket.objects.exists()
    assert not Person.objects.filter(email="somebody@else.example").exists()


def test_an_agent_opens_for_somebody_new(api, people):
    body = {"subject": "Llamada", "text": "y", "requester": {"email": "Nueva@Cliente.example", "name": "Nueva"}}
    made = api(people.agent).post("/tickets", body)
    assert made.status_code == 201
    assert made.json()["requester"] == {"email": "nueva@cliente.example", "name": "Nueva"}
    assert Outgoing.objects.get().address == "nueva@cliente.example"


BAD = [
    ({"text": "no subject"}, 422),
    ({"subject": "   ", "text": "x"}, 422),
    ({"subject": "x", "text": ""}, 201),
    ({"subject": "x", "text": "a", "html": "<p>b</p>"}, 422),
    ({"subject": "x", "text": "a", "type": "no-such"}, 422),
    ({"subject": "x", "text": "a", "team": "no-such"}, 422),
    ({"subject": "x", "text": "a", "attachments": ["nope"]}, 422),
    ({"subject": "x", "text": "a", "status": "closed"}, 422),
    ({"subject": "x", "text": "a", "requester": {"email": "not an address"}}, 422),
    ({"subject": "x" * 251, "text": "a"}, 422),
    ([], 422),
    ("text", 422),
]


@pytest.mark.parametrize(("body", "status"), BAD)
def test_bad_input_is_a_clear_error_and_writes_nothing(api, people, body, status):
    answer = api(people.agent).post("/tickets", body)
    assert answer.status_code == status, answer.content
    if status != 201:
        assert answer["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status and problem["title"] and problem["detail"]
        assert not Ticket.objects.exists()


def test_what_is_no_json_is_a_bad_request(api, people):
    answer = api(people.agent).client.post(f"{BASE}/tickets", "{", content_type="application/json")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_what_no_operation_answers_is_a_problem_too(api, people):
    client = api(people.agent).client
    for answer, status in (
        (client.get(f"{BASE}/no-such-thing"), 404),
        (client.delete(f"{BASE}/tickets"), 405),
        (
            client.post(f"{BASE}/tickets", "x", content_type="application/json", headers={"content-length": "9" * 12}),
            413,
        ),
    ):
        assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status and answer.json()["detail"]
    refused = client.delete(f"{BASE}/tickets", headers={"accept-language": "es"})
    assert refused.json()["detail"] == "Esta dirección no admite este método." and "GET" in refused["Allow"]
    assert client.get("/no-such-page")["Content-Type"].startswith("text/html")


WRONG = [
    ({"subject": "x", "text": "y", "bogus": 1}, "bogus", "No existe ese campo."),
    ({"text": "y"}, "subject", "Es obligatorio."),
    ({"subject": 7, "text": "y"}, "subject", "Tiene que ser texto."),
    ({"subject": "x" * 251, "text": "y"}, "subject", "250 caracteres como máximo."),
    ({"subject": "x", "requester": {"email": "no"}}, "requester.email", "Esto no es una dirección de correo."),
    ({"subject": "x", "attachments": "no"}, "attachments", "Tiene que ser una lista."),
    ([], "", "Tiene que ser un objeto."),
]


@pytest.mark.parametrize(("body", "field", "sentence"), WRONG)
def test_each_field_says_what_is_wrong_in_the_callers_language(api, people, body, field, sentence):
    answer = api(people.agent).post("/tickets", body, **{"accept-language": "es"})
    assert answer.status_code == 422 and answer.json()["errors"] == [{"field": field, "detail": sentence}]
    assert not Ticket.objects.exists()


def test_the_documentation_needs_nothing_from_outside(api, people):
    page = api(None).client.get(f"{BASE}/docs")
    content = page.content.decode()
    assert page.status_code == 200 and 'id="swagger-ui"' in content
    assert "//" not in content.replace("<!doctype", ""), "every style and script is our own"
    for script in re.findall(r"<script[^>]*>", content):
        assert re.search(r'src="(/static/[^"]+)"', script), "the content policy runs no inline script"


def test_nobody_without_a_token(api, people):
    token = create_token(by=Author.of(people.agent), person=people.agent)
    for client in (api(None), Api(None)):
        answer = client.get("/tickets")
        assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    row = Token.objects.get()
    assert token not in str(row.__dict__), "tokens are kept as hashes alone"
    assert row.digest != token
    good = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    assert good.get(f"{BASE}/tickets").status_code == 200
    revoke_token(by=Author.of(people.agent), token=row)
    assert good.get(f"{BASE}/tickets").status_code == 401


def test_a_person_switched_off_loses_the_api(api, people):
    client = api(people.agent)
    Person.objects.filter(pk=people.agent.pk).update(is_active=False)
    assert client.get("/tickets").status_code == 401


def test_a_repeated_post_is_carried_out_once(api, people):
    client = api(people.requester)
    body = {"subject": "Once", "text": "please"}
    first = client.post("/tickets", body, **{"idempotency-key": "k1"})
    second = client.post("/tickets", body, **{"idempotency-key": "k1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() and second["Idempotency-Replayed"] == "true"
    assert Ticket.objects.count() == 1
    other = client.post("/tickets", {**body, "text": "else"}, **{"idempotency-key": "k1"})
    assert other.status_code == 409
    assert api(people.colleague).post("/tickets", body, **{"idempotency-key": "k1"}).status_code == 201
    assert Ticket.objects.count() == 2


def test_a_revoked_token_gets_no_answer_of_old(api, people):
    client, body = api(people.requester), {"subject": "x", "text": "y"}
    assert client.post("/tickets", body, **{"idempotency-key": "k1"}).status_code == 201
    revoke_token(by=Author.of(people.requester), token=Token.objects.get(person=people.requester))
    again = client.post("/tickets", body, **{"idempotency-key": "k1"})
    assert again.status_code == 401 and "INC-1" not in again.content.decode()


def test_strangers_leave_no_keys_behind(api, people):
    for path in ("/tickets", "/search"):
        assert api(None).post(path, {}, **{"idempotency-key": "k1"}).status_code in (401, 405)
    assert not Repeatable.objects.exists()


def test_files_travel_with_their_digest(api, people):
    client = api(people.requester)
    uploaded = client.upload("../../etc/photo.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    assert uploaded.status_code == 201
    upload = uploaded.json()
    assert upload["name"] == "photo.png" and upload["size"] == 108
    assert client.post("/tickets", {"subject": "x", "text": "y", "attachments": [upload["id"]]}).status_code == 201
    (message,) = client.get("/tickets/INC-1/messages").json()["items"]
    (file,) = message["attachments"]
    assert file["name"] == "photo.png" and file["size"] == 108 and len(file["sha256"]) == 64
    content = client.client.get(file["url"])
    assert content.status_code == 200 and content["Content-Disposition"].startswith("attachment")
    assert b"".join(content.streaming_content if content.streaming else [content.content]).startswith(b"\x89PNG")
    stranger = api(people.stranger)
    assert stranger.client.get(file["url"]).status_code == 404
    stolen = stranger.post("/tickets", {"subject": "x", "text": "y", "attachments": [upload["id"]]})
    assert stolen.status_code == 422


def test_lists_are_paged_without_gaps_or_repeats(api, people, make_ticket):
    made = [make_ticket(subject=f"Number {n}").number for n in range(7)]
    client = api(people.agent)
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/tickets", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [ticket["number"] for ticket in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
    for bad in ("zzz", "bnVsbA", "W10", "WzEsMl0", "é"):
        assert client.get("/tickets", cursor=bad).status_code == 400, bad
    assert client.get("/tickets", limit=1_000_000).status_code == 422


@pytest.mark.parametrize("sort", ["created", "-created", "updated", "due", "-priority", "custom.site", "-custom.site"])
def test_lists_are_in_the_order_asked_for_and_paged_in_it(api, people, make_ticket, sort):
    create_field(by=SETUP, entity="ticket", kind="text", key="site", label={"en": "Site"})
    low = words().by_key(words().priorities, "low")
    for n in range(7):
        site = {"custom": {"site": f"Site {n % 3}"}} if n % 2 else {"priority": low}
        change(by=SETUP, ticket=make_ticket(subject=f"Number {n}"), **site)
    client, seen, cursor = api(people.agent), [], None
    while not seen or cursor:
        answer = client.get("/tickets", limit=2, sort=sort, **({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.content
        seen += answer.json()["items"]
        cursor = answer.json()["next"]
    assert sorted(ticket["number"] for ticket in seen) == [f"INC-{n}" for n in range(1, 8)]
    told = {
        "created": [ticket["created_at"] for ticket in seen],
        "updated": [ticket["updated_at"] for ticket in seen],
        "priority": [words().by_key(words().priorities, ticket["priority"]).rank for ticket in seen],
        "custom.site": [ticket["custom"]["site"] for ticket in seen if ticket["custom"]],
        "due": [],
    }[sort.removeprefix("-")]
    assert told == sorted(told, reverse=sort.startswith("-"))
    if sort.endswith("site"):
        assert len(told) == 3 and not any(ticket["custom"] for ticket in seen[3:])
    page = client.get("/tickets", limit=2, sort=sort).json()["next"]
    for other in ({}, {"sort": "-due"}):
        assert client.get("/tickets", limit=2, cursor=page, **other).status_code == 400


@pytest.mark.parametrize("sort", ["subject", "assignee", "custom.gone", "-", "--created", "created,due", "\x00"])
def test_an_order_that_no_list_has_is_refused(api, people, make_ticket, sort):
    make_ticket()
    assert api(people.agent).get("/tickets", sort=sort).status_code == 422


def test_requesters_sort_by_what_they_know(api, people, make_ticket):
    create_field(by=SETUP, entity="ticket", kind="text", key="site", label={"en": "Site"})
    make_ticket(requester=people.requester)
    client = api(people.requester)
    assert len(client.get("/tickets", sort="-created").json()["items"]) == 1
    for sort in ("due", "priority", "custom.site"):
        assert client.get("/tickets", sort=sort).status_code == 422, sort


def test_filters_use_keys(api, people, make_ticket):
    make_ticket()
    client = api(people.agent)
    assert len(client.get("/tickets", status="new", open="true", team="support").json()["items"]) == 1
    assert client.get("/tickets", status_category="closed").json()["items"] == []
    assert client.get("/tickets", status_category="nonsense").status_code == 422


def test_search_reads_filters_in_both_languages(api, people, make_ticket):
    ticket = make_ticket(subject="Avería en la impresora", text="No imprime desde ayer")
    client = api(people.agent)
    for query in ("averia", "imprimir", "impresoras estado:abierto", "status:new", "INC-1", '"desde ayer"'):
        assert [t["number"] for t in client.get("/search", q=query).json()["items"]] == [ticket.number], query
    assert client.get("/search", q="impresora estado:cerrado").json()["items"] == []
    newer = make_ticket(subject="Otra impresora")
    found = client.get("/search", q="impresora", limit=1).json()
    assert ([t["number"] for t in found["items"]], found["capped"]) == ([newer.number], True)
    assert client.get("/search", q="impresora", limit=2).json()["capped"] is False


def test_the_description_of_the_api_is_served(client, db):
    schema = client.get(f"{BASE}/openapi.json", headers={"host": "localhost"}).json()
    assert schema["openapi"].startswith("3.")
    wanted = {
        "/tickets": {"get", "post"}, "/tickets/{number}": {"get", "patch"},
        "/tickets/{number}/messages": {"get", "post"}, "/tickets/{number}/events": {"get"}, "/search": {"get"},
        "/tickets/{number}/links": {"get", "post"}, "/tickets/{number}/links/{link}": {"delete"},
        "/tickets/{number}/merge": {"post"}, "/tickets/{number}/unmerge": {"post"},
        "/tickets/{number}/split": {"post"}, "/tickets/{number}/split/undo": {"post"},
            "/fields": {"get"},
        "/mail/{raw}": {"get"}, "/uploads": {"post"},
    }  # fmt: skip
    found = {path.removeprefix(BASE): set(methods) for path, methods in schema["paths"].items()}
    assert wanted.items() <= found.items()


def test_who_manages_people_makes_no_token_that_may_do_more_than_they(people):
    clerk = make_person("Clara Clerk", "agent")
    Role.objects.filter(pk=clerk.role_id).update(rights=[*clerk.role.rights, Right.PEOPLE])
    by = Author.of(Person.objects.get(pk=clerk.pk))
    for person, allowed in ((people.requester, True), (people.administrator, False)):
        with nullcontext() if allowed else pytest.raises(PermissionDenied):
            create_token(by=by, person=person)
        assert Token.objects.filter(person=person).exists() == allowed
        assert Event.objects.filter(kind="token.created", topic=f"person:{person.pk}").exists() == allowed


@pytest.mark.parametrize("path", ["/tickets?", "/tickets/{}/messages?", "/tickets/{}/events?", "/search?q=x&"])
def test_a_parameter_nobody_knows_or_given_twice_is_refused(people, ticket, path):
    api, address = Api(people.agent), BASE + path.format(ticket.number)
    assert api.client.get(address + "limit=5").status_code == 200
    refused = api.client.get(address + "stauts=open")
    assert refused.status_code == 422 and "stauts" in refused.text
    twice = api.client.get(address + "limit=5&limit=6")
    assert twice.status_code == 422 and "more than once" in twice.text


def test_many_tickets_are_changed_in_the_background_and_taken_back(api, people, make_ticket):
    tickets = [make_ticket(subject=f"Ticket {n}") for n in range(3)]
    numbers = [ticket.number for ticket in tickets]
    body = {"tickets": numbers, "effects": [{"verb": "set", "field": "priority", "value": "high"}]}
    begun = api(people.agent).post("/bulk", body)
    assert begun.status_code == 202 and begun["Location"] == f"/api/v1/bulk/{begun.json()['id']}"
    assert (begun.json()["state"], begun.json()["total"]) == ("running", 3)
    while run_bulk(timezone.now()):
        pass
    path = begun["Location"].removeprefix("/api/v1")
    done = api(people.agent).get(path).json()
    assert (done["state"], done["changed"], done["tickets_left"]) == ("done", 3, [])
    assert set(Ticket.objects.values_list("priority__key", flat=True)) == {"high"}
    assert api(people.administrator).get(path).status_code == 404
    assert api(people.agent).post(f"{path}/undo", {}).status_code == 202
    while run_bulk(timezone.now()):
        pass
    assert api(people.agent).get(path).json()["state"] == "undone"
    assert "high" not in set(Ticket.objects.values_list("priority__key", flat=True))


@pytest.mark.parametrize(
    ("effect", "numbers", "status"),
    [
        ({"verb": "set", "field": "priority", "value": "nonsense"}, None, 422),
        ({"verb": "set", "field": "version", "value": 7}, None, 422),
        ({"verb": "add", "field": "tags", "value": "vip"}, None, 422),
        ({"verb": "eval", "field": "tags", "value": "1"}, None, 422),
        ({"verb": "set", "field": "priority", "value": "high"}, ["INC-99999"], 422),
    ],
)
def test_what_cannot_be_done_to_many_is_refused(api, people, make_ticket, effect, numbers, status):
    ticket = make_ticket()
    answer = api(people.agent).post("/bulk", {"tickets": numbers or [ticket.number], "effects": [effect]})
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
    assert not BulkRun.objects.exists()


def test_views_are_kept_changed_and_listed_with_the_rights_of_the_pages(people, make_ticket, api):
    urgent = make_ticket("urgent", by=SETUP, priority=words().by_key(words().priorities, "critical"))
    make_ticket("small")
    agent, boss, requester = api(people.agent), api(people.supervisor), api(people.requester)
    stored = ["and", ["open", "is", True], ["priority", "in", ["critical"]]]
    made = agent.post("/views", {"label": {"en": "Urgent"}, "condition": stored, "columns": ["due"], "sort": "-due"})
    assert made.status_code == 201, made.json()
    key = made.json()["key"]
    assert [ticket["number"] for ticket in agent.get("/tickets", view=key).json()["items"]] == [urgent.number]
    assert [view["key"] for view in agent.get("/views").json()["items"]] == [key]
    # What views ask for is the desk's business, even about one's own tickets.
    assert api(people.requester).get("/tickets", view="overdue").status_code == 404
    assert boss.get("/tickets", view=key).status_code == boss.get(f"/views/{key}").status_code == 404
    for body, status in (
        ({"condition": ["nothing", "is", "x"]}, 422),
        ({"condition": ["priority", "is", "nothing"]}, 422),
        ({"condition": json.loads("[" * 40 + "]" * 40)}, 422),
        ({"condition": ["or", *[["open", "is", True]] * 300]}, 422),
        ({"sort": "password"}, 422),
        ({"columns": ["password"]}, 422),
        ({"owner": people.supervisor.pk}, 422),
        ({"audience": "everyone"}, 403),
        ({"audience": "team"}, 422),
    ):
        assert agent.patch(f"/views/{key}", body).status_code == status, body
    assert requester.post("/views", {"label": {"en": "x"}, "condition": ["and"]}).status_code == 403
    assert agent.get(f"/views/{key}").json() == made.json(), "what was refused has changed nothing"
    assert agent.patch(f"/views/{key}", {"label": {"es": "Urgentes"}}).json()["label"] == {
        "en": "Urgent",
        "es": "Urgentes",
    }
    common = boss.post("/views", {"label": {"en": "All"}, "condition": ["and"], "audience": "everyone"}).json()["key"]
    assert agent.get(f"/views/{common}").json()["may_change"] is False
    assert agent.client.delete(f"{BASE}/views/{common}").status_code == 403
    assert agent.client.delete(f"{BASE}/views/{key}").status_code == 204
    assert agent.get("/tickets", view=key).status_code == 404
