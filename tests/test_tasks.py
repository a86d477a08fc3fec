"""What is to be done in a ticket: by pages, API and ticker, and what waits for it."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from tests.plugin import SETUP, make_person
from ventanilla.api.actions import create_token
from ventanilla.events.models import Event
from ventanilla.fields.section_actions import change_row, create_row, delete_row, undo_section_event
from ventanilla.installation.actions import bump_config_version
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import change, confirm_resolved
from ventanilla.tickets.checklists import Item, add_checklist, remove_checklist, restore_checklist
from ventanilla.tickets.history import history
from ventanilla.tickets.life_cycle_actions import follow_life_cycle
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import ChecklistTemplate, Status, StatusCategory, Task, Ticket
from ventanilla.tickets.tasks import add_task, change_task, order_tasks, set_done, tell_due
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work_sections import CHECKLISTS

pytestmark = pytest.mark.usefixtures("_in_english")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def _in_english(db):
    with override("en"):
        yield


def status(category):
    return words().status_for(StatusCategory[category.upper()])


def told(ticket, person):
    with override("en"):  # a request before leaves the language of none behind
        return _told(ticket, person)


def _told(ticket, person):
    return [text for entry in history(Ticket.objects.get(pk=ticket.pk), viewer(person)) for text in entry.sentences]


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def test_from_the_first_task_to_the_tick_and_back(people, ticket, sign_in):
    client, url = sign_in(people.agent), f"/desk/tickets/{ticket.number}/"
    assert "v-todo" not in client.get(url).content.decode()
    assert "What is to be done" in client.get(f"{url}tasks/new/").content.decode()
    due = timezone.localtime() - timedelta(hours=2)
    typed = {"title": " Call   the supplier ", "owner": people.agent.pk, "due_at": f"{due:%Y-%m-%dT%H:%M}"}
    added = client.post(f"{url}tasks/new/", {**typed, "required_before": "category:resolved"}, headers=HTMX)
    assert added.status_code == 200 and 'id="v-panel"' in added.content.decode()
    task = Task.objects.get()
    assert (task.title, task.owner, fresh(ticket).open_tasks) == ("Call the supplier", people.agent, 1)
    page = client.get(url).content.decode()
    for words_ in ("Call the supplier", "overdue", "Before it is resolved", "0/1"):
        assert words_ in page
    refused = client.post(f"{url}tasks/new/", {"title": " ", "owner": "", "due_at": "x"}, headers=HTMX)
    assert refused.status_code == 422 and Task.objects.count() == 1
    tick = f"{url}tasks/{task.pk}/tick/"
    assert "is-done" in client.post(tick, {"done": "1"}, headers=HTMX).content.decode()
    task.refresh_from_db()
    assert (task.done_by, fresh(ticket).open_tasks, fresh(ticket).required_tasks) == (people.agent, 0, 0)
    undo = re.search(
        r'hx-post="([^"]+)" hx-vals=\'([^\']+)\'', client.post(tick, {"done": "1"}, headers=HTMX).content.decode()
    )
    assert undo and "done" in undo[2]
    client.post(tick, {"done": ""}, headers=HTMX)
    client.post(f"{url}tasks/{task.pk}/", {"title": "Call them", "due_at": "", "owner": ""}, headers=HTMX)
    removed = client.post(f"{url}tasks/{task.pk}/remove/", headers=HTMX).content.decode()
    assert "Removed: Call them." in removed and "v-todo" not in removed
    assert client.get(f"{url}tasks/{task.pk}/").status_code == 404
    client.post(f"{url}tasks/{task.pk}/remove/", {"back": "1"}, headers=HTMX)
    assert told(ticket, people.agent)[1:] == [
        "added the task “Call the supplier”",
        "“Call the supplier” · Task owner: Aitor Agent",
        told(ticket, people.agent)[3],
        "“Call the supplier” · Required: Before it is resolved",
        "ticked “Call the supplier”",
        "took the tick from “Call the supplier”",
        "renamed the task “Call the supplier” to “Call them”",
        "“Call them” · Task owner: nothing",
        "“Call them” · Due date: nothing",
        "removed the task “Call them”",
        "brought the task “Call them” back",
    ]
    assert told(ticket, people.requester) == ["opened the ticket in the portal"]
    before = Event.objects.count()
    for person, code in ((people.reader, 403), (people.requester, 403), (people.stranger, 404)):
        assert sign_in(person).post(tick, {"done": "1"}).status_code == code
    assert Event.objects.count() == before and fresh(ticket).open_tasks == 1


def test_checklists_by_hand_and_from_templates(people, ticket, make_ticket, sign_in):
    admin, client, url = sign_in(people.administrator), sign_in(people.agent), f"/desk/tickets/{ticket.number}/"
    assert admin.get("/settings/checklists/").status_code == 200
    form = {
        "label_es": "Alta", "label_en": "New colleague", "types": ["request"], "team": "",
        "item_es": ["Cuenta", "", ""], "item_en": ["Account", "Laptop", ""], "item_before": ["category:closed", "", ""],
    }  # fmt: skip
    assert admin.post("/settings/checklists/new/", form | {"item_before": ["nonsense", "", ""]}).status_code == 422
    assert admin.post("/settings/checklists/new/", form | {"item_es": [], "item_en": []}).status_code == 422
    assert not ChecklistTemplate.objects.exists()
    assert admin.post("/settings/checklists/new/", form).status_code == 302
    template = ChecklistTemplate.objects.get()
    assert template.items[1] == {"label": {"en": "Laptop"}, "before": ""}
    assert "Account" in admin.get(f"/settings/checklists/{template.pk}/").content.decode()
    assert "New colleague" not in client.get(f"{url}checklists/new/").content.decode()  # not for incidents
    change_row(by=SETUP, section=CHECKLISTS, row=template, label=template.label, types=[])
    assert "New colleague" in client.get(f"{url}checklists/new/").content.decode()
    client.post(f"{url}checklists/new/", {"template": template.key}, headers=HTMX)
    made = client.post(f"{url}checklists/new/", {"title": "Own", "items": "One\n\n Two \n"}, headers=HTMX)
    assert "0/2" in made.content.decode()
    assert list(Task.objects.order_by("pk").values_list("title", "required_before")) == [
        ("Account", "category:closed"), ("Laptop", ""), ("One", ""), ("Two", ""),
    ]  # fmt: skip
    first, _laptop, one, two = Task.objects.order_by("pk")
    client.post(f"{url}tasks/order/", {"checklist": one.checklist_id, "task": [two.pk, one.pk, first.pk]}, headers=HTMX)
    client.post(f"{url}tasks/{two.pk}/", {"move": "up"}, headers=HTMX)  # first already
    assert list(Task.objects.filter(checklist=one.checklist).order_by("position")) == [two, one]
    client.post(f"{url}tasks/{two.pk}/", {"move": "down"}, headers=HTMX)
    assert list(Task.objects.filter(checklist=one.checklist).order_by("position")) == [one, two]
    client.post(f"{url}tasks/new/", {"title": "Three", "checklist": one.checklist_id}, headers=HTMX)
    client.post(f"{url}checklists/{one.checklist_id}/", {"title": "Mine"}, headers=HTMX)
    assert client.post(f"{url}checklists/{one.checklist_id}/", {"title": ""}, headers=HTMX).status_code == 422
    set_done(by=Author.of(people.agent), task=one, done=True)
    client.post(f"{url}checklists/{one.checklist_id}/remove/", headers=HTMX)
    assert fresh(ticket).open_tasks == 2
    assert (
        "1/3"
        in client.post(f"{url}checklists/{one.checklist_id}/remove/", {"back": "1"}, headers=HTMX).content.decode()
    )
    assert fresh(ticket).open_tasks == 4
    assert "renamed the checklist “Own” to “Mine”" in told(ticket, people.agent)
    # A type may bring one by itself, in the installation's language.
    change_row(by=SETUP, section=CHECKLISTS, row=template, label=template.label, types=["request"], by_itself=True)
    assert not Task.objects.filter(ticket=make_ticket()).exists()
    brought = make_ticket(type=words().by_key(words().types, "request"))
    assert set(Task.objects.filter(ticket=brought).values_list("title", flat=True)) == {"Cuenta", "Laptop"}
    assert sign_in(people.agent).get("/settings/checklists/").status_code == 403
    # History names the one that was used; another goes, and comes back whole.
    with pytest.raises(ValidationError):
        delete_row(by=SETUP, section=CHECKLISTS, row=template)
    other = create_row(by=SETUP, section=CHECKLISTS, label={"en": "Other"}, items=template.items, types=["incident"])
    delete_row(by=SETUP, section=CHECKLISTS, row=other)
    undo_section_event(by=SETUP, event=Event.objects.get(kind="checklist_template.deleted"))
    back = ChecklistTemplate.objects.get(key="other")
    assert (back.items, back.types) == (template.items, ["incident"])


def test_a_status_waits_for_what_is_required_before_it(people, ticket, sign_in, make_ticket):
    agent, client = Author.of(people.agent), sign_in(people.agent)
    required = add_task(by=agent, ticket=ticket, title="Test it", required_before="category:resolved")
    add_task(by=agent, ticket=ticket, title="Not required")
    version = fresh(ticket).version
    for category in ("resolved", "closed"):
        with pytest.raises(ValidationError, match="First to be done: “Test it”"):
            change(by=agent, ticket=ticket, status=status(category))
    page = client.post(f"/desk/tickets/{ticket.number}/resolve/", headers=HTMX)
    assert page.status_code == 422 and "Test it" in page.content.decode()
    token = create_token(by=agent, person=people.agent)
    api = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    answer = api.patch(f"/api/v1/tickets/{ticket.number}", {"status": "resolved"}, content_type="application/json")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "status"
    sent = client.post(
        f"/desk/tickets/{ticket.number}/write/", {"kind": "reply", "body": "Done", "then": "resolve"}, headers=HTMX
    )
    assert sent.status_code == 422 and "Test it" in sent.content.decode()
    assert fresh(ticket).status_category == StatusCategory.NEW and fresh(ticket).version == version
    # The life cycle comes again tomorrow.
    change(
        by=agent, ticket=ticket, status=status("pending"), pending_reason=words().by_key(words().reasons, "requester")
    )
    now = timezone.now()
    Ticket.objects.filter(pk=ticket.pk).update(cycle_step=2, cycle_at=now)
    assert follow_life_cycle(ticket=ticket, now=now)
    assert fresh(ticket).status_category == StatusCategory.PENDING and fresh(ticket).cycle_at > now
    set_done(by=agent, task=required, done=True)
    change(by=agent, ticket=ticket, status=status("resolved"))
    resolved = Event.objects.filter(topic=ticket.topic, kind="ticket.changed").latest("pk")
    # What is undone does not get around it either, and a requester's word leaves it as it is.
    change(by=agent, ticket=ticket, status=status("open"))
    reopened = Event.objects.filter(topic=ticket.topic, kind="ticket.changed").latest("pk")
    set_done(by=agent, task=required, done=False)
    assert undo_change(by=agent, ticket=ticket, event=reopened).kept == ("status",)
    set_done(by=agent, task=required, done=True)
    assert undo_change(by=agent, ticket=ticket, event=reopened).restored == ("status",)
    later = add_task(by=agent, ticket=ticket, title="Invoice", required_before="category:closed")
    confirm_resolved(by=Author.of(people.requester), ticket=ticket)
    assert fresh(ticket).status_category == StatusCategory.RESOLVED
    set_done(by=agent, task=later, done=True)
    confirm_resolved(by=Author.of(people.requester), ticket=ticket)
    assert fresh(ticket).status_category == StatusCategory.CLOSED
    assert resolved.pk < reopened.pk
    # A status of one's own waits too; where answers put a ticket, nothing does.
    workshop = Status.objects.create(
        key="workshop", label={"en": "In the workshop"}, category=StatusCategory.OPEN, position=9
    )
    bump_config_version()
    other = make_ticket()
    with pytest.raises(ValidationError):
        add_task(by=agent, ticket=other, title="x", required_before="status:open")
    add_task(by=agent, ticket=other, title="Fetch it", required_before="status:workshop")
    with pytest.raises(ValidationError, match="Fetch it"):
        change(by=agent, ticket=other, status=workshop)
    change(by=agent, ticket=other, status=status("open"))


def test_owners_are_told_and_find_their_tasks(people, ticket, make_ticket, sign_in, run_background):
    agent, supervisor, now = Author.of(people.agent), Author.of(people.supervisor), timezone.now()
    mine = sign_in(people.agent)
    assert "/desk/tasks/" not in mine.get("/desk/").content.decode()
    due = now + timedelta(days=3)
    task = add_task(by=supervisor, ticket=ticket, title="Look", owner=people.agent, due_at=due)
    add_task(by=agent, ticket=ticket, title="My own", owner=people.agent)
    run_background()
    assert list(Notification.objects.values_list("person", "reason")) == [(people.agent.pk, "task_assigned")]
    shell = mine.get("/desk/").content.decode()
    assert "/desk/tasks/" in shell and "My tasks" in shell
    page = mine.get("/desk/tasks/").content.decode()
    assert "Look" in page and "My own" in page and ticket.number in page
    assert "/desk/tasks/" not in sign_in(people.supervisor).get("/desk/").content.decode()
    # Soon and then due, once each; never of one's own doing, nor of what is done.
    assert tell_due(now) == 0
    for moment, taken, kind in (
        (due - timedelta(hours=23), 1, "task.due_soon"), (due + timedelta(hours=1), 1, "task.fell_due"),
        (due + timedelta(days=9), 0, "task.fell_due"),
    ):  # fmt: skip
        assert tell_due(moment) == taken
        assert Event.objects.filter(kind__startswith="task.").latest("pk").kind == kind
    run_background()
    reasons = list(Notification.objects.order_by("pk").values_list("reason", flat=True))
    assert reasons == ["task_assigned", "task_due_soon", "task_overdue"]
    assert "is overdue" in mine.get("/notifications/").content.decode()
    change_task(by=supervisor, task=task, due_at=now + timedelta(days=5))
    set_done(by=supervisor, task=task, done=True)
    assert tell_due(now + timedelta(days=10)) == 0
    ticked = mine.post(
        f"/desk/tickets/{ticket.number}/tasks/{Task.objects.get(title='My own').pk}/tick/?mine=1", {"done": "1"},
        headers=HTMX,
    )  # fmt: skip
    assert ticked.status_code == 200 and "Nothing to do" in ticked.content.decode()
    assert "Look" in mine.get("/desk/tasks/?done=1").content.decode()
    # Only to who may see the ticket.
    outsider = make_person("Olga Outsider", "agent", teams=[])
    for owner in (outsider, people.requester):
        with pytest.raises(ValidationError):
            add_task(by=agent, ticket=ticket, title="x", owner=owner)
    with pytest.raises(PermissionDenied):
        add_task(by=Author.of(people.requester), ticket=ticket, title="x")


def test_merged_tickets_bring_their_tasks_and_take_them_back(people, make_ticket):
    agent = Author.of(people.agent)
    one, two, three = make_ticket(text="1"), make_ticket(text="2"), make_ticket(text="3")
    tasks = [add_task(by=agent, ticket=row, title=f"of {n}") for n, row in enumerate((one, two, three))]
    made = add_checklist(by=agent, ticket=two, title="List", items=[Item("item", "category:resolved")])
    merge_tickets(by=agent, into=two, tickets=[three])
    merge_tickets(by=agent, into=one, tickets=[two])
    assert (fresh(one).open_tasks, fresh(one).required_tasks, fresh(two).open_tasks) == (4, 1, 0)
    late = add_task(by=agent, ticket=three, title="written in the merged one")
    assert late.ticket_id == one.pk
    set_done(by=agent, task=tasks[1], done=True)
    remove_checklist(by=agent, checklist=made)
    unmerge_ticket(by=agent, ticket=fresh(two))
    assert set(Task.objects.filter(ticket=two).values_list("title", flat=True)) == {"of 1", "of 2", "item"}
    restore_checklist(by=agent, checklist=made)
    unmerge_ticket(by=agent, ticket=fresh(three))
    assert set(Task.objects.filter(ticket=one)) == {tasks[0], late}
    assert list(Task.objects.filter(ticket=three)) == [tasks[2]]
    assert [fresh(row).open_tasks for row in (one, two, three)] == [2, 1, 1]
    order_tasks(by=agent, ticket=one, checklist=None, ids=[late.pk, tasks[0].pk])
    assert told(one, people.agent)[-1] == "put the tasks in order"


def test_the_api_does_what_the_pages_do(people, ticket):
    token = create_token(by=SETUP, person=people.agent)
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})
    url = f"/api/v1/tickets/{ticket.number}"

    def send(method, path, body=None, **headers):
        return getattr(client, method)(url + path, body, content_type="application/json", headers=headers)

    made = send("post", "/checklists", {"title": "List", "items": [{"title": "One"}]}).json()
    assert (made["done"], made["total"], made["items"][0]["title"]) == (0, 1, "One")
    body = {
        "title": "Call",
        "owner": people.agent.email,
        "due_at": "2031-01-02T10:00:00+01:00",
        "checklist": made["id"],
    }
    twice = [send("post", "/tasks", body, **{"idempotency-key": "k"}).json() for _n in range(2)]
    assert twice[0] == twice[1] and Task.objects.count() == 2
    task = twice[0]
    assert (task["owner"]["email"], task["checklist"]) == (people.agent.email, made["id"])
    version = client.get(url).json()["version"]
    assert send("patch", f"/tasks/{task['id']}", {"done": True}, **{"if-match": str(version - 1)}).status_code == 412
    done = send("patch", f"/tasks/{task['id']}", {"done": True, "title": "Called"}, **{"if-match": str(version)}).json()
    assert done["done_by"]["email"] == people.agent.email and done["title"] == "Called"
    assert [row["title"] for row in client.get(f"{url}/tasks").json()["items"]] == ["One", "Called"]
    assert send("patch", f"/checklists/{made['id']}", {"title": "Renamed"}).json()["done"] == 1
    assert send("delete", f"/tasks/{task['id']}").status_code == 204
    assert send("patch", f"/tasks/{task['id']}", {"done": False}).status_code == 422
    assert send("delete", f"/checklists/{made['id']}").status_code == 204
    assert client.get(f"{url}/checklists").json() == {"items": []}
    for bad in ({"title": "x", "owner": "nobody@x.example"}, {"title": "x", "due_at": "2031-01-02T10:00:00"}, {}):
        assert send("post", "/tasks", bad).status_code == 422
    badge = {"label": {"en": "Badge"}, "before": ""}
    create_row(by=SETUP, section=CHECKLISTS, label={"en": "Leaver"}, items=[badge])
    assert client.get("/api/v1/checklist-templates").json()["items"][0]["key"] == "leaver"
    assert send("post", "/checklists", {"template": "leaver"}).status_code == 201
    requester = create_token(by=SETUP, person=people.requester)
    outside = Client(headers={"host": "localhost", "authorization": f"Bearer {requester}"})
    assert outside.get(f"{url}/tasks").status_code == 403
    assert outside.get("/api/v1/checklist-templates").json() == {"items": []}
