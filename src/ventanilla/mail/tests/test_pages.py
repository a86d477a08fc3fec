"""Mail's screens: who may open and do what, and what they say."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from ventanilla.mail.actions import ask_doctor
from ventanilla.mail.health import is_well, troubles
from ventanilla.mail.models import Examination, Grant, Mailbox, OAuthClient, Outgoing, RawMail, SenderRule
from ventanilla.mail.sending import send_due
from ventanilla.mail.tests.write import write
from ventanilla.mail.wording import KINDS
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
SETUP = Author.system("test")
LOOKS_AFTER_MAIL = {"administrator", "supervisor"}
ROLES = ("administrator", "supervisor", "agent", "reader", "requester", "manager", "stranger")


@pytest.fixture
def held(deliver) -> RawMail:
    """A mail in quarantine: an automatic answer to nothing we know, with a script in it."""
    html = "<p>Estoy <script>alert(1)</script>fuera.</p>"
    raw = write("Estoy <b>fuera</b>.", html=html, Auto_Submitted="auto-replied", Subject="Fuera <i>")
    return deliver(raw).row


@pytest.fixture
def sent(deliver) -> Outgoing:
    """An acknowledgement whose sending failed."""
    deliver(write())
    Outgoing.objects.update(state=Outgoing.State.FAILED, error="554 no such user")
    return Outgoing.objects.get()


def state() -> tuple[object, ...]:
    return (
        list(RawMail.objects.values_list("state", "outcome")), list(Outgoing.objects.values_list("state", "attempts")),
        list(Mailbox.objects.values_list("address", "enabled")), SenderRule.objects.count(), Ticket.objects.count(),
        Examination.objects.count(), list(OAuthClient.objects.values_list("client_id")), Grant.objects.count(),
    )  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_who_may_open_what(role, held, sent, people, sign_in):
    browser = sign_in(getattr(people, role))
    mailbox = Mailbox.objects.get()
    pages = {
        reverse("quarantine"): LOOKS_AFTER_MAIL,
        reverse("held-mail", args=[held.pk]): LOOKS_AFTER_MAIL,
        reverse("outbox"): LOOKS_AFTER_MAIL,
        reverse("outgoing", args=[sent.pk]): LOOKS_AFTER_MAIL,
        reverse("outgoing-body", args=[sent.pk]): LOOKS_AFTER_MAIL,
        reverse("mail-state"): {"administrator"},
        reverse("mailboxes"): {"administrator"},
        reverse("mailbox-new"): {"administrator"},
        reverse("mailbox", args=[mailbox.pk]): {"administrator"},
        reverse("mailbox-doctor", args=[mailbox.pk]): {"administrator"},
        reverse("mailbox-account", args=[mailbox.pk]): {"administrator"},
    }
    for page, allowed in pages.items():
        assert browser.get(page).status_code == (200 if role in allowed else 403), page
    source = browser.get(reverse("raw-source", args=[held.pk]))
    assert source.status_code == (200 if role in LOOKS_AFTER_MAIL else 404)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in LOOKS_AFTER_MAIL])
def test_who_may_do_nothing(role, held, sent, people, sign_in):
    browser = sign_in(getattr(people, role))
    mailbox = Mailbox.objects.get()
    client = OAuthClient.objects.create(client_id="a")
    Grant.objects.create(mailbox=mailbox, client=client, expires_at=timezone.now())
    before = state()
    for wish in ("release", "discard", "block", "allow"):
        assert browser.post(reverse("held-mail-decide", args=[held.pk]), {"do": wish}).status_code == 403
    assert browser.post(reverse("outgoing-again", args=[sent.pk])).status_code == 403
    assert browser.post(reverse("outgoing-aside", args=[sent.pk])).status_code == 403
    assert browser.post(reverse("mailbox", args=[mailbox.pk]), {"address": "x@y.example"}).status_code == 403
    assert browser.post(reverse("mailbox-doctor", args=[mailbox.pk])).status_code == 403
    assert browser.post(reverse("mailbox-activate", args=[mailbox.pk])).status_code == 403
    account = {"client_id": "b", "authorize_url": "https://x/", "token_url": "https://y/", "scope": "s"}
    page = reverse("mailbox-account", args=[mailbox.pk]) + "?provider=other"
    assert browser.post(page, account).status_code == 403
    assert browser.get(reverse("mailbox-account-go", args=[mailbox.pk, client.pk])).status_code == 403
    assert browser.get(reverse("mail-account-back") + "?code=a&state=b").status_code == 403
    assert browser.post(reverse("mailbox-account-forget", args=[mailbox.pk])).status_code == 403
    for page in (reverse("mailbox-count", args=[mailbox.pk]), reverse("mailbox-new-count")):
        assert browser.post(page, {"imap_host": "127.0.0.1"}).status_code == 403
    assert state() == before


def test_nobody_without_signing_in(client, held):
    for page in (reverse("quarantine"), reverse("outbox"), reverse("mailboxes"), reverse("raw-source", args=[held.pk])):
        assert client.get(page, headers={"host": "localhost"}).status_code == 302


def test_a_held_mail_is_shown_safely_and_says_why(held, people, sign_in):
    browser = sign_in(people.supervisor)
    listed = browser.get(reverse("quarantine")).content.decode()
    assert "A machine wrote it" in listed and "Fuera &lt;i&gt;" in listed
    page = browser.get(reverse("held-mail", args=[held.pk])).content.decode()
    assert "&lt;b&gt;fuera&lt;/b&gt;" in page and "<script>alert" not in page
    source = browser.get(reverse("raw-source", args=[held.pk]))
    assert "attachment" in source["Content-Disposition"]
    assert b"".join(source.streaming_content).startswith(b"From: Ana")


def decide(browser, held, wish):
    return browser.post(reverse("held-mail-decide", args=[held.pk]), {"do": wish}, follow=False)


def test_letting_a_mail_in(held, people, sign_in):
    assert decide(sign_in(people.supervisor), held, "release").status_code == 302
    held.refresh_from_db()
    assert held.state == RawMail.State.DONE and held.ticket == Ticket.objects.get()
    assert decide(sign_in(people.supervisor), held, "release").status_code == 404, "only once"


def test_discarding_keeps_the_source(held, people, sign_in):
    decide(sign_in(people.supervisor), held, "discard")
    held.refresh_from_db()
    assert held.outcome == RawMail.Outcome.DISCARDED and held.blob is not None and not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("wish", "sender"), [("block", "ana@cliente.example"), ("block_domain", "otro@cliente.example")]
)
def test_blocking_holds_what_comes_next(wish, sender, held, people, sign_in, deliver):
    decide(sign_in(people.supervisor), held, wish)
    assert deliver(write(From=sender)).row.verdict == "blocked"
    assert deliver(write(From="bueno@bueno.example")).outcome == "opened"


def test_always_letting_in(held, people, sign_in, deliver):
    decide(sign_in(people.supervisor), held, "allow")
    assert SenderRule.objects.get().blocked is False
    assert Ticket.objects.count() == 1


def test_an_agents_unproven_mail_becomes_a_note_once_released(deliver, people, sign_in):
    ticket = deliver(write()).row.ticket
    back = deliver(write("Lo miro yo.", From=people.agent.email, Subject=f"[{ticket.number}]"))
    assert back.outcome == "quarantined"
    decide(sign_in(people.supervisor), back.row, "release")
    note = ticket.messages.order_by("pk").last()
    assert not note.public and note.author == people.agent and note.text == "Lo miro yo."


def test_the_outbox_shows_the_letter_without_its_doors(sent, people, sign_in):
    browser = sign_in(people.supervisor)
    assert "554 no such user" in browser.get(reverse("outbox")).content.decode()
    page = browser.get(reverse("outgoing", args=[sent.pk])).content.decode()
    assert sent.ticket.number in page and "/t/" not in page
    body = browser.get(reverse("outgoing-body", args=[sent.pk]))
    assert "sandbox" in body["Content-Security-Policy"] and "default-src 'none'" in body["Content-Security-Policy"]
    assert "/t/" not in body.content.decode()


def test_the_outbox_tells_nothing_of_a_ticket_one_may_not_see(sent, people, sign_in):
    Ticket.objects.update(restricted=True, team=None)
    browser = sign_in(people.supervisor)
    page = browser.get(reverse("outgoing", args=[sent.pk])).content.decode()
    assert "La impresora" not in page and sent.ticket.number not in page
    assert "La impresora" not in browser.get(reverse("outbox")).content.decode()
    assert browser.get(reverse("outgoing-body", args=[sent.pk])).status_code == 404
    raw = RawMail.objects.get()
    assert browser.get(reverse("raw-source", args=[raw.pk])).status_code == 404


def test_the_demo_shows_every_mail_as_its_reader_sees_it(deliver, people, sign_in):
    change_installation(by=SETUP, demo=True)
    deliver(write())
    send_due(timezone.now())
    page = sign_in(people.supervisor).get(reverse("outgoing", args=[Outgoing.objects.get().pk])).content.decode()
    assert "http://desk.example/t/" in page and "Not sent" in page


def test_sign_in_codes_are_shown_in_the_demo_alone(mailbox, people, sign_in):
    row = Outgoing.objects.create(
        kind="library", address="ana@cliente.example", mailbox=mailbox, rfc_message_id="<l.1@x>", secret=True,
        context={"subject": "Code", "text": "123456"},
    )  # fmt: skip
    browser = sign_in(people.administrator)
    assert "123456" not in browser.get(reverse("outgoing", args=[row.pk])).content.decode()
    change_installation(by=SETUP, demo=True)
    assert "123456" in browser.get(reverse("outgoing", args=[row.pk])).content.decode()


def test_sending_again(sent, people, sign_in, inbox):
    sign_in(people.supervisor).post(reverse("outgoing-again", args=[sent.pk]))
    send_due(timezone.now())
    assert len(inbox.mails) == 1


def test_what_failed_can_be_put_aside_and_the_light_turns_green(sent, people, sign_in, inbox):
    browser = sign_in(people.administrator)
    page = browser.get(reverse("mail-state")).content.decode()
    assert "Something is to be mended" in page and "1 mail could not be sent." in page and "554 no such user" in page
    assert "Something is to be mended" not in sign_in(people.supervisor).get(reverse("outbox")).content.decode()
    browser.post(reverse("outgoing-aside", args=[sent.pk]))
    page = browser.get(reverse("mail-state")).content.decode()
    assert "Something is to be mended" not in page and "All is well" in page
    browser.post(reverse("outgoing-again", args=[sent.pk]))
    send_due(timezone.now())
    assert inbox.mails == []


def test_the_light_says_what_the_page_behind_it_says(deliver, mailbox, settings):
    now = timezone.now()
    deliver(write())
    assert is_well() and troubles() == []

    def wrong(kind: str, **mailbox_changes: object) -> bool:
        Mailbox.objects.update(**mailbox_changes)
        found = [trouble.kind for trouble in troubles()]
        return found == ([kind] if kind else []) and is_well() == (not kind)

    watched = {"imap_host": "imap.example", "fetched_at": now, "next_fetch_at": now, "fetch_error": ""}
    assert wrong("", **watched)
    assert wrong("", fetch_error="away", fetched_at=now - timedelta(minutes=1))
    assert wrong("fetching", fetched_at=now - timedelta(minutes=6))
    assert wrong("fetching", fetched_at=None)
    assert wrong("not_watched", **watched | {"next_fetch_at": now - timedelta(minutes=11)})
    assert wrong("", enabled=False)
    Outgoing.objects.update(error="refused", created_at=now - timedelta(minutes=9), next_attempt_at=now)
    assert wrong("")
    Outgoing.objects.update(created_at=now - timedelta(minutes=11))
    assert wrong("sending")
    Outgoing.objects.update(error="", created_at=now, next_attempt_at=now - timedelta(minutes=11))
    assert wrong("sending")
    Outgoing.objects.update(state=Outgoing.State.FAILED)
    assert wrong("failed")
    Outgoing.objects.update(state=Outgoing.State.SENT)
    RawMail.objects.update(state=RawMail.State.FAILED)
    assert wrong("unread")


@pytest.mark.parametrize(
    ("name", "most"), [("mail-state", 20), ("mailboxes", 14), ("mailbox-doctor", 14), ("mailbox-account", 12)]
)
def test_query_budgets(name, most, sent, people, sign_in, make_mailbox, django_assert_max_num_queries):
    for number in range(5):
        make_mailbox(f"mas{number}@mesa.example", imap_host="imap.example", imap_user="x")
    browser, mailbox = sign_in(people.administrator), Mailbox.objects.first()
    ask_doctor(by=SETUP, mailbox=mailbox)
    address = reverse(name, args=[mailbox.pk] if name.startswith("mailbox-") else [])
    browser.get(address)
    with django_assert_max_num_queries(most):
        assert browser.get(address).status_code == 200


def test_long_lists_are_paged(mailbox, people, sign_in):
    RawMail.objects.bulk_create(
        RawMail(mailbox=mailbox, digest=f"{n:064d}", size=1, subject=f"mail-{n:03d}", state=RawMail.State.QUARANTINED)
        for n in range(120)
    )
    browser = sign_in(people.supervisor)
    seen, url = [], reverse("quarantine")
    while url:
        response = browser.get(url)
        seen += [row["mail"].pk for row in response.context["lines"]]
        following = response.context["pages"].get("next_url")
        url = reverse("quarantine") + following if following else ""
    assert len(seen) == 120 == len(set(seen))
    assert browser.get(reverse("quarantine") + "?after=nonsense").status_code == 400


def form_of(mailbox: Mailbox, **changes: object) -> dict[str, object]:
    names = (
        "address name language imap_host imap_port imap_security imap_user imap_folder smtp_host smtp_port "
        "smtp_security smtp_user answers_per_hour per_sender_limit cc_policy trusted_host after_fetch done_folder"
    )
    values = {name: getattr(mailbox, name) for name in names.split()} | {"enabled": "on", "catch_all": "on"}
    return values | changes


def test_making_and_changing_a_mailbox(mailbox, people, sign_in):
    browser = sign_in(people.administrator)
    new = form_of(Mailbox(imap_port=993), address="Ventas@Mesa.example", imap_host="imap.mesa.example", imap_user="v",
                  imap_password="se creto ", catch_all="")  # fmt: skip
    assert browser.post(reverse("mailbox-new"), new).status_code == 302
    made = Mailbox.objects.get(address="ventas@mesa.example")
    assert made.imap_password and "se creto" not in made.imap_password
    page = browser.get(reverse("mailbox", args=[made.pk])).content.decode()
    assert "se creto" not in page and made.imap_password not in page
    before = made.imap_password
    changed = form_of(made, name="Ventas", catch_all="on")
    assert browser.post(reverse("mailbox", args=[made.pk]), changed).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.catch_all, made.imap_password) == ("Ventas", True, before)
    mailbox.refresh_from_db()
    assert not mailbox.catch_all, "one takes the rest"


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "no address"), ("address", "soporte@mesa.example"), ("imap_port", "0"), ("imap_host", "a b"),
     ("smtp_host", "https://x"), ("proven_agents_only", "on"), ("after_fetch", "move"), ("fetch_from", "2999-01-01"),
     ("ca_file", SimpleUploadedFile("ca.pem", b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----"))],
)  # fmt: skip
def test_a_mistake_keeps_what_was_typed_and_writes_nothing(field, value, mailbox, people, sign_in):
    browser = sign_in(people.administrator)
    typed = form_of(Mailbox(), address="nuevo@mesa.example", name="Mi nombre") | {field: value}
    response = browser.post(reverse("mailbox-new"), typed)
    assert response.status_code == 422 and "Mi nombre" in response.content.decode()
    assert Mailbox.objects.count() == 1


def test_the_outbox_has_a_word_for_every_kind_of_mail():
    assert set(KINDS) == set(Outgoing.Kind)
