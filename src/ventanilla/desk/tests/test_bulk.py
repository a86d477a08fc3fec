"""One change to every ticket of a list, in the background: what is asked, what comes of it, and its undo."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.plugin import SETUP, People

from ventanilla.events.models import Event, Handover
from ventanilla.events.registry import after_commit
from ventanilla.fields.actions import create_field
from ventanilla.fields.effects import parse
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets import bulk
from ventanilla.tickets.actions import change
from ventanilla.tickets.models import BulkItem, BulkRun, Priority, Status, Ticket, TicketType

pytestmark = pytest.mark.django_db
SignIn = Callable[[Person], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def many(make_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch) -> list[Ticket]:
    """Five tickets, and batches of two."""
    monkeypatch.setattr(bulk, "BATCH", 2)
    return [make_ticket(subject=f"Ticket {n}") for n in range(5)]


def drain() -> None:
    while bulk.run_due(timezone.now()):
        pass


def begin(client: Client, query: str = "view=open", **form: str) -> BulkRun:
    answer = client.post(f"/desk/many/?{query}", {"all": "1", **form}, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()
    assert answer.headers["HX-Trigger"] == "bulk:began" and b"hx-swap-oob" in answer.content
    return BulkRun.objects.latest("pk")


def priorities(tickets: list[Ticket]) -> list[str]:
    rows = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).order_by("pk")
    return list(rows.values_list("priority__key", flat=True))


def test_every_ticket_of_the_list_is_changed_and_taken_back(
    sign_in: SignIn, people: People, many: list[Ticket]
) -> None:
    before = priorities(many)
    change(by=SETUP, ticket=many[0], tags=["vip"])
    client = sign_in(people.agent)
    run = begin(client, "view=open&tags=vip", priority="high")
    assert (run.total, run.effects) == (1, [["set", "priority", "high"]])
    drain()
    assert priorities(many) == ["high", *before[1:]]

    run = begin(client, priority="high")
    assert b'max="5"' in client.get(f"/desk/many/{run.pk}/", headers=HTMX).content
    drain()
    run.refresh_from_db()
    assert (run.state, run.changed, run.same, run.left) == ("done", 4, 1, 0)
    assert priorities(many) == ["high"] * 5
    assert Event.objects.filter(kind="ticket.changed", cause=run.event).count() == 4
    done = client.get(f"/desk/many/{run.pk}/", headers=HTMX)
    assert done.headers["HX-Trigger"] == "list:again" and "done on 4 tickets" in done.content.decode()
    assert "done on 4 tickets" in client.get("/desk/?view=open").content.decode()

    change(by=SETUP, ticket=many[1], priority=Priority.objects.get(key="low"))
    assert client.post(f"/desk/many/{run.pk}/undo/", headers=HTMX).status_code == 200
    drain()
    run.refresh_from_db()
    assert (run.state, run.changed, run.left) == ("undone", 3, 1)
    assert priorities(many) == ["high", "low", *before[2:]]
    why = client.get(f"/desk/many/{run.pk}/left/", headers=HTMX).content.decode()
    assert str(many[1].number) in why and "changed since" in why
    client.post(f"/desk/many/{run.pk}/undo/", headers=HTMX)
    drain()
    assert priorities(many) == ["high", "low", *before[2:]], "a second undo finds nothing to do"
    client.post(f"/desk/many/{run.pk}/close/", headers=HTMX)
    assert "taken back" not in client.get("/desk/?view=open").content.decode()


def test_a_tag_is_added_to_those_that_are_there(sign_in: SignIn, people: People, many: list[Ticket]) -> None:
    change(by=SETUP, ticket=many[0], tags=["old"])
    begin(sign_in(people.agent), tags="vpn")
    drain()
    assert sorted(many[0].tags.values_list("name", flat=True)) == ["old", "vpn"]
    assert list(many[4].tags.values_list("name", flat=True)) == ["vpn"]


def test_what_cannot_be_done_to_one_is_done_to_those_beside_it(
    people: People, make_ticket: Callable[..., Ticket]
) -> None:
    tickets = [make_ticket(subject=f"Ticket {n}") for n in range(3)]
    request = TicketType.objects.get(key="request")
    for ticket in (tickets[0], tickets[2]):
        change(by=SETUP, ticket=ticket, type=request)
    create_field(by=SETUP, entity="ticket", kind="text", key="room", label={"en": "Room"}, types=["request"])
    versions = dict(Ticket.objects.values_list("pk", "version"))
    ids, effects = [ticket.pk for ticket in tickets], parse([["set", "custom.room", "B2"], ["add", "tags", ["moved"]]])
    run = bulk.start_bulk(by=Author.of(people.agent), tickets=ids, effects=effects)
    drain()
    run.refresh_from_db()
    assert (run.state, run.changed, run.same, run.left) == ("done", 2, 0, 1)
    now = {ticket.pk: ticket for ticket in Ticket.objects.all()}
    assert [now[pk].custom for pk in ids] == [{"room": "B2"}, {}, {"room": "B2"}]
    assert [now[pk].version - versions[pk] for pk in ids] == [1, 0, 1]
    assert [sorted(now[pk].tags.values_list("name", flat=True)) for pk in ids] == [["moved"], [], ["moved"]]
    events = Event.objects.filter(kind="ticket.changed", cause=run.event).order_by("pk")
    assert [event.topic for event in events] == [tickets[0].topic, tickets[2].topic]
    assert [event.payload.data for event in events] == [{"custom.room": [None, "B2"]}] * 2
    assert [Handover.objects.filter(event=event).count() for event in events] == [
        sum("ticket.changed" in reaction.kinds for reaction in after_commit())
    ] * 2
    assert list(run.items.order_by("position").values_list("outcome", "event")) == [
        ("changed", events[0].pk),
        ("left", 0),
        ("changed", events[1].pk),
    ]


def test_counts_may_be_a_second_old_while_a_run_is_under_way_and_no_longer(
    sign_in: SignIn, people: People, many: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("ventanilla.desk.counts.time.monotonic", lambda: clock[0])
    client = sign_in(people.agent)

    def counted() -> int:
        return int(client.get("/desk/?view=open").context["count"])

    monkeypatch.setattr(bulk, "BATCH", 1)
    change(by=SETUP, ticket=many[4], status=Status.objects.get(key="resolved"))  # the word has been used before
    begin(client, status="resolved")
    assert counted() == 4
    bulk.run_due(timezone.now())
    assert counted() == 4, "nothing else has happened"
    clock[0] += 1.5
    assert counted() == 3
    bulk.run_due(timezone.now())
    change(by=SETUP, ticket=many[4], tags=["other"])
    assert counted() == 2, "what happens beside the run is counted at once"
    drain()
    assert counted() == 0, "and so is its end"


def test_what_one_may_no_longer_see_is_left_and_not_named(sign_in: SignIn, people: People, many: list[Ticket]) -> None:
    client = sign_in(people.agent)
    run = begin(client, priority="high")
    hidden = create_team(
        by=SETUP,
        key="hr",
        label={"en": "HR"},
        department=create_department(by=SETUP, key="hr", label={"en": "HR"}, private=True),
    )
    change(by=SETUP, ticket=many[2], team=hidden)
    drain()
    run.refresh_from_db()
    assert (run.state, run.changed, run.left) == ("done", 4, 1)
    assert priorities(many)[2] != "high"
    why = client.get(f"/desk/many/{run.pk}/left/", headers=HTMX).content.decode()
    assert "no longer" in why and str(many[2].number) not in why


def test_who_loses_the_right_meanwhile_changes_nothing_more(
    sign_in: SignIn, people: People, many: list[Ticket]
) -> None:
    run = begin(sign_in(people.agent), priority="high")
    bulk.run_due(timezone.now())
    Person.objects.filter(pk=people.agent.pk).update(role=people.reader.role)
    before = priorities(many)
    drain()
    run.refresh_from_db()
    assert (priorities(many), run.changed, run.left) == (before, 2, 3)


def test_a_killed_worker_is_followed_by_another(sign_in: SignIn, people: People, many: list[Ticket]) -> None:
    run = begin(sign_in(people.agent), priority="high")
    now = timezone.now()
    # Claimed by somebody who was killed: nobody else takes it before the lease runs out.
    BulkRun.objects.filter(pk=run.pk).update(next_attempt_at=now + timedelta(seconds=bulk.LEASE_SECONDS))
    assert bulk.run_due(now) == 0
    later = now + timedelta(seconds=bulk.LEASE_SECONDS + 1)
    assert bulk.run_due(later) == 1
    drain()
    run.refresh_from_db()
    assert (run.state, run.changed) == ("done", 5)
    assert Event.objects.filter(kind="ticket.changed", cause=run.event).count() == 5


@pytest.mark.parametrize("form", [{"priority": "nonsense"}, {"assignee": "999999"}, {"stage": "gone"}, {}])
def test_what_cannot_be_is_refused_and_nothing_begins(
    sign_in: SignIn, people: People, many: list[Ticket], form: dict[str, str]
) -> None:
    answer = sign_in(people.agent).post("/desk/many/?view=open", {"all": "1", **form}, headers=HTMX)
    assert answer.status_code == 422
    assert not BulkRun.objects.exists()


def test_too_many_and_none_are_refused(
    sign_in: SignIn, people: People, many: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(people.agent)
    monkeypatch.setattr("ventanilla.desk.bulk.MOST", 4)
    for query, said in (("view=open", "At most 4"), ("view=open&tags=nobody", "no tickets")):
        answer = client.post(f"/desk/many/?{query}", {"all": "1", "priority": "high"}, headers=HTMX)
        assert answer.status_code in (400, 422) and (answer.status_code == 400 or said in answer.content.decode())
    assert not BulkRun.objects.exists()


def test_a_run_is_its_own_persons_matter(sign_in: SignIn, people: People, many: list[Ticket]) -> None:
    run = begin(sign_in(people.agent), priority="high")
    drain()
    other = sign_in(people.administrator)
    assert other.get(f"/desk/many/{run.pk}/", headers=HTMX).status_code == 404
    for verb in ("undo", "close"):
        assert other.post(f"/desk/many/{run.pk}/{verb}/", headers=HTMX).status_code == 404
    assert sign_in(people.reader).post("/desk/many/?view=open", {"all": "1", "priority": "low"}).status_code == 403
    run.refresh_from_db()
    assert (run.state, run.seen_at) == ("done", None)
    assert not BulkItem.objects.exclude(outcome="changed").exists()
