"""The inbox of notifications: who gets what and why, when it is told, and that all devices agree on what was read."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from tests.plugin import SETUP, People, make_person

from ventanilla.core.hours import OFFICE
from ventanilla.events.doorbell import listen
from ventanilla.mail.models import Outgoing
from ventanilla.notify.models import Notification
from ventanilla.people.author import Author
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


def test_without_mail_the_inbox_remains_and_what_one_may_no_longer_see_is_gone(people, ticket, sign_in, run_background):
    Person.objects.filter(pk=people.agent.pk).update(notices_by_mail=False)
    change(by=SETUP, ticket=ticket, assignee=Person.objects.get(pk=people.agent.pk))
    run_background()
    assert told() == [("Aitor", "assigned")] and not Outgoing.objects.filter(kind="notice").exists()
    other = Team.objects.create(key="far", label={"en": "Far"}, department=ticket.department)
    change(by=SETUP, ticket=ticket, restricted=True, team=other, assignee=None)
    client = sign_in(people.agent)
    page = client.get("/notifications/").content.decode()
    assert ticket.subject not in page and "unread" not in client.get("/notifications/bell/").content.decode()


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
