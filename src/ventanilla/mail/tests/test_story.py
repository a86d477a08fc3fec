"""The main story on the wire: IMAP in, SMTP out, threaded by In-Reply-To alone, in both languages."""

import pytest

from ventanilla.files.actions import store
from ventanilla.files.queries import read_blob
from ventanilla.mail import fetch
from ventanilla.mail.models import Outgoing, RawMail
from ventanilla.mail.tests.write import answer, report, write
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.history import history
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + bytes(range(256))


def reply(agent: Person, ticket: Ticket, html: str, **more: object) -> Message:
    return add_message(
        by=Author.of(agent), ticket=ticket, content=Content.of_rich_text(html),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK, **more,
    )  # fmt: skip


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("language", "received", "resolved"),
    [
        ("es", "Hemos recibido su mensaje", "Resuelto"),
        ("en", "We have received your message", "Resolved"),
    ],
)
def test_a_mail_becomes_a_ticket_and_the_conversation_stays_in_it(
    language, received, resolved, fetched, dovecot, inbox, people, run_background
):
    requester = people.requester
    change_person(by=Author.system("test"), person=requester, language=language)
    me = {"From": "Leire Ñáñez <leire@people.example>"}
    dovecot.append(fetched.imap_user, write("No imprime.", Subject="Impresora de la 2.ª planta", **me))

    assert fetch.poll(fetched) == 1
    ticket = Ticket.objects.get()
    assert ticket.requester == requester and ticket.mailbox == fetched.address
    assert ticket.subject == "Impresora de la 2.ª planta"
    assert ticket.status_category == StatusCategory.NEW

    run_background()
    (acknowledgement,) = inbox.to("leire@people.example")
    assert acknowledgement["Auto-Submitted"] == "auto-replied"
    assert acknowledgement["Subject"] == f"[{ticket.number}] Impresora de la 2.ª planta"
    assert acknowledgement["In-Reply-To"] == RawMail.objects.get().ticket.messages.get().rfc_message_id
    text = acknowledgement.get_body(("plain",)).get_content()
    if language == "en":
        assert received in text and f"Its number is {ticket.number}" in text
    assert "http://desk.example/" in text
    inbox.clear()

    reply(people.agent, ticket, "<p>Pruebe <b>ahora</b>, por favor.</p>")
    run_background()
    (mail,) = inbox.to("leire@people.example")
    assert mail.get_content_type() == "multipart/alternative"
    assert "Pruebe ahora" in mail.get_body(("plain",)).get_content()
    assert "<b>ahora</b>" in mail.get_body(("html",)).get_content()
    assert mail["Auto-Submitted"] is None
    assert mail["In-Reply-To"] in mail["References"]
    assert acknowledgement["Message-ID"] in mail["References"]
    assert mail["Message-ID"] != acknowledgement["Message-ID"]
    assert mail["Content-Language"] == language
    assert "Aitor Agent" in mail["From"] and "<soporte@mesa.example>" in mail["From"]
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN

    waiting = words().status_for(StatusCategory.PENDING)
    reason = next(r for r in words().reasons.values() if r.waits_for_requester)
    change(by=Author.of(people.agent), ticket=ticket, status=waiting, pending_reason=reason)
    inbox.clear()
    dovecot.append(fetched.imap_user, answer(mail, "Sigue igual.", Subject="otra cosa", **me))
    assert fetch.poll(fetched) == 1
    ticket.refresh_from_db()
    assert Ticket.objects.count() == 1
    assert ticket.status_category == StatusCategory.OPEN, "an answer wakes what waited for it"
    said = ticket.messages.order_by("pk").last()
    assert said.text == "Sigue igual." and "Pruebe ahora" in said.folded_text
    run_background()
    assert inbox.to("leire@people.example") == [], "an answer in a conversation is not acknowledged"

    change(by=Author.of(people.agent), ticket=ticket, status=words().status_for(StatusCategory.RESOLVED))
    run_background()
    (done,) = inbox.to("leire@people.example")
    assert done["Auto-Submitted"] == "auto-generated"
    if language == "en":
        assert resolved in done["Subject"]
    dovecot.append(fetched.imap_user, answer(done, "Pues no.", **me))
    assert fetch.poll(fetched) == 1
    ticket.refresh_from_db()
    assert ticket.status_category == StatusCategory.OPEN, "an answer reopens"
    assert Ticket.objects.count() == 1


@pytest.mark.dovecot
def test_files_and_images_travel_unchanged_both_ways(fetched, dovecot, inbox, people, run_background, sign_in):
    pdf = b"%PDF-1.4\r\n\0\x80\xff\r\n.\r\n--b\r\n" * 50
    html = (
        '<p>Mire: <img src="cid:foto@x"> <img src="https://espia.example/p.gif"></p>'
        "<p>El lun, 23 nov 2026, Soporte escribió:</p><blockquote type=cite><p>antes</p></blockquote>"
    )
    raw = write("Mire.", html=html, images=[("foto@x", PNG)], files=[("Informe ñ.pdf", "application/pdf", pdf)])
    dovecot.append(fetched.imap_user, raw)
    assert fetch.poll(fetched) == 1
    message = Message.objects.get()
    by_name = {attachment.name: attachment for attachment in message.attachments.all()}
    assert read_blob(by_name["Informe ñ.pdf"].blob) == pdf
    shown = next(a for a in by_name.values() if a.content_id)
    assert read_blob(shown.blob) == PNG and f"cid:{shown.content_id}" in message.html
    assert message.foreign
    assert ' src="https://espia' not in message.html, "nothing is loaded from elsewhere"
    assert "antes" in message.folded_html and "antes" not in message.html
    assert read_blob(RawMail.objects.get().blob) == raw

    reply(people.agent, message.ticket, "<p>Recibido.</p>")
    run_background()
    to_her = Outgoing.objects.filter(address="ana@cliente.example")
    assert set(to_her.values_list("state", flat=True)) == {Outgoing.State.SENT} and to_her.count() == 2


@pytest.mark.dovecot
def test_a_reply_carries_its_files(fetched, dovecot, inbox, people, run_background):
    dovecot.append(fetched.imap_user, write())
    fetch.poll(fetched)
    ticket = Ticket.objects.get()
    file = File(store(PNG, name="a.png"), "guía ñ.png", "image/png")
    add_message(
        by=Author.of(people.agent), ticket=ticket, content=Content.of_text("Aquí la tiene.", [file]),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    run_background()
    mail = inbox.to("ana@cliente.example")[-1]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "guía ñ.png" and attached.get_content() == PNG


def test_a_bounce_marks_the_mail_and_history_says_so(deliver, inbox, people, run_background):
    opened = deliver(write())
    reply(people.agent, opened.row.ticket, "<p>Pruebe.</p>")
    run_background()
    mail = inbox.to("ana@cliente.example")[-1]
    before = Message.objects.count()
    back = deliver(report(mail))
    assert back.outcome == "bounce" and back.ticket == opened.ticket
    sent = Outgoing.objects.get(rfc_message_id=mail["Message-ID"])
    assert sent.state == Outgoing.State.FAILED and "5.1.1" in sent.error
    assert Message.objects.count() == before
    sentences = [s for entry in history(opened.row.ticket, viewer(people.agent)) for s in entry.sentences]
    assert any("ana@cliente.example" in sentence for sentence in sentences)
    run_background()
    assert len(inbox.to("ana@cliente.example")) == 2, "nothing is sent in answer to a report"


def test_a_delay_is_no_failure(deliver, inbox, people, run_background):
    opened = deliver(write())
    run_background()
    (mail,) = inbox.mails
    assert deliver(report(mail, status="4.4.1", action="delayed")).outcome == "bounce"
    assert Outgoing.objects.get(ticket=opened.row.ticket).state == Outgoing.State.SENT
