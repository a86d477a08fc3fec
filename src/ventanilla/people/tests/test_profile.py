"""One's own profile, password and tokens, from the front door."""

import re

import pytest
from django.test import Client
from tests.plugin import PASSWORD, People

from ventanilla.api.models import Token
from ventanilla.events.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
ABOUT = {
    "name": "Leire R.",
    "phone": "+34 600 000 000",
    "language": "es",
    "time_zone": "Atlantic/Canary",
    "theme": "dark",
}
AGENT = {"name": "Aitor", "theme": "auto", "notices": "team", "absent_until": "2999-01-02T09:00"}


def test_everybody_changes_their_own_profile(sign_in, people: People):
    client = sign_in(people.requester)
    assert client.get("/profile/").status_code == 200
    assert client.post("/profile/", ABOUT).status_code == 302
    people.requester.refresh_from_db()
    assert (people.requester.name, people.requester.language, people.requester.theme) == ("Leire R.", "es", "dark")
    page = client.get("/portal/")
    assert page.headers["Content-Language"] == "es" and 'data-bs-theme="dark"' in page.content.decode()
    assert Event.objects.filter(kind="person.changed", actor=f"person:{people.requester.pk}").exists()


def test_agents_set_absence_notices_and_keys(sign_in, people: People):
    client = sign_in(people.agent)
    assert client.post("/profile/", AGENT).status_code == 302
    people.agent.refresh_from_db()
    assert people.agent.is_absent() and people.agent.notices == "team" and not people.agent.single_keys
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"language": "xx"},
        {"time_zone": "Mars/Base"},
        {"theme": "pink"},
        {"absent_until": "2001-01-01T00:00"},
    ],
)
def test_bad_input_is_refused_and_kept(sign_in, people: People, wrong: dict[str, str]):
    before = Event.objects.count()
    answer = sign_in(people.agent).post("/profile/", AGENT | {"phone": "612 345 678"} | wrong)
    assert answer.status_code == 422
    assert "612 345 678" in answer.content.decode()
    assert Event.objects.count() == before


def test_nobody_gives_themselves_a_role(sign_in, people: People):
    sign_in(people.requester).post("/profile/", ABOUT | {"role": people.administrator.role_id, "notices": "team"})
    people.requester.refresh_from_db()
    assert people.requester.role.key == "requester" and people.requester.notices == "mine"


def test_the_password_is_changed_with_the_present_one_only(sign_in, people: People):
    client = sign_in(people.requester)
    new = {"password-current": "wrong", "password-new": "another long horse"}
    assert client.post("/profile/password/", new).status_code == 422
    people.requester.refresh_from_db()
    assert people.requester.check_password(PASSWORD)
    assert client.post("/profile/password/", new | {"password-current": PASSWORD}).status_code == 302
    people.requester.refresh_from_db()
    assert people.requester.check_password("another long horse")
    assert client.get("/portal/").status_code == 200  # this session stays


def test_a_weak_password_is_refused(sign_in, people: People):
    for weak in ("short", "password123", "leire@people.example"):
        answer = sign_in(people.requester).post(
            "/profile/password/", {"password-current": PASSWORD, "password-new": weak}
        )
        assert answer.status_code == 422


def test_the_first_password_needs_no_present_one(sign_in, people: People):
    people.requester.set_unusable_password()
    people.requester.save()
    client = sign_in(people.requester)
    assert "Set a password" in client.get("/profile/").content.decode()
    assert client.post("/profile/password/", {"password-new": "another long horse"}).status_code == 302
    people.requester.refresh_from_db()
    assert people.requester.check_password("another long horse")


def test_a_token_is_shown_once_works_and_is_revoked(sign_in, people: People):
    client = sign_in(people.requester)
    page = client.post("/profile/tokens/", {"name": "script", "scopes": ["*"]}).content.decode()
    found = re.search(r"<code>(vtn_[\w-]+)</code>", page)
    assert found
    bearer = {"authorization": f"Bearer {found.group(1)}", "host": "localhost"}
    assert Client(headers=bearer).get("/api/v1/tickets").status_code == 200
    assert found.group(1) not in client.get("/profile/tokens/").content.decode()
    row = Token.objects.get()
    assert sign_in(people.stranger).post(f"/profile/tokens/{row.pk}/revoke/").status_code == 404
    assert client.get(f"/profile/tokens/{row.pk}/revoke/").status_code == 405
    assert client.post(f"/profile/tokens/{row.pk}/revoke/").status_code == 302
    assert Client(headers=bearer).get("/api/v1/tickets").status_code == 401
    for wrong in ({"name": "", "scopes": ["*"]}, {"name": "x"}, {"name": "x", "scopes": ["tickets:eat"]}):
        assert client.post("/profile/tokens/", wrong).status_code == 422
    assert Token.objects.count() == 1


def test_a_token_does_no_more_than_its_scopes(sign_in, people: People, ticket):
    client = sign_in(people.agent)
    found = {}
    for scopes in (("tickets:read",), ("tickets:write",), ("mail:read",)):
        page = client.post("/profile/tokens/", {"name": scopes[0], "scopes": scopes}).content.decode()
        secret = re.search(r"<code>(vtn_[\w-]+)</code>", page)
        assert secret
        found[scopes[0]] = Client(headers={"authorization": f"Bearer {secret.group(1)}", "host": "localhost"})
    address, change = f"/api/v1/tickets/{ticket.number}", {"subject": "changed"}
    kept = {"content_type": "application/json"}
    assert [found[scope].get(address).status_code for scope in found] == [200, 200, 403]
    before = Event.objects.count()
    for scope in ("tickets:read", "mail:read"):
        refused = found[scope].patch(address, change, **kept)
        assert refused.status_code == 403 and "tickets:write" in refused.json()["detail"]
        assert found[scope].post("/api/v1/uploads").status_code == 403
    assert found["tickets:read"].get("/api/v1/mail/1").status_code == 403
    assert found["mail:read"].get("/api/v1/mail/1").status_code == 404
    assert Event.objects.count() == before
    assert found["tickets:write"].patch(address, change, **kept).status_code == 200
    operations = Client(headers={"host": "localhost"}).get("/api/v1/openapi.json").json()["paths"]
    assert "tickets:write" in operations["/api/v1/tickets"]["post"]["description"]
    assert "tickets:read" in operations["/api/v1/search"]["get"]["description"]
    assert all("Scope: `" in operation["description"] for path in operations.values() for operation in path.values())


def test_visitors_have_no_profile(db: None):
    client = Client(headers={"host": "localhost"})
    for path in ("/profile/", "/profile/tokens/"):
        assert client.get(path).status_code == 302
