"""Fetching: by position, never by flags; nothing lost in an outage, nothing doubled after one."""

import ssl
import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from ventanilla.mail import fetch, imap
from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.models import Mailbox, RawMail
from ventanilla.mail.tests.servers import PLAIN_PASSWORD
from ventanilla.mail.tests.write import write
from ventanilla.people.author import Author
from ventanilla.tickets.models import Ticket

pytestmark = pytest.mark.dovecot
SETUP = Author.system("test")


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait for what another thread does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_first_connection_starts_from_now(make_mailbox, dovecot):
    dovecot.append("primero", write(Subject="viejo"), write(Subject="más viejo"))
    mailbox = make_mailbox(
        imap_host="127.0.0.1", imap_port=dovecot.port, imap_security="none", imap_user="primero",
        imap_password=PLAIN_PASSWORD,
    )  # fmt: skip
    assert fetch.poll(mailbox) == 0
    dovecot.append("primero", write(Subject="nuevo"))
    assert fetch.poll(mailbox) == 1
    assert list(Ticket.objects.values_list("subject", flat=True)) == ["nuevo"]


def test_what_another_program_read_is_fetched_all_the_same_and_stays_unread_for_it(fetched, dovecot):
    dovecot.append(fetched.imap_user, write(Subject="leído"), write(Subject="sin leer"))
    other = dovecot.client(fetched.imap_user)
    other.select("INBOX")
    other.store("1", "+FLAGS", "\\Seen")
    assert fetch.poll(fetched) == 2
    assert fetch.poll(fetched) == 0
    assert Ticket.objects.count() == 2
    other.select("INBOX")
    assert other.search(None, "UNSEEN") == ("OK", [b"2"])
    other.logout()


def test_a_renumbered_folder_is_read_again_and_its_copies_are_recognized(fetched, dovecot):
    dovecot.append(fetched.imap_user, write(Subject="uno"), write(Subject="dos"))
    assert fetch.poll(fetched) == 2
    before = fetched.uid_validity
    dovecot.renumber(fetched.imap_user)
    dovecot.append(fetched.imap_user, write(Subject="tres"))
    assert fetch.poll(fetched) == 3
    fetched.refresh_from_db()
    assert fetched.uid_validity != before and fetched.last_uid == 3
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["dos", "tres", "uno"]
    assert RawMail.objects.count() == 3


def test_a_mail_that_cannot_be_stored_stops_there_and_is_tried_again(fetched, dovecot, settings, tmp_path):
    dovecot.append(fetched.imap_user, write(Subject="uno"))
    assert fetch.poll(fetched) == 1
    dovecot.append(fetched.imap_user, write(Subject="dos"), write(Subject="tres"))
    good = settings.MEDIA_ROOT
    (tmp_path / "full").write_text("not a folder")
    settings.MEDIA_ROOT = tmp_path / "full"
    with pytest.raises(OSError):
        fetch.poll(fetched)
    assert RawMail.objects.count() == 1
    settings.MEDIA_ROOT = good
    assert fetch.poll(fetched) == 2
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["dos", "tres", "uno"]


def test_of_a_monster_only_the_header_is_read(fetched, dovecot, monkeypatch):
    monkeypatch.setattr(fetch, "MONSTER_BYTES", 20_000)
    dovecot.append(fetched.imap_user, write("x" * 30_000, Subject="Enorme"), write(Subject="Normal"))
    assert fetch.poll(fetched) == 2
    held = RawMail.objects.get(subject="Enorme")
    assert held.state == RawMail.State.QUARANTINED and held.reason == "too_big_to_fetch"
    assert held.size > 30_000 > held.blob.size and held.sender == "ana@cliente.example"
    assert list(Ticket.objects.values_list("subject", flat=True)) == ["Normal"]


def test_another_folder_begins_anew(fetched, dovecot):
    dovecot.append(fetched.imap_user, write())
    fetch.poll(fetched)
    dovecot.append("otra-cuenta", write(Subject="viejo de otra cuenta"))
    save_mailbox(by=SETUP, mailbox=fetched, imap_user="otra-cuenta")
    assert (fetched.uid_validity, fetched.last_uid) == (0, 0)
    assert fetch.poll(fetched) == 0
    assert Ticket.objects.count() == 1


def test_passwords_are_sealed_and_an_empty_one_keeps_the_old(fetched):
    assert PLAIN_PASSWORD not in Mailbox.objects.get(pk=fetched.pk).imap_password
    save_mailbox(by=SETUP, mailbox=fetched, imap_password="", name="Soporte")
    assert fetch.poll(fetched) == 0


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_and_only_with_a_certificate_that_is_good(security, fetched, dovecot, certificate, monkeypatch):
    port = dovecot.tls_port if security == "tls" else dovecot.port
    save_mailbox(by=SETUP, mailbox=fetched, imap_security=security, imap_port=port)
    with pytest.raises(ssl.SSLCertVerificationError):
        fetch.poll(fetched)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    dovecot.append(fetched.imap_user, write())
    assert fetch.poll(fetched) == 1


def test_a_wrong_password_says_so(fetched):
    save_mailbox(by=SETUP, mailbox=fetched, imap_password="wrong")
    with pytest.raises(imap.ERRORS) as said:
        fetch.poll(fetched)
    assert "AUTHENTICATIONFAILED" in str(said.value)


@pytest.mark.pure
@pytest.mark.django_db(transaction=True)
def test_the_loop_fetches_by_idle_survives_an_outage_and_follows_the_configuration(fetched, dovecot, monkeypatch):
    monkeypatch.setattr(fetch, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(fetch, "FIRST_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(imap, "IDLE_SLICE_SECONDS", 1)
    stop = threading.Event()
    loop = threading.Thread(target=fetch.FetchLoop(stop).run)
    loop.start()
    try:
        assert until(lambda: Mailbox.objects.get(pk=fetched.pk).fetched_at is not None)
        dovecot.append(fetched.imap_user, write(Subject="por IDLE"))
        assert until(lambda: Ticket.objects.filter(subject="por IDLE").exists())

        dovecot.stop()
        assert until(lambda: Mailbox.objects.get(pk=fetched.pk).fetch_error != "")
        dovecot.start()
        dovecot.append(fetched.imap_user, write(Subject="tras el corte"))
        assert until(lambda: Ticket.objects.filter(subject="tras el corte").exists())
        assert until(lambda: Mailbox.objects.get(pk=fetched.pk).fetch_error == "")
        assert Ticket.objects.count() == 2

        dovecot.append("desvio", write(Subject="viejo"))
        save_mailbox(by=SETUP, mailbox=Mailbox.objects.get(pk=fetched.pk), imap_user="desvio")
        assert until(lambda: Mailbox.objects.get(pk=fetched.pk).uid_validity != 0)
        dovecot.append("desvio", write(Subject="por la cuenta nueva"))
        assert until(lambda: Ticket.objects.filter(subject="por la cuenta nueva").exists())
        assert Ticket.objects.count() == 3
    finally:
        stop.set()
        loop.join(30)
        connection.close()
