"""Where a mail may go: each destination looks and takes it or leaves it to the next. Runs inside the transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.core.htmlclean import clean_html
from ventanilla.events.record import record
from ventanilla.files.actions import store as store_blob
from ventanilla.installation.queries import installation
from ventanilla.mail.keys import mark_keys
from ventanilla.mail.marks import read_mark, read_reply_token, subject_numbers
from ventanilla.mail.models import Mailbox, Outgoing, RawMail
from ventanilla.mail.parse import Mail
from ventanilla.mail.queries import own_addresses
from ventanilla.mail.quotes import fold_html, fold_text
from ventanilla.mail.screens import Verdict, authentication
from ventanilla.people.actions import create_person, identify, person_at
from ventanilla.people.addresses import normal_email
from ventanilla.people.author import Author
from ventanilla.people.models import Identity, Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import add_message, add_participants, open_ticket
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.life_cycle_actions import answer
from ventanilla.tickets.models import Access, Message, Ticket
from ventanilla.tickets.survivors import survivor_id, survivor_of

MOST_CC = 20
_UNKNOWN_SENDER = "unknown-sender"
_DOUBTS = frozenset({"no_from", "from_without_address", "several_from"})
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Taken:
    """What a destination made of a mail."""

    outcome: RawMail.Outcome
    ticket: Ticket | None
    reason: str


@dataclass(frozen=True)
class Arrival:
    """A mail with everything slow already done: parsed, judged, its text cleaned and folded, its files stored."""

    row: RawMail
    mail: Mail
    verdict: Verdict
    content: Content
    released: bool = False

    @classmethod
    def prepare(cls, row: RawMail, raw: bytes, mail: Mail, verdict: Verdict, *, released: bool = False) -> "Arrival":
        """Do the slow work, outside any transaction. A mail that is held or discarded needs none of it."""
        if verdict.destination in ("quarantine", "discard") and not released:
            return cls(row, mail, verdict, Content(), released)
        folded = fold_text(mail.text)
        visible_html = folded_html = ""
        if mail.html:
            visible_html, folded_html = fold_html(clean_html(mail.html))
        files = tuple(
            File(store_blob(part.content, name=part.name), part.name, part.content_type, part.content_id)
            for part in mail.parts
            if not part.unpacked  # a winmail.dat whose contents follow; the raw mail keeps it
        )
        content = Content(
            text=folded.visible.strip(),
            html=visible_html,
            folded_text=folded.folded,
            folded_html=folded_html,
            foreign=bool(mail.html),
            files=files,
        )
        return cls(row, mail, verdict, content, released)

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox it came to."""
        return self.row.mailbox

    @property
    def sender(self) -> str:
        """The author's address in its stored form; empty when there is none."""
        return normal_email(self.mail.from_.address)

    @cached_property
    def known(self) -> Person | None:
        """Who the sender's address belonged to when it was first asked."""
        return person_at(self.sender)

    @property
    def doubtful(self) -> bool:
        """Whether the author is a guess: no usable From, or several. Such a mail never counts as an agent's."""
        return not _DOUBTS.isdisjoint(self.mail.defects) or len(self.mail.from_all) > 1


def own_bounce(arrival: Arrival) -> Taken | None:
    """A delivery report about a mail of ours: the mail is marked as failed, and its ticket's history says so.

    A report about anything else has no place here and goes to quarantine.
    """
    report = arrival.mail.report
    if arrival.verdict.kind != "bounce" or report is None:
        return None
    original = report.original_message_id
    # Nobody but its receivers can name a Message-ID of ours: each holds a signature or random bits.
    outgoing = Outgoing.objects.filter(rfc_message_id=original).select_related("ticket").first() if original else None
    if outgoing is None:
        return Taken(RawMail.Outcome.QUARANTINED, None, "foreign_report")
    failed = [recipient for recipient in report.recipients if recipient.permanent]
    if failed:
        Outgoing.objects.filter(pk=outgoing.pk).update(
            state=Outgoing.State.FAILED, error=f"{failed[0].status} {failed[0].diagnostic}"[:500]
        )
        record(
            "mail.bounced",
            outgoing.ticket.topic if outgoing.ticket else f"outgoing:{outgoing.pk}",
            actor=f"mail:{arrival.row.pk}",
            data={"outgoing": outgoing.pk, "status": failed[0].status},
            personal={"address": outgoing.address},
        )
    return Taken(RawMail.Outcome.BOUNCE, outgoing.ticket, "delivery_report")


def agent_answer(arrival: Arrival) -> Taken | None:
    """An agent answers a notice by mail. Only with a valid reply token of that very agent; else quarantine.

    A notice of an internal note gives an internal note, of a requester's message a public reply in the agent's name.
    """
    mail = arrival.mail
    traces = [*mail.in_reply_to, *mail.references, *(a.address for a in (*mail.to, *mail.cc))]
    token = read_reply_token(mark_keys(), traces, now=_EVER)
    if token is None:
        return None
    if token.expires_at <= timezone.now() and not arrival.released:
        return Taken(RawMail.Outcome.QUARANTINED, None, "token_expired")
    # Released, somebody vouches for the mail; what is still no agent's answer is left to the next destinations.
    held = None if arrival.released else Taken(RawMail.Outcome.QUARANTINED, None, "agent_not_proven")
    author = None if arrival.doubtful else arrival.known
    if author is None or author.pk != token.person or not author.is_active or arrival.verdict.automatic:
        return held
    wants_proof = arrival.mailbox.proven_agents_only and not arrival.released
    if wants_proof and not authentication(mail, [arrival.mailbox.trusted_host]).trusted:
        return held
    ticket = Ticket.objects.visible_to(author).filter(pk=survivor_id(token.ticket)).first()
    if ticket is None:
        return held
    internal = token.audience == "internal"
    if not author.may(Right.NOTE if internal else Right.REPLY):
        return held
    add_message(
        by=Author.mail(arrival.row.pk, author),
        ticket=ticket,
        content=_said(arrival),
        audience=Message.Audience.STAFF if internal else Message.Audience.REQUESTER,
        channel=Ticket.Channel.MAIL,
        raw=arrival.row.pk,
        rfc_message_id=mail.message_id[:250],
        quiet=arrival.row.quiet,
    )
    return Taken(RawMail.Outcome.ADDED, ticket, "reply_token")


def known_ticket(arrival: Arrival) -> Taken | None:
    """An answer to a ticket: by a mark of ours that is genuine, or by the subject's number from a participant.

    An agent needs a reply token for every ticket but those opened for themselves: quarantine otherwise. Released from
    there, their mail becomes an internal note: nobody outside reads what no token said was for them.
    """
    author = arrival.known
    ticket, reason = _matched(arrival, author)
    if ticket is None:
        return None
    audience = Message.Audience.REQUESTER
    if author is not None and author.may(Right.DESK):
        own = author.pk in (ticket.requester_id, ticket.affected_id)
        if (not own or arrival.doubtful) and not arrival.released:
            return Taken(RawMail.Outcome.QUARANTINED, None, "agent_without_token")
        if not own:
            audience = Message.Audience.STAFF
    if author is None:
        author = _person(arrival)
    try:
        given: dict[str, Any] = {
            "by": Author.mail(arrival.row.pk, author),
            "ticket": ticket,
            "content": _said(arrival),
            "channel": Ticket.Channel.MAIL,
            "to": [a.address for a in arrival.mail.to][:MOST_CC],
            "cc": [a.address for a in arrival.mail.cc][:MOST_CC],
            "raw": arrival.row.pk,
            "rfc_message_id": arrival.mail.message_id[:250],
            "author_name": arrival.mail.from_.name[:160],
            "author_address": arrival.mail.from_.address[:254],
            "automatic": arrival.verdict.automatic,
            "quiet": arrival.row.quiet,
        }
        if audience == Message.Audience.STAFF:
            add_message(audience=audience, **given)
        else:
            ticket = answer(**given).ticket
    except PermissionDenied:
        return Taken(RawMail.Outcome.QUARANTINED, None, "not_allowed")
    # A mark may have been forwarded: only who takes part already lets others in.
    if _takes_part(author, ticket):
        copied = _copied(arrival, ticket.requester)
        add_participants(by=Author.mail(arrival.row.pk, author), ticket=ticket, persons=copied)
    return Taken(RawMail.Outcome.ADDED, ticket, reason)


def new_ticket(arrival: Arrival) -> Taken | None:
    """Everything else that may be delivered opens a ticket. A machine's answer to nothing we know does not."""
    if arrival.verdict.destination == "attach_quietly" and not arrival.released:
        return None
    mail, mailbox = arrival.mail, arrival.mailbox
    requester = _person(arrival)
    with override(mailbox.language or installation().language):
        subject = mail.subject.strip() or _first_line(arrival.content.text) or _("(no subject)")
    ticket = open_ticket(
        by=Author.mail(arrival.row.pk, requester),
        requester=requester,
        subject=subject[:250],
        content=_said(arrival),
        channel=Ticket.Channel.MAIL,
        type=mailbox.type,
        routing=mailbox,
        mailbox=mailbox.address,
        participants=_copied(arrival, requester),
        raw=arrival.row.pk,
        rfc_message_id=mail.message_id[:250],
        to=[a.address for a in mail.to][:MOST_CC],
        cc=[a.address for a in mail.cc][:MOST_CC],
        author_name=mail.from_.name[:160],
        author_address=mail.from_.address[:254],
        automatic=arrival.verdict.automatic,
        quiet=arrival.row.quiet,
    )
    return Taken(RawMail.Outcome.OPENED, ticket, arrival.verdict.reason)


# The first that takes the mail has it. Later issues add the supplier's leg and replies to the forum here.
DESTINATIONS: tuple[Callable[[Arrival], Taken | None], ...] = (own_bounce, agent_answer, known_ticket, new_ticket)


def _matched(arrival: Arrival, author: Person | None) -> tuple[Ticket | None, str]:
    mail = arrival.mail
    found = read_mark(mark_keys(), [*mail.references, *mail.in_reply_to])
    if found is None and mail.report is not None:
        found = read_mark(mark_keys(), mail.report.original_message_id)
    if found is not None:
        # A message may stand in another ticket by now: that was split off, or into which its own was merged.
        place = Message.objects.filter(pk=found.message).values_list("ticket_id", flat=True).first()
        ticket = Ticket.objects.filter(pk=place or survivor_id(found.ticket)).first()
        if ticket is not None:
            return ticket, "signed_reference"
    if author is not None and not arrival.doubtful:
        for number in subject_numbers(mail.subject):
            named = Ticket.objects.filter(number=number).first()
            ticket = survivor_of(named) if named else None
            # An agent's mail about a ticket is never a new one; without a token the caller holds it.
            if ticket is not None and (author.may(Right.DESK) or _takes_part(author, ticket)):
                return ticket, "subject_mark"
    return None, ""


def _takes_part(person: Person, ticket: Ticket) -> bool:
    return Access.objects.filter(person=person, ticket=ticket).exclude(why=Access.Why.WATCHER).exists()


def _person(arrival: Arrival) -> Person:
    by = Author.mail(arrival.row.pk, None)
    if arrival.sender:
        person = arrival.known or create_person(by=by, name=arrival.mail.from_.name, email=arrival.sender)
        if not (arrival.doubtful and person.may(Right.DESK)):
            return person
    known = Identity.objects.filter(kind=Identity.Kind.EXTERNAL, value=_UNKNOWN_SENDER).select_related("person").first()
    if known is not None:
        return known.person
    with override(installation().language):
        return create_person(by=by, name=_("Unknown sender"), external=_UNKNOWN_SENDER)


def _copied(arrival: Arrival, requester: Person) -> Sequence[Person]:
    """Who stands in To and CC beside us becomes a participant, where the mailbox says so."""
    if arrival.mailbox.cc_policy != Mailbox.CcPolicy.PARTICIPANTS or arrival.verdict.automatic:
        return ()
    own = own_addresses()
    by = Author.mail(arrival.row.pk, None)
    people = {}
    for address in (*arrival.mail.to, *arrival.mail.cc):
        value = normal_email(address.address)
        local, _at, domain = value.partition("@")
        if not value or value in own or f"{local.partition('+')[0]}@{domain}" in own:
            continue
        person = identify(by=by, address=value, name=address.name)
        if person.pk != requester.pk and not person.may(Right.DESK):
            people[person.pk] = person
        if len(people) >= MOST_CC:
            break
    return list(people.values())


def _said(arrival: Arrival) -> Content:
    """What the mail says; a mail without a word says so in the language of its mailbox."""
    if not arrival.content.empty:
        return arrival.content
    with override(arrival.mailbox.language or installation().language):
        return Content.of_text(_("(empty message)"))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:120]
