"""What is no passkey's answer opens nothing: forged, repeated, late, of somebody else. (What is: tests/browser.)"""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from fido2.utils import websafe_encode
from tests.plugin import PASSWORD, People, protect

from ventanilla.events.models import Event
from ventanilla.people.models import SecondStep

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
NEW, OPTIONS = "/profile/safety/second/passkey/", "/profile/safety/second/passkey/options/"


def browser(who: str = "") -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    if who:
        client.post("/sign-in/", {"login": f"{who}@people.example", "password": PASSWORD})
    return client


def inside(client: Client) -> bool:
    return client.session.get("_auth_user_id") is not None


def answer(kind: str, challenge: str, **more: str) -> str:
    data = {"type": kind, "challenge": challenge, "origin": "http://localhost:8000", **more}
    response = {
        "clientDataJSON": websafe_encode(json.dumps(data).encode()),
        "attestationObject": websafe_encode(b"\xa0"),
        "authenticatorData": websafe_encode(bytes(37)),
        "signature": websafe_encode(b"no"),
    }
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response})


NONSENSE = [
    "", "{}", "[]", "null", "1", '"x"', "{", '{"id": 1}', "[" * 9000, '{"response": {"clientDataJSON": 5}}',
    "x" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_refused_everywhere(people: People, said: str):
    client = browser("leire")
    client.post(OPTIONS)
    before = Event.objects.exclude(kind="person.sign_in_failed").count()
    assert client.post(NEW, {"name": "x", "credential": said}).status_code == 422
    visitor = browser()
    visitor.post("/sign-in/passkey/options/")
    assert visitor.post("/sign-in/passkey/", {"credential": said}).url == "/sign-in/" and not inside(visitor)
    assert not SecondStep.objects.filter(kind="passkey").exists()
    assert Event.objects.exclude(kind="person.sign_in_failed").count() == before


def test_what_we_ask_for(people: People):
    asked = browser("leire").post(OPTIONS).json()["publicKey"]
    assert asked["rp"]["id"] == "desk.example" and asked["user"]["name"] == "leire@people.example"
    assert asked["authenticatorSelection"]["residentKey"] == "preferred"
    whole = browser().post("/sign-in/passkey/options/").json()["publicKey"]
    assert whole["userVerification"] == "required" and not whole.get("allowCredentials")
    assert asked["challenge"] != whole["challenge"]


def test_a_right_challenge_with_a_forged_answer(people: People):
    client = browser("leire")
    challenge = client.post(OPTIONS).json()["publicKey"]["challenge"]
    assert client.post(NEW, {"name": "x", "credential": answer("webauthn.create", challenge)}).status_code == 422
    again = client.post(NEW, {"name": "x", "credential": answer("webauthn.create", challenge)})
    assert "took too long" in again.content.decode()  # what was asked is good for one answer
    challenge = client.post(OPTIONS).json()["publicKey"]["challenge"]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        late = client.post(NEW, {"name": "x", "credential": answer("webauthn.create", challenge)})
    assert "took too long" in late.content.decode()
    assert not SecondStep.objects.filter(kind="passkey").exists()


def test_a_passkey_of_another_person_is_no_second_step(people: People):
    protect(people.requester)
    key = SecondStep.objects.create(person=people.agent, kind="passkey", name="k", secret="AAAA", credential="AAAA")
    client = browser("leire")
    challenge = client.post("/sign-in/second/options/").json()["publicKey"]["challenge"]
    refused = client.post("/sign-in/second/passkey/", {"credential": answer("webauthn.get", challenge)})
    assert refused.status_code == 422 and "not known here" in refused.content.decode() and not inside(client)
    key.refresh_from_db()
    assert key.used_at is None
    assert Event.objects.get(kind="person.sign_in_failed").data == {"why": "second"}


def test_without_a_first_step_there_is_nothing_to_ask(people: People):
    assert browser().post("/sign-in/second/options/").status_code == 302
    assert browser().post("/sign-in/second/passkey/", {"credential": "{}"}).status_code == 302
    assert browser().post(OPTIONS).status_code == 302
