"""Custom fields of tickets, from the front door: made by an administrator, filled in, filtered, undone."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from tests.plugin import SETUP, People
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.fields.actions import change_field, create_field, delete_field, order_fields
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import parse
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.effects import Effect
from ventanilla.fields.effects import parse as parse_effects
from ventanilla.fields.kinds import Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.registry import spec_of
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import change
from ventanilla.tickets.bulk import start_bulk
from ventanilla.tickets.effects import in_words, plan_of
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.searching import search_tickets
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
Make = Callable[..., FieldDefinition]
HTMX = {"HX-Request": "true"}
SITES = ({"label": {"en": "Madrid"}}, {"label": {"en": "Lima"}}, {"label": {"en": "Bogotá"}})


@pytest.fixture
def make(people: People) -> Make:
    def made(key: str, kind: str, **more: Any) -> FieldDefinition:
        given = {"label": {"en": key.capitalize()}} | more
        return create_field(by=Author.of(people.administrator), entity="ticket", kind=kind, key=key, **given)

    return made


def set_field(client: Client, ticket: Ticket, name: str, value: Any, **more: str) -> Any:
    return client.post(f"/desk/tickets/{ticket.number}/set/", {"field": name, name: value, **more}, headers=HTMX)


def custom(ticket: Ticket) -> Mapping[str, Any]:
    found: Mapping[str, Any] = Ticket.objects.get(pk=ticket.pk).custom
    return found


def test_a_field_is_set_in_the_panel_told_in_the_history_and_taken_back(
    people: People, make: Make, ticket: Ticket, sign_in: SignIn
):
    make("site", "choice", options=SITES)
    make("note", "text")
    client = sign_in(people.agent)
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert 'name="custom.site"' in page and 'name="custom.note"' in page
    answer = set_field(client, ticket, "custom.site", "lima")
    assert answer.status_code == 200 and custom(ticket) == {"site": "lima"}
    event = Event.objects.filter(topic=ticket.topic).latest("pk")
    assert event.data["changes"] == {"custom.site": [None, "lima"]}
    assert set_field(client, ticket, "custom.note", "Third  floor").status_code == 200
    told = Event.objects.filter(topic=ticket.topic).latest("pk")
    assert told.data["changes"] == {} and "Third floor" not in str(told.data)
    assert told.payload.data == {"custom.note": [None, "Third floor"]}
    past = client.get(f"/desk/tickets/{ticket.number}/history/").content.decode()
    assert "“Site” to “Lima”" in past and "“Note” to “Third floor”" in past
    for undone, left in ((told, {"site": "lima"}), (event, {})):
        assert client.post(f"/desk/tickets/{ticket.number}/changes/{undone.pk}/undo/", headers=HTMX).status_code == 200
        assert custom(ticket) == left


def test_what_a_field_cannot_be_is_said_and_nothing_is_written(
    people: People, make: Make, ticket: Ticket, sign_in: SignIn
):
    make("site", "choice", options=SITES)
    make("cost", "money")
    make("gone", "text", types=["request"])
    client = sign_in(people.agent)
    before = Event.objects.count()
    for name, value, status in (
        ("custom.site", "paris", 422),
        ("custom.cost", "1.239", 422),
        ("custom.cost", "many", 422),
        ("custom.gone", "x", 422),
        ("custom.none", "x", 404),
    ):
        answer = set_field(client, ticket, name, value)
        assert answer.status_code == status, name
    stale = set_field(client, ticket, "custom.cost", "5", was="4.00")
    assert stale.status_code == 422
    assert custom(ticket) == {} and Event.objects.count() == before
    requester = sign_in(people.requester)
    assert set_field(requester, ticket, "custom.site", "lima").status_code in (403, 404)
    assert custom(ticket) == {}


VALUES = {
    "site": ("choice", "lima", "madrid"),
    "sites": ("choices", ["lima", "madrid"], ["bogota"]),
    "note": ("text", "Third floor", "other"),
    "amount": ("number", "9.5", "10"),
    "cost": ("money", "1.234,50", "20"),
    "day": ("date", "2026-03-01", "2026-11-20"),
    "at": ("moment", "2026-03-01T10:00+01:00", "2026-11-20T10:00Z"),
    "ok": ("yes_no", "1", "0"),
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (["custom.site", "is", "lima"], "a"),
        (["custom.site", "not", "lima"], "b-"),
        (["not", ["custom.site", "in", ["lima", "bogota"]]], "b-"),
        (["custom.site", "empty"], "-"),
        (["custom.sites", "is", "lima"], "a"),
        (["custom.sites", "in", ["lima", "bogota"]], "ab"),
        (["custom.sites", "not", "lima"], "b-"),
        (["custom.note", "contains", "floor"], "a"),
        (["custom.note", "not", "third floor"], "b-"),
        (["custom.amount", "below", 9.75], "a"),
        (["custom.amount", "above", 9.5], "b"),
        (["custom.amount", "is", 10], "b"),
        (["not", ["custom.amount", "above", 9]], "-"),
        (["custom.cost", "is", 1234.5], "a"),
        (["custom.cost", "above", 100], "a"),
        (["custom.day", "before", "2026-06-01"], "a"),
        (["custom.day", "on", "2026-11-20"], "b"),
        (["not", ["custom.day", "after", "2026-06-01"]], "a-"),
        (["custom.at", "until", "2026-03-01"], "a"),
        (["custom.at", "filled"], "ab"),
        (["custom.ok", "is", "0"], "b"),
        (["and", ["custom.ok", "is", True], ["custom.site", "is", "lima"]], "a"),
    ],
)
def test_conditions_find_the_tickets(people: People, make: Make, make_ticket: Any, condition: list, expected: str):
    by = Author.of(people.agent)
    for key, (kind, _one, _other) in VALUES.items():
        make(key, kind, **({"options": SITES} if "choice" in kind else {}))
    for place, subject in enumerate("ab-"):
        ticket = make_ticket(subject)
        if place < 2:
            change(by=by, ticket=ticket, custom={key: value[place + 1] for key, value in VALUES.items()})
    found = Ticket.objects.filter(compile_q(parse(condition), spec_of("ticket"), Reading())).order_by("pk")
    assert "".join(ticket.subject for ticket in found) == expected


def test_a_list_shows_and_filters_by_a_custom_field(
    people: People, make: Make, make_ticket: Any, sign_in: SignIn, django_assert_max_num_queries: Any
):
    make("site", "choice", options=SITES, audience="requester")
    make("boss", "person")
    there, elsewhere = make_ticket("Over there"), make_ticket("Elsewhere")
    change(by=Author.of(people.agent), ticket=there, custom={"site": "lima", "boss": people.supervisor.pk})
    client = sign_in(people.agent)
    client.post("/desk/columns/", {"column": ["custom.site", "custom.boss", "priority"], "next": "/desk/"})
    page = client.get("/desk/?view=unassigned&custom.site=lima").content.decode()
    assert there.number in page and elsewhere.number not in page
    assert "Lima</td>" in page and f"{people.supervisor.name}</td>" in page
    menu = client.get("/desk/filters/?view=unassigned").content.decode()
    assert "custom.site=madrid" in menu
    assert client.get("/desk/?custom.site=paris").status_code == 400
    assert client.get("/desk/?custom.none=1").status_code == 400


def test_fields_are_made_ordered_archived_and_deleted_only_while_unused(people: People, make: Make, ticket: Ticket):
    by = Author.of(people.administrator)
    site, note = make("site", "choice", options=SITES), make("note", "text")
    order_fields(by=by, entity="ticket", keys=["note", "site"])
    assert list(definitions_of("ticket")) == ["note", "site"]
    change(by=Author.of(people.agent), ticket=ticket, custom={"site": "lima"})
    change_field(by=by, definition=site, label={"en": "Site"}, options=[{"key": "madrid", "label": {"en": "Madrid"}}])
    fresh = definitions_of("ticket")["site"]
    assert list(fresh.offered) == ["madrid"] and "lima" in fresh.option_labels
    with pytest.raises(ValidationError):
        change(by=Author.of(people.agent), ticket=ticket, custom={"site": "bogota"})
    with pytest.raises(ValidationError):
        delete_field(by=by, definition=fresh)
    delete_field(by=by, definition=note)
    assert list(definitions_of("ticket")) == ["site"]
    kinds = list(Event.objects.filter(kind__startswith="field").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["field.created"] * 2 + ["fields.ordered", "field.changed", "field.deleted"]
    with pytest.raises(PermissionDenied):
        create_field(by=Author.of(people.agent), entity="ticket", kind="text", label={"en": "Mine"})
    with pytest.raises(ValidationError):
        make("owner", "person", audience="requester")


def test_the_forms_ask_for_what_a_type_needs(people: People, make: Make, sign_in: SignIn):
    make("site", "choice", options=SITES, audience="requester", required=True, help={"en": "<b>Where</b>"})
    make("sites", "choices", options=SITES, types=["incident"])
    make("boss", "person", types=["request"], required=True)
    desk, portal = sign_in(people.agent), sign_in(people.requester)
    page = portal.get("/portal/new/incident/").content.decode()
    assert 'name="custom.site"' in page and "custom.boss" not in page and "custom.sites" not in page
    assert "&lt;b&gt;Where" in page
    said = {"subject": "The door does not open"}
    refused = portal.post("/portal/new/incident/", said)
    assert refused.status_code == 422 and "The door does not open" in refused.content.decode()
    refused = portal.post("/portal/new/incident/", said | {"custom.site": "paris"})
    assert refused.status_code == 422 and not Ticket.objects.exists()
    sent = portal.post("/portal/new/incident/", said | {"custom.site": "lima", "custom.boss": people.agent.pk})
    assert sent.status_code == 302 and Ticket.objects.get().custom == {"site": "lima"}
    page = desk.get("/desk/new/").content.decode()
    assert 'name="custom.sites"' in page and "custom.boss" not in page
    part = desk.get("/desk/new/fields/?type=request&custom.site=lima").content.decode()
    assert 'name="custom.boss"' in part and "custom.sites" not in part and 'value="lima" selected' in part
    typed = {"requester": people.requester.pk, "subject": "Another", "type": "request", "custom.site": "madrid"}
    refused = desk.post("/desk/new/", typed)
    assert refused.status_code == 422 and 'value="madrid" selected' in refused.content.decode()
    made = desk.post("/desk/new/", typed | {"custom.boss": people.supervisor.pk})
    assert made.status_code == 302
    assert Ticket.objects.latest("pk").custom == {"site": "madrid", "boss": str(people.supervisor.pk)}
    typed |= {"type": "incident", "custom.sites": ["lima", "bogota"]}
    assert desk.post("/desk/new/", typed).status_code == 302
    assert Ticket.objects.latest("pk").custom == {"site": "madrid", "sites": ["lima", "bogota"]}


def test_a_ticket_by_mail_lacks_what_forms_demand_and_texts_are_found(
    people: People, make: Make, make_ticket: Any, sign_in: SignIn
):
    make("serial", "text", audience="requester", required=True)
    make("shelf", "text")
    ticket, by = make_ticket(channel=Ticket.Channel.MAIL), Author.of(people.agent)
    client, portal = sign_in(people.agent), sign_in(people.requester)
    assert "Data missing: Serial" in " ".join(client.get(f"/desk/tickets/{ticket.number}/").content.decode().split())
    change(by=by, ticket=ticket, custom={"serial": "SN4711", "shelf": "Back room"})
    assert "Data missing" not in client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    page = portal.get(f"/portal/tickets/{ticket.number}/").content.decode()
    assert "Serial: SN4711" in page and "Back room" not in page
    for text, desk, theirs in (("SN4711", 1, 1), ("back room", 1, 0)):
        assert len(search_tickets(people.agent, text)) == desk
        assert len(search_tickets(people.requester, text)) == theirs
    with pytest.raises(ValidationError):
        change(by=by, ticket=ticket, custom={"serial": ""})
    change(by=by, ticket=ticket, custom={"shelf": None})
    assert not search_tickets(people.agent, "back room")


def test_other_programs_read_and_write_custom_fields(people: People, make: Make):
    make("site", "choice", options=SITES, audience="requester")
    make("cost", "money")
    make("ok", "yes_no")

    def call(person: Person, method: str, path: str, **data: Any) -> Any:
        token = create_token(by=Author.of(person), person=person)
        secret = {"Authorization": f"Bearer {token}"}
        if method == "get":
            return Client(headers=secret).get(f"/api/v1{path}")
        return getattr(Client(headers=secret), method)(f"/api/v1{path}", data, "application/json")

    opened = call(people.requester, "post", "/tickets", subject="Help", text="Please", custom={"site": "lima"})
    assert opened.status_code == 201 and opened.json()["custom"] == {"site": "lima"}
    number = opened.json()["number"]
    assert call(people.requester, "post", "/tickets", subject="x", text="y", custom={"cost": 3}).status_code == 422
    for asked, count in (("lima", 1), ("madrid,bogota", 0)):
        assert len(call(people.agent, "get", f"/tickets?custom.site={asked}").json()["items"]) == count
    assert call(people.agent, "get", "/tickets?custom.site=paris").status_code == 422
    assert call(people.requester, "get", "/tickets?custom.cost=3").status_code == 422
    changed = call(people.agent, "patch", f"/tickets/{number}", custom={"cost": 3.5, "ok": False, "site": None})
    assert changed.status_code == 200 and changed.json()["custom"] == {"cost": 3.5, "ok": False}
    wrong = call(people.agent, "patch", f"/tickets/{number}", custom={"cost": "much", "none": 1})
    assert wrong.status_code == 422 and "custom.cost" in wrong.content.decode()
    assert Ticket.objects.get().custom == {"cost": "3.50", "ok": "0"}
    assert call(people.requester, "get", f"/tickets/{number}").json()["custom"] == {}
    assert [row["key"] for row in call(people.requester, "get", "/fields").json()["items"]] == ["site"]
    assert len(call(people.agent, "get", "/fields").json()["items"]) == 3


def test_an_administrator_makes_a_field_in_the_browser(people: People, sign_in: SignIn):
    client, agent = sign_in(people.administrator), sign_in(people.agent)
    for path in ("", "new/", "new/?kind=choice"):
        assert client.get(f"/settings/ticket-fields/{path}").status_code == 200
        assert agent.get(f"/settings/ticket-fields/{path}").status_code == 403
    assert "/settings/ticket-fields/" not in client.get("/settings/").content.decode()
    typed = {
        "label_es": "Sede", "label_en": "Site", "audience": "requester", "required": "on", "types": ["incident"],
        "option_id": ["1", "2", "3"], "option_key": ["", "", ""],
        "option_es": ["Madrid", "Ciudad de México", ""], "option_en": ["", "Mexico City", ""],
    }  # fmt: skip
    refused = client.post("/settings/ticket-fields/new/?kind=choice", typed | {"option_es": [], "option_en": []})
    assert refused.status_code == 422 and 'value="Sede"' in refused.content.decode()
    assert not FieldDefinition.objects.exists()
    assert agent.post("/settings/ticket-fields/new/?kind=choice", typed).status_code == 403
    assert client.post("/settings/ticket-fields/new/?kind=choice", typed).status_code == 302
    row = FieldDefinition.objects.get()
    assert (row.key, row.kind, row.required, row.audience, row.types) == (
        "sede", "choice", True, "requester", ["incident"],
    )  # fmt: skip
    assert [option["key"] for option in row.options] == ["madrid", "ciudad_de_mexico"]
    assert "Site" in client.get("/settings/about/tickets/").content.decode()
    page = client.get(f"/settings/ticket-fields/{row.pk}/").content.decode()
    assert "custom.sede" in page and 'value="Ciudad de México"' in page
    typed |= {
        "option_key": ["ciudad_de_mexico", "madrid", ""], "option_gone": ["2"], "archived": "on",
        "option_es": ["México", "Madrid", "Lima"], "option_en": ["", "", ""],
    }  # fmt: skip
    assert client.post(f"/settings/ticket-fields/{row.pk}/", typed).status_code == 302
    row.refresh_from_db()
    assert row.archived_at is not None and list(row.offered) == ["ciudad_de_mexico", "lima"]
    assert client.post("/settings/ticket-fields/new/?kind=text", {"label_en": "Note", "audience": "staff"})
    client.post("/settings/ticket-fields/order/", {"key": ["sede", "note"], "down": "sede"})
    assert list(definitions_of("ticket")) == ["note", "sede"]
    assert client.post(f"/settings/ticket-fields/{row.pk}/delete/").status_code == 302
    assert list(definitions_of("ticket")) == ["note"]
    audit = client.get("/settings/audit/").content.decode()
    assert "Field created" in audit and "Field deleted" in audit


def test_a_value_brings_another_field(people: People, make: Make, sign_in: SignIn):
    by = Author.of(people.administrator)
    site = make("site", "choice", options=SITES, audience="requester")
    when = {"visible_when": ["custom.site", "in", ["lima", "bogota"]], "required": True, "audience": "requester"}
    make("floor", "number", **when)
    desk, portal = sign_in(people.agent), sign_in(people.requester)
    for client, path, shown in (
        (portal, "/portal/new/incident/", False),
        (portal, "/portal/new/incident/fields/?custom.site=lima", True),
        (portal, "/portal/new/incident/fields/?custom.site=madrid", False),
        (desk, "/desk/new/fields/?type=request&custom.site=bogota", True),
    ):
        assert ("custom.floor" in client.get(path).content.decode()) is shown
    said = {"subject": "Too warm"}
    refused = portal.post("/portal/new/incident/", said | {"custom.site": "lima"})
    assert refused.status_code == 422 and 'name="custom.floor"' in refused.content.decode()
    sent = portal.post("/portal/new/incident/", said | {"custom.site": "madrid", "custom.floor": "3"})
    assert sent.status_code == 302
    ticket = Ticket.objects.get()
    assert ticket.custom == {"site": "madrid"}
    page = desk.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "v-set-custom.site" in page and "custom.floor" not in page and "Data missing" not in page
    page = set_field(desk, ticket, "custom.site", "lima").content.decode()
    assert "v-set-custom.floor" in page
    assert "Data missing" in desk.get(f"/desk/tickets/{ticket.number}/").content.decode()
    floor = definitions_of("ticket")["floor"]
    for definition, condition, more in (
        (site, ["custom.floor", "in", ["3"]], {"options": site.options}),
        (floor, ["custom.site", "in", ["paris"]], {}),
        (floor, ["custom.none", "in", ["x"]], {}),
        (site, ["custom.site", "in", ["lima"]], {"options": site.options}),
    ):
        with pytest.raises(ValidationError):
            change_field(by=by, definition=definition, label={"en": "x"}, visible_when=condition, **more)
    ok = make("ok", "yes_no", visible_when=["custom.site", "in", ["lima"]])
    with pytest.raises(ValidationError):
        change_field(
            by=by, definition=site, label={"en": "Site"}, options=site.options, visible_when=["custom.ok", "in", ["1"]]
        )
    admin = sign_in(people.administrator)
    typed = {"label_en": "Ok", "audience": "staff", "visible_when": ["custom.site=lima", "custom.site=madrid"]}
    assert admin.post(f"/settings/ticket-fields/{ok.pk}/", typed).status_code == 302
    assert definitions_of("ticket")["ok"].visible_when == ["custom.site", "in", ["lima", "madrid"]]


def test_macros_and_many_at_once_set_custom_fields(people: People, make: Make, ticket: Ticket):
    make("site", "choice", options=SITES)
    effects = parse_effects([["set", "custom.site", "lima"], ["set", "priority", "high"]])
    change(by=Author.of(people.agent), ticket=ticket, **plan_of(effects, words(), me=None).for_ticket(ticket))
    assert custom(ticket) == {"site": "lima"}
    assert "Site: Lima" in in_words(effects, words())
    with pytest.raises(ValidationError):
        plan_of(parse_effects([["set", "custom.site", "paris"]]), words(), me=None)


def test_an_exported_list_has_the_custom_columns(people: People, make: Make, make_ticket: Any, sign_in: SignIn):
    make("site", "choice", options=SITES)
    make("boss", "person")
    ticket = make_ticket("Over there")
    change(by=Author.of(people.agent), ticket=ticket, custom={"site": "lima", "boss": people.supervisor.pk})
    client = sign_in(people.agent)
    client.post("/desk/columns/", {"column": ["custom.site", "custom.boss"], "next": "/desk/"})
    answer = client.post("/desk/export/?view=unassigned", {"file_type": "csv"})
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    assert "Lima" in text and people.supervisor.name in text


def test_what_requesters_find_does_not_become_the_desks_alone(people: People, make: Make, ticket: Ticket):
    row = make("nota", "text", audience="requester")
    label = {"en": "Note"}
    by = Author.of(people.administrator)
    change_field(by=by, definition=row, label=label, audience="staff")
    change_field(by=by, definition=row, label=label, audience="requester")
    change(by=SETUP, ticket=ticket, custom={"nota": "zanahoria"})
    with pytest.raises(ValidationError):
        change_field(by=by, definition=row, label=label, audience="staff")
    row.refresh_from_db()
    assert row.audience == "requester"


def test_free_text_set_on_many_stands_where_it_may_be_blanked(people: People, make: Make, ticket: Ticket):
    make("nota", "text")
    start_bulk(by=Author.of(people.agent), tickets=[ticket.pk], effects=[Effect("set", "custom.nota", "Ana is ill")])
    event = Event.objects.get(kind="bulk.started")
    assert event.data["effects"] == [["set", "custom.nota", None]]
    assert event.payload.data == {"custom.nota": "Ana is ill"}
