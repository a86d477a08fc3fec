"""Macros: made in the settings, applied in a ticket in one click, taken back whole."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.plugin import SETUP, People

from ventanilla.api.actions import create_token
from ventanilla.automation.actions import save_macro
from ventanilla.automation.models import Macro
from ventanilla.events.models import Event
from ventanilla.fields.effects import Effect, parse
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets import drafts
from ventanilla.tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}
EFFECTS = (Effect("set", "priority", "high"), Effect("set", "assignee", "me"), Effect("add", "tags", ("vpn",)))


def make(**more: object) -> Macro:
    given = {
        "label": {"en": "VPN down", "es": "VPN caída"}, "html": {"en": "<p>Hello {first_name}</p>"}, "public": True,
        "effects": EFFECTS, "team": None, "folder": "Network",
    }  # fmt: skip
    return save_macro(by=SETUP, macro=None, **(given | more))


def state(ticket: Ticket) -> tuple[str, int | None, list[str], str]:
    row = Ticket.objects.select_related("priority", "status").get(pk=ticket.pk)
    return row.priority.key, row.assignee_id, sorted(row.tags.values_list("name", flat=True)), row.status.key


def undo_of(answer) -> str:
    found = re.search(r'hx-post="([^"]+/macros/undo/[^"]+)"', answer.content.decode())
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_it_is_made_in_the_settings(sign_in: SignIn, people: People) -> None:
    client = sign_in(people.administrator)
    form = {
        "label_en": "VPN down", "html_en": "<p>Hello {first_name}</p>", "public": "1", "priority": "high",
        "assignee": "me", "add_tags": "vpn, north, vpn", "folder": "Network",
    }  # fmt: skip
    assert client.post("/settings/macros/new/", form).status_code == 302
    macro = Macro.objects.get()
    assert parse(macro.effects) == (
        Effect("set", "priority", "high"), Effect("set", "assignee", "me"), Effect("add", "tags", ("vpn", "north")),
    )  # fmt: skip
    page = client.get(f"/settings/macros/{macro.pk}/").content.decode()
    assert "vpn, north" in page and re.search(r'value="high" selected', page)
    listed = client.get("/settings/macros/").content.decode()
    assert "Priority: High" in listed and "Network" in listed
    assert client.post(f"/settings/macros/{macro.pk}/", form | {"archived": "on"}).status_code == 302
    macro.refresh_from_db()
    assert macro.archived_at is not None and macro.key == "vpn-down"
    assert Event.objects.filter(kind__in=["macro.created", "macro.changed"]).count() == 2


@pytest.mark.parametrize(
    "form",
    [
        {"label_en": "Empty", "public": "1"},
        {"label_en": "Unknown", "public": "1", "html_en": "<p>{nonsense}</p>"},
        {"label_en": "Forged", "public": "1", "priority": "nonsense"},
        {"public": "1", "priority": "high"},
    ],
)
def test_what_makes_no_macro_is_refused(sign_in: SignIn, people: People, form: dict[str, str]) -> None:
    assert sign_in(people.administrator).post("/settings/macros/new/", form).status_code == 422
    assert sign_in(people.agent).post("/settings/macros/new/", form).status_code == 403
    assert not Macro.objects.exists()


def test_it_speaks_and_changes_in_one_click_and_is_taken_back_whole(
    sign_in: SignIn, people: People, make_ticket: Callable[..., Ticket]
) -> None:
    ticket, macro, client = make_ticket(), make(), sign_in(people.agent)
    before = state(ticket)
    offered = client.get(f"/desk/tickets/{ticket.number}/macros/", headers=HTMX).content.decode()
    assert "VPN down" in offered and "Network" in offered and "Hello Leire" in offered
    answer = client.post(f"/desk/tickets/{ticket.number}/macros/", {"macro": macro.key}, headers=HTMX)
    assert answer.status_code == 200
    # Assigned by hand, a new ticket is taken into work.
    assert state(ticket) == ("high", people.agent.pk, ["vpn"], "open")
    draft = Draft.objects.get()
    assert draft.send_at is not None and "Hello Leire" in draft.html
    assert "was not sent" in client.post(undo_of(answer), headers=HTMX).content.decode()
    assert state(ticket) == before
    assert not Draft.objects.exists() and not Message.objects.filter(ticket=ticket, from_staff=True).exists()
    assert "with a macro" in client.get(f"/desk/tickets/{ticket.number}/history/").content.decode()


def test_once_sent_only_the_change_is_taken_back(
    sign_in: SignIn, people: People, make_ticket: Callable[..., Ticket]
) -> None:
    ticket, macro, client = make_ticket(), make(public=False), sign_in(people.agent)
    answer = client.post(f"/desk/tickets/{ticket.number}/macros/", {"macro": macro.key}, headers=HTMX)
    drafts.send_now(by=Author.of(people.agent), draft=Draft.objects.get())
    note = Message.objects.get(ticket=ticket, from_staff=True)
    assert note.audience == Message.Audience.STAFF and "Hello Leire" in note.text
    assert "has been sent already" in client.post(undo_of(answer), headers=HTMX).content.decode()
    assert state(ticket)[:3] == ("medium", None, [])


def test_what_one_is_writing_is_not_overwritten(
    sign_in: SignIn, people: People, make_ticket: Callable[..., Ticket]
) -> None:
    ticket, macro, client = make_ticket(), make(), sign_in(people.agent)
    before, by, audience = state(ticket), Author.of(people.agent), Message.Audience.REQUESTER
    drafts.save_draft(by=by, ticket=ticket, audience=audience, html="<p>half a sentence</p>")
    answer = client.post(f"/desk/tickets/{ticket.number}/macros/", {"macro": macro.key}, headers=HTMX)
    assert answer.status_code == 422 and "writing here already" in answer.content.decode()
    assert (state(ticket), Draft.objects.get().html) == (before, "<p>half a sentence</p>")
    assert not Event.objects.filter(kind="macro.applied").exists()


def test_a_macro_is_no_way_round_ones_rights(
    sign_in: SignIn, people: People, make_ticket: Callable[..., Ticket]
) -> None:
    ticket, department = make_ticket(), create_department(by=SETUP, key="far", label={"en": "Far"})
    far = create_team(by=SETUP, key="far", label={"en": "Far"}, department=department)
    mine, theirs = make(), make(label={"en": "Theirs"}, team=far)
    before = state(ticket)
    path = f"/desk/tickets/{ticket.number}/macros/"
    assert sign_in(people.reader).post(path, {"macro": mine.key}, headers=HTMX).status_code == 403
    assert sign_in(people.agent).post(path, {"macro": theirs.key}, headers=HTMX).status_code == 404
    assert "Theirs" not in sign_in(people.agent).get(path).content.decode()
    assert (state(ticket), Draft.objects.count(), Message.objects.filter(from_staff=True).count()) == (before, 0, 0)


def test_the_api_applies_what_one_may_use(people: People, make_ticket: Callable[..., Ticket]) -> None:
    ticket, macro = make_ticket(), make()

    def caller(person: Person) -> Client:
        token = create_token(by=Author.of(person), person=person)
        return Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})

    listed = caller(people.agent).get("/api/v1/macros").json()["items"]
    assert [(row["key"], row["effects"][0]) for row in listed] == [(macro.key, ["set", "priority", "high"])]
    assert caller(people.requester).get("/api/v1/macros").json() == {"items": []}
    path = f"/api/v1/tickets/{ticket.number}/macros/{macro.key}"
    before = state(ticket)
    assert caller(people.requester).post(path).status_code == 403
    assert caller(people.agent).post(path.replace(macro.key, "none")).status_code == 404
    assert (state(ticket), Draft.objects.count()) == (before, 0)
    assert caller(people.agent).post(path).json()["priority"] == "high"
    assert Draft.objects.get().send_at is not None
