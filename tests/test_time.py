"""Time that was spent on tickets: by hand, by timer, with a reply or a call; added up, taken away, closed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tests.plugin import SETUP, make_person
from ventanilla.api.actions import create_token
from ventanilla.core.durations import hours_and_minutes, parse_duration
from ventanilla.events.models import Event
from ventanilla.people.actions import create_department, create_team
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets import drafts
from ventanilla.tickets.history import history
from ventanilla.tickets.hours import asked_for, sums
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Activity, Draft, LockedMonth, Ticket, TimeEntry, Timer
from ventanilla.tickets.spending import add_time, change_time, lock_month, month_of
from ventanilla.tickets.splitting import split_ticket, undo_split
from ventanilla.tickets.timing import start_timer

HTMX = {"HX-Request": "true"}


def last_month():
    return timezone.localdate().replace(day=1) - timedelta(days=1)


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1:30", 90), ("0:05", 5), ("1:30 h", 90), ("1h 30m", 90), ("1h30", 90), ("1 h 30 min", 90), ("90", 90),
        ("90 min", 90), ("90m", 90), ("1,5 h", 90), ("1.5h", 90), ("1,5", 90), ("2h", 120),
        ("2 horas y 5 minutos", 125),
        ("45 minutes", 45), (" 1H ", 60), ("", None), ("h", None), ("1:75", None), ("abc", None), ("-5", None),
        ("1:30:00", None), ("1e3", None), ("١٢", None),
    ],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(text, minutes):
    found = parse_duration(text)
    assert (found and found / 60) == minutes


@pytest.mark.pure
@given(st.integers(0, 24 * 60))
def test_what_is_shown_can_be_typed_again(minutes):
    assert parse_duration(hours_and_minutes(minutes * 60)) == minutes * 60


def test_time_by_hand_is_corrected_by_its_author_and_whoever_sees_to_the_hours(people, ticket, sign_in):
    client, url = sign_in(people.agent), f"/desk/tickets/{ticket.number}/"
    assert "Time worked" not in client.get(url).content.decode()
    assert "Support" in client.get(f"{url}time/new/").content.decode()
    for bad in ({"spent": "soon"}, {"spent": "25 h"}, {"spent": "1", "day": "x"}, {"spent": "1", "day": "2999-01-01"}):
        assert client.post(f"{url}time/new/", bad, headers=HTMX).status_code == 422
    assert client.post(f"{url}time/new/", {"spent": "1", "activity": "nonsense"}, headers=HTMX).status_code == 422
    assert not TimeEntry.objects.exists()
    typed = {"spent": "1h 30", "activity": "visit", "note": "drove  there", "billable": "1"}
    page = client.post(f"{url}time/new/", typed, headers=HTMX).content.decode()
    assert "Recorded: 1:30." in page and 'id="v-panel"' in page and "drove there" in page
    entry = TimeEntry.objects.get()
    assert (entry.person, entry.organization, entry.month) == (
        people.agent, people.requester.organization, month_of(timezone.localdate())
    )  # fmt: skip
    edit = f"{url}time/{entry.pk}/"
    colleague = make_person("Unai Unaware", "agent")
    before = Event.objects.count()
    for person, code in ((colleague, 403), (people.reader, 403), (people.requester, 403), (people.stranger, 404)):
        for address in (edit, f"{edit}remove/", f"{url}timer/"):
            if person != colleague or "timer" not in address:
                assert sign_in(person).post(address, {"spent": "5"}).status_code == code
    assert Event.objects.count() == before
    client.post(edit, {"spent": "45", "activity": "", "note": "on foot", "day": f"{last_month()}"}, headers=HTMX)
    sign_in(people.supervisor).post(edit, {"spent": "50", "day": f"{last_month()}", "note": "on foot"}, headers=HTMX)
    entry.refresh_from_db()
    assert (entry.seconds, entry.activity, entry.billable, entry.month) == (3000, None, False, month_of(last_month()))
    assert fresh(ticket).spent_seconds == 3000 and "0:50" in client.get(url).content.decode()
    lock_month(by=Author.of(people.supervisor), month=entry.month)
    with pytest.raises(ValidationError):
        change_time(by=SETUP, entry=entry, seconds=60)
    assert client.post(edit, {"spent": "1"}).status_code == 422
    assert client.post(f"{edit}remove/", headers=HTMX).status_code == 422
    with pytest.raises(ValidationError):
        add_time(by=Author.of(people.agent), ticket=ticket, seconds=60, day=last_month())
    fresh_one = add_time(by=Author.of(people.agent), ticket=ticket, seconds=60)
    with pytest.raises(ValidationError):
        change_time(by=Author.of(people.agent), entry=fresh_one, day=last_month())
    client.post(f"{url}time/{fresh_one.pk}/remove/", headers=HTMX)
    assert TimeEntry.objects.get().seconds == 3000
    with override("en"):
        said = [text for row in history(ticket, viewer(people.supervisor)) for text in row.sentences]
        hidden = [text for row in history(ticket, viewer(people.requester)) for text in row.sentences]
    for words in (
        "(Visit, billable)", "“drove there”", "corrected their time", "Time: “0:45” instead of “1:30”",
        "Activity: “no activity” instead of “Visit”", "Note: “on foot”", "corrected time of Aitor Agent",
        "deleted 0:01",
    ):  # fmt: skip
        assert any(words in text for text in said), (words, said)
    assert len(hidden) == 1
    assert "drove" not in str(list(Event.objects.values_list("data", flat=True)))


def test_one_timer_runs_a_person_and_time_comes_with_a_reply(people, ticket, make_ticket, sign_in, run_background):
    client, url, other = sign_in(people.agent), f"/desk/tickets/{ticket.number}/", make_ticket()
    assert 'name="spent"' not in client.get(url).content.decode()
    assert client.get(f"{url}timer/").status_code == 422
    assert client.post(f"{url}timer/?do=start", headers=HTMX).status_code == 200
    client.post(f"{url}timer/?do=start", headers=HTMX)  # it goes on
    # It shows in any browser of theirs, on whatever page, and in nobody else's.
    assert "Timer since" in sign_in(people.agent).get(url).content.decode()
    assert f"Timer: {ticket.number}" in sign_in(people.agent).get("/desk/").content.decode()
    assert f"Timer: {ticket.number}" not in sign_in(people.supervisor).get("/desk/").content.decode()
    Timer.objects.update(started_at=timezone.now() - timedelta(minutes=7, seconds=30))
    assert 'value="0:08"' in client.get(f"{url}timer/").content.decode()
    start_timer(by=Author.of(people.agent), ticket=other)
    assert (TimeEntry.objects.get().ticket, TimeEntry.objects.get().seconds) == (ticket, 480)
    stopped = client.post(f"/desk/tickets/{other.number}/timer/", {"spent": "0:20", "note": "looked"}, headers=HTMX)
    assert stopped.status_code == 200 and not Timer.objects.exists()
    assert TimeEntry.objects.get(ticket=other).note == "looked"
    client.post(f"{url}timer/", {"do": "start"}, headers=HTMX)
    client.post(f"{url}timer/", {"do": "discard"}, headers=HTMX)
    assert not Timer.objects.exists() and TimeEntry.objects.count() == 2
    # With a reply: kept in the draft, written down when it leaves.
    assert 'name="spent"' in client.get(url).content.decode()
    wrong = client.post(f"{url}write/", {"kind": "reply", "body": "Hello", "spent": "ages"}, headers=HTMX)
    assert wrong.status_code == 422 and "Hello" in wrong.content.decode()
    client.post(f"{url}draft/", {"kind": "reply", "body": "Hello", "spent": "0:12"})
    assert Draft.objects.get().spent_seconds == 720 and 'value="0:12"' in client.get(url).content.decode()
    client.post(f"{url}write/", {"kind": "reply", "body": "Hello", "spent": "12", "force": "1"}, headers=HTMX)
    assert TimeEntry.objects.count() == 2
    drafts.send_due(timezone.now() + timedelta(minutes=1))
    spent = TimeEntry.objects.latest("pk")
    assert (spent.seconds, spent.message.text, spent.person) == (720, "Hello", people.agent)
    assert "12 minutes" in client.get(url).content.decode()
    with pytest.raises(PermissionDenied):
        start_timer(by=Author.of(people.reader), ticket=ticket)


def test_hours_are_added_up_taken_away_and_closed(people, ticket, make_ticket, sign_in):
    agent, supervisor = Author.of(people.agent), Author.of(people.supervisor)
    assert "/desk/hours/" not in sign_in(people.supervisor).get("/desk/").content.decode()
    call = Activity.objects.get(key="call")
    for seconds, by, billable, day in (
        (3600, agent, True, None), (600, agent, False, None), (1800, supervisor, True, last_month()),
    ):  # fmt: skip
        add_time(by=by, ticket=ticket, seconds=seconds, billable=billable, day=day, activity=call, note="=1+1")
    far = create_department(by=SETUP, key="far", label={"en": "Far"}, private=True)
    team = create_team(by=SETUP, key="far", label={"en": "Far"}, department=far)
    farther = make_person("Felix Far", "agent", teams=[team])
    secret = make_ticket("Secret", team=team, department=far, requester=people.stranger)
    add_time(by=Author.of(farther), ticket=secret, seconds=60)
    two = f"from={last_month():%Y-%m}&to={timezone.localdate():%Y-%m}"
    client = sign_in(people.supervisor)
    page = client.get(f"/desk/hours/?{two}").content.decode()
    assert "Customer Ltd" in page and "1:40" in page and "1:30" in page and "Felix" not in page
    assert "/desk/hours/" in client.get("/desk/").content.decode()
    by_person = client.get(f"/desk/hours/?{two}&by=person").context["lines"]
    assert [(row["label"], row["time"], row["billable"]) for row in by_person] == [
        ("Aitor Agent", "1:10", "1:00"), ("Sonia Super", "0:30", "0:30"),
    ]  # fmt: skip
    months = client.get(f"/desk/hours/?{two}&by=month").context["lines"]
    assert [row["time"] for row in months] == ["0:30", "1:10"]
    assert client.get("/desk/hours/?by=activity&billable=0").context["time"] == "0:10"
    drilled = client.get(by_person[1]["url"]).context["lines"]
    assert [(row["number"], row["time"], row["activity"]) for row in drilled] == [(ticket.number, "0:30", "Phone call")]
    # An agent sees their own, also of a ticket that has gone from their sight, and nobody else's.
    own = sign_in(people.agent)
    assert own.get(f"/desk/hours/?{two}").context["time"] == "1:10"
    assert own.get(f"/desk/hours/?{two}&person={people.supervisor.pk}").context["lines"] == []
    Ticket.objects.filter(pk=ticket.pk).update(department=far, team=team, restricted=True)
    gone = own.get(f"/desk/hours/entries/?{two}")
    assert [row["number"] for row in gone.context["lines"]] == ["", ""] and ticket.subject not in gone.content.decode()
    assert client.get(f"/desk/hours/?{two}").context["time"] == "0:30"
    Ticket.objects.filter(pk=ticket.pk).update(department=people_department(people), team=None, restricted=False)
    # Files: what the filters show, no formula, on the audit list.
    before = Event.objects.count()
    for kind in ("csv", "xlsx"):
        answer = client.post(f"/desk/hours/export/?{two}", {"file_type": kind})
        body = b"".join(answer.streaming_content)
        assert kind == "xlsx" or (body.count(b"\r\n") == 4 and b"'=1+1" in body and b"1:00,60" in body)
    taken = Event.objects.filter(kind="hours.exported").first()
    assert taken.data["count"] == 3 and Event.objects.count() == before + 2
    for bad in ("from=2026-13", "by=x", "person=x", "activity=x", "billable=2", "organization=-1"):
        assert client.get(f"/desk/hours/?{bad}").status_code == 400
    assert client.post("/desk/hours/export/", {"file_type": "exe"}).status_code == 400
    # Months: closed by whoever sees to the hours, once they are over.
    this, past = (f"{day:%Y-%m}" for day in (timezone.localdate(), last_month()))
    assert own.post("/desk/hours/lock/", {"month": past}).status_code == 403
    assert client.post("/desk/hours/lock/", {"month": this}).status_code == 400
    assert not LockedMonth.objects.exists()
    client.post("/desk/hours/lock/", {"month": past})
    assert f"Open {past} again" in client.get("/desk/hours/").content.decode()
    assert [row["edit_url"] for row in client.get(by_person[1]["url"]).context["lines"]] == [""]
    client.post("/desk/hours/lock/", {"month": past, "open": "1"})
    said = list(Event.objects.filter(kind__startswith="hours.").order_by("pk").values_list("kind", flat=True))
    assert said[-2:] == ["hours.locked", "hours.unlocked"]
    audit = sign_in(people.administrator).get("/settings/audit/").content.decode()
    assert "Month of hours closed" in audit and "Hours exported" in audit


def people_department(people):
    return people.agent.teams.get().department_id


def test_time_goes_with_its_ticket_and_its_message(people, make_ticket):
    agent = Author.of(people.agent)
    one, two = make_ticket(text="1"), make_ticket(text="2")
    add_time(by=agent, ticket=two, seconds=600)
    start_timer(by=agent, ticket=two)
    merge_tickets(by=agent, into=one, tickets=[two])
    assert (fresh(one).spent_seconds, fresh(two).spent_seconds, Timer.objects.get().ticket_id) == (600, 0, one.pk)
    unmerge_ticket(by=agent, ticket=fresh(two))
    assert (fresh(one).spent_seconds, fresh(two).spent_seconds, Timer.objects.get().ticket_id) == (0, 600, two.pk)
    draft = drafts.save_draft(by=agent, ticket=one, audience="staff", html="<p>another matter</p>", spent_seconds=300)
    drafts.send(by=agent, draft=draft, then=Draft.Then.STAY)
    drafts.send_due(timezone.now() + timedelta(minutes=1))
    made = split_ticket(by=agent, ticket=one, messages=[TimeEntry.objects.latest("pk").message])
    assert (fresh(one).spent_seconds, fresh(made).spent_seconds) == (0, 300)
    undo_split(by=agent, ticket=made)
    assert (fresh(one).spent_seconds, fresh(made).spent_seconds) == (300, 0)


def test_the_api_does_what_the_pages_do(people, ticket):
    def client_of(person, scopes=("*",)):
        token = create_token(by=SETUP, person=person, scopes=list(scopes))
        return Client(headers={"host": "localhost", "authorization": f"Bearer {token}"})

    def send(client, method, path, body=None, **headers):
        return getattr(client, method)(f"/api/v1{path}", body, content_type="application/json", headers=headers)

    client, url = client_of(people.agent), f"/tickets/{ticket.number}/time"
    assert [row["key"] for row in client.get("/api/v1/activities").json()["items"]][:2] == ["support", "call"]
    body = {"seconds": 5400, "activity": "internal", "note": "read"}
    twice = [send(client, "post", url, body, **{"idempotency-key": "t"}).json() for _n in range(2)]
    assert twice[0] == twice[1] and twice[0]["billable"] is False and TimeEntry.objects.count() == 1
    entry = f"{url}/{twice[0]['id']}"
    version = fresh(ticket).version
    assert send(client, "patch", entry, {"seconds": 60}, **{"if-match": str(version + 1)}).status_code == 412
    assert send(client, "patch", entry, {"seconds": 60, "activity": None}).json()["activity"] is None
    other = client_of(make_person("Unai Unaware", "agent"))
    assert send(other, "patch", entry, {"seconds": 1}).status_code == 403
    assert send(other, "delete", entry).status_code == 403 and fresh(ticket).spent_seconds == 60
    day = date(timezone.localdate().year - 1, 5, 4)
    send(client, "post", url, {"seconds": 120, "day": day.isoformat()})
    total = client.get(f"/api/v1/time?by=person&from={day:%Y-%m}").json()
    assert (total["seconds"], total["items"][0]["label"]) == (180, "Aitor Agent")
    assert other.get(f"/api/v1/time?from={day:%Y-%m}").json()["items"] == []
    first = client.get(f"/api/v1/time/entries?from={day:%Y-%m}&limit=1").json()
    rest = client.get(f"/api/v1/time/entries?from={day:%Y-%m}&limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["seconds"], rest["items"][0]["seconds"], rest["next"]] == [60, 120, None]
    for bad in ("by=x", "from=2026", "colour=red", "activity=x"):
        assert client.get(f"/api/v1/time?{bad}").status_code == 422
    assert send(client, "post", "/time/locks", {"month": f"{day:%Y-%m}"}).status_code == 403
    supervisor = client_of(people.supervisor, ["hours:write", "tickets:read"])
    assert send(supervisor, "post", "/time/locks", {"month": f"{day:%Y-%m}"}).json()["items"] == [f"{day:%Y-%m}"]
    assert send(client, "post", url, {"seconds": 120, "day": day.isoformat()}).status_code == 422
    assert send(supervisor, "post", url, {"seconds": 120}).status_code == 403  # not among its scopes
    assert send(supervisor, "delete", f"/time/locks/{day:%Y-%m}").status_code == 204
    assert send(client, "delete", entry).status_code == 204 and len(client.get(f"/api/v1{url}").json()["items"]) == 1
    assert client_of(people.requester).get("/api/v1/time").status_code == 403


def test_sums_ask_little_however_many_entries(people, make_ticket, django_assert_max_num_queries):
    tickets = [make_ticket(text=str(n)) for n in range(3)]
    for row in tickets:
        add_time(by=Author.of(people.agent), ticket=row, seconds=60)
    sums(people.supervisor, asked_for({}))
    with django_assert_max_num_queries(5):
        assert sums(people.supervisor, asked_for({"by": "person"}))[0].entries == 3
