"""The rows of sections in the browser: list, form, order, safe deletion, undo, search; what each refuses."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.plugin import SETUP, People, make_person

from ventanilla.events.models import Event
from ventanilla.fields.section_actions import create_row
from ventanilla.fields.sections import sections
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Person, Role
from ventanilla.people.rights import Right
from ventanilla.people.sections import ROLES
from ventanilla.saved_views.actions import create_view
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Category, Impact, Priority, PriorityRule, Status, Ticket, TicketType
from ventanilla.tickets.sections import PRIORITIES, STATUSES

SignIn = Callable[[Person], Client]


@pytest.fixture
def client(sign_in: SignIn, people: People) -> Client:
    return sign_in(people.administrator)


def undo_of(page: str) -> str:
    """The address of the undo that a page offers."""
    found = re.search(r'hx-post="(/settings/undo/\d+/)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("key", list(sections()))
def test_every_section_has_its_four_things(client: Client, sign_in: SignIn, people: People, key: str):
    section, agent = sections()[key], sign_in(people.agent)
    listed = client.get(section.list_url)
    assert listed.status_code == 200 and section.new_url in listed.content.decode()
    assert client.get(section.new_url).status_code == 200
    for address in (section.list_url, section.new_url):
        assert agent.get(address).status_code == 403
    rows = list(section.model._default_manager.order_by("position", "id"))
    for row in rows[:1]:
        assert client.get(section.url_of(row.pk)).status_code == 200
    keys = [row.key for row in reversed(rows)]
    assert agent.post(f"{section.list_url}order/", {"key": keys}).status_code == 403
    assert client.post(f"{section.list_url}order/", {"key": keys}).status_code == 302
    assert list(section.model._default_manager.order_by("position", "id").values_list("key", flat=True)) == keys


def test_a_status_is_made_changed_and_taken_back(client: Client):
    typed = {"label_es": "En el taller", "label_en": "In the workshop", "category": "3", "clock": "pause"}
    page = client.post("/settings/statuses/new/", typed, follow=True).content.decode()
    row = Status.objects.get(key="en-el-taller")
    assert (row.category, row.clock, row.position) == (3, "pause", 5)
    address = f"/settings/statuses/{row.pk}/"
    changed = client.post(address, typed | {"label_en": "Workshop", "category": "1", "clock": "run"}, follow=True)
    row.refresh_from_db()
    assert (row.label["en"], row.category, row.clock) == ("Workshop", 3, "run"), "its category was chosen once"
    event = Event.objects.filter(kind="status.changed").get()
    assert event.data["changes"] == {
        "label": [{"es": "En el taller", "en": "In the workshop"}, {"es": "En el taller", "en": "Workshop"}],
        "clock": ["pause", "run"],
    }
    answer = client.post(undo_of(changed.content.decode()), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/settings/statuses/"
    row.refresh_from_db()
    assert (row.label["en"], row.clock) == ("In the workshop", "pause")
    client.post(undo_of(page))
    assert not Status.objects.filter(key="en-el-taller").exists()
    assert Event.objects.filter(kind="status.deleted").get().cause == Event.objects.get(kind="status.created").pk


def test_what_somebody_changed_since_is_not_taken_back(client: Client):
    row = Status.objects.get(key="open")
    undos = []
    for name in ("Working", "Being done"):
        page = client.post(f"/settings/statuses/{row.pk}/", {"label_en": name, "clock": "run"}, follow=True)
        undos.append(undo_of(page.content.decode()))
    client.post(undos[0])
    row.refresh_from_db()
    assert row.label == {"en": "Being done"}


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        ("statuses/new/", {"label_es": "", "category": "3", "clock": "pause"}, "at least one language"),
        ("statuses/new/", {"label_es": "X", "category": "9", "clock": "pause"}, "Select a valid choice"),
        ("statuses/new/", {"label_es": "X", "category": "4", "clock": "run"}, "must not run"),
        ("types/new/", {"label_es": "Avería", "prefix": "áv"}, "without accents"),
        ("categories/new/", {"label_es": "X", "turn": "on"}, "needs the team"),
        ("pending-reasons/new/", {"label_es": "X"}, "at least one language"),
    ],
)
def test_what_makes_no_sense_is_refused_and_what_was_typed_stays(client: Client, path: str, typed: dict, said: str):
    model = sections()[path.partition("/")[0]].model
    before, events = model._default_manager.count(), Event.objects.count()
    answer = client.post(f"/settings/{path}", typed)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert all(f'value="{text}"' in answer.content.decode() for name, text in typed.items() if name == "prefix")
    assert (model._default_manager.count(), Event.objects.count()) == (before, events)


def test_the_last_of_what_is_needed_stays(client: Client, people: People):
    kept = {"label_es": "Nuevo", "clock": "run", "archived": "on"}
    row = Status.objects.get(key="new")
    answer = client.post(f"/settings/statuses/{row.pk}/", kept)
    assert answer.status_code == 422 and "last status of its category" in answer.content.decode()
    row.refresh_from_db()
    assert row.archived_at is None
    assert client.post(f"/settings/statuses/{row.pk}/delete/").status_code == 409
    department = Department.objects.get()
    typed = {"label_es": "Soporte", "archived": "on"}
    assert "still has teams" in client.post(f"/settings/departments/{department.pk}/", typed).content.decode()


def test_no_category_stands_below_itself(client: Client):
    above, below = Category.objects.order_by("position")[:2]
    client.post(f"/settings/categories/{below.pk}/", {"label_es": "Abajo", "parent": above.pk})
    answer = client.post(f"/settings/categories/{above.pk}/", {"label_es": "Arriba", "parent": below.pk})
    assert answer.status_code == 422 and "cannot stand below itself" in answer.content.decode()
    listed = client.get("/settings/categories/").content.decode()
    assert "\u2003Abajo" in listed


def test_what_is_used_says_where_and_can_only_be_archived(
    client: Client, people: People, ticket: Ticket, make_ticket: Any
):
    row = create_row(by=SETUP, section=STATUSES, label={"en": "In the workshop"}, category=3, clock="pause")
    address = f"/settings/statuses/{row.pk}/"
    assert "can go without a trace" in client.get(address).content.decode()
    view = create_view(
        by=Author.of(people.agent), owner=people.agent, label={"en": "At the workshop"},
        condition=["status", "in", [row.key, "open"]],
    )  # fmt: skip
    page = client.get(address).content.decode()
    assert f"View · {view}" in page and "/delete/" not in page
    refused = client.post(f"{address}delete/")
    assert refused.status_code == 409 and "At the workshop" in refused.content.decode()
    change(by=Author.of(people.agent), ticket=ticket, status=row)
    assert "1 ticket" in client.get(address).content.decode()
    change(by=Author.of(people.agent), ticket=ticket, status=Status.objects.get(key="open"))
    view.condition = ["status", "is", "open"]
    view.save(update_fields=["condition"])
    assert "history names it" in client.get(address).content.decode()
    assert client.post(f"{address}delete/").status_code == 409
    assert Status.objects.filter(pk=row.pk).exists()
    fresh = create_row(by=SETUP, section=PRIORITIES, label={"en": "Whenever"})
    assert client.post(f"/settings/priorities/{fresh.pk}/delete/").status_code == 302
    assert not Priority.objects.filter(pk=fresh.pk).exists()


def test_the_order_of_priorities_is_their_rank(client: Client):
    rows = list(Priority.objects.order_by("position"))
    keys = [row.key for row in rows]
    page = client.post("/settings/priorities/order/", {"key": keys, "down": keys[0]}, follow=True)
    assert list(Priority.objects.order_by("rank").values_list("key", flat=True)) == [keys[1], keys[0], *keys[2:]]
    client.post(undo_of(page.content.decode()))
    assert list(Priority.objects.order_by("rank").values_list("key", flat=True)) == keys


def test_the_matrix_gives_another_priority(client: Client, sign_in: SignIn, people: People, make_ticket: Any):
    impact = Impact.objects.get(key="medium")
    page = client.get("/settings/matrix/").content.decode()
    typed = dict.fromkeys(re.findall(r'name="(cell_\d+_\d+)"', page), "critical")
    assert len(typed) == 9
    assert sign_in(people.agent).post("/settings/matrix/", typed).status_code == 403
    assert client.post("/settings/matrix/", typed | {next(iter(typed)): "none such"}).status_code == 422
    assert PriorityRule.objects.filter(priority__key="critical").count() == 1
    assert client.post("/settings/matrix/", typed).status_code == 302
    assert PriorityRule.objects.filter(priority__key="critical").count() == 9
    assert make_ticket(impact=impact).priority.key == "critical"
    first = next(iter(typed))
    client.post("/settings/matrix/", typed | {first: ""})
    assert PriorityRule.objects.count() == 8


def test_a_type_of_ones_own_numbers_its_tickets(client: Client, make_ticket: Any):
    typed = {"label_es": "Avería", "label_en": "Breakdown", "prefix": "ave", "portal": "on"}
    assert client.post("/settings/types/new/", typed).status_code == 302
    row = TicketType.objects.get(key="averia")
    assert (row.prefix, row.portal) == ("AVE", True)
    assert make_ticket(type=row).number == "AVE-1"


def test_everything_is_found_by_what_it_is_called(client: Client, sign_in: SignIn, people: People):
    create_row(by=SETUP, section=STATUSES, label={"es": "En el taller"}, category=3, clock="pause")

    def found(asked: str) -> str:
        return client.get("/settings/", {"q": asked}).content.decode()

    assert "/settings/statuses/" in found("tallér")
    assert "/settings/life-cycle/" in found("reminders")
    assert "Nothing is called like that" in found("xyzzy")
    assert sign_in(people.agent).get("/settings/", {"q": "x"}).status_code == 403
    home = client.get("/settings/").content.decode()
    assert "Status: created" in home and "En el taller" in home and "/settings/undo/" in home


def test_every_change_stands_on_the_audit_list(client: Client):
    client.post("/settings/types/new/", {"label_en": "Breakdown", "prefix": "BRK"})
    line = client.get("/settings/audit/?subject=settings").content.decode()
    assert "Type of ticket: created" in line and "Breakdown" in line


def ticks(page: str) -> dict[str, str]:
    """What the matrix of permissions has ticked."""
    boxes = re.findall(r'<input type="checkbox" name="([^"]+)"([^>]*)>', page)
    return {name: "on" for name, more in boxes if "checked" in more}


def test_roles_are_kept_beside_each_other(client: Client, sign_in: SignIn, people: People):
    page = client.get("/settings/roles/matrix/").content.decode()
    given = ticks(page)
    assert "administrator:settings.manage" in given and "agent:ticket.redact" not in given
    for who in (people.agent, people.supervisor):
        assert sign_in(who).post("/settings/roles/matrix/", given).status_code == 403
    assert client.post("/settings/roles/matrix/", given | {"agent:ticket.redact": "on"}).status_code == 302
    people.agent.refresh_from_db()
    assert people.agent.may(Right.REDACT)
    for wrong, said in (
        ({"requester:desk": "on"}, "all else belongs to the desk"),
        ({"agent:desk": ""}, "works at the desk"),
        ({"administrator:people.manage": ""}, "Nobody could manage people"),
    ):
        typed = {name: value for name, value in (given | wrong).items() if value}
        answer = client.post("/settings/roles/matrix/", typed)
        assert answer.status_code == 422 and said in answer.content.decode(), wrong
    assert Event.objects.filter(kind="role.changed").count() == 1


def test_nobody_gives_a_role_more_than_they_have(client: Client, sign_in: SignIn, people: People):
    some = [str(right) for right in Right if right is not Right.REDACT]
    row = create_row(by=SETUP, section=ROLES, label={"en": "Half"}, scope="all", rights=some)
    make = sign_in(make_person("Hugo Half", "agent"))
    Person.objects.filter(name="Hugo Half").update(role=row, protected_at=people.administrator.protected_at)
    typed = {"label_en": "More", "rights": list(Right), "scope": "all"}
    assert make.post("/settings/roles/new/", typed).status_code == 403
    assert make.post(f"/settings/roles/{row.pk}/", typed).status_code == 403
    administrator = Role.objects.get(key="administrator")
    assert make.post(f"/settings/roles/{administrator.pk}/", typed | {"rights": ["desk"]}).status_code == 403
    row.refresh_from_db()
    administrator.refresh_from_db()
    assert row.rights == some and len(administrator.rights) == len(Right)
    requester = Role.objects.get(key="requester")
    kept = client.post(
        f"/settings/roles/{requester.pk}/", {"label_en": "R", "rights": ["ticket.open"], "archived": "on"}
    )
    assert kept.status_code == 422 and "has to stay" in kept.content.decode()
