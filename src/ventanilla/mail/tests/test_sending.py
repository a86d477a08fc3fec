"""The send queue against a real SMTP server: patience, back-off, failures in sight, nothing lost in an outage."""

from datetime import timedelta

import pytest
from django.core.mail import send_mail
from django.utils import timezone

from ventanilla.mail import sending
from ventanilla.mail.actions import save_mailbox, send_again
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.mail.sending import send_due
from ventanilla.mail.tests.servers import PASSWORD, SmtpServer
from ventanilla.mail.tests.write import write
from ventanilla.people.actions import change_installation
from ventanilla.people.author import Author
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import add_message
from ventanilla.tickets.content import Content
from ventanilla.tickets.history import history
from ventanilla.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
SETUP = Author.system("test")


@pytest.fixture
def waiting(deliver) -> Outgoing:
    """An acknowledgement that waits to be sent."""
    deliver(write())
    return Outgoing.objects.get()


def later(row: Outgoing, **time: int) -> int:
    """Look at the queue after some time."""
    return send_due(timezone.now() + timedelta(**time))


def test_a_temporary_refusal_is_tried_again_with_growing_patience(waiting, inbox):
    inbox.answers = ["451 try later", "451 try later"]
    pauses = []
    for _ in range(2):
        send_due(Outgoing.objects.get().next_attempt_at)
        waiting.refresh_from_db()
        assert waiting.state == Outgoing.State.DUE and "451 try later" in waiting.error
        pauses.append(waiting.next_attempt_at - timezone.now())
    assert timedelta(seconds=20) < pauses[0] < pauses[1] < timedelta(minutes=5)
    assert send_due(timezone.now()) == 0, "not before its time"
    assert send_due(waiting.next_attempt_at) == 1
    waiting.refresh_from_db()
    assert waiting.state == Outgoing.State.SENT and waiting.sent_at
    (mail,) = inbox.mails
    assert mail["Message-ID"] == waiting.rfc_message_id


def test_a_final_refusal_fails_and_is_seen(waiting, inbox, people):
    inbox.answers = ["554 no such user"]
    send_due(timezone.now())
    waiting.refresh_from_db()
    assert waiting.state == Outgoing.State.FAILED and "554 no such user" in waiting.error
    sentences = [s for entry in history(waiting.ticket, viewer(people.agent)) for s in entry.sentences]
    assert any("ana@cliente.example" in sentence for sentence in sentences)
    assert later(waiting, days=9) == 0
    send_again(by=Author.of(people.supervisor), outgoing=waiting)
    assert send_due(timezone.now()) == 1
    waiting.refresh_from_db()
    assert waiting.state == Outgoing.State.SENT


def test_one_refusal_does_not_hold_up_the_others(deliver, inbox):
    for sender in ("a@x.example", "b@x.example", "c@x.example"):
        deliver(write(From=sender))
    inbox.answers = ["250 OK", "554 no", "250 OK"]
    send_due(timezone.now())
    states = dict(Outgoing.objects.values_list("address", "state"))
    assert sorted(states.values()) == [Outgoing.State.SENT, Outgoing.State.SENT, Outgoing.State.FAILED]


def test_an_outage_of_days_loses_nothing_and_a_dead_server_is_asked_once_a_batch(deliver, smtp, inbox, monkeypatch):
    for _ in range(5):
        deliver(write())
    smtp.stop()
    asked = []
    connect = sending.connect
    monkeypatch.setattr(sending, "connect", lambda mailbox: asked.append(mailbox) or connect(mailbox))
    for _ in range(15):
        due = Outgoing.objects.order_by("-next_attempt_at").first().next_attempt_at
        send_due(due)
    assert set(Outgoing.objects.values_list("state", flat=True)) == {Outgoing.State.DUE}
    assert len(asked) == 15
    smtp.start()
    send_due(Outgoing.objects.order_by("-next_attempt_at").first().next_attempt_at)
    assert len(inbox.mails) == 5


def test_after_five_days_it_is_given_up(waiting, smtp):
    smtp.stop()
    Outgoing.objects.update(created_at=timezone.now() - timedelta(days=5, minutes=1))
    send_due(timezone.now())
    waiting.refresh_from_db()
    assert waiting.state == Outgoing.State.FAILED and "refused" in waiting.error


def test_a_second_worker_takes_nothing_that_is_taken(waiting):
    Outgoing.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=100))
    assert send_due(timezone.now()) == 0


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", [Mailbox.Security.STARTTLS, Mailbox.Security.TLS])
def test_signed_in_and_encrypted(deliver, mailbox, certificate, monkeypatch, security):
    server = SmtpServer(certificate, from_the_start=security == Mailbox.Security.TLS)
    server.start()
    try:
        save_mailbox(
            by=SETUP, mailbox=mailbox, smtp_port=server.port, smtp_security=security, smtp_user="mesa",
            smtp_password=PASSWORD,
        )  # fmt: skip
        assert PASSWORD not in Mailbox.objects.get().smtp_password
        deliver(write())
        send_due(timezone.now())
        row = Outgoing.objects.get()
        assert row.state == Outgoing.State.DUE and "CERTIFICATE_VERIFY_FAILED" in row.error
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
        send_due(row.next_attempt_at)
        assert len(server.inbox.mails) == 1
        save_mailbox(by=SETUP, mailbox=mailbox, smtp_password="wrong")
        deliver(write())
        send_due(timezone.now())
        row = Outgoing.objects.get(state=Outgoing.State.DUE)
        assert "535" in row.error, "a wrong password is the operator's to mend: it waits"
    finally:
        server.stop()


def test_the_demo_sends_nothing(deliver, inbox, people):
    change_installation(by=SETUP, demo=True)
    deliver(write())
    send_due(timezone.now())
    assert Outgoing.objects.get().state == Outgoing.State.HELD and inbox.mails == []


def test_a_sign_in_code_is_wiped_once_sent(mailbox, inbox, settings):
    settings.EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"  # the test runner puts its own there
    send_mail("Código", "Su código es 123456", None, ["ana@cliente.example"])
    assert "123456" in str(Outgoing.objects.get().context)
    send_due(timezone.now())
    (mail,) = inbox.mails
    assert "123456" in mail.get_content()
    row = Outgoing.objects.get()
    assert row.secret and row.context == {}


def test_a_redacted_message_is_not_sent(deliver, inbox, people):
    ticket = deliver(write()).row.ticket
    send_due(timezone.now())
    message = add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Ups."),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    Message.objects.filter(pk=message.pk).update(redacted_at=timezone.now())
    inbox.clear()
    send_due(timezone.now())
    assert inbox.to("ana@cliente.example") == []
    assert Outgoing.objects.get(message=message).state == Outgoing.State.FAILED


def test_an_address_of_nobody_gets_no_link_that_lets_in(deliver, inbox, people):
    ticket = deliver(write()).row.ticket
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Para ambos."),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
        to=["ana@cliente.example"], cc=["nadie@otro.example"],
    )  # fmt: skip
    send_due(timezone.now())
    assert "http://desk.example/" in str(inbox.to("ana@cliente.example")[-1])
    (other,) = inbox.to("nadie@otro.example")
    assert "Para ambos." in other.get_body(("plain",)).get_content() and "http://" not in str(other)


def test_no_header_can_be_smuggled_in(deliver, inbox, people):
    ticket = deliver(write(Subject="=?utf-8?q?Hola=0D=0ABcc:_malo@otro.example?=")).row.ticket
    send_due(timezone.now())
    (mail,) = inbox.mails
    assert mail["Bcc"] is None and len(inbox.envelopes[0].rcpt_tos) == 1
    assert "\n" not in ticket.subject
