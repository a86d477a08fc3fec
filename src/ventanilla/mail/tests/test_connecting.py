"""Connecting a mailbox: from when, what happens there afterwards, whom it trusts, and observing before sending."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone

from ventanilla.events.models import Event, Handover
from ventanilla.mail import fetch
from ventanilla.mail.actions import activate_sending, move_position, note_fetched, save_mailbox, send_again
from ventanilla.mail.doctor import connections
from ventanilla.mail.examining import examine_here
from ventanilla.mail.fetch import poll, settle
from ventanilla.mail.health import is_well, troubles
from ventanilla.mail.imap import signed_in
from ventanilla.mail.models import Mailbox, Outgoing, RawMail
from ventanilla.mail.sending import send_due
from ventanilla.mail.tests.servers import PLAIN_PASSWORD, QUOTA_MAILS
from ventanilla.mail.tests.test_pages import form_of
from ventanilla.mail.tests.write import write
from ventanilla.people.author import Author
from ventanilla.tickets.actions import add_message
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.pure]
SETUP = Author.system("test")
DAY = timedelta(days=1)


@pytest.fixture
def account(make_mailbox, dovecot, request):
    """A mailbox at Dovecot that nobody has looked into yet, with mails of ten, two and one days ago in it."""
    user = "con" + "".join(c for c in request.node.name.lower() if c.isalnum())[-50:]
    for days in (2, 10, 1):  # the order of numbers is not the order of dates
        dovecot.append(user, write(Subject=f"de hace {days}"), at=timezone.now() - days * DAY)
    return make_mailbox(
        imap_host="127.0.0.1", imap_port=dovecot.port, imap_security="none", imap_user=user,
        imap_password=PLAIN_PASSWORD,
    )  # fmt: skip


def subjects() -> list[str]:
    return sorted(Ticket.objects.values_list("subject", flat=True))


@pytest.mark.dovecot
def test_older_mail_becomes_tickets_from_the_chosen_day_on_and_is_never_answered(account, dovecot):
    save_mailbox(by=SETUP, mailbox=account, fetch_from=timezone.now() - 3 * DAY)
    assert poll(account) == 2
    assert subjects() == ["de hace 1", "de hace 2"]
    assert not Outgoing.objects.exists() and not Handover.objects.exists(), "nobody is told"
    dovecot.append(account.imap_user, write(Subject="nuevo", From="eva@cliente.example"))
    assert poll(account) == 1
    assert [row.address for row in Outgoing.objects.all()] == ["eva@cliente.example"]
    assert poll(account) == 0

    dovecot.renumber(account.imap_user)
    dovecot.append(account.imap_user, write(Subject="rezagado"), at=timezone.now() - 2 * DAY)
    poll(account)
    assert "rezagado" in subjects() and "de hace 10" not in subjects() and Outgoing.objects.count() == 1

    save_mailbox(by=SETUP, mailbox=account, fetch_from=timezone.now() - 20 * DAY)
    poll(account)
    assert subjects() == ["de hace 1", "de hace 10", "de hace 2", "nuevo", "rezagado"]
    assert Outgoing.objects.count() == 1


@pytest.mark.dovecot
def test_an_outage_in_the_middle_of_the_first_reading_takes_nothing_that_is_too_old(account, monkeypatch):
    save_mailbox(by=SETUP, mailbox=account, fetch_from=timezone.now() - 3 * DAY)
    read = fetch.receive

    def cut_off(raw: bytes, **more: object):
        if RawMail.objects.exists():
            raise ConnectionResetError
        return read(raw, **more)

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "receive", cut_off)
        with pytest.raises(ConnectionResetError):
            poll(account)
    assert subjects() == ["de hace 2"]
    assert poll(account) == 1
    assert subjects() == ["de hace 1", "de hace 2"] and not Outgoing.objects.exists()


@pytest.mark.dovecot
def test_a_reader_that_is_about_to_stop_moves_no_position_of_the_next(account):
    poll(account)
    old = Mailbox.objects.get()
    save_mailbox(by=SETUP, mailbox=account, fetch_from=timezone.now() - 3 * DAY)
    move_position(mailbox=old, uid_validity=old.uid_validity, last_uid=old.last_uid + 5)
    assert (Mailbox.objects.get().uid_validity, Mailbox.objects.get().last_uid) == (0, 0)
    begun = Mailbox.objects.get()
    poll(begun)
    move_position(mailbox=old, uid_validity=old.uid_validity, last_uid=old.last_uid + 5)
    assert Mailbox.objects.get().last_uid == 3


@pytest.mark.dovecot
def test_how_many_mails_a_beginning_means_is_told_before_anything_is_saved(account, people, sign_in):
    browser = sign_in(people.administrator)
    address = reverse("mailbox-count", args=[account.pk])

    def said(**typed: object) -> str:
        answer = browser.post(address, form_of(account) | typed)
        assert answer.status_code == 200
        return answer.content.decode()

    today = timezone.localdate()
    assert "tickets: 2, of 3" in said(fetch_from=str(today - 3 * DAY))
    assert "tickets: 0, of 3" in said(fetch_from="")
    assert "does not accept" in said(imap_password="wrong")
    assert "does not answer at port" in said(imap_port="1")
    assert "No IMAP server is set" in said(imap_host="")
    assert "Fill in the server" in said(fetch_from="2999-01-01")
    new = form_of(account, imap_password=PLAIN_PASSWORD, fetch_from=str(today - 30 * DAY))
    assert "tickets: 3, of 3" in browser.post(reverse("mailbox-new-count"), new).content.decode()
    account.refresh_from_db()
    assert account.fetch_from is None and account.connected_at is None and Mailbox.objects.count() == 1


@pytest.mark.dovecot
def test_saving_the_same_day_again_does_not_read_again(account, people, sign_in):
    browser = sign_in(people.administrator)
    typed = form_of(account, fetch_from=str(timezone.localdate() - DAY))
    assert browser.post(reverse("mailbox", args=[account.pk]), typed).status_code == 302
    poll(account)
    account.refresh_from_db()
    position = (account.uid_validity, account.last_uid, account.fetch_from)
    assert account.last_uid == 3
    browser.post(reverse("mailbox", args=[account.pk]), typed | {"name": "Soporte"})
    account.refresh_from_db()
    assert (account.uid_validity, account.last_uid, account.fetch_from) == position and account.name == "Soporte"


def flags(dovecot, user: str, folder: str = "INBOX") -> list[bytes]:
    client = dovecot.client(user)
    client.select(folder, readonly=True)
    _status, lines = client.fetch("1:*", "(FLAGS)")
    client.logout()
    return [line for line in lines if line]


@pytest.mark.dovecot
def test_fetched_mail_is_marked_as_read_and_other_mail_is_not(account, dovecot):
    save_mailbox(by=SETUP, mailbox=account, after_fetch="seen")
    assert poll(account) == 0
    dovecot.append(account.imap_user, write(Subject="nuevo"))
    assert poll(account) == 1
    assert [b"\\Seen" in line for line in flags(dovecot, account.imap_user)] == [False, False, False, True]
    assert not RawMail.objects.filter(pending_uid__isnull=False).exists()


@pytest.mark.dovecot
def test_fetched_mail_is_moved_and_a_missing_folder_holds_up_nothing(account, dovecot, monkeypatch):
    monkeypatch.setattr(fetch, "MONSTER_BYTES", 20_000)
    save_mailbox(by=SETUP, mailbox=account, after_fetch="move", done_folder="Atendidos ñ")
    poll(account)
    assert [step.found for step in connections(account)][4] == "no_done_folder"
    dovecot.append(account.imap_user, write(Subject="nuevo"), write("x" * 30_000, Subject="enorme"))
    with signed_in(account) as box:
        assert fetch.fetch_new(box, account) == 2
        problem = settle(box, account)
    assert problem and subjects() == ["nuevo"]
    note_fetched(mailbox=account, next_at=timezone.now(), not_settled=problem)
    assert not is_well() and troubles()[0].found == "not_settled"
    client = dovecot.client(account.imap_user)
    client.create('"Atendidos &APE-"')
    client.logout()
    assert poll(account) == 0
    note_fetched(mailbox=account, next_at=timezone.now())
    assert len(flags(dovecot, account.imap_user)) == 4, "three that were there, and the one that was only looked at"
    assert len(flags(dovecot, account.imap_user, '"Atendidos &APE-"')) == 1
    assert is_well() and [step.found for step in connections(account)][4].startswith("folder")


@pytest.mark.dovecot
def test_a_full_mailbox_is_still_fetched(account, dovecot):
    save_mailbox(by=SETUP, mailbox=account, fetch_from=timezone.now() - 30 * DAY, per_sender_limit=1000)
    dovecot.append(account.imap_user, *[write(Subject=f"lleno {n}") for n in range(QUOTA_MAILS - 3)])
    assert poll(account) == QUOTA_MAILS


@pytest.mark.dovecot
def test_an_own_ca_is_trusted_by_its_mailbox_alone(account, dovecot, certificate, people, sign_in, smtp):
    browser = sign_in(people.administrator)
    address = reverse("mailbox", args=[account.pk])
    typed = form_of(account, imap_security="tls", imap_port=dovecot.tls_port)
    assert browser.post(address, typed).status_code == 302
    assert [step.found for step in connections(Mailbox.objects.get())][2] == "certificate_unknown"
    both = certificate.key.read_bytes() + certificate.cert.read_bytes()
    browser.post(address, typed | {"ca_file": SimpleUploadedFile("ca.pem", both)})
    account.refresh_from_db()
    assert "BEGIN CERTIFICATE" in account.ca_certificate and "PRIVATE" not in account.ca_certificate
    assert "CN=localhost" in browser.get(address).content.decode()
    browser.post(address, typed)
    account.refresh_from_db()
    assert account.ca_certificate, "no file: the stored one stays"
    assert [step.found for step in connections(account)][:4] == ["resolved", "connected", "encrypted", "signed_in"]
    assert poll(account) == 0
    browser.post(address, typed | {"forget_ca": "on"})
    account.refresh_from_db()
    assert account.ca_certificate == ""


def test_while_observing_tickets_are_made_and_nothing_is_sent_not_even_later(
    mailbox, deliver, inbox, people, sign_in, settings
):
    settings.EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"
    save_mailbox(by=SETUP, mailbox=mailbox, observing=True)
    ticket = deliver(write()).row.ticket
    send_mail("Código", "Su código es 123456", None, ["ana@cliente.example"])
    send_due(timezone.now())
    assert inbox.mails == [] and set(Outgoing.objects.values_list("state", "held")) == {(3, "observing")}
    assert "123456" not in str(list(Outgoing.objects.values_list("context", flat=True)))
    assert list(examine_here(mailbox, pause=pytest.fail))[-1].found == "observing"

    reply = {"ticket": ticket, "audience": Message.Audience.REQUESTER, "channel": Ticket.Channel.DESK}
    add_message(by=Author.of(people.agent), content=Content.of_text("Mientras observa."), **reply)
    assert "Observing only" in sign_in(people.agent).get("/desk/").content.decode()
    page = sign_in(people.administrator).get(reverse("mailbox", args=[mailbox.pk])).content.decode()
    assert "3 mails would have been sent so far." in page and "Activate sending" in page
    state = sign_in(people.administrator).get(reverse("mail-state")).text
    assert "comes in and goes out." not in state and "Nothing is sent while a mailbox only observes." in state
    answer = sign_in(people.administrator).post(reverse("mailbox-activate", args=[mailbox.pk]))
    assert answer.status_code == 302 and Event.objects.filter(kind="mailbox.sending_activated").count() == 1
    send_due(timezone.now())
    assert inbox.mails == [], "what was written while observing is no surprise later"
    assert "Observing only" not in sign_in(people.agent).get("/desk/").content.decode()

    add_message(by=Author.of(people.agent), content=Content.of_text("Ya envía."), **reply)
    send_due(timezone.now())
    (mail,) = inbox.mails
    assert "Ya envía." in mail.get_body(("plain",)).get_content()
    held = Outgoing.objects.get(kind="reply", state=Outgoing.State.HELD)
    page = sign_in(people.supervisor).get(reverse("outgoing", args=[held.pk])).content.decode()
    assert "only observed when this was written" in page
    unsent = f"Not sent to {held.address}: the mailbox only observed</span>"
    assert sign_in(people.agent).get(f"/desk/tickets/{ticket.number}/").text.count(unsent) == 1
    send_again(by=Author.of(people.supervisor), outgoing=held)
    send_due(timezone.now())
    assert len(inbox.mails) == 2
    assert unsent not in sign_in(people.agent).get(f"/desk/tickets/{ticket.number}/").text
    activate_sending(by=SETUP, mailbox=mailbox)
    assert Event.objects.filter(kind="mailbox.sending_activated").count() == 1, "only once"


def test_ending_to_observe_in_the_form_sends_nothing_late_either(mailbox, deliver, inbox):
    save_mailbox(by=SETUP, mailbox=mailbox, observing=True)
    deliver(write())
    save_mailbox(by=SETUP, mailbox=mailbox, observing=False)
    send_due(timezone.now())
    assert inbox.mails == [] and Outgoing.objects.get().held == "observing"
