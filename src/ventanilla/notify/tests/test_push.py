"""Notifications on devices, against a push service that checks the sender and devices that open the message."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from tests.plugin import SETUP, People

from ventanilla.core.crypto import unseal
from ventanilla.events.models import Event
from ventanilla.mail.tests.servers import Certificate
from ventanilla.notify import push
from ventanilla.notify.models import Device, Push, PushKey
from ventanilla.notify.tests.push_service import PushService
from ventanilla.people.account_actions import end_sessions
from ventanilla.people.author import Author
from ventanilla.people.models import Session
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Status, StatusCategory, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def one_service(tmp_path_factory):
    service = PushService(Certificate.make(tmp_path_factory.mktemp("push")))
    service.start()
    yield service
    service.stop()


@pytest.fixture
def service(one_service: PushService, settings, monkeypatch) -> PushService:
    settings.PRIVATE_NETS = ["127.0.0.0/8"]
    monkeypatch.setenv("SSL_CERT_FILE", str(one_service.certificate.cert))
    one_service.posts.clear()
    one_service.answers.clear()
    return one_service


def subscribe(client, device):
    answer = client.post("/profile/devices/add/", json.dumps(device.subscription()), content_type="application/json")
    assert answer.status_code == 201
    return Device.objects.get(endpoint=device.endpoint)


def reply(ticket: Ticket, by, text: str = "The password is hunter2") -> None:
    add_message(
        by=Author.of(by), ticket=ticket, content=Content.of_text(text), audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.DESK,
    )  # fmt: skip


def test_an_answer_reaches_the_devices_of_whoever_asked_and_only_they_can_read_it(
    service: PushService, people: People, make_ticket, sign_in, run_background
):
    ticket = make_ticket(participants=[people.colleague], by=SETUP)
    client, phone, laptop = sign_in(people.requester), service.device("phone"), service.device("laptop")
    known = client.get("/profile/devices/key/").json()["key"]
    for device in (phone, laptop):
        subscribe(client, device)
    subscribe(sign_in(people.stranger), service.device("stranger"))
    reply(ticket, people.agent)
    run_background()
    assert sorted(path for path, _headers, _body in service.posts) == ["/send/laptop", "/send/phone"]
    for path, headers, body in service.posts:
        device = phone if path.endswith("phone") else laptop
        said = device.open(body)
        assert said["title"] == f"{ticket.number} · {ticket.subject}" and "hunter2" not in str(said)
        assert said["body"] == "There is an answer for you."
        assert (said["address"], said["tag"]) == (f"/portal/tickets/{ticket.number}/", ticket.topic)
        claims, key = service.claims(headers)
        assert claims["aud"] == f"https://127.0.0.1:{service.port}" and key == known
        assert claims["sub"].startswith(("mailto:", "https:", "http:"))
        assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", str(push.LIFE_SECONDS))
    assert not Push.objects.exists(), "what was delivered is kept nowhere"
    status = Status.objects.get(category=StatusCategory.RESOLVED)
    change(by=Author.of(people.administrator), ticket=ticket, status=status, restricted=True)
    run_background()
    said = phone.open(next(body for path, _headers, body in service.posts[2:] if path.endswith("phone")))
    assert (said["title"], said["body"]) == (ticket.number, "Resolved: can you confirm?")
    service.posts.clear()
    reply(ticket, people.requester)
    run_background()
    assert service.posts == [], "nobody is told of what they did themselves"


def test_the_key_is_made_once_and_sealed(people: People, sign_in, settings):
    first = sign_in(people.requester).get("/profile/devices/key/").json()
    assert sign_in(people.agent).get("/profile/devices/key/").json() == first
    row = PushKey.objects.get()
    assert row.private != unseal(row.private, settings.SEALING_KEYS)


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_subscription_that_is_gone_is_forgotten(service, people, ticket, sign_in, run_background, status):
    subscribe(sign_in(people.requester), service.device("gone"))
    service.answers.append(status)
    reply(ticket, people.agent)
    run_background()
    assert len(service.posts) == 1 and not Device.objects.exists() and not Push.objects.exists()


def test_a_service_that_is_busy_is_asked_again_later_and_not_for_ever(service, people, ticket, sign_in, run_background):
    subscribe(sign_in(people.requester), service.device("phone"))
    now, answers = timezone.now() + timedelta(minutes=1), [503, 429]
    service.answers.extend(answers)
    reply(ticket, people.agent)
    for hours in range(len(answers) + 1):
        with time_machine.travel(now + timedelta(hours=hours)):
            run_background()
            assert len(service.posts) == hours + 1
            run_background()
            assert len(service.posts) == hours + 1
    assert not Push.objects.exists() and Device.objects.get().reached_at is not None
    service.answers.extend([500] * 9)
    reply(ticket, people.agent)
    for hours in (0, 25):
        with time_machine.travel(now + timedelta(hours=4 + hours)):
            run_background()
    assert len(service.posts) == 4 and not Push.objects.exists()


def test_nobody_is_asked_in_a_private_network(service, people, ticket, sign_in, run_background, settings):
    subscribe(sign_in(people.requester), service.device("inside"))
    settings.PRIVATE_NETS = []
    reply(ticket, people.agent)
    run_background()
    assert service.posts == [] and not Device.objects.exists()


def test_what_is_no_subscription_is_refused_and_nothing_is_kept(service, people, sign_in):
    client, good = sign_in(people.requester), service.device("x").subscription()
    for bad in (
        {},
        [],
        good | {"endpoint": "http://push.example/1"},
        good | {"endpoint": "https://[/"},
        good | {"endpoint": "https://push.example/" + "x" * 3000},
        good | {"keys": good["keys"] | {"auth": "short"}},
        good | {"keys": good["keys"] | {"p256dh": "A" * 87}},
    ):
        answer = client.post("/profile/devices/add/", json.dumps(bad), content_type="application/json")
        assert answer.status_code == 422 and answer.json()["detail"], bad
    assert not Device.objects.exists()


def test_a_device_is_listed_removed_and_goes_with_the_session_that_was_ended(service, people, sign_in, run_background):
    client, other = sign_in(people.requester), sign_in(people.stranger)
    row = subscribe(client, service.device("phone"))
    assert "Unknown device" in client.get("/profile/devices/").content.decode()
    assert other.post(f"/profile/devices/{row.pk}/remove/").status_code == 404
    assert client.post(f"/profile/devices/{row.pk}/remove/").status_code == 302 and not Device.objects.exists()
    subscribe(client, service.device("phone"))
    assert client.post("/profile/devices/forget/", {"endpoint": row.endpoint}).status_code == 204
    assert not Device.objects.exists()
    kinds = list(Event.objects.filter(kind__startswith="person.push").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["person.push_added", "person.push_removed"] * 2
    # The same browser belongs to whoever signed in there last, and to nobody once their session was ended.
    subscribe(client, service.device("phone"))
    subscribe(other, service.device("phone"))
    assert Device.objects.get().person == people.stranger
    here = subscribe(client, service.device("laptop"))
    keys = [session.session_key for session in Session.objects.filter(person=people.stranger)]
    end_sessions(by=SETUP, person=people.stranger, keys=keys)
    run_background()
    assert list(Device.objects.all()) == [here]


def test_everything_to_install_the_page_is_there(people: People, sign_in, client):
    told = client.get("/manifest.webmanifest", headers={"host": "localhost"})
    manifest = told.json()
    assert manifest["name"] == "Ventanilla" and manifest["display"] == "standalone" and manifest["scope"] == "/"
    for icon in manifest["icons"]:
        picture = client.get(icon["src"], headers={"host": "localhost"})
        content = b"".join(picture.streaming_content)
        assert content.startswith(b"\x89PNG")
        assert icon["sizes"] == "x".join(str(int.from_bytes(content[at : at + 4], "big")) for at in (16, 20))
    people.requester.theme = "dark"
    people.requester.save()
    signed_in = sign_in(people.requester)
    assert signed_in.get("/manifest.webmanifest").json()["theme_color"] != manifest["theme_color"]
    assert signed_in.get("/worker.js").headers["Content-Type"].startswith("text/javascript")
    page = signed_in.get("/offline/").content.decode()
    assert "No connection" in page and "Leire" not in page and "leire@" not in page
