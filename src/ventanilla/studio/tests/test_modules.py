"""Modules: what disappears with one, what stays, for whom, and how it comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from tests.plugin import SETUP, People, make_person

from ventanilla.announcements.actions import Wording, post
from ventanilla.automation.actions import save_macro
from ventanilla.events.models import Event
from ventanilla.fields.effects import Effect
from ventanilla.fields.registry import spec_of
from ventanilla.installation.modules import Module, closed, modules, opened, presets, set_modules, switched_off
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.module_actions import hide_modules, switch_modules
from ventanilla.tickets.models import Ticket

SignIn = Callable[[Person], Client]


def keep(client: Client, *without: str) -> Any:
    on = [key for key in modules() if key not in without]
    return client.post("/settings/modules/", {"on": on, "carry": "1"})


def test_off_hides_and_keeps_and_on_brings_all_back(sign_in: SignIn, people: People, ticket: Ticket):
    post(by=Author.of(people.agent), wording=Wording("No network today"))
    save_macro(
        by=SETUP, macro=None, label={"en": "High"}, html={}, public=True, team=None,
        effects=[Effect("set", "priority", "high")],
    )  # fmt: skip
    administrator, agent, requester = sign_in(people.administrator), sign_in(people.agent), sign_in(people.requester)
    seen = (
        (requester, "/portal/", "No network today"),
        (agent, "/desk/announcements/", "No network today"),
        (agent, f"/desk/tickets/{ticket.number}/", "Macro…"),
        (agent, f"/desk/tickets/{ticket.number}/macros/", "High"),
        (agent, "/desk/", "/desk/call/"),
        (administrator, "/settings/macros/", "High"),
        (administrator, "/settings/services/", "Services"),
        (administrator, "/settings/about/tickets/", "Matrix of priorities"),
        (administrator, "/api/v1/openapi.json", "/macros/{key}"),
        (administrator, "/api/v1/openapi.json", "/time/locks"),
        (agent, f"/desk/tickets/{ticket.number}/", "Add a task…"),
        (agent, f"/desk/tickets/{ticket.number}/", "Record time…"),
        (agent, f"/desk/tickets/{ticket.number}/", "Impact, urgency and date"),
        (administrator, "/settings/about/tickets/", "Activities"),
    )

    def found() -> list[bool]:
        return [text in client.get(path).content.decode() for client, path, text in seen]

    assert all(found())
    versions, events = list(Ticket.objects.values_list("version")), Event.objects.count()
    assert (
        keep(administrator, "announcements", "calls", "macros", "services", "matrix", "tasks", "time").status_code
        == 302
    )
    assert not any(found())
    for client, path in (
        (agent, "/desk/call/"),
        (agent, "/desk/announcements/"),
        (administrator, "/settings/matrix/"),
        (agent, "/desk/hours/"),
    ):
        assert client.get(path).status_code == 404
    assert {"service", "impact"}.isdisjoint(spec_of("ticket").by_key)
    now = (list(Ticket.objects.values_list("version")), Event.objects.count())
    assert now == (versions, events + 1), "no ticket changed"
    home = administrator.get("/settings/").content.decode()
    undo = f"/settings/undo/{Event.objects.get(kind='modules.switched').pk}/"
    assert undo in home and administrator.post(undo).status_code == 302
    assert all(found()) and switched_off() == frozenset()


def test_what_would_change_is_shown_before(sign_in: SignIn, people: People):
    client = sign_in(people.administrator)
    page = client.post("/settings/modules/", {"on": ["surveys", "calls"]}).content.decode()
    assert "What is hidden" in page and "Announcements" in page and "What appears" not in page
    assert switched_off() == frozenset()
    keep(client, "services", "matrix")
    page = client.get("/settings/modules/questions/?asked=1&services=yes&many=yes").content.decode()
    assert "What appears" in page and "Services" in page.partition("What is hidden")[0]
    assert 'value="announcements"' in page and 'value="calls"' not in page
    page = client.get("/settings/modules/").content.decode()
    assert "Help desk" in page and "Service desk" in page
    assert client.post("/settings/modules/", {"on": ["nonsense"], "carry": "1"}).status_code == 422
    for who in (people.supervisor, people.agent, people.requester):
        other = sign_in(who)
        for path in ("/settings/modules/", "/settings/modules/questions/"):
            assert other.get(path).status_code == 403
        assert other.post("/settings/modules/", {"on": [], "carry": "1"}).status_code == 403
    assert switched_off() == {"services", "matrix"}


def test_some_see_less(sign_in: SignIn, people: People, ticket: Ticket):
    post(by=Author.of(people.agent), wording=Wording("No network today"))
    far = create_department(by=SETUP, key="far", label={"en": "Far"})
    team = create_team(by=SETUP, key="far", label={"en": "Far"}, department=far)
    outsider = make_person("Olga Outsider", "agent", teams=[team])
    administrator = sign_in(people.administrator)
    rest = [key for key in modules() if key != "announcements"]
    customer = people.requester.organization_id
    assert f"/settings/modules/for/departments/{far.pk}/" in administrator.get("/settings/modules/").content.decode()
    for kind, pk in (("departments", far.pk), ("organizations", customer)):
        assert administrator.post(f"/settings/modules/for/{kind}/{pk}/", {"on": rest}).status_code == 302
    assert sign_in(outsider).get("/desk/announcements/").status_code == 404
    assert sign_in(people.agent).get("/desk/announcements/").status_code == 200
    assert "No network" not in sign_in(people.requester).get("/portal/").content.decode()
    assert "No network" in sign_in(people.stranger).get("/portal/").content.decode()
    hide_modules(by=SETUP, kind="departments", key="far", hidden=())
    assert sign_in(outsider).get("/desk/announcements/").status_code == 200
    assert administrator.get("/settings/modules/for/organizations/999/").status_code == 404
    assert administrator.get("/settings/modules/for/nonsense/1/").status_code == 404


def test_what_needs_another_goes_and_comes_with_it():
    kept, choices = list(modules().values()), presets()
    try:
        first, then = Module("a", "", "", ""), Module("b", "", "", "", needs=("a",))
        set_modules([first, then, Module("c", "", "", "", needs=("b",))], ())
        assert closed({"a"}) == {"a", "b", "c"} and closed({"c"}) == {"c"}
        assert opened({"c"}) == {"a", "b", "c"} and opened({"a"}) == {"a"}
        with pytest.raises(ValueError, match="needs a module"):
            set_modules([then], ())
    finally:
        set_modules(kept, choices)


def test_a_module_that_is_none_is_refused(people: People):
    before = Event.objects.count()
    with pytest.raises(ValidationError, match="nonsense"):
        switch_modules(by=SETUP, off=["nonsense"])
    assert Event.objects.count() == before
