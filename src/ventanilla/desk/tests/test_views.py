"""Saved views from the front door: keeping a list, sharing it, changing it, and what of it is gone."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from tests.plugin import SETUP, People, make_person

from ventanilla.desk.shell import build
from ventanilla.events.models import Event, Payload
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.saved_views.actions import create_view
from ventanilla.saved_views.models import SavedView
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
MakeTicket = Callable[..., Ticket]
NOW = timezone.now()
HTMX = {"HX-Request": "true"}


def listed(page: Any) -> list[str]:
    return [row.subject for group in page.context["groups"] for row in group["rows"]]


def posted(page: Any, **more: Any) -> dict[str, Any]:
    """What a browser would send of a page's form: its values and the inputs of its conditions."""
    form, data = page.context["form"], {}
    for name in form.fields:
        value = form[name].value()
        data[name] = value if value not in (None, False) else ""
    return {**data, **inputs(page.context["group"]), **more}


def inputs(group: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{group['path']}.group": next(mode["key"] for mode in group["modes"] if mode["chosen"])}
    for part in group["parts"]:
        if part.get("is_group"):
            data |= inputs(part)
            continue
        at, drawn = part["path"], part["input"]
        data[f"{at}.was"] = part["was"]
        data[f"{at}.field"] = next((field["key"] for field in part["fields"] if field["chosen"]), "")
        data[f"{at}.op"] = next((row["key"] for row in part["operators"] if row["chosen"]), "")
        if "options" in drawn:
            data[f"{at}.value"] = [option["key"] for option in drawn["options"] if option["chosen"]]
        elif drawn["type"] == "kept":
            data[f"{at}.value"] = drawn["values"]
        elif "value" in drawn:
            data[f"{at}.value"] = drawn["value"]
        if drawn["type"] == "moment":
            data[f"{at}.when"] = next(when["key"] for when in drawn["whens"] if when["chosen"])
            data[f"{at}.number"] = drawn["number"]
    return data


def high(people: People, make_ticket: MakeTicket) -> Ticket:
    return make_ticket("urgent matter", priority=words().by_key(words().priorities, "critical"), by=SETUP)


def test_a_list_with_filters_is_kept_as_a_view_and_works_where_any_view_does(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    urgent = high(people, make_ticket)
    make_ticket("small matter")
    client = sign_in(people.agent)
    page = client.get("/desk/?view=open&priority=critical&sort=-updated")
    new = client.get(page.context["save_url"])
    answer = client.post(page.context["save_url"], posted(new, label="Urgent ones", pinned="on"))
    assert answer.status_code == 302, answer.context["form"].errors
    view = SavedView.objects.get()
    assert (view.owner, view.audience, view.sort) == (people.agent, "owner", "-updated")
    assert view.condition == ["and", ["open", "is", True], ["priority", "is", "critical"]]
    kept = client.get(answer.headers["Location"])
    assert listed(kept) == ["urgent matter"] and kept.context["title"] == "Urgent ones"
    side = build(client.get("/desk/").wsgi_request).views
    assert [(item.label, item.count) for item in side][-1] == ("Urgent ones", 1)
    ticket = client.get(f"/desk/tickets/{urgent.number}/?view={view.key}")
    assert ticket.status_code == 200 and ticket.context["view_name"] == "Urgent ones"
    assert client.get(f"/desk/fresh/?view={view.key}&since=0").context["count"] == 1
    assert client.get(f"/desk/rows/{urgent.number}/?view={view.key}").status_code == 200
    assert "Urgent ones" in client.get("/desk/palette/", {"q": "urgent o"}).content.decode()
    event = Event.objects.get(kind="view.created")
    assert "Urgent ones" not in str(event.data) and Payload.objects.get(event=event).data["label"] == {
        "en": "Urgent ones"
    }


def test_a_view_is_seen_by_whom_it_is_for(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    team = Team.objects.order_by("id").first()
    far = create_department(by=SETUP, key="far", label={"en": "Far"})
    outsider = make_person(
        "Olga Out", "agent", teams=[create_team(by=SETUP, key="far", label={"en": "Far"}, department=far)]
    )
    colleague = make_person("Carl Colleague", "agent")
    boss, own = Author.of(people.supervisor), Author.of(people.agent)
    stored = ["open", "is", True]
    private = create_view(by=own, owner=people.agent, label={"en": "Private"}, condition=stored)
    shared = create_view(
        by=boss, owner=people.supervisor, label={"en": "Team"}, condition=stored, audience="team", team=team
    )
    common = create_view(by=boss, owner=people.supervisor, label={"en": "All"}, condition=stored, audience="everyone")
    seen = {
        name: [
            view.key for view in (private, shared, common)
            if sign_in(person).get(f"/desk/?view={view.key}").status_code == 200
        ]
        for name, person in (("own", people.agent), ("colleague", colleague), ("outsider", outsider))
    }  # fmt: skip
    assert seen == {
        "own": [private.key, shared.key, common.key],
        "colleague": [shared.key, common.key],
        "outsider": [common.key],
    }
    client = sign_in(people.agent)
    before = list(SavedView.objects.order_by("pk").values())
    for part in ("", "delete/", "pin/", "move/"):
        assert client.post(f"/desk/views/{common.key}/{part}", {"label": "x"}).status_code == 403, part
        assert sign_in(colleague).post(f"/desk/views/{private.key}/{part}").status_code == 404, part
    page = client.get("/desk/views/new/?view=open")
    forged = client.post("/desk/views/new/?view=open", posted(page, label="For all", audience="everyone"))
    assert forged.status_code == 422
    assert list(SavedView.objects.order_by("pk").values()) == before


def test_conditions_are_built_without_losing_what_was_typed(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    high(people, make_ticket)
    change(by=SETUP, ticket=make_ticket("mine"), assignee=people.agent)
    make_ticket("other")
    client = sign_in(people.agent)
    page = client.get("/desk/views/new/?view=open")
    data = posted(page, label="Nested")
    added = client.post("/desk/views/build/", data | {"act": "group:c"}, headers=HTMX)
    data |= inputs(added.context["group"]) | {"c-1-0.field": "priority"}
    data |= inputs(client.post("/desk/views/build/", data, headers=HTMX).context["group"])
    data |= {"c-1-0.value": ["critical"], "act": "row:c-1"}
    drawn = client.post("/desk/views/build/", data, headers=HTMX)
    data |= inputs(drawn.context["group"]) | {"c-1-1.field": "assignee", "act": ""}
    data |= inputs(client.post("/desk/views/build/", data, headers=HTMX).context["group"])
    unfinished = client.post("/desk/views/new/?view=open", data)
    assert unfinished.status_code == 422 and not SavedView.objects.exists()
    assert unfinished.context["row_errors"] == [("c-1-1.field", "A value is missing for “Assignee”.")]
    assert unfinished.context["form"]["label"].value() == "Nested"
    data = posted(unfinished) | {"c-1-1.value": ["me"]}
    assert data["c-1-0.value"] == ["critical"]
    assert "2 tickets" in client.post("/desk/views/found/", data, headers=HTMX).content.decode()
    saved = client.post("/desk/views/new/?view=open", data)
    assert saved.status_code == 302
    assert set(listed(client.get(saved.headers["Location"]))) == {"urgent matter", "mine"}
    assert SavedView.objects.get().condition == [
        "and", ["open", "is", True], ["or", ["priority", "is", "critical"], ["assignee", "is", "me"]],
    ]  # fmt: skip
    assert client.post("/desk/views/build/", data | {"act": "remove:c-9"}).status_code == 400
    many = {f"c-{n}.field": "open" for n in range(201)} | {f"c-{n}.value": "1" for n in range(201)}
    assert client.post("/desk/views/new/?view=open", {"label": "x", "c.group": "any", **many}).status_code in (400, 422)


def test_what_is_gone_is_said_instead_of_failing(people: People, make_ticket: MakeTicket, sign_in: SignIn) -> None:
    make_ticket("matter")
    view = create_view(by=Author.of(people.agent), owner=people.agent, label={"en": "Old"}, pinned=True)
    client = sign_in(people.agent)
    for stored, said, found in (
        (["and", ["open", "is", True], ["custom.site", "is", "x"]], "custom.site", 0),
        (["or", ["open", "is", True], ["priority", "is", "gone"]], "“gone”", 1),
        (["or", ["open", "is", True], ["assignee", "is", 987654]], "987654", 1),
        (["nonsense"], "not a condition", 0),
    ):
        SavedView.objects.filter(pk=view.pk).update(condition=stored)
        create_view(by=SETUP, owner=people.supervisor, label={"en": "x"})  # the configuration changes
        page = client.get(f"/desk/?view={view.key}")
        assert (page.status_code, len(listed(page))) == (200, found), stored
        assert any(said in problem for problem in page.context["view_problems"]), stored
        assert client.get("/desk/side/").status_code == 200
        form = client.get(f"/desk/views/{view.key}/")
        assert said in form.content.decode(), stored
    SavedView.objects.filter(pk=view.pk).update(condition=["and", ["open", "is", True], ["custom.site", "is", "x"]])
    create_view(by=SETUP, owner=people.supervisor, label={"en": "x"})
    form = client.get(f"/desk/views/{view.key}/")
    refused = client.post(f"/desk/views/{view.key}/", posted(form))
    assert refused.status_code == 422 and refused.context["row_errors"][0][0] == "c-1.field"
    removed = client.post(f"/desk/views/{view.key}/", posted(form) | {"act": "remove:c-1"})
    assert client.post(f"/desk/views/{view.key}/", posted(removed)).status_code == 302
    assert len(listed(client.get(f"/desk/?view={view.key}"))) == 1


def test_views_are_pinned_ordered_deleted_and_taken_back(people: People, sign_in: SignIn) -> None:
    by = Author.of(people.agent)
    first, second = (create_view(by=by, owner=people.agent, label={"en": name}) for name in ("First", "Second"))
    client = sign_in(people.agent)
    client.post(f"/desk/views/{second.key}/pin/")
    client.post(f"/desk/views/{second.key}/move/", {"to": "up"})
    shell = build(client.get("/desk/").wsgi_request)
    assert shell.views[-1].label == "Second" and shell.more_views[-1].label == "First"
    assert [row["view"].key for row in client.get("/desk/views/").context["rows"]] == [second.key, first.key]
    client.post(f"/desk/views/{second.key}/delete/")
    assert client.get(f"/desk/?view={second.key}").status_code == 404
    client.post(f"/desk/views/{second.key}/restore/")
    assert client.get(f"/desk/?view={second.key}").status_code == 200
    kinds = list(Event.objects.filter(kind__startswith="view.").order_by("id").values_list("kind", flat=True))
    assert kinds == ["view.created"] * 2 + ["view.changed"] * 3 + ["view.archived", "view.changed"]


def test_what_a_list_shows_is_exported_and_that_stands_on_the_audit_list(
    people: People, make_ticket: MakeTicket, sign_in: SignIn
) -> None:
    numbers = [make_ticket(f"=SUM({n})", due_at=NOW + timedelta(hours=n)).number for n in range(3)]
    make_ticket("other department", department=create_department(by=SETUP, key="far", label={"en": "Far"}), by=SETUP)
    view = create_view(
        by=Author.of(people.agent),
        owner=people.agent,
        label={"en": "Mine alone"},
        condition=["open", "is", True],
        columns=["due", "team"],
        sort="-due",
    )
    client, address = sign_in(people.agent), f"/desk/export/?view={view.key}&subject.contains=sum&size=1"
    answer = client.post(address, {"file_type": "csv"})
    lines = [line.split(",") for line in answer.getvalue().decode("utf-8-sig").splitlines()]
    shown = client.get(f"/desk/?view={view.key}&subject.contains=sum")
    assert lines[0] == ["Number", "Subject", "Requester", "Status", "Team", "Due"]
    assert [line[0] for line in lines[1:]] == [row.number for g in shown.context["groups"] for row in g["rows"]]
    assert [line[0] for line in lines[1:]] == numbers[::-1] and lines[1][1] == "'=SUM(2)"
    sheet = load_workbook(BytesIO(client.post(address, {"file_type": "xlsx"}).getvalue())).active
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)] == lines
    assert client.post(address, {"file_type": "exe"}).status_code == 400
    assert sign_in(people.supervisor).post(address, {"file_type": "csv"}).status_code == 404
    assert sign_in(people.requester).post("/desk/export/", {"file_type": "csv"}).status_code == 403
    noted = Event.objects.filter(kind="tickets.exported")
    assert [event.data["count"] for event in noted] == [3, 3]
    assert "sum" not in str(noted[0].data) and "Mine alone" not in str(noted[0].data)
    page = sign_in(people.administrator).get("/settings/audit/?subject=exports").content.decode()
    assert "3 tickets" in page and "Mine alone" in page and "Subject: sum" in page
