"""The second step: asked for after password and code alike, good once, limited, required of administrators."""

import base64
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from tests.plugin import APP_SECRET, PASSWORD, SETUP, People, protect

from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.models import Person, RecoveryCode, SecondStep, Session
from ventanilla.people.origin import Origin
from ventanilla.people.second_actions import renew_recovery_codes

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
SECOND = "/sign-in/second/"
APP = "/profile/safety/second/app/"
START = "/profile/safety/second/"


@pytest.fixture(autouse=True)
def _queue(settings) -> None:
    settings.EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"


def code(secret: str = APP_SECRET, *, off: int = 0) -> str:
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time()) + off * 30).decode()


def browser() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def password(client: Client, who: str) -> str:
    answer = client.post("/sign-in/", {"login": f"{who}@people.example", "password": PASSWORD})
    assert answer.status_code == 302
    return answer.url


def inside(client: Client) -> bool:
    return client.session.get("_auth_user_id") is not None


def mailed_code() -> str:
    found = re.search(r"^\s{4}(\S+)$", Outgoing.objects.latest("pk").context["text"], re.MULTILINE)
    assert found
    return found.group(1)


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="person.").order_by("pk").values_list("kind", flat=True))


def test_it_is_asked_for_after_the_password(people: People):
    client = browser()
    assert password(client, "amalia") == SECOND and not inside(client)
    assert client.get("/desk/").status_code == 302
    answer = client.post(SECOND, {"code": "000000"})
    assert answer.status_code == 422 and "not right" in answer.content.decode() and not inside(client)
    assert client.post(SECOND, {"code": code()}).url == "/" and inside(client)
    assert client.get("/desk/").status_code == 200
    event = Event.objects.get(kind="person.signed_in")
    assert event.data == {"how": "password", "second": "app"}
    assert Event.objects.get(kind="person.sign_in_failed").data == {"why": "second"}


def test_it_is_asked_for_after_the_mailed_code_and_keeps_the_way(people: People):
    client = browser()
    client.post("/sign-in/code/", {"email": "amalia@people.example"})
    answer = client.post("/sign-in/code/confirm/", {"code": mailed_code(), "next": "/people/"})
    assert answer.url == SECOND and not inside(client)
    assert client.post(SECOND, {"code": code()}).url == "/people/" and inside(client)
    assert Event.objects.get(kind="person.signed_in").data == {"how": "code", "second": "app"}


def test_a_code_is_good_once_in_whatever_browser(people: People):
    first, second, used = browser(), browser(), code()
    password(first, "amalia")
    password(second, "amalia")
    assert first.post(SECOND, {"code": used}).status_code == 302
    assert second.post(SECOND, {"code": used}).status_code == 422 and not inside(second)
    assert second.post(SECOND, {"code": code(off=-1)}).status_code == 422 and not inside(second)
    assert second.post(SECOND, {"code": code(off=1)}).status_code == 302 and inside(second)


def test_attempts_are_limited_for_the_person_and_for_the_sign_in(people: People):
    client = browser()
    password(client, "amalia")
    for _time in range(4):
        assert client.post(SECOND, {"code": "000000"}).status_code == 422
    assert client.post(SECOND, {"code": "000000"}).url == "/sign-in/"
    assert client.get(SECOND).url == "/sign-in/"
    password(client, "amalia")
    answer = client.post(SECOND, {"code": code()})
    assert answer.status_code == 422 and "Too many attempts" in answer.content.decode() and not inside(client)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        client = browser()
        password(client, "amalia")
        assert client.post(SECOND, {"code": code()}).status_code == 302 and inside(client)


def test_without_the_first_step_there_is_no_second(people: People):
    client = browser()
    assert client.get(SECOND).url == "/sign-in/"
    assert client.post(SECOND, {"code": code()}).url == "/sign-in/" and not inside(client)


def test_an_administrator_without_one_does_nothing_before_it_is_set_up(people: People, make_ticket, run_background):
    make_ticket("Very secret subject")
    SecondStep.objects.all().delete()
    Person.objects.update(protected_at=None)
    client = browser()
    assert password(client, "amalia") == "/"
    for path in ("/", "/desk/", "/settings/", "/profile/", "/profile/safety/", "/profile/tokens/", "/portal/"):
        assert client.get(path).url == START, path
    before = Event.objects.count()
    assert client.post("/profile/tokens/", {"name": "x", "scopes": ["*"]}).status_code == 403
    assert client.get("/desk/side/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == START
    assert Event.objects.count() == before
    page = client.get(START).content.decode()
    assert "Your role needs a second step" in page and "Very secret" not in page and "/settings/" not in page
    page = client.get(APP).content.decode()
    assert 'src="data:image/svg' in page
    secret = re.search(r'class="v-key">([A-Z2-7 ]+)<', page)
    assert secret
    plain = secret.group(1).replace(" ", "")
    wrong = client.post(APP, {"code": "000000"})
    assert wrong.status_code == 422 and secret.group(1) in wrong.content.decode()
    assert not SecondStep.objects.exists()
    done = client.post(APP, {"code": code(plain)})
    codes = re.findall(r"<li><code>([\w-]+)</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert client.get("/desk/").status_code == 200
    row = SecondStep.objects.get()
    assert plain not in row.secret and not RecoveryCode.objects.filter(digest__in=codes).exists()
    assert codes[0] not in client.get("/profile/safety/").content.decode()
    client.post("/sign-out/")
    assert password(client, "amalia") == SECOND
    assert client.post(SECOND, {"code": code(plain)}).status_code == 422  # the one that connected it
    assert client.post(SECOND, {"code": codes[0].upper().replace("-", " ")}).status_code == 302 and inside(client)
    client.post("/sign-out/")
    password(client, "amalia")
    assert client.post(SECOND, {"code": codes[0]}).status_code == 422 and not inside(client)
    assert "person.second_step_added" in kinds() and "person.recovery_code_used" in kinds()
    run_background()
    told = [mail.context["subject"] for mail in Outgoing.objects.filter(address="amalia@people.example").order_by("pk")]
    assert [subject.partition(": ")[2] for subject in told] == [
        "An authenticator app was added.",
        "A recovery code was used to sign in. You have 9 left.",
    ]


def test_who_must_have_one_follows_the_setting_and_the_demo_asks_nobody(people: People):
    Person.objects.update(protected_at=None)
    SecondStep.objects.all().delete()
    agent, admin = browser(), browser()
    password(agent, "aitor")
    password(admin, "amalia")
    assert agent.get("/desk/").status_code == 200 and admin.get("/desk/").url == START
    protect(people.administrator)
    assert admin.get("/settings/sign-in/").status_code == 200
    assert admin.post("/settings/sign-in/", {"second_step": "nobody"}).status_code == 422
    assert admin.post("/settings/sign-in/", {"second_step": "agents"}).status_code == 302
    assert agent.get("/desk/").url == START
    requester = browser()
    password(requester, "leire")
    assert requester.get("/portal/").status_code == 200
    assert agent.post("/settings/sign-in/", {"second_step": "administrators"}).status_code == 403
    change_installation(by=SETUP, demo=True)
    assert agent.get("/desk/").status_code == 200
    assert "This is a demo" in agent.get("/profile/safety/").content.decode()


def test_others_may_add_one_remove_it_and_renew_the_codes(people: People):
    client, elsewhere = browser(), browser()
    password(client, "leire")
    password(elsewhere, "leire")
    secret = re.search(r'class="v-key">([A-Z2-7 ]+)<', client.get(APP).content.decode())
    assert secret
    connected = client.post(APP, {"code": code(secret.group(1).replace(" ", ""))})
    old = re.findall(r"<li><code>([\w-]+)</code>", connected.content.decode())
    assert not inside_still(elsewhere) and inside_still(client)
    new = re.findall(r"<li><code>([\w-]+)</code>", client.post("/profile/safety/codes/").content.decode())
    assert len(new) == 10 and not set(new) & set(old)
    stranger = browser()
    password(stranger, "leire")
    assert stranger.post(SECOND, {"code": old[0]}).status_code == 422
    step = SecondStep.objects.get(person=people.requester)
    other = browser()
    password(other, "aitor")
    assert other.post(f"/profile/safety/steps/{step.pk}/remove/").status_code == 404
    assert client.post(f"/profile/safety/steps/{step.pk}/remove/").status_code == 302
    assert not RecoveryCode.objects.filter(person=people.requester).exists()
    client.post("/sign-out/")
    assert password(client, "leire") == "/"


def inside_still(client: Client) -> bool:
    return client.get("/profile/safety/").status_code == 200


def test_an_administrator_keeps_the_last_one(people: People):
    client = browser()
    password(client, "amalia")
    client.post(SECOND, {"code": code()})
    step, before = SecondStep.objects.get(), Event.objects.count()
    client.post(f"/profile/safety/steps/{step.pk}/remove/")
    assert SecondStep.objects.exists() and Event.objects.count() == before
    assert "Add another one" in client.get("/profile/safety/").content.decode()


def test_whoever_has_not_just_signed_in_is_asked_to_first(people: People):
    client = browser()
    password(client, "leire")
    protect(people.requester)
    step = SecondStep.objects.get(person=people.requester)
    before = Event.objects.count()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        assert "Sign in again" in client.get(START).content.decode()
        for path in (f"/profile/safety/steps/{step.pk}/remove/", "/profile/safety/codes/"):
            assert client.post(path).status_code == 403
        assert Event.objects.count() == before
        assert (
            client.post("/profile/safety/again/", {"back": "//evil.example"}).url == "/sign-in/?next=/profile/safety/"
        )
        assert not inside(client)


def test_another_administrator_resets_it_and_nobody_else(people: People, sign_in, run_background):
    protect(people.agent)
    path = f"/people/{people.agent.pk}/second-step/reset/"
    for who in ("supervisor", "agent", "requester"):
        assert sign_in(people.everybody()[who]).post(path).status_code == 403
    assert SecondStep.objects.filter(person=people.agent).exists()
    admin = sign_in(people.administrator)
    assert "Authenticator app" in admin.get(f"/people/{people.agent.pk}/").content.decode()
    assert admin.post(path).status_code == 302
    assert not SecondStep.objects.filter(person=people.agent).exists()
    assert not Session.objects.filter(person=people.agent).exists()
    event = Event.objects.get(kind="person.second_step_reset")
    assert event.actor == f"person:{people.administrator.pk}" and event.topic == f"person:{people.agent.pk}"
    own = f"/people/{people.administrator.pk}/second-step/reset/"
    admin.post(own)
    assert SecondStep.objects.filter(person=people.administrator).exists()
    client = browser()
    assert password(client, "aitor") == "/"
    run_background()
    assert "was reset" in Outgoing.objects.get(address="aitor@people.example").context["text"]


def test_the_console_resets_it(people: People, capsys):
    call_command("person", "reset-second-step", "--email", "amalia@people.example")
    assert not SecondStep.objects.exists()
    assert Event.objects.get(kind="person.second_step_reset").actor == "system:command"
    with pytest.raises(CommandError, match="no active person"):
        call_command("person", "reset-second-step", "--email", "nobody@people.example")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (START, 11),
        (APP, 12),
        ("/profile/safety/second/passkey/", 11),
        ("/profile/safety/", 13),
        ("/settings/sign-in/", 11),
    ],
)
def test_query_budgets(people: People, django_assert_max_num_queries, path: str, most: int):
    client = browser()
    password(client, "amalia")
    client.post(SECOND, {"code": code()})
    client.get(path)
    with django_assert_max_num_queries(most):
        assert client.get(path).status_code in (200, 302)


def test_recovery_codes_need_a_second_step(people: People):
    with pytest.raises(ValidationError):
        renew_recovery_codes(by=Author.of(people.agent), person=people.agent, origin=Origin())
    assert not RecoveryCode.objects.exists()
