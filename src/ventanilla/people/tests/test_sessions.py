"""The list of one's own sessions: what it says, ending one, ending the others, and what a new password does."""

import time

import pytest
from django.test import Client
from tests.plugin import PASSWORD, People

from ventanilla.events.models import Event
from ventanilla.people.models import Session

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36"


def enter(agent: str, login: str = "leire@people.example") -> Client:
    client = Client(headers={"host": "localhost", "user-agent": agent})
    assert client.post("/sign-in/", {"login": login, "password": PASSWORD}).status_code == 302
    return client


def known(client: Client) -> bool:
    return client.get("/profile/safety/").status_code == 200


def listed(client: Client) -> list[dict]:
    return client.get("/profile/safety/").context["sessions"]


def test_the_list_says_device_place_and_time(people: People):
    here, _there = enter(FIREFOX), enter(PHONE)
    first, second = listed(here)
    assert (first["device"], first["here"], first["ip"]) == ("Firefox on Windows", True, "127.0.0.1")
    assert (second["device"], second["here"]) == ("Chrome on Android", False)
    assert first["seen_at"] and first["began_at"]
    page = here.get("/profile/safety/").content.decode()
    assert not any(row.session_key in page for row in Session.objects.all())


def test_one_is_ended_and_all_others(people: People):
    here, phone, tablet = enter(FIREFOX), enter(PHONE), enter("x iPad")
    mark = next(row["mark"] for row in listed(here) if row["device"] == "Chrome on Android")
    assert here.post("/profile/safety/sessions/end/", {"mark": mark}).status_code == 302
    assert known(here) and not known(phone) and known(tablet)
    assert here.post("/profile/safety/sessions/end/", {"mark": mark}).status_code == 404
    assert here.post("/profile/safety/sessions/end/").status_code == 302
    assert known(here) and not known(tablet)
    counts = [event.data["count"] for event in Event.objects.filter(kind="person.sessions_ended").order_by("pk")]
    assert counts == [1, 1]


def test_nobody_ends_anothers_session(people: People):
    mine, other = enter(FIREFOX), enter(FIREFOX, "aitor@people.example")
    (row,) = listed(mine)
    assert other.post("/profile/safety/sessions/end/", {"mark": row["mark"]}).status_code == 404
    assert other.post("/profile/safety/sessions/end/").status_code == 302
    assert known(mine) and not Event.objects.filter(kind="person.sessions_ended").exists()


def test_a_new_password_ends_the_others_and_keeps_this_one(people: People):
    here, phone = enter(FIREFOX), enter(PHONE)
    new = {"password-current": PASSWORD, "password-new": "another long horse"}
    assert here.post("/profile/password/", new).status_code == 302
    assert known(here) and not known(phone)
    assert [row["device"] for row in listed(here)] == ["Firefox on Windows"]
    assert Event.objects.get(kind="person.password_changed").data == {"sessions": 1}


def test_use_is_noted_every_ten_minutes_and_not_more_often(people: People):
    client = enter(FIREFOX)
    client.get("/profile/safety/")
    before = Session.objects.get().seen_at
    client.get("/profile/safety/")
    assert Session.objects.get().seen_at == before
    session = client.session
    session["seen_at"] = int(time.time()) - 601
    session.save()
    client.get("/profile/safety/", headers={"user-agent": PHONE})
    row = Session.objects.get()
    assert row.agent == PHONE and row.seen_at >= before


def test_a_session_of_before_the_list_appears_with_its_first_use(sign_in, people: People):
    client = sign_in(people.agent)
    session = client.session
    for name in ("seen_at", "began_at", "ip", "agent"):
        session.pop(name, None)
    session.save()
    Session.objects.update(person=None)
    client.get("/desk/")
    assert Session.objects.get().person == people.agent


def test_query_budget(sign_in, people: People, django_assert_max_num_queries):
    client = sign_in(people.requester)
    client.get("/profile/safety/")
    with django_assert_max_num_queries(8):
        assert client.get("/profile/safety/").status_code == 200
