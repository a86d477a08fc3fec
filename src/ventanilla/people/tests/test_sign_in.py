"""Signing in by password and by code, from the front door."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django_tasks_db.models import DBTaskResult
from tests.plugin import PASSWORD, People

from ventanilla.events import wake
from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.people.models import Identity, Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _queue(settings) -> None:
    """The test runner swaps the mail backend; codes go through our own queue here as they do outside."""
    settings.EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def code_in_mail() -> str:
    text = Outgoing.objects.latest("pk").context["text"]
    found = re.search(r"^\s{4}(\S+)$", text, re.MULTILINE)
    assert found, text
    return found.group(1)


def signed_in(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


def test_forms_are_drawn_by_our_own_renderer(browser: Client, db: None):
    page = browser.get("/sign-in/").content.decode()
    assert page.count('class="v-field"') == 2 and "data-reveal" in page


def test_address_and_password(browser: Client, people: People):
    answer = browser.post("/sign-in/", {"login": " Leire@People.example ", "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/")
    assert signed_in(browser) == people.requester.pk


def test_a_wrong_password_says_the_same_for_known_and_unknown_and_keeps_the_address(browser: Client, people: People):
    texts = []
    for address in ("leire@people.example", "nobody@people.example"):
        answer = browser.post("/sign-in/", {"login": address, "password": "wrong"})
        assert answer.status_code == 422
        body = answer.content.decode()
        assert address in body and "Error:" in body
        texts.append(re.sub(r'csrf[^>]*|value="[^"]*"|content="[^"]*"', "", body.replace(address, "")))
    assert texts[0] == texts[1]
    assert signed_in(browser) is None


def test_a_person_without_password_cannot_sign_in_by_one(browser: Client, people: People):
    people.requester.set_unusable_password()
    people.requester.save()
    assert browser.post("/sign-in/", {"login": "leire@people.example", "password": "!"}).status_code == 422
    assert signed_in(browser) is None


def test_an_inactive_person_cannot_sign_in(browser: Client, people: People):
    Person.objects.filter(pk=people.requester.pk).update(is_active=False)
    browser.post("/sign-in/", {"login": "leire@people.example", "password": PASSWORD})
    assert signed_in(browser) is None
    browser.post("/sign-in/restart/")
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    assert not Outgoing.objects.exists()


def test_lock_out_after_eight_failures_whatever_the_spelling(browser: Client, people: People):
    for attempt in range(8):
        address = "leire@people.example" if attempt % 2 else "LEIRE@people.example"
        answer = browser.post("/sign-in/", {"login": address, "password": "wrong"})
    assert answer.status_code == 429
    answer = browser.post("/sign-in/", {"login": "leire@people.example", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert signed_in(browser) is None


def test_a_forged_header_is_no_way_round_the_lock(browser: Client, people: People):
    for attempt in range(9):
        answer = browser.post(
            "/sign-in/",
            {"login": "leire@people.example", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{attempt}", "X-Real-IP": f"203.0.113.{attempt}"},
        )
    assert answer.status_code == 429


def test_a_code_by_mail_signs_in_once(browser: Client, people: People):
    answer = browser.post("/sign-in/code/", {"login": "leire@people.example", "password": "", "next": "/profile/"})
    assert answer.status_code == 302
    mail = Outgoing.objects.get()
    assert mail.secret and mail.address == "leire@people.example"
    code = code_in_mail()
    link = re.search(r"http://desk\.example(/\S+)", mail.context["text"])
    assert link
    page = browser.get(link.group(1))
    assert code in page.content.decode()
    assert signed_in(browser) is None  # opening the link alone signs nobody in
    answer = browser.post("/sign-in/code/confirm/", {"code": code.lower(), "next": "/profile/"})
    assert (answer.status_code, answer.url) == (302, "/profile/")
    assert signed_in(browser) == people.requester.pk
    browser.post("/sign-out/")
    assert browser.post("/sign-in/code/confirm/", {"code": code}).status_code == 302
    assert signed_in(browser) is None


def test_an_address_is_verified_by_the_first_code_typed(browser: Client, people: People):
    identity = Identity.objects.get(value="leire@people.example")
    Identity.objects.update(verified_at=None)
    for _time in range(2):
        browser.post("/sign-in/code/", {"email": "Leire@People.example"})
        if not _time:
            browser.post("/sign-in/code/confirm/", {"code": "XXXX-XXXX"})
            identity.refresh_from_db()
            assert identity.verified_at is None and not Event.objects.filter(kind="person.address_verified").exists()
        browser.post("/sign-in/code/confirm/", {"code": code_in_mail()})
        assert signed_in(browser) == people.requester.pk
        browser.post("/sign-out/")
    identity.refresh_from_db()
    assert identity.verified_at is not None
    event = Event.objects.get(kind="person.address_verified")
    assert (event.topic, event.actor) == (f"person:{people.requester.pk}",) * 2
    assert event.data == {} and event.payload.data == {"address": "leire@people.example"}
    assert Identity.objects.exclude(verified_at=None).get() == identity


def test_a_password_verifies_no_address(browser: Client, people: People):
    Identity.objects.update(verified_at=None)
    browser.post("/sign-in/", {"login": "leire@people.example", "password": PASSWORD})
    assert signed_in(browser) == people.requester.pk
    assert not Identity.objects.exclude(verified_at=None).exists()


def test_a_code_is_good_in_the_browser_that_asked_only(browser: Client, people: People):
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    other = Client(headers={"host": "localhost"})
    answer = other.post("/sign-in/code/confirm/", {"code": code_in_mail()})
    assert (answer.status_code, answer.url) == (302, "/sign-in/code/")
    assert signed_in(other) is None


def test_a_code_is_good_for_ten_minutes(browser: Client, people: People):
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=601)):
        answer = browser.post("/sign-in/code/confirm/", {"code": code_in_mail()})
    assert (answer.status_code, answer.url) == (302, "/sign-in/code/")
    assert signed_in(browser) is None


def test_a_newer_code_replaces_the_older(browser: Client, people: People):
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    older = code_in_mail()
    browser.get("/sign-in/restart/")
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    assert code_in_mail() != older
    assert browser.post("/sign-in/code/confirm/", {"code": older}).status_code == 422
    assert signed_in(browser) is None
    browser.post("/sign-in/code/confirm/", {"code": code_in_mail()})
    assert signed_in(browser) == people.requester.pk


def test_three_wrong_codes_end_the_attempt(browser: Client, people: People):
    browser.post("/sign-in/code/", {"email": "leire@people.example"})
    code = code_in_mail()
    for _attempt in range(2):
        answer = browser.post("/sign-in/code/confirm/", {"code": "XXXX-XXXX"})
        assert answer.status_code == 422
    assert browser.post("/sign-in/code/confirm/", {"code": "XXXX-XXXX"}).status_code == 302
    browser.post("/sign-in/code/confirm/", {"code": code})
    assert signed_in(browser) is None


def test_an_unknown_address_gets_the_same_pages_and_no_mail(browser: Client, people: People):
    answers = []
    for address in ("leire@people.example", "nobody@people.example"):
        client = Client(headers={"host": "localhost"})
        first = client.post("/sign-in/code/", {"email": address})
        page = client.get(first.url)
        wrong = client.post("/sign-in/code/confirm/", {"code": "XXXX-XXXX"})
        answers.append((first.status_code, first.url, page.status_code, len(page.content), wrong.status_code))
    assert answers[0] == answers[1]
    assert [mail.address for mail in Outgoing.objects.all()] == ["leire@people.example"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "http://localhost/x"]
)
def test_next_never_leads_outside(browser: Client, people: People, target: str):
    answer = browser.post("/sign-in/", {"login": "leire@people.example", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.url) == (302, "/")
    assert browser.get("/language/en/", {"next": target}).url == "/"


def test_a_foreign_host_is_refused_and_never_stands_in_a_mail(people: People):
    client = Client(headers={"host": "evil.example"})
    assert client.post("/sign-in/code/", {"email": "leire@people.example"}).status_code == 400
    assert not Outgoing.objects.exists()


def test_sign_out_takes_a_post(sign_in, people: People):
    client = sign_in(people.requester)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)
    assert client.post("/sign-out/").status_code == 302
    assert signed_in(client) is None


def test_the_other_pages_of_the_library_do_not_exist(browser: Client):
    for path in (
        "/signup/",
        "/accounts/signup/",
        "/accounts/login/",
        "/accounts/social/login/",
        "/sign-up/",
        "/email/",
    ):
        assert browser.get(path).status_code == 404
    for name in ("account_email", "account_reset_password", "account_set_password", "account_change_password"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_visitors_choose_their_language(browser: Client, db: None):
    assert "Contraseña" not in browser.get("/sign-in/").content.decode()
    answer = browser.get("/language/es/", {"next": "/sign-in/"})
    assert answer.url == "/sign-in/"
    assert browser.get("/sign-in/").headers["Content-Language"] == "es"
    assert browser.get("/language/xx/").status_code == 404


def test_home_leads_everybody_to_their_place(browser: Client, sign_in, people: People):
    assert browser.get("/").url == "/sign-in/"
    assert sign_in(people.agent).get("/").url == "/desk/"
    assert sign_in(people.requester).get("/").url == "/portal/"


def test_an_unknown_address_costs_the_same_wake_up_and_sends_nothing(
    transactional_db: None, people: People, monkeypatch
):
    """Otherwise the time of the answer tells who has an account here."""
    monkeypatch.setattr(wake, "_QUIET_SECONDS", 0)  # two requests at once share a wake-up
    for address, mails in (("nobody@people.example", 0), ("leire@people.example", 1)):
        DBTaskResult.objects.all().delete()  # an unread wake-up saves another
        assert Client(headers={"host": "localhost"}).post("/sign-in/code/", {"email": address}).status_code == 302
        assert DBTaskResult.objects.count() == 1
        assert Outgoing.objects.count() == mails
