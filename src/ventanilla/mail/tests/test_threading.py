"""Which ticket a mail belongs to, and what it may never do: through `ventanilla mail deliver`."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ventanilla.mail.actions import save_mailbox
from ventanilla.mail.keys import mark_keys
from ventanilla.mail.letters import notice_token
from ventanilla.mail.marks import message_id, reply_token
from ventanilla.mail.models import Outgoing, RawMail
from ventanilla.mail.tests.write import DESK, answer, write
from ventanilla.people.actions import change_person
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.merging import merge_tickets, unmerge_ticket
from ventanilla.tickets.models import Access, Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

pytestmark = pytest.mark.django_db
SETUP = Author.system("test")


@pytest.fixture
def opened(deliver):
    """A ticket that came by mail from Ana."""
    return deliver(write()).row.ticket


def resolve(ticket: Ticket) -> None:
    change(by=SETUP, ticket=ticket, status=words().status_for(StatusCategory.RESOLVED))


def test_a_genuine_mark_threads_whatever_the_subject_says(deliver, opened):
    mark = message_id(mark_keys()[0], ticket=opened.pk, message=0, domain="mesa.example")
    back = deliver(write("Más datos.", Subject="nada que ver", References=f"<otro@x> {mark}"))
    assert (back.outcome, back.ticket, back.reason) == ("added", opened.number, "signed_reference")


@pytest.mark.parametrize("kind", ["forged", "foreign", "unsigned", "another ticket's"])
def test_any_other_mark_opens_a_new_ticket(kind, deliver, opened, make_ticket):
    other = make_ticket()
    genuine = message_id(mark_keys()[0], ticket=other.pk, message=0, domain="mesa.example")
    mark = {
        "forged": f"<v.{opened.pk}.0.{'a' * 26}@mesa.example>",
        "foreign": message_id(b"another installation", ticket=opened.pk, message=0, domain="mesa.example"),
        "unsigned": f"<v.{opened.pk}.0@mesa.example>",
        "another ticket's": genuine.replace(f"v.{other.pk}.", f"v.{opened.pk}."),
    }[kind]
    back = deliver(write("Hola.", From="malo@otro.example", In_Reply_To=mark))
    assert back.outcome == "opened" and back.ticket != opened.number
    assert Message.objects.filter(ticket=opened).count() == 1


def test_what_answers_a_merged_ticket_lands_where_it_is_now(deliver, opened, make_ticket, people):
    left = make_ticket(subject="Otra impresora", by=SETUP)
    note = add_message(
        by=SETUP, ticket=opened, content=Content.of_text("Un momento."), audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.DESK,
    )  # fmt: skip
    merge_tickets(by=SETUP, into=left, tickets=[opened])
    for message in (0, note.pk):
        mark = message_id(mark_keys()[0], ticket=opened.pk, message=message, domain="mesa.example")
        assert deliver(write("Más datos.", Subject="x", References=mark)).ticket == left.number
    assert deliver(write("Soy yo.", Subject=f"RE: [{opened.number}] La impresora")).ticket == left.number
    other = deliver(write("Soy otro.", From="otro@otro.example", Subject=f"RE: [{opened.number}] La impresora"))
    assert other.outcome == "opened"
    unmerge_ticket(by=SETUP, ticket=opened)
    mark = message_id(mark_keys()[0], ticket=opened.pk, message=note.pk, domain="mesa.example")
    assert deliver(write("Y más.", Subject="x", References=mark)).ticket == opened.number


def test_the_number_in_the_subject_counts_for_who_takes_part_alone(deliver, opened):
    mine = deliver(write("Soy yo.", Subject=f"RE: [{opened.number}] La impresora"))
    assert (mine.outcome, mine.ticket, mine.reason) == ("added", opened.number, "subject_mark")
    stranger = deliver(write("Soy otro.", From="otro@otro.example", Subject=f"RE: [{opened.number}] La impresora"))
    assert stranger.outcome == "opened" and stranger.ticket != opened.number


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "", "Sender": "ana@cliente.example"},
        {"From": "Ana Ruiz", "Reply_To": "ana@cliente.example"},
    ],
)
def test_a_guessed_author_never_threads_by_subject(fields, deliver, opened):
    back = deliver(write("¿Soy yo?", Subject=f"[{opened.number}]", **fields))
    assert back.outcome == "opened" and back.ticket != opened.number


def test_a_guessed_author_is_never_an_agent(deliver, people):
    back = deliver(write("Soy el agente.", From="", Sender="aitor@people.example"))
    assert back.outcome == "opened" and back.row.ticket.requester != people.agent


def test_a_forwarded_mark_lets_a_stranger_speak_but_let_nobody_in(deliver, opened):
    mark = message_id(mark_keys()[0], ticket=opened.pk, message=0, domain="mesa.example")
    back = deliver(write("Me lo han reenviado.", From="b@otro.example", Cc="c@otro.example", In_Reply_To=mark))
    assert back.ticket == opened.number
    assert not Access.objects.filter(ticket=opened, person__email__in=["b@otro.example", "c@otro.example"]).exists()


def test_copies_become_participants_unless_the_mailbox_ignores_them(deliver, mailbox, people):
    cc = "Benito <benito@cliente.example>, aitor@people.example, soporte+algo@mesa.example"
    first = deliver(write(Cc=cc)).row.ticket
    taking_part = Person.objects.filter(access__ticket=first, access__why=Access.Why.PARTICIPANT)
    assert [person.email for person in taking_part] == ["benito@cliente.example"], "neither agents nor ourselves"
    threaded = deliver(write("Añado.", From="benito@cliente.example", Subject=f"[{first.number}]"))
    assert threaded.ticket == first.number
    save_mailbox(by=SETUP, mailbox=mailbox, cc_policy="ignore")
    second = deliver(write(Cc=cc)).row.ticket
    assert not Access.objects.filter(ticket=second, why=Access.Why.PARTICIPANT).exists()


def test_an_out_of_office_answer_is_added_and_changes_nothing(deliver, opened, inbox, people, run_background):
    add_message(
        by=Author.of(people.agent), ticket=opened, content=Content.of_text("Pruebe."),
        audience=Message.Audience.REQUESTER, channel=Ticket.Channel.DESK,
    )  # fmt: skip
    resolve(opened)
    run_background()
    mail = inbox.to("ana@cliente.example")[-1]
    sent = Outgoing.objects.exclude(kind=Outgoing.Kind.NOTICE).count()
    back = deliver(
        answer(mail, "Estoy de vacaciones.", Auto_Submitted="auto-replied", Subject="Respuesta automática: x")
    )
    assert back.outcome == "added" and back.ticket == opened.number
    opened.refresh_from_db()
    assert opened.status_category == StatusCategory.RESOLVED
    assert Message.objects.get(raw=back.raw).automatic
    run_background()
    assert Outgoing.objects.exclude(kind=Outgoing.Kind.NOTICE).count() == sent


def test_an_automatic_answer_to_nothing_we_know_is_held(deliver, inbox, run_background):
    back = deliver(write("Estoy fuera.", Auto_Submitted="auto-replied", In_Reply_To="<x@otro.example>"))
    assert back.outcome == "quarantined" and back.ticket is None
    run_background()
    assert inbox.mails == [] and Ticket.objects.count() == 0


def test_two_of_our_installations_do_not_answer_each_other_for_ever(deliver, inbox, run_background):
    other = "mesa@otra.example"
    deliver(write("Necesitamos ayuda.", From=f"Otra mesa <{other}>"))
    run_background()
    (acknowledgement,) = inbox.to(other)
    # What the other installation would do with it: take it in, and acknowledge on its part.
    theirs = write(
        "Hemos recibido su mensaje.", From=f"Otra mesa <{other}>", Subject=f"[INC-9] {acknowledgement['Subject']}",
        In_Reply_To=acknowledgement["Message-ID"], Auto_Submitted="auto-replied",
        X_Ventanilla_Installation="11111111-1111-1111-1111-111111111111",
    )  # fmt: skip
    inbox.clear()
    assert deliver(theirs).outcome == "added"
    run_background()
    assert inbox.to(other) == []


def test_our_own_mail_come_back_is_held(deliver, inbox, run_background):
    deliver(write())
    run_background()
    (mine,) = inbox.mails
    back = deliver(bytes(inbox.envelopes[0].content))
    assert back.outcome == "quarantined" and back.row.verdict == "own_loop"
    assert Ticket.objects.count() == 1 and mine["X-Ventanilla-Installation"]


def test_no_more_than_sixty_mails_an_hour_from_one_sender(deliver):
    RawMail.objects.bulk_create(
        RawMail(
            mailbox_id=deliver(write()).row.mailbox_id, digest=f"{n:064d}", size=1, sender="ana@cliente.example",
            state=RawMail.State.DONE,
        )
        for n in range(58)
    )  # fmt: skip
    before = Ticket.objects.count()
    held = deliver(write())
    assert held.outcome == "quarantined" and held.row.verdict == "rate_limited"
    assert Ticket.objects.count() == before
    assert deliver(write(From="otra@cliente.example")).outcome == "opened"


def test_no_more_than_so_many_acknowledgements_an_hour(deliver, mailbox, inbox, run_background):
    save_mailbox(by=SETUP, mailbox=mailbox, answers_per_hour=2)
    for _ in range(4):
        assert deliver(write()).outcome == "opened"
    run_background()
    assert len(inbox.to("ana@cliente.example")) == 2


class TestAgents:
    """An agent answers a notice by mail."""

    @pytest.fixture
    def mine(self, opened, people, run_background, inbox):
        """Ana's ticket, assigned to the agent, who was told of it."""
        change(by=SETUP, ticket=opened, assignee=people.agent)
        run_background()
        inbox.clear()
        return opened

    def notice(self, inbox, people):
        return inbox.to(people.agent.email)[-1]

    def test_a_notice_of_a_requesters_message_gives_a_public_reply(self, deliver, mine, inbox, people, run_background):
        deliver(write("¿Hay novedades?", Subject=f"[{mine.number}]"))
        run_background()
        notice = self.notice(inbox, people)
        first = notice.get_body(("plain",)).get_content().splitlines()[0]
        assert "PUBLIC REPLY" in first
        inbox.clear()
        back = deliver(answer(notice, "Mañana lo tiene.", From="Aitor <aitor@people.example>"))
        assert (back.outcome, back.ticket, back.reason) == ("added", mine.number, "reply_token")
        said = Message.objects.get(raw=back.raw)
        assert said.public and said.from_staff and said.author == people.agent and said.text == "Mañana lo tiene."
        run_background()
        (mail,) = inbox.to("ana@cliente.example")
        assert "Mañana lo tiene." in mail.get_body(("plain",)).get_content()
        assert "PUBLIC REPLY" not in str(mail)

    def test_a_notice_of_a_note_gives_a_note(self, deliver, mine, inbox, people, run_background):
        add_message(
            by=Author.of(people.supervisor), ticket=mine, content=Content.of_text("Ojo: es la VIP."),
            audience=Message.Audience.STAFF, channel=Ticket.Channel.DESK,
        )  # fmt: skip
        run_background()
        notice = self.notice(inbox, people)
        assert "INTERNAL NOTE" in notice.get_body(("plain",)).get_content().splitlines()[0]
        inbox.clear()
        back = deliver(answer(notice, "Entendido.", From="aitor@people.example"))
        assert back.outcome == "added"
        assert Message.objects.get(raw=back.raw).audience == Message.Audience.STAFF
        run_background()
        assert inbox.to("ana@cliente.example") == []

    def token(self, ticket, person, **more):
        return notice_token(ticket=ticket, person=person, internal=False) if not more else reply_token(
            mark_keys()[0], ticket=ticket.pk, person=person.pk, audience="public", **more
        )  # fmt: skip

    def refused(self, deliver, ticket, raw, reason):
        before = (Message.objects.count(), Ticket.objects.count(), Ticket.objects.get(pk=ticket.pk).version)
        back = deliver(raw)
        assert (back.outcome, back.ticket, back.reason) == ("quarantined", None, reason)
        assert (Message.objects.count(), Ticket.objects.count(), Ticket.objects.get(pk=ticket.pk).version) == before

    def test_from_another_sender(self, deliver, mine, people):
        to = f"soporte+{self.token(mine, people.agent)}@mesa.example"
        for sender in ("ana@cliente.example", "nadie@otro.example", people.supervisor.email):
            self.refused(deliver, mine, write("Soy yo.", From=sender, To=to), "agent_not_proven")

    def test_with_several_authors(self, deliver, mine, people):
        to = f"soporte+{self.token(mine, people.agent)}@mesa.example"
        raw = write("Soy yo.", From="aitor@people.example, otro@otro.example", To=to)
        self.refused(deliver, mine, raw, "agent_not_proven")

    def test_with_an_expired_token(self, deliver, mine, people):
        to = f"soporte+{self.token(mine, people.agent, expires_at=timezone.now() - timedelta(days=1))}@mesa.example"
        self.refused(deliver, mine, write("Tarde.", From=people.agent.email, To=to), "token_expired")

    def test_without_a_token(self, deliver, mine, people):
        raw = write("Sin marca.", From=people.agent.email, Subject=f"[{mine.number}] x")
        self.refused(deliver, mine, raw, "agent_without_token")
        mark = message_id(mark_keys()[0], ticket=mine.pk, message=0, domain="mesa.example")
        raw = write("Con la marca del solicitante.", From=people.agent.email, In_Reply_To=mark)
        self.refused(deliver, mine, raw, "agent_without_token")

    def test_who_may_no_longer_reply(self, deliver, mine, people):
        to = f"soporte+{self.token(mine, people.agent)}@mesa.example"
        change_person(by=SETUP, person=people.agent, role=people.reader.role)
        self.refused(deliver, mine, write("Ya no puedo.", From=people.agent.email, To=to), "agent_not_proven")

    def test_unproven_where_the_mailbox_wants_proof(self, deliver, mine, mailbox, people):
        save_mailbox(by=SETUP, mailbox=mailbox, proven_agents_only=True, trusted_host="mx.mesa.example")
        to = f"soporte+{self.token(mine, people.agent)}@mesa.example"
        me = people.agent.email
        results = "mx.mesa.example; dmarc={} header.from=people.example"
        for said in ("", results.format("fail"), "mx.malo.example; dmarc=pass header.from=people.example"):
            raw = write("¿Soy yo?", From=me, To=to, Authentication_Results=said)
            self.refused(deliver, mine, raw, "agent_not_proven")
        good = write("Soy yo.", From=me, To=to, Authentication_Results=results.format("pass"))
        assert deliver(good).outcome == "added"

    def test_an_agent_may_still_ask_for_help(self, deliver, people):
        back = deliver(write("A mí tampoco me va.", From=people.agent.email))
        assert back.outcome == "opened" and back.row.ticket.requester == people.agent
        more = deliver(write("Otra cosa.", From=people.agent.email, Subject=f"[{back.ticket}]"))
        assert more.ticket == back.ticket and not Message.objects.get(raw=more.raw).from_staff


def test_one_mail_in_two_mailboxes_is_one_ticket(deliver, make_mailbox):
    make_mailbox("ventas@mesa.example")
    raw = write(To=f"{DESK}, ventas@mesa.example")
    first = deliver(raw, mailbox=DESK)
    second = deliver(raw.replace(b"\r\n\r\n", b"\r\nX-Spam-Score: 0\r\n\r\n", 1), mailbox="ventas@mesa.example")
    assert (second.outcome, second.ticket) == ("duplicate", first.ticket)
    assert Ticket.objects.count() == 1 and RawMail.objects.count() == 2


def test_the_same_bytes_again_name_the_ticket(deliver):
    raw = write()
    first = deliver(raw)
    again = deliver(raw)
    assert (again.outcome, again.ticket, again.raw) == ("duplicate", first.ticket, first.raw)


@pytest.mark.parametrize("more", [{"text": "Otra cosa"}, {"files": [("a.txt", "text/plain", b"nuevo")]}])
def test_the_same_message_id_with_another_content_is_no_duplicate(more, deliver, mailbox):
    same = {"Message_ID": "<igual@cliente.example>", "Date": "Mon, 23 Nov 2026 10:00:00 +0100"}
    first = deliver(write(**same))
    second = deliver(write(**(same | more)))
    assert second.outcome == "opened" and second.ticket != first.ticket
