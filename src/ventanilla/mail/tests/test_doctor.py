"""The mailbox doctor, against real servers: it names what is wrong, says what to do, and loses nothing."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from ventanilla.core.crypto import seal
from ventanilla.events.models import Event
from ventanilla.mail import doctor, examining, findings, grants, health, imap, oauth
from ventanilla.mail.actions import ask_doctor
from ventanilla.mail.doctor import Step
from ventanilla.mail.doctor_wording import _ORDER, _REMEDIES, SAID, STEPS, tell
from ventanilla.mail.examining import examine_here, look_due
from ventanilla.mail.fetch import poll
from ventanilla.mail.models import Examination, Mailbox, Outgoing, RawMail
from ventanilla.mail.tests.servers import PASSWORD, PLAIN_PASSWORD, QUOTA_MAILS, Certificate, SmtpServer, free_port
from ventanilla.mail.tests.write import write
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.pure
SETUP = Author.system("test")


def sealed(text: str) -> str:
    return seal(text, settings.SEALING_KEYS)


def found(mailbox: Mailbox, road: str, **changes: object) -> list[str]:
    """What the doctor found on one road after some columns were changed, step by step."""
    Mailbox.objects.filter(pk=mailbox.pk).update(**changes)
    return [step.found for step in doctor.connections(Mailbox.objects.get(pk=mailbox.pk)) if step.road == road]


@pytest.mark.dovecot
def test_there_and_back_by_the_background_and_no_ticket_of_it(fetched, dovecot, inbox, people, sign_in):
    browser = sign_in(people.administrator)
    address = reverse("mailbox-doctor", args=[fetched.pk])
    assert browser.post(address).status_code == 302
    assert "every 1s" in browser.get(address).content.decode()
    assert look_due(timezone.now()) == 1
    assert look_due(timezone.now()) == 0, "not before its time"
    part = browser.get(address, headers={"HX-Request": "true", "HX-Target": "v-exam"}).content.decode()
    assert part.strip().startswith("<div") and "every 1s" in part
    assert "is on its way" in part and "The server tells of new mail at once" in part
    (mail,) = inbox.mails
    dovecot.append(fetched.imap_user, mail.as_bytes())
    assert poll(fetched) == 1
    assert look_due(timezone.now() + timedelta(seconds=3)) == 1
    row = Examination.objects.get()
    assert {step["state"] for step in row.steps} == {"good"} and row.finished_at and row.next_look_at is None
    page = browser.get(address).content.decode()
    assert "every 1s" not in page and "It arrived after" in page and "Look again" in page
    raw = RawMail.objects.get()
    assert (raw.outcome, raw.state, raw.reason) == ("discarded", RawMail.State.DONE, "own_test")
    assert not Ticket.objects.exists() and not Outgoing.objects.exists()
    assert list(
        Event.objects.filter(topic=f"mailbox:{fetched.pk}").order_by("pk").values_list("kind", flat=True)[1:]
    ) == ["mailbox.examined"]


@pytest.mark.dovecot
def test_a_mail_that_only_lies_in_the_folder_has_arrived_too(fetched, dovecot, inbox):
    def delivered(_seconds: float) -> None:
        dovecot.append(fetched.imap_user, inbox.mails[-1].as_bytes())

    steps = list(examine_here(fetched, pause=delivered))
    assert steps[-1].found == "arrived" and not RawMail.objects.exists()


def test_a_test_mail_that_does_not_come_back_is_told(mailbox, monkeypatch):
    ask_doctor(by=SETUP, mailbox=mailbox)
    look_due(timezone.now())
    row = Examination.objects.get()
    assert row.steps[0]["found"] == "pipe" and row.finished_at is None
    Examination.objects.update(sent_at=timezone.now() - timedelta(seconds=doctor.ARRIVAL_SECONDS + 1))
    look_due(row.next_look_at)
    row.refresh_from_db()
    assert row.steps[-1]["found"] == "not_arrived" and row.finished_at


def test_a_kill_in_the_middle_begins_again_and_asking_twice_changes_nothing(mailbox, monkeypatch, inbox):
    def killed(_mailbox: Mailbox) -> list[Step]:
        raise KeyboardInterrupt

    ask_doctor(by=SETUP, mailbox=mailbox)
    with monkeypatch.context() as patch:
        patch.setattr(doctor, "connections", killed)
        with pytest.raises(KeyboardInterrupt):
            look_due(timezone.now())
    assert look_due(timezone.now()) == 0
    ask_doctor(by=SETUP, mailbox=mailbox)
    assert look_due(timezone.now()) == 0 and inbox.mails == []
    assert look_due(timezone.now() + timedelta(seconds=examining.LEASE_SECONDS + 1)) == 1
    assert len(inbox.mails) == 1 and Event.objects.filter(kind="mailbox.examined").count() == 1


def test_a_mistake_of_the_doctor_ends_the_examination_and_stops_nobody(mailbox, monkeypatch):
    ask_doctor(by=SETUP, mailbox=mailbox)
    monkeypatch.setattr(doctor, "connections", lambda _mailbox: [].index("nothing"))
    assert look_due(timezone.now()) == 1
    row = Examination.objects.get()
    assert row.steps[-1]["found"] == "broken" and row.finished_at and row.next_look_at is None


def test_a_forged_or_foreign_test_mail_is_no_test_mail(mailbox, make_mailbox, deliver):
    token = doctor.fresh_token(make_mailbox("ventas@mesa.example"))
    assert deliver(write(Subject=f"Prueba {token}")).outcome == "opened", "of another mailbox"
    own = doctor.fresh_token(mailbox)
    assert deliver(write(Subject=f"Prueba {own[:-1]}{'A' if own[-1] != 'A' else 'B'}")).outcome == "opened"
    assert deliver(write(Subject=f"Prueba {own}")).outcome == "discarded"


@pytest.mark.dovecot
def test_what_is_wrong_with_the_road_in(fetched, dovecot, certificate, monkeypatch):
    def road(**changes: object) -> list[str]:
        return found(fetched, "receiving", **changes)

    assert road(imap_host="no-such-host.invalid")[-1] in ("no_such_host", "no_dns")
    assert road(imap_host="127.0.0.1", imap_port=free_port()) == ["resolved", "refused"]
    assert road(imap_port=dovecot.port, imap_security="starttls")[-1] == "certificate_unknown"
    assert road(imap_security="tls")[-1] == "no_tls"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    assert road(imap_security="starttls")[2] == "encrypted"
    assert road(imap_host="127.0.0.1", imap_security="none", imap_folder="Nope")[-1] == "no_folder"
    assert road(imap_folder="INBOX", imap_password=sealed("wrong"))[-1] == "sign_in_refused"
    assert road(imap_password="broken")[-1] == "sealed"


@pytest.mark.dovecot
def test_a_full_mailbox_is_named(fetched, dovecot):
    dovecot.append(fetched.imap_user, *[write(Subject=str(number)) for number in range(QUOTA_MAILS - 2)])
    assert found(fetched, "receiving")[-1] == "nearly_full"
    dovecot.append(fetched.imap_user, *[write(Subject=str(number)) for number in range(2)])
    assert found(fetched, "receiving")[-1] == "full"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_what_is_wrong_with_the_road_out(mailbox, smtp, inbox, certificate, tmp_path, monkeypatch):
    def road(**changes: object) -> list[str]:
        return found(mailbox, "sending", **changes)

    assert road() == ["resolved", "connected", "plain_near", "no_sign_in", "sender"]
    inbox.refuses = "550 5.7.60 not allowed to send as this sender"
    assert road()[-1] == "sender_refused"
    inbox.refuses = "452 4.2.2 mailbox full"
    assert road()[-1] == "full_there"
    inbox.refuses = "451 try later"
    assert road()[-1] == "not_now"
    inbox.refuses = ""
    assert road(smtp_user="mesa", smtp_password=sealed("x"))[-1] == "no_auth"
    assert road(smtp_security="starttls")[-1] == "no_starttls"
    smtp.stop()
    assert road()[-1] == "refused"
    smtp.start()
    server = SmtpServer(certificate)
    server.start()
    try:
        port = {"smtp_port": server.port, "smtp_security": "starttls", "smtp_user": "mesa"}
        assert road(**port)[-1] == "certificate_unknown"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
        assert road(smtp_password=sealed("wrong"))[-1] == "sign_in_refused"
        assert road(smtp_password=sealed(PASSWORD))[-2:] == ["signed_in", "sender"]
        assert road(smtp_user="")[-1] == "sign_in_needed"
        assert road(smtp_user="mesa", smtp_security="none")[-1] == "tls_needed"
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("found_there", "certificate"),
    [
        ("certificate_expired", {"days": -1}),
        ("certificate_soon", {"days": 5}),
        ("certificate_name", {"address": "127.0.0.9"}),
    ],
)
def test_a_certificate_that_is_not_good(found_there, certificate, mailbox, tmp_path, monkeypatch):
    ending = Certificate.make(tmp_path, **certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(ending.cert))
    server = SmtpServer(ending)
    server.start()
    try:
        assert found(mailbox, "sending", smtp_port=server.port, smtp_security="starttls")[2] == found_there
    finally:
        server.stop()


def test_the_demo_sends_no_test_mail(mailbox, inbox):
    change_installation(by=SETUP, demo=True)
    assert list(examine_here(mailbox, pause=pytest.fail))[-1].found == "demo"
    assert inbox.mails == []


@pytest.mark.dovecot
def test_at_the_command_line(fetched, dovecot, inbox, monkeypatch, smtp):
    monkeypatch.setattr("time.sleep", lambda _s: dovecot.append(fetched.imap_user, inbox.mails[-1].as_bytes()))
    monkeypatch.setenv("LANGUAGE", "es")
    said = io.StringIO()
    call_command("mail", "doctor", fetched.address.upper(), stdout=said)
    assert said.getvalue().count("✓") == 12 and "Ida y vuelta" in said.getvalue()
    Mailbox.objects.update(imap_password=sealed("wrong"))
    smtp.stop()
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("mail", "doctor", stdout=said)
    assert ended.value.code == 1 and said.getvalue().count("✗") == 2 and PLAIN_PASSWORD not in said.getvalue()
    assert "no acepta" in said.getvalue() and "    → " in said.getvalue()
    with pytest.raises(CommandError):
        call_command("mail", "doctor", "nobody@nowhere.example")


def test_every_finding_has_its_words():
    modules = (doctor, examining, findings, grants, health, imap, oauth)
    source = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in modules)
    data = dict.fromkeys(
        (
            "host",
            "port",
            "address",
            "said",
            "seconds",
            "version",
            "user",
            "folder",
            "folders",
            "count",
            "percent",
            "all",
        ),
        "x",
    )
    for language in ("es", "en"):
        with translation.override(language):
            for name in SAID:
                assert f'"{name}"' in source or name in Outgoing.Held.values, f"nothing finds {name}"
                told = tell(Step("receiving", "resolve", "bad", name, data | {"until": "2026-01-02T00:00:00+00:00"}))
                assert told.said and "%(" not in told.said + told.remedy
    assert set(_REMEDIES) <= set(SAID)
    assert {what for order in _ORDER.values() for what in order} == set(STEPS)
