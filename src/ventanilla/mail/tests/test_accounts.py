"""Mailboxes behind an account (OAuth 2), against a provider and mail servers that speak the real protocols."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone
from tests.plugin import SETUP

from ventanilla.core.crypto import unseal
from ventanilla.core.outbound import NoAnswer, post_form
from ventanilla.events.models import Event
from ventanilla.mail import doctor, grants
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.fetch import poll
from ventanilla.mail.grant_actions import Registration, connect_account, save_client
from ventanilla.mail.grants import access_token, grant_of, renew_due
from ventanilla.mail.health import is_well, troubles
from ventanilla.mail.models import Grant, Mailbox, OAuthClient, Outgoing
from ventanilla.mail.oauth import TokenError, Tokens
from ventanilla.mail.sending import send_due
from ventanilla.mail.tests.provider import CLIENT_ID, CLIENT_SECRET, SCOPE, Provider
from ventanilla.mail.tests.servers import Certificate, SmtpServer
from ventanilla.mail.tests.test_pages import form_of
from ventanilla.mail.tests.write import write
from ventanilla.mail.wording import tell_trouble
from ventanilla.tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def one_provider(certificate, introspection_port):
    provider = Provider(certificate, introspection_port=introspection_port)
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture
def provider(one_provider, settings):
    settings.PRIVATE_NETS = ["127.0.0.0/8"]
    settings.PUBLIC_URL = "https://mesa.example"
    one_provider.reset()
    one_provider.way_back = "https://mesa.example" + reverse("mail-account-back")
    return one_provider


@pytest.fixture
def post(provider):
    """An SMTP server that takes mail by token alone."""
    server = SmtpServer(lets_in=provider.lets_in)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(make_mailbox, certificate):
    """A mailbox that nobody has signed in for yet; it trusts the provider's certificate."""
    return make_mailbox(ca_certificate=certificate.cert.read_text())


def typed(provider, **more):
    return {
        "authorize_url": provider.authorize_url, "token_url": provider.token_url, "scope": SCOPE,
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "secret_expires_on": "",
    } | more  # fmt: skip


@pytest.fixture
def registered(provider):
    fields = typed(provider) | {"secret_expires_on": None}
    return save_client(by=SETUP, registration=Registration(provider="other", tenant="", **fields))


@pytest.fixture
def connected(provider, registered, account):
    """A mailbox whose account is connected; the provider knows the tokens."""
    _status, told = provider._tokens(account.address)
    tokens = Tokens(told["access_token"], timezone.now() + timedelta(hours=1), told["refresh_token"], None)
    return connect_account(by=SETUP, mailbox=account, client=registered, tokens=tokens)


def expire(grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now() - DAY, next_renewal_at=timezone.now() - DAY)


@pytest.mark.dovecot
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_from_the_guide_to_a_mail_there_and_back(provider, post, account, dovecot, people, sign_in):
    save_mailbox(
        by=SETUP, mailbox=account, imap_host="127.0.0.1", imap_port=dovecot.port, imap_security="none",
        imap_user=account.address, imap_password="old", smtp_port=post.port, smtp_user=account.address,
    )  # fmt: skip
    browser = sign_in(people.administrator)
    page = reverse("mailbox-account", args=[account.pk]) + "?provider=other"
    assert provider.way_back in browser.get(page).content.decode()
    assert browser.post(page, typed(provider)).status_code == 302
    shown = browser.get(page).content.decode()
    assert "Stored. Empty: it stays as it is." in shown and CLIENT_SECRET not in shown
    go = reverse("mailbox-account-go", args=[account.pk, OAuthClient.objects.get().pk])
    back = provider.agree(browser.get(go)["Location"], mailbox=account.address)
    answer = browser.get(reverse("mail-account-back") + "?" + urlsplit(back).query)
    assert answer["Location"] == reverse("mailbox-doctor", args=[account.pk])

    account.refresh_from_db()
    grant = Grant.objects.get()
    assert account.imap_password == "" == account.smtp_password
    stored = f"{grant.refresh_token} {grant.access_token} {OAuthClient.objects.get().client_secret}"
    assert not any(secret in stored for secret in (*provider.access, *provider.refreshing, CLIENT_SECRET))
    kinds = Event.objects.filter(topic=f"mailbox:{account.pk}").values_list("kind", flat=True)
    assert "mailbox.account_connected" in kinds
    again = browser.get(reverse("mail-account-back") + "?" + urlsplit(back).query)
    assert again["Location"] == reverse("mailboxes") and Grant.objects.get().granted_at == grant.granted_at

    assert poll(account) == 0
    dovecot.append(account.address, write(From="eva@cliente.example"))
    assert poll(account) == 1 and Ticket.objects.count() == 1
    send_due(timezone.now())
    assert Outgoing.objects.get().state == Outgoing.State.SENT and post.inbox.to("eva@cliente.example")
    found = {(step.road, step.found) for step in doctor.connections(account)}
    assert {("receiving", "signed_in"), ("sending", "signed_in"), ("sending", "sender")} <= found

    form = form_of(account)
    assert "imap_password" not in browser.get(reverse("mailbox", args=[account.pk])).context["form"].fields
    assert browser.post(reverse("mailbox", args=[account.pk]), form).status_code == 302
    assert grant_of(account) is not None

    provider.access.clear()  # revoked at the provider
    found = {(step.road, step.found) for step in doctor.connections(account)}
    assert {("receiving", "token_not_taken"), ("sending", "token_not_taken")} <= found
    with pytest.raises(TokenError):
        poll(account)
    assert browser.post(reverse("mailbox-account-forget", args=[account.pk])).status_code == 302
    assert grant_of(account) is None
    assert "imap_password" in browser.get(reverse("mailbox", args=[account.pk])).context["form"].fields


def test_what_did_not_begin_in_this_browser_or_was_refused_connects_nothing(
    provider, registered, account, people, sign_in
):
    browser = sign_in(people.administrator)
    back, go = reverse("mail-account-back"), reverse("mailbox-account-go", args=[account.pk, registered.pk])

    def told(query: str) -> str:
        answer = browser.get(f"{back}?{query}", follow=True)
        assert not Grant.objects.exists()
        return answer.content.decode()

    assert "Nobody here asked to sign in" in told("")
    assert "Nobody here asked to sign in" in told("code=x&state=y")
    browser.get(go)
    assert "Nobody here asked to sign in" in told("code=x&state=y")
    state = parse_qs(urlsplit(browser.get(go)["Location"]).query)["state"][0]
    said = told(f"error=access_denied&error_description=<b>no</b>&state={state}")
    assert "access_denied: &lt;b&gt;no&lt;/b&gt;" in said
    state = parse_qs(urlsplit(browser.get(go)["Location"]).query)["state"][0]
    assert "invalid_grant: this code is not good" in told(f"code=forged&state={state}")
    provider.lasting = False
    asked = provider.agree(browser.get(go)["Location"], mailbox=account.address)
    assert "for a moment only" in told(urlsplit(asked).query)
    provider.secret = "another"
    asked = provider.agree(browser.get(go)["Location"], mailbox=account.address)
    assert "does not accept our client ID and secret" in told(urlsplit(asked).query)
    configured.PRIVATE_NETS.clear()
    asked = provider.agree(browser.get(go)["Location"], mailbox=account.address)
    assert "VENTANILLA_PRIVATE_NETS" in told(urlsplit(asked).query)


@pytest.mark.parametrize(
    ("provider_key", "given", "field"),
    [
        ("microsoft", {"tenant": "../x", "client_id": "a", "client_secret": "b"}, "tenant"),
        ("microsoft", {"tenant": "contoso.example", "client_id": "a"}, "client_secret"),
        ("google", {"client_id": "", "client_secret": "b"}, "client_id"),
        ("other", {"authorize_url": "http://x.example/", "token_url": "https://x/", "scope": "s", "client_id": "a"},
         "authorize_url"),
        ("other", {"authorize_url": "https://x/", "token_url": "https://[", "scope": "s", "client_id": "a"},
         "token_url"),
    ],
)  # fmt: skip
def test_a_slip_in_the_registration_is_said_beside_its_field(provider_key, given, field, account, people, sign_in):
    page = reverse("mailbox-account", args=[account.pk]) + f"?provider={provider_key}"
    answer = sign_in(people.administrator).post(page, given)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert not OAuthClient.objects.exists()


def test_microsoft_and_google_are_asked_as_they_want_it(account, people, sign_in, settings):
    settings.PUBLIC_URL = "https://mesa.example"
    browser = sign_in(people.administrator)

    def way_there(provider: str, **given: str) -> tuple[str, dict[str, str]]:
        page = reverse("mailbox-account", args=[account.pk]) + f"?provider={provider}"
        assert browser.post(page, {"client_id": "abc", "client_secret": "x", **given}).status_code == 302
        client = OAuthClient.objects.get(provider=provider)
        parts = urlsplit(browser.get(reverse("mailbox-account-go", args=[account.pk, client.pk]))["Location"])
        return f"{parts.scheme}://{parts.netloc}{parts.path}", {k: v[0] for k, v in parse_qs(parts.query).items()}

    address, asked = way_there("microsoft", tenant="contoso.example")
    assert address == "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/authorize"
    assert "https://outlook.office.com/IMAP.AccessAsUser.All" in asked["scope"].split()
    assert "offline_access" in asked["scope"].split() and "login_hint" not in asked
    address, asked = way_there("google")
    assert address == "https://accounts.google.com/o/oauth2/v2/auth"
    assert (asked["access_type"], asked["prompt"], asked["login_hint"]) == ("offline", "consent", account.address)
    assert asked["redirect_uri"] == "https://mesa.example/mail/account/back/"


def test_a_shared_mailbox_is_set_to_the_servers_under_its_own_name(mailbox):
    client = save_client(
        by=SETUP, registration=Registration("microsoft", "contoso.example", "a", "b", None, "", "", "")
    )
    Mailbox.objects.update(imap_host="imap.old.example", imap_user="old", last_uid=7, uid_validity=7)
    tokens = Tokens("access", timezone.now() + timedelta(hours=1), "refresh", None)
    connect_account(by=SETUP, mailbox=mailbox, client=client, tokens=tokens)
    row = Mailbox.objects.get()
    assert (row.imap_host, row.imap_port, row.imap_user) == ("outlook.office365.com", 993, mailbox.address)
    assert (row.smtp_host, row.smtp_port, row.smtp_user) == ("smtp.office365.com", 587, mailbox.address)
    assert (row.uid_validity, row.last_uid) == (0, 0)


def test_tokens_are_renewed_before_they_end_and_rotated(provider, connected):
    first = access_token(connected)
    assert renew_due(timezone.now()) == 0 and provider.renewals == 0
    assert renew_due(timezone.now() + timedelta(minutes=51)) == 1
    row = Grant.objects.get()
    assert access_token(row) != first and provider.renewals == 1
    assert unseal(row.refresh_token, configured.SEALING_KEYS) in provider.refreshing, "the new one"
    assert timedelta(minutes=49) < row.next_renewal_at - timezone.now() < timedelta(minutes=51)


def test_a_provider_that_is_away_is_asked_again_and_one_that_refuses_is_not(provider, connected, people, sign_in):
    expire(connected)
    provider.away = True
    with pytest.raises(TokenError, match="HTTP 503") as raised:
        access_token(Grant.objects.select_related("client", "mailbox").get())
    assert raised.value.found == "provider_away"
    with pytest.raises(TokenError):
        access_token(Grant.objects.select_related("client", "mailbox").get())
    assert renew_due(timezone.now()) == 0, "not before a minute has passed"
    provider.away = False
    assert renew_due(timezone.now() + timedelta(minutes=2)) == 1 and Grant.objects.get().found == ""
    assert is_well() and troubles() == []

    provider.secret = "renewed there"
    expire(connected)
    assert renew_due(timezone.now()) == 1
    assert renew_due(timezone.now() + DAY) == 0
    (trouble,) = troubles()
    assert (trouble.kind, trouble.found) == ("refused", "client_refused") and not is_well()
    assert "AADSTS7000222" in tell_trouble(trouble).detail
    assert Event.objects.filter(kind="mailbox.account_refused").count() == 1
    browser = sign_in(people.administrator)
    page = reverse("mailbox-account", args=[connected.mailbox_id])
    assert "no longer lets us in" in browser.get(reverse("mail-state")).content.decode()
    assert "does not accept our client ID" in browser.get(page).content.decode()
    assert browser.post(page + "?provider=other", typed(provider, client_secret="renewed there")).status_code == 302
    assert renew_due(timezone.now()) == 1 and is_well(), "the new secret is tried at once"

    provider.refreshing.clear()
    expire(connected)
    renew_due(timezone.now())
    assert [trouble.found for trouble in troubles()] == ["grant_refused"]


def test_what_ends_is_told_fourteen_days_ahead(provider, connected):
    def told() -> list[str]:
        kinds = [trouble.kind for trouble in troubles()]
        assert is_well() is (kinds == [])
        return kinds

    today = timezone.localdate()
    OAuthClient.objects.update(secret_expires_on=today + 15 * DAY)
    Grant.objects.update(refresh_expires_at=timezone.now() + 15 * DAY)
    assert told() == []
    OAuthClient.objects.update(secret_expires_on=today + 14 * DAY)
    assert told() == ["secret_ends"]
    Grant.objects.update(refresh_expires_at=timezone.now() + 13 * DAY)
    assert told() == ["secret_ends", "access_ends"]
    assert all(tell_trouble(trouble).said for trouble in troubles())
    provider.refresh_life_seconds = 20 * 24 * 3600
    expire(connected)
    renew_due(timezone.now())
    assert told() == ["secret_ends"], "renewing prolongs it: it has no end"
    Mailbox.objects.update(enabled=False)
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_renews(provider, connected):
    expire(connected)
    provider.gate = threading.Event()
    grant = Grant.objects.select_related("client", "mailbox").get()

    def ask(number: int) -> str:
        try:
            if number == 0:
                provider.gate.wait(0.3)
                provider.gate.set()
            return access_token(grant)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        tokens = set(pool.map(ask, range(5)))
    connections.close_all()
    assert provider.renewals == 1 and len(tokens) == 1


def test_a_renewal_that_is_overtaken_by_a_new_sign_in_changes_nothing(provider, connected, registered, monkeypatch):
    expire(connected)
    fresh = Tokens("of now", timezone.now() + timedelta(hours=1), "of now", None)
    ask = grants.oauth.refresh

    def overtaken(client, token, **more):
        connect_account(by=SETUP, mailbox=connected.mailbox, client=registered, tokens=fresh)
        return ask(client, token, **more)

    monkeypatch.setattr(grants.oauth, "refresh", overtaken)
    renew_due(timezone.now())
    assert access_token(Grant.objects.get()) == "of now"


def test_the_name_in_the_certificate_is_checked_although_the_address_was_judged(provider, tmp_path):
    elsewhere = Certificate.make(tmp_path, address="192.0.2.1")
    strict = Provider(elsewhere)
    strict.start()
    known = {"private_nets": ["127.0.0.0/8"], "authorities": elsewhere.cert.read_text()}
    try:
        assert post_form(f"https://localhost:{strict.port}/token", {"a": "b"}, **known).status == 401
        with pytest.raises(NoAnswer, match="certificate is not valid"):
            post_form(f"https://127.0.0.1:{strict.port}/token", {"a": "b"}, **known)
    finally:
        strict.stop()
