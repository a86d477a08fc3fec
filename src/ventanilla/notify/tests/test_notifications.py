"""The inbox of notifications: who gets what and why, when it is told, and that all devices agree on what was read."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone
from tests.plugin import SETUP, People, make_person

from ventanilla.core.hours import OFFICE, WorkingHours
from ventanilla.events.doorbell import listen
from ventanilla.events.jobs import drain
from ventanilla.mail.models import Outgoing
from ventanilla.notify.actions import read_all
from ventanilla.notify.models import Device, Notification, Push
from ventanilla.notify.telling import forget_old
from ventanilla.people.actions import create_department
from ventanilla.people.author import Author
from ventanilla.people.hours import hours_of
from ventanilla.people.models import Person, Team
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 11, 22, 20, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # 08:30 in Madrid


def answer(people: People, ticket: Ticket, text: str = "It smokes") -> Message:
    return add_message(
        by=Author.of(people.requester), ticket=ticket, content=Content.of_text(text),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.PORTAL,
    )  # fmt: skip


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("person__name", "pk").values_list("person__name", "reason")
    return [(name.split()[0], reason) for name, reason in rows]


def test_each_is_told_once_by_the_nearest_reason_and_by_what_they_chose(people, ticket, run_background):
    follower, in_team, all_seeing, deaf = (
        make_person(f"{name} X", "agent", teams=Team.objects.all()) for name in ("Fina", "Gala", "Hugo", "Ivo")
    )
    elsewhere = make_person("Juan X", "agent", teams=())
    for person, choice in (
        (in_team, "team"), (all_seeing, "all"), (deaf, "none"), (elsewhere, "all"), (people.supervisor, "all"),
    ):  # fmt: skip
        Person.objects.filter(pk=person.pk).update(notices=choice)
    change(by=Author.of(people.supervisor), ticket=ticket, assignee=people.agent, watchers=[follower, deaf])
    answer(people, ticket)
    run_background()
    assert told() == [
        ("Aitor", "assigned"), ("Aitor", "answered"), ("Fina", "answered_followed"), ("Gala", "opened_team"),
        ("Gala", "answered_team"), ("Hugo", "opened_team"), ("Hugo", "answered_team"), ("Sonia", "opened_team"),
        ("Sonia", "answered_team"),
    ]  # fmt: skip
    assert Outgoing.objects.filter(kind="notice").count() == 9


def test_the_page_says_why_and_the_bell_counts_until_the_ticket_is_opened(
    people, ticket, sign_in, run_background, django_capture_on_commit_callbacks
):
    change(by=Author.of(people.supervisor), ticket=ticket, assignee=people.agent)
    answer(people, ticket, "Now <b>it</b> smokes")
    run_background()
    desk, phone = sign_in(people.agent), sign_in(people.agent)
    assert "Notifications: 2 unread" in desk.get("/desk/").content.decode()
    page = desk.get("/notifications/").content.decode()
    assert "Leire Requester answered." in page and "Because the ticket was assigned to you." in page
    assert "Now &lt;b&gt;it&lt;/b&gt; smokes" in page and "Your choice: what is mine." in page
    rung: list[str] = []
    stop = listen(lambda rings: rung.extend(ring.scope for ring in rings))
    with django_capture_on_commit_callbacks(execute=True):
        desk.get(f"/desk/tickets/{ticket.number}/")
    stop()
    assert f"notices:{people.agent.pk}" in rung
    assert "unread" not in phone.get("/notifications/bell/").content.decode()
    assert "You have read everything" in phone.get("/notifications/?only=unread").content.decode()


def test_marking_one_and_all_and_nobody_elses(people, ticket, sign_in, run_background):
    change(by=Author.of(people.supervisor), ticket=ticket, assignee=people.agent)
    answer(people, ticket)
    run_background()
    first, second = Notification.objects.order_by("pk")
    address = f"/notifications/{first.pk}/read/"
    assert sign_in(people.supervisor).post(address).status_code == 404
    assert sign_in(people.requester).post("/notifications/all/read/").status_code == 403
    assert not Notification.objects.exclude(read_at=None).exists()
    client = sign_in(people.agent)
    client.post(address)
    assert list(Notification.objects.filter(read_at=None)) == [second]
    client.post("/notifications/all/read/")
    client.post(address, {"unread": "1"})
    assert list(Notification.objects.filter(read_at=None)) == [first]


def test_mail_waits_for_the_hours_and_is_not_sent_when_read_before(people, make_ticket, sign_in, run_background):
    Person.objects.filter(pk=people.agent.pk).update(working_hours=OFFICE.stored())
    seen, unseen = make_ticket("Seen"), make_ticket("Unseen")
    with time_machine.travel(SUNDAY, tick=False):
        for ticket in (seen, unseen):
            change(by=SETUP, ticket=ticket, assignee=Person.objects.get(pk=people.agent.pk))
        run_background()
        assert told() == [("Aitor", "assigned")] * 2, "the inbox does not wait"
        assert not Outgoing.objects.filter(kind="notice").exists()
        sign_in(people.agent).get(f"/desk/tickets/{seen.number}/")
    with time_machine.travel(MONDAY - timedelta(hours=1), tick=False):
        run_background()
        assert not Outgoing.objects.filter(kind="notice").exists()
    with time_machine.travel(MONDAY, tick=False):
        run_background()
        run_background()
    assert [row.ticket for row in Outgoing.objects.filter(kind="notice")] == [unseen]


def test_what_one_may_no_longer_see_when_the_hours_begin_is_not_told(people, make_ticket, run_background):
    Person.objects.filter(pk=people.agent.pk).update(working_hours=OFFICE.stored())
    kept, taken = make_ticket("Kept"), make_ticket("Taken away")
    with time_machine.travel(SUNDAY, tick=False):
        for ticket in (kept, taken):
            change(by=SETUP, ticket=ticket, assignee=Person.objects.get(pk=people.agent.pk))
        run_background()
        far = create_department(by=SETUP, key="far", label={"en": "Far"})
        change(by=SETUP, ticket=taken, department=far, team=None, assignee=None)
    with time_machine.travel(MONDAY, tick=False):
        run_background()
    assert [row.ticket for row in Outgoing.objects.filter(kind="notice")] == [kept]


def test_without_mail_the_inbox_remains_and_what_one_may_no_longer_see_is_gone(people, ticket, sign_in, run_background):
    Person.objects.filter(pk=people.agent.pk).update(notices_by_mail=False)
    change(by=SETUP, ticket=ticket, assignee=Person.objects.get(pk=people.agent.pk))
    run_background()
    assert told() == [("Aitor", "assigned")] and not Outgoing.objects.filter(kind="notice").exists()
    answer(people, ticket, "my salary is wrong")
    run_background()
    client = sign_in(people.agent)
    assert "my salary is wrong" in client.get("/notifications/").content.decode()
    change(by=SETUP, ticket=ticket, restricted=True)
    page = client.get("/notifications/").content.decode()
    assert ticket.subject in page and "my salary is wrong" not in page, "its opening is recorded, this page is not"
    other = Team.objects.create(key="far", label={"en": "Far"}, department=ticket.department)
    change(by=SETUP, ticket=ticket, team=other, assignee=None)
    page = client.get("/notifications/").content.decode()
    assert ticket.subject not in page and "unread" not in client.get("/notifications/bell/").content.decode()


def test_devices_are_told_what_happened_and_nothing_that_was_said(people, make_ticket):
    Device.objects.create(person=people.agent, endpoint="https://push.example/1", digest="1")
    waiting = Device.objects.create(person=people.supervisor, endpoint="https://push.example/2", digest="2")
    Person.objects.filter(pk=people.supervisor.pk).update(working_hours=OFFICE.stored(), notices="all")
    unwilling = make_person("Nadia N", "agent", teams=Team.objects.all())
    Person.objects.filter(pk=unwilling.pk).update(notices="all", notices_by_push=False)
    Device.objects.create(person=unwilling, endpoint="https://push.example/3", digest="3")
    with time_machine.travel(SUNDAY, tick=False):
        plain, secret = make_ticket("Payroll wrong"), make_ticket("Harassment", restricted=True)
        for ticket in (plain, secret):
            change(by=SETUP, ticket=ticket, assignee=Person.objects.get(pk=people.agent.pk))
            answer(people, ticket, "my password is hunter2")
        drain("handover")
        rows = list(Push.objects.order_by("pk").values_list("device__person", "title", "body", "address", "tag"))
        assert not Push.objects.filter(device=waiting).exists(), "it is Sunday"
    page = f"/desk/tickets/{plain.number}/"
    assert rows[:2] == [
        (people.agent.pk, f"{plain.number} Payroll wrong", "Ventanilla assigned the ticket to you.", page, plain.topic),
        (people.agent.pk, f"{plain.number} Payroll wrong", "Leire Requester answered.", page, plain.topic),
    ]
    assert {title for _who, title, *_rest in rows[2:]} == {secret.number} and "hunter2" not in str(rows)
    with time_machine.travel(MONDAY, tick=False):
        drain("notices")
        assert Push.objects.filter(device=waiting).exists()


def test_hours_and_channels_are_chosen_on_the_profile(people, sign_in):
    form = {
        "name": "Aitor", "theme": "auto", "notices": "all", "notices_by_push": "on", "work_days": ["0", "1"],
        "work_from": "22:00", "work_until": "06:00",
    }  # fmt: skip
    client = sign_in(people.agent)
    assert client.post("/profile/", form).status_code == 302
    people.agent.refresh_from_db()
    assert people.agent.notices == "all" and not people.agent.notices_by_mail and people.agent.notices_by_push
    assert people.agent.working_hours == {"days": [0, 1], "begins": "22:00", "until": "06:00"}
    assert client.post("/profile/", form | {"work_until": ""}).status_code == 422
    people.agent.refresh_from_db()
    assert people.agent.working_hours == {"days": [0, 1], "begins": "22:00", "until": "06:00"}


def test_the_hours_of_the_installation_are_those_of_everybody_without_their_own(people, sign_in):
    Person.objects.filter(pk=people.agent.pk).update(working_hours=None)
    administrator = sign_in(people.administrator)
    assert 'value="08:00"' in administrator.get("/settings/installation/").content.decode()
    form = {"name": "Company", "language": "en", "time_zone": "Europe/Madrid", "work_days": ["5"], "work_from": "09:00"}
    assert administrator.post("/settings/installation/", form).status_code == 422
    assert administrator.post("/settings/installation/", form | {"work_until": "13:00"}).status_code == 302
    assert hours_of(Person.objects.get(pk=people.agent.pk)) == WorkingHours(frozenset({5}), time(9), time(13))
    assert "Sat 09:00–13:00" in sign_in(people.agent).get("/profile/").content.decode()


def test_what_was_read_long_ago_is_forgotten(people, ticket, run_background):
    change(by=SETUP, ticket=ticket, assignee=people.agent)
    run_background()
    forget_old(timezone.now() + timedelta(days=400))
    assert Notification.objects.count() == 1, "what nobody has read stays"
    read_all(person=people.agent)
    forget_old(timezone.now() + timedelta(days=89))
    assert Notification.objects.count() == 1
    forget_old(timezone.now() + timedelta(days=91))
    assert not Notification.objects.exists()
