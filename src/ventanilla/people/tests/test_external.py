"""Signing in by a provider (OpenID Connect): against a real one of another make, and against one that lies."""

import hmac
import os
import re
import threading
import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.plugin import SETUP, People
from tools.build_assets import MODULES, BuildError, find_tools

from ventanilla.core.crypto import unseal
from ventanilla.events.models import Event
from ventanilla.mail.models import Outgoing
from ventanilla.mail.tests.servers import Certificate
from ventanilla.people.actions import change_person
from ventanilla.people.id_token import told
from ventanilla.people.models import Identity, Person, SignInProvider
from ventanilla.people.oidc import discover
from ventanilla.people.provider_actions import Connection, save_provider
from ventanilla.people.queries import persons
from ventanilla.people.tests.providers import CLIENT_ID, CLIENT_SECRET, DESK, OwnProvider, RealProvider
from ventanilla.people.tests.test_second_step import SECOND, code

pytestmark = pytest.mark.django_db
SAFETY = "/profile/safety/"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="module")
def real_provider(certificate: Certificate):
    try:
        node, _npm, _environment = find_tools()
    except BuildError:
        node = []
    if not node or not (MODULES / "oidc-provider").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("oidc-provider is missing: tools/build_assets.py --with-tests fetches it")
        pytest.skip("Node.js or oidc-provider is not installed")
    provider = RealProvider(node, certificate)
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def one_provider(certificate: Certificate):
    provider = OwnProvider(certificate)
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture
def own(one_provider: OwnProvider, people: People) -> OwnProvider:
    one_provider.reset()
    connect(one_provider)
    return one_provider


@pytest.fixture(autouse=True)
def _here(settings) -> None:
    settings.PRIVATE_NETS, settings.PUBLIC_URL, settings.ALLOWED_HOSTS = ["127.0.0.0/8"], DESK, ["mesa.example"]
    settings.EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"


def connect(provider: OwnProvider, **more: Any) -> SignInProvider:
    """Connect the provider, or change it."""
    given = {
        "kind": "other", "label": {"es": "Casa", "en": "Home"}, "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET, "secret_expires_on": None, "active": True,
        "ca_certificate": provider.certificate.cert.read_text(),
        "makes_requesters": False, "domains": [], **more,
    }  # fmt: skip
    metadata = discover(provider.issuer, kind="other", authorities=given["ca_certificate"])
    present = SignInProvider.objects.filter(key=provider.key).first()
    return save_provider(
        by=SETUP, provider=present, key=provider.key, connection=Connection(**given), metadata=metadata
    )


def browser() -> Client:
    return Client(headers={"host": "mesa.example", "accept-language": "en"})


def inside(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


def come(own: OwnProvider, client: Client | None = None, **claims: Any):
    """Sign in by our own provider with these claims; the browser and the last answer."""
    client = client or browser()
    return client, client.get(own.answers(client.get(f"/sign-in/with/{own.key}/").url, **claims))


def by_the_real_one(provider: RealProvider, client: Client, name: str, **more: Any):
    going = client.get(f"/sign-in/with/{provider.key}/?next=/portal/")
    assert going.status_code == 302 and "no-cache" in going["Cache-Control"]
    return client.get(provider.sign_in(going.url, name, **more))


def typed(provider: RealProvider | OwnProvider, **more: Any) -> dict[str, Any]:
    return {
        "key": provider.key, "label_es": "La casa", "label_en": "The house", "issuer": provider.issuer,
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "active": "on",
        "ca_certificate": provider.certificate.cert.read_text(), "domains": "", **more,
    }  # fmt: skip


def events(*kinds: str) -> list[tuple[str, dict[str, Any]]]:
    return list(Event.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", "data"))


def test_a_provider_is_connected_and_signs_in_whom_it_vouches_for(
    real_provider, people: People, sign_in, settings, run_background
):
    settings.ALLOWED_HOSTS = ["mesa.example", "localhost"]
    assert "/sign-in/with/" not in browser().get("/sign-in/").content.decode()
    desk = sign_in(people.administrator)
    new = "/settings/sign-in/providers/new/?kind=other"
    assert f"{DESK}/sign-in/with/other/back/" in desk.get(new).content.decode()
    assert desk.post(new, typed(real_provider)).url == "/settings/sign-in/"
    row = SignInProvider.objects.get()
    assert CLIENT_SECRET not in row.client_secret
    assert unseal(row.client_secret, configured.SEALING_KEYS) == CLIENT_SECRET
    assert row.metadata["names_itself"] and row.metadata["secret_in_body"]
    assert "The house" in desk.get("/settings/sign-in/").content.decode()

    client = browser()
    page = client.get("/sign-in/?next=/portal/tickets/").content.decode()
    assert 'href="/sign-in/with/real/?next=/portal/tickets/"' in page and "Sign in with The house" in page
    assert by_the_real_one(real_provider, client, "leire").url == "/portal/"
    assert inside(client) == people.requester.pk
    link = Identity.objects.get(provider=row)
    assert link.person == people.requester and link.kind == "external" and link.value.startswith("oidc:")
    assert events("person.sign_in_linked", "person.signed_in") == [
        ("person.sign_in_linked", {"provider": row.pk}),
        ("person.signed_in", {"how": "provider", "second": "", "provider": row.pk}),
    ]
    run_background()
    mail = Outgoing.objects.get(person=people.requester)
    assert mail.address == "leire@people.example" and "Signing in with The house was added" in mail.context["text"]
    assert "Linked accounts: The house." in desk.get(f"/people/{people.requester.pk}/").content.decode()
    audit = desk.get("/settings/audit/").content.decode()
    assert "Sign-in provider connected" in audit and "External sign-in linked" in audit and "The house" in audit
    assert "leire" not in [person.email for person in persons(link.value[10:14])]

    Person.objects.filter(pk=people.requester.pk).update(email="other@people.example")
    Identity.objects.filter(person=people.requester, kind="email").update(value="other@people.example")
    again = browser()
    by_the_real_one(real_provider, again, "leire")
    assert inside(again) == people.requester.pk, "the link counts, not the address"
    for who, status in (("unverified-carlos", 403), ("nobody", 403)):
        stranger = browser()
        assert by_the_real_one(real_provider, stranger, who).status_code == status and not inside(stranger)
    assert Identity.objects.filter(provider=row).count() == 1 and not Person.objects.filter(name="nobody").exists()


def test_an_answer_is_good_once_and_only_for_the_browser_that_asked(real_provider, people: People):
    connect(real_provider)
    client, other = browser(), browser()
    before = Event.objects.count()
    answer = real_provider.sign_in(client.get("/sign-in/with/real/").url, "leire")
    for who, address in (
        (other, answer),
        (client, answer.replace("state=", "state=x")),
        (client, "/sign-in/with/real/back/"),
    ):
        refused = who.get(address)
        assert refused.status_code == 400 and "waiting for this answer" in refused.content.decode()
    assert Event.objects.count() == before and not inside(client)
    assert client.get(answer).status_code == 302 and inside(client)
    client.post("/sign-out/")
    assert client.get(answer).status_code == 400 and not inside(client)
    # The provider itself takes a code once, whoever brings it.
    going = client.get("/sign-in/with/real/")
    spent = re.sub(r"state=[^&]+", f"state={client.session['external_sign_in']['state']}", answer)
    assert going.status_code == 302 and client.get(spent).status_code == 400 and not inside(client)


def test_who_stops_at_the_provider_is_told_so(real_provider, people: People):
    connect(real_provider)
    client = browser()
    before = Event.objects.count()
    refused = by_the_real_one(real_provider, client, "leire", agree=False)
    assert refused.status_code == 403 and "did not sign in with Home" in refused.content.decode()
    assert 'href="/sign-in/"' in refused.content.decode()
    assert Event.objects.count() == before and not inside(client)


def test_who_manages_links_their_account_themselves_and_still_takes_the_second_step(real_provider, people: People):
    row = connect(real_provider)
    client = browser()
    refused = by_the_real_one(real_provider, client, "amalia")
    assert refused.status_code == 403 and "link your account" in refused.content.decode()
    assert not inside(client) and not Identity.objects.filter(provider=row).exists()
    assert events("person.sign_in_failed") == [("person.sign_in_failed", {"why": "protected", "provider": row.pk})]

    client.force_login(people.administrator, backend="ventanilla.people.backends.PersonBackend")
    start = f"{SAFETY}providers/real/"
    assert "Sign in again" in client.get(start).content.decode(), "nobody links on a computer left open"
    assert client.post(f"{start}link/").status_code == 403
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(people.administrator.pk)
    session.save()
    page = client.get(real_provider.sign_in(client.get(start).url, "private")).content.decode()
    assert "private@people.example" in page and not Identity.objects.filter(provider=row).exists()
    assert client.post(f"{start}link/").url == SAFETY
    link = Identity.objects.get(provider=row)
    assert link.person == people.administrator
    assert client.post(f"{start}link/").url == SAFETY and Identity.objects.filter(provider=row).count() == 1
    page = client.get(SAFETY).content.decode()
    assert "Unlink Home" in page and f'href="{start}"' not in page

    fresh = browser()
    assert by_the_real_one(real_provider, fresh, "private").url == SECOND and not inside(fresh)
    assert fresh.post(SECOND, {"code": code()}).status_code == 302 and inside(fresh) == people.administrator.pk
    assert events("person.signed_in")[-1][1] == {"how": "provider", "second": "app", "provider": row.pk}

    assert fresh.post(f"{SAFETY}links/{link.pk + 1}/remove/").status_code == 404
    assert fresh.post(f"{SAFETY}links/{link.pk}/remove/").url == SAFETY
    assert not Identity.objects.filter(provider=row).exists()
    assert events("person.sign_in_unlinked") == [("person.sign_in_unlinked", {"provider": row.pk})]


HOUR = 3600
NOW = int(time.time())
STRANGER = RSAKey.generate_key(2048, {"kid": "first"})
HOSTILE = {
    "another issuer": {"iss": "https://evil.example"},
    "another client": {"aud": "somebody-else"},
    "two audiences without azp": {"aud": [CLIENT_ID, "somebody-else"]},
    "given to another": {"azp": "somebody-else"},
    "another question": {"nonce": "of-another-day"},
    "no nonce": {"nonce": None},
    "a list of nonces": {"nonce": ["x"]},
    "over": {"exp": NOW - HOUR},
    "without an end": {"exp": None},
    "of the future": {"iat": NOW + HOUR},
    "not yet": {"nbf": NOW + HOUR},
    "nobody": {"sub": ""},
    "a number": {"sub": 42},
}


def refused(own: OwnProvider, **claims: Any) -> str:
    people, links = Person.objects.count(), Identity.objects.count()
    client, answer = come(own, **claims)
    assert answer.status_code == 403 and not inside(client)
    assert (Person.objects.count(), Identity.objects.count()) == (people, links)
    return re.sub(r'content="[^"]*"', "", answer.content.decode())


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_token_that_is_not_true_lets_nobody_in(own: OwnProvider):
    for name, claims in HOSTILE.items():
        assert "could not be checked" in refused(own, **claims), name
    whole = {"iss": own.issuer, "aud": CLIENT_ID, "sub": "42", "iat": NOW, "exp": NOW + HOUR, "nonce": "x"}
    head, body = jwt.encode({"alg": "HS256"}, whole, OctKey.generate_key(256), algorithms=["HS256"]).split(".")[:2]
    mac = hmac.digest(own.signer.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    forged = {
        "alg none": urlsafe_b64encode(b'{"alg":"none"}').decode() + f".{body}.",
        "without a signature": f"{jwt.encode({'alg': 'RS256'}, whole, own.signer).rpartition('.')[0]}.",
        "HS256 with the public key": f"{head}.{body}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        "another's key under the same name": jwt.encode({"alg": "RS256", "kid": "first"}, whole, STRANGER),
        "no token": "x",
        "not even text": "\N{SNOWMAN}.e30.x",
    }
    for name, token in forged.items():
        own.token = token
        assert "could not be checked" in refused(own), name
    assert len(events("person.sign_in_failed")) == len(HOSTILE) + len(forged)
    own.reset()
    own.metadata = {"authorization_response_iss_parameter_supported": True}
    connect(own)
    client = browser()
    answer = own.answers(client.get("/sign-in/with/own/").url)
    assert client.get(f"{answer}&iss=https://evil.example").status_code == 403 and not inside(client)
    client, nameless = come(own)
    assert nameless.status_code == 403 and not inside(client)
    client = browser()
    answer = own.answers(client.get("/sign-in/with/own/").url)
    assert client.get(f"{answer}&iss={own.issuer}").status_code == 302 and inside(client)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_each_algorithm_that_is_accepted_and_keys_that_change(own: OwnProvider, people: People):
    first = own.signer
    try:
        for alg, key in (
            ("RS256", RSAKey.generate_key(2048, {"kid": "rsa"})),
            ("PS256", RSAKey.generate_key(2048, {"kid": "pss"})),
            ("ES256", ECKey.generate_key("P-256", {"kid": "ec"})),
            ("EdDSA", OKPKey.generate_key("Ed25519", {"kid": "ed"})),
        ):
            own.signer, own.shown, own.header = key, [first, key], {"alg": alg, "kid": key.kid}
            asked = own.asked_for_keys
            client, _answer = come(own)
            assert inside(client) == people.requester.pk, alg
            assert own.asked_for_keys == asked + 1, "a key that nobody knows is asked for once"
        asked = own.asked_for_keys
        own.header["kid"] = "unheard"
        assert "could not be checked" in refused(own)
        assert own.asked_for_keys == asked + 1
        own.signer = RSAKey.generate_key(1024, {"kid": "short"})
        own.shown, own.header = [own.signer], {"kid": "short"}
        assert "could not be checked" in refused(own)
    finally:
        own.signer = first
    assert own.authorization.startswith("Basic ") and "client_secret" not in own.asked


def test_who_is_let_in(own: OwnProvider, people: People, run_background):
    row = SignInProvider.objects.get()
    assert "does not vouch" in refused(own, email_verified=False)
    assert "does not vouch" in refused(own, email_verified=None)
    assert "does not vouch" in refused(own, email="no address")
    unknown = refused(own, email="new@people.example")
    people.colleague.is_active = False
    people.colleague.save(update_fields=["is_active"])
    assert refused(own, email="carlos@people.example") == unknown, "nobody is told who is switched off"
    assert [data["why"] for _kind, data in events("person.sign_in_failed")] == [
        "unverified", "unverified", "unverified", "unknown", "inactive",
    ]  # fmt: skip

    connect(own, makes_requesters=True, domains=["people.example"])
    assert refused(own, email="new@elsewhere.example") == unknown
    client, _answer = come(own, email="New@People.example", name="Nieves Nueva", sub="7")
    made = Person.objects.get(pk=inside(client))
    assert (made.name, made.email, made.role.key) == ("Nieves Nueva", "new@people.example", "requester")
    assert made.identities.get(kind="email").verified_at and made.identities.get(provider=row)
    client, _answer = come(own, email="changed@elsewhere.example", sub="7")
    assert inside(client) == made.pk
    change_person(by=SETUP, person=made, is_active=False)
    assert refused(own, sub="7") == unknown and inside(client) is not None
    assert client.get("/portal/").status_code == 302, "the session is over too"

    client, _answer = come(own, email="aitor@people.example", sub="8")
    assert inside(client) == people.agent.pk, "an agent is let in like a requester"
    assert client.get("/sign-in/with/own/").url == "/", "who is inside stays who they are"


@pytest.mark.django_db(transaction=True)
def test_who_comes_for_the_first_time_with_several_browsers_becomes_one_person(own: OwnProvider):
    connect(own, makes_requesters=True)
    clients = [browser() for _number in range(4)]
    backs = [own.answers(one.get("/sign-in/with/own/").url, email="new@people.example") for one in clients]
    together = threading.Barrier(len(clients))

    def come_back(number: int) -> int | None:
        together.wait(10)
        try:
            assert clients[number].get(backs[number]).status_code == 302
            return inside(clients[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        made = set(pool.map(come_back, range(len(clients))))
    assert made == {Person.objects.get(email="new@people.example").pk}
    assert Identity.objects.filter(provider__key="own").count() == 1


def test_an_account_that_is_somebody_elses_is_not_linked(own: OwnProvider, people: People):
    come(own, sub="1")
    client = browser()
    client.force_login(people.manager, backend="ventanilla.people.backends.PersonBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
    session["account_authentication_methods_user"] = str(people.manager.pk)
    session.save()
    going = client.get(f"{SAFETY}providers/own/").url
    assert client.get(own.answers(going, sub="1")).status_code == 200
    assert client.post(f"{SAFETY}providers/own/link/").url == SAFETY
    assert "signs in somebody else" in client.get(SAFETY).content.decode()
    going = client.get(f"{SAFETY}providers/own/").url
    back = own.answers(going, sub="2")
    client.force_login(people.requester, backend="ventanilla.people.backends.PersonBackend")
    assert client.get(back).status_code == 400, "who asked is not who came back"
    assert Identity.objects.filter(provider__key="own").count() == 1


def test_who_a_provider_lets_through_without_a_word_proves_nothing(own: OwnProvider, people: People):
    passkey = f"{SAFETY}second/passkey/"
    going = browser().get(f"/sign-in/with/own/?next={passkey}").url
    assert "max_age=900" in going and "max_age" not in browser().get("/sign-in/with/own/?next=/portal/").url
    for at, proof in ((None, False), (NOW - HOUR, False), (NOW + HOUR, False), ("now", False), (NOW, True)):
        client, _answer = come(own, auth_time=at)
        page = client.get(passkey).content.decode()
        assert ("nobody asked you for a password" not in page) is proof and ("data-passkey" in page) is proof, at


def test_a_provider_that_is_away_or_wants_another_secret_breaks_nothing(own: OwnProvider, people: People):
    before = Event.objects.count()
    client = browser()
    answer = own.answers(client.get("/sign-in/with/own/").url)
    own.away = True
    away = client.get(answer)
    assert away.status_code == 502 and "Home does not answer" in away.content.decode()
    own.away = False
    own.answers(client.get("/sign-in/with/own/").url)
    state = client.session["external_sign_in"]["state"]
    assert client.get(f"/sign-in/with/own/back/?state={state}&code=spent").status_code == 400
    own.metadata = {"refuses": True}
    other = own.answers(client.get("/sign-in/with/own/").url)
    answer = client.get(other)
    assert answer.status_code == 502 and "does not accept this help desk" in answer.content.decode()
    client.get("/sign-in/with/own/")
    state = client.session["external_sign_in"]["state"]
    assert client.get(f"/sign-in/with/own/back/?state={state}&error=server_error").status_code == 502
    assert Event.objects.count() == before and not inside(client)


def test_what_is_wrong_with_a_provider_is_said_plainly_and_nothing_is_saved(
    one_provider: OwnProvider, people: People, sign_in, settings
):
    settings.ALLOWED_HOSTS = ["localhost"]
    desk = sign_in(people.administrator)
    new = "/settings/sign-in/providers/new/?kind=other"
    away = "http://127.0.0.1"
    for metadata, more, said in (
        ({"issuer": "https://elsewhere.example"}, {}, "calls itself https://elsewhere.example"),
        ({"issuer": None}, {}, "does not describe"),
        ({"token_endpoint": away}, {}, "no usable address for “token_endpoint”"),
        ({"response_types_supported": ["id_token"]}, {}, "authorization code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, {}, "PKCE"),
        ({"code_challenge_methods_supported": None}, {}, "PKCE"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, {}, "public keys (HS256)"),
        ({"jwks_uri": f"{one_provider.issuer}/nowhere"}, {}, "no public key"),
        ({}, {"ca_certificate": ""}, "is not trusted"),
        ({}, {"issuer": "https://127.0.0.1:1"}, "does not answer"),
        ({}, {"issuer": "https://nowhere.invalid"}, "No server has this name"),
        ({}, {"issuer": "https://10.1.1.1"}, "private network"),
        ({}, {"issuer": "http://127.0.0.1"}, "begins with https://"),
        ({}, {"ca_certificate": "nonsense"}, "no certificate"),
        ({}, {"domains": "here"}, "is not a mail domain"),
        ({}, {"key": "ñ"}, "Look at the redirect address again"),
    ):
        one_provider.reset()
        one_provider.metadata = metadata
        answer = desk.post(new, typed(one_provider, **more))
        assert answer.status_code == 422 and said in answer.content.decode(), said
    one_provider.reset()
    for tenant, said in (("common", "every organization"), ("a/b", "alone")):
        answer = desk.post("/settings/sign-in/providers/new/?kind=microsoft", typed(one_provider, tenant=tenant))
        assert answer.status_code == 422 and said in answer.content.decode()
    assert not SignInProvider.objects.exists() and not events("sign_in_provider.created")

    assert desk.post(new, typed(one_provider)).status_code == 302
    assert "connected already" in desk.post(new, typed(one_provider, key="twice")).content.decode()
    row = SignInProvider.objects.get()
    here = f"/settings/sign-in/providers/{row.pk}/"
    secret = row.client_secret
    page = desk.get(here).content.decode()
    assert CLIENT_SECRET not in page and secret not in page
    changed = typed(one_provider, client_secret="", active="", label_es="", label_en="Ours", issuer="https://x.example")
    assert desk.post(here, changed).status_code == 302
    row.refresh_from_db()
    assert (row.client_secret, row.active, str(row), row.issuer) == (secret, False, "Ours", one_provider.issuer)
    assert events("sign_in_provider.changed")[-1][1] == {"fields": ["active", "label"]}
    assert browser().get("/sign-in/with/own/", headers={"host": "localhost"}).status_code == 404
    assert "secret" not in desk.get("/settings/").content.decode()
    ending = typed(one_provider, client_secret="", secret_expires_on=str(timezone.localdate() + timedelta(days=13)))
    assert desk.post(here, ending).status_code == 302
    assert "The secret of The house ends" in desk.get("/settings/").content.decode()
    assert "the secret ends on" in desk.get("/settings/sign-in/").content.decode()
    connect(one_provider)
    settings.ALLOWED_HOSTS = ["localhost", "mesa.example"]
    come(one_provider)
    assert Identity.objects.filter(provider=row).exists()
    for who in (people.agent, people.supervisor):
        assert sign_in(who).post(f"{here}remove/").status_code == 403
    assert Identity.objects.filter(provider=row).exists()
    assert desk.post(f"{here}remove/").status_code == 302
    row.refresh_from_db()
    assert row.archived_at and not row.client_secret and not Identity.objects.filter(provider=row).exists()
    assert events("sign_in_provider.removed") == [("sign_in_provider.removed", {"count": 1})]
    assert desk.get(here).status_code == 404 and "Home" in desk.get("/settings/audit/").content.decode()
    assert desk.post(new, typed(one_provider, key="anew")).status_code == 302, "the same provider may come back"


@pytest.mark.parametrize(
    ("kind", "claims", "verified"),
    [
        ("other", {"email_verified": True}, True),
        ("other", {"email_verified": "true"}, True),
        ("other", {"email_verified": "false"}, False),
        ("other", {"xms_edov": True}, False),
        ("keycloak", {}, False),
        ("microsoft", {}, False),
        ("microsoft", {"xms_edov": True}, True),
        ("microsoft", {"xms_edov": "1"}, True),
        ("microsoft", {"xms_edov": False}, False),
        ("google", {"email_verified": True}, False),
        ("google", {"email_verified": True, "hd": "here.example"}, True),
        ("google", {"email_verified": False, "hd": "here.example"}, False),
        ("google", {"email_verified": True, "email": "ana@gmail.com"}, True),
        ("other", {"email_verified": True, "email": ["ana@here.example"]}, False),
        ("other", {"email_verified": True, "email": None}, False),
    ],
)
def test_whose_word_counts_for_an_address(kind: str, claims: dict[str, Any], verified: bool):
    said = told({"iss": "i", "sub": "s", "email": "Ana@Here.example", "name": " Ana \n Ruiz", **claims}, kind=kind)
    assert said.verified is verified and said.name == "Ana Ruiz"
    assert told({"iss": "i", "sub": "s"}, kind=kind).value != told({"iss": "is", "sub": ""}, kind=kind).value
