"""Who gets which mail: rows of `Outgoing`, written in the transaction of what they tell of.

Delivery is not notification: a public reply reaches its recipients whatever their preferences are.
"""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ventanilla.core.writing import insert
from ventanilla.events import wake
from ventanilla.events.record import Cause, Happening, record
from ventanilla.mail.keys import domain_of, mark_keys
from ventanilla.mail.marks import message_id
from ventanilla.mail.models import Outgoing, RawMail
from ventanilla.mail.queries import mailbox_of, own_addresses, sent_since
from ventanilla.people.addresses import normal_email
from ventanilla.people.models import Person
from ventanilla.tickets.actions import lock
from ventanilla.tickets.models import Access, Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

MOST_RECIPIENTS = 50
LINKS_PER_HOUR = 3


def _rows(happening: Happening) -> tuple[Ticket, Message | None]:
    ticket = happening.rows.get("ticket") or Ticket.objects.get(pk=int(happening.event.topic.partition(":")[2]))
    message = happening.rows.get("message")
    if message is None and happening.event.data.get("message"):
        message = Message.objects.get(pk=happening.event.data["message"])
    return ticket, message


def deliver_reply(happening: Happening, _cause: Cause) -> None:
    """A public reply of the desk goes to whom the composer named, else to requester and participants."""
    ticket, message = _rows(happening)
    if happening.quiet or message is None or message.automatic:
        return
    if message.to or message.cc:
        addresses = [*message.to, *message.cc]
    else:
        addresses = list(
            Person.objects.filter(
                access__ticket=ticket, access__why__in=[Access.Why.REQUESTER, Access.Why.PARTICIPANT], is_active=True
            )
            .exclude(email=None)
            .values_list("email", flat=True)
        )
    own = own_addresses() | {message.author.email if message.author else None}
    wanted = {normal_email(address) for address in addresses} - own - {""}
    _write(Outgoing.Kind.REPLY, happening, ticket, message, sorted(wanted)[:MOST_RECIPIENTS], automatic=False)


def acknowledge(happening: Happening, _cause: Cause) -> None:
    """The requester of a new ticket learns its number, at most N times an hour, and never in answer to a machine."""
    ticket, message = _rows(happening)
    mailbox = mailbox_of(ticket)
    if happening.quiet or happening.event.data.get("automatic") or mailbox is None or not mailbox.acknowledge:
        return
    address = ticket.requester.email
    if not address or address in own_addresses():
        return
    since = timezone.now() - timedelta(hours=1)
    if sent_since(address, Outgoing.Kind.ACKNOWLEDGEMENT, since) >= mailbox.answers_per_hour:
        return
    _write(Outgoing.Kind.ACKNOWLEDGEMENT, happening, ticket, message, [address], automatic=True)


def tell_resolved(happening: Happening, _cause: Cause) -> None:
    """The requester learns that the desk resolved the ticket, and may confirm or reopen it."""
    change = (happening.event.data.get("changes") or {}).get("status")
    if happening.quiet or not change:
        return
    status = words().statuses.get(change[1])
    if status is None or status.category != StatusCategory.RESOLVED:
        return
    ticket, _message = _rows(happening)
    if ticket.stage == Ticket.Stage.SPAM:
        return
    address = ticket.requester.email
    by_requester = happening.event.actor == f"person:{ticket.requester_id}"
    if address and not by_requester and address not in own_addresses():
        said = {"unanswered": True} if happening.event.data.get("reason") == "no_answer" else None
        _write(Outgoing.Kind.RESOLVED, happening, ticket, None, [address], automatic=True, said=said)


def remind(happening: Happening, _cause: Cause) -> None:
    """The requester of a ticket that waits for them learns that it still does, and what becomes of it without them."""
    ticket, _message = _rows(happening)
    address = ticket.requester.email
    if not happening.quiet and address and address not in own_addresses():
        said = {"resolves": happening.event.data["resolves"]}
        _write(Outgoing.Kind.REMINDER, happening, ticket, None, [address], automatic=True, said=said)


def ask(happening: Happening, _cause: Cause) -> None:
    """The requester gets the names of what is missing, and the link to the form that asks for it."""
    ticket, _message = _rows(happening)
    address = ticket.requester.email
    if not happening.quiet and address and address not in own_addresses():
        said = {"fields": happening.event.data["fields"]}
        _write(Outgoing.Kind.QUESTION, happening, ticket, None, [address], automatic=True, said=said)


def invite(happening: Happening, _cause: Cause) -> None:
    """A colleague who was invited gets the address of the help desk and learns how to sign in."""
    person = happening.rows.get("person") or Person.objects.get(pk=int(happening.event.topic.partition(":")[2]))
    address = person.email
    if happening.quiet or not address or address in own_addresses():
        return
    mailbox = mailbox_of(None)
    insert(
        Outgoing(
            kind=Outgoing.Kind.INVITATION,
            event=happening.event.pk,
            person=person,
            address=address,
            mailbox=mailbox,
            rfc_message_id=f"<i.{secrets.token_hex(12)}@{domain_of(mailbox)}>",
            automatic=True,
            context={"by": happening.event.actor},
        )
    )
    wake.wake_on_commit("outgoing")


def _write(
    kind: Outgoing.Kind,
    happening: Happening,
    ticket: Ticket,
    message: Message | None,
    addresses: Iterable[str],
    *,
    automatic: bool,
    said: dict[str, Any] | None = None,
) -> None:
    mailbox = mailbox_of(ticket)
    wanted = list(addresses)
    requester = ticket.requester
    if wanted == [requester.email]:
        persons: dict[str | None, int] = {requester.email: requester.pk}
    else:
        persons = dict(Person.objects.filter(email__in=wanted).values_list("email", "pk"))
    rows = [
        Outgoing(
            kind=kind,
            event=happening.event.pk,
            ticket=ticket,
            message=message,
            person_id=persons.get(address),
            address=address,
            mailbox=mailbox,
            rfc_message_id=_fresh_id(ticket, message, domain_of(mailbox)),
            automatic=automatic,
            context=said or {},
        )
        for address in wanted
    ]
    if rows:
        insert(*rows)
        wake.wake_on_commit("outgoing")


def _fresh_id(ticket: Ticket, message: Message | None, domain: str) -> str:
    """A signed Message-ID of its own: the mark names ticket and message, the host part tells mails apart."""
    return message_id(
        mark_keys()[0],
        ticket=ticket.pk,
        message=message.pk if message else 0,
        domain=f"{secrets.token_hex(6)}.{domain}",
    )


@transaction.atomic
def send_fresh_link(*, ticket: Ticket, person: Person) -> bool:
    """Mail a person a fresh link to a ticket; whoever calls has made sure that they may read it.

    At most `LINKS_PER_HOUR` an hour go to one address, whoever asks, and none to an address of ours or to nobody.
    Records `mail.link_sent`; returns whether a mail was written.
    """
    address = person.email
    if not address or address in own_addresses():
        return False
    lock([ticket.pk])  # two who ask at once are counted one after the other
    if sent_since(address, Outgoing.Kind.LINK, timezone.now() - timedelta(hours=1)) >= LINKS_PER_HOUR:
        return False
    event = record("mail.link_sent", ticket.topic, actor="system:mail", personal={"address": address})
    mailbox = mailbox_of(ticket)
    Outgoing.objects.create(
        kind=Outgoing.Kind.LINK,
        event=event.pk,
        ticket=ticket,
        person=person,
        address=address,
        mailbox=mailbox,
        rfc_message_id=_fresh_id(ticket, None, domain_of(mailbox)),
        automatic=True,
    )
    wake.wake_on_commit("outgoing")
    return True


def erase_redacted(happening: Happening, _cause: Cause) -> None:
    """A redacted message loses its raw mail and what still waited to be sent of it."""
    message = happening.event.data["message"]
    Outgoing.objects.filter(message_id=message, state=Outgoing.State.DUE).update(
        state=Outgoing.State.FAILED, error="redacted"
    )
    raw = happening.event.data.get("raw")
    if raw:
        RawMail.objects.filter(pk=raw).update(blob=None, subject="")
