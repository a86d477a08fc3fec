"""Telling agents about events: in the background, by their own choice, never of their own acts."""

import secrets
from collections.abc import Iterable

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events import wake
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, Happening
from ventanilla.mail.keys import domain_of
from ventanilla.mail.letters import notice_token
from ventanilla.mail.marks import token_message_id
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mailbox_of, own_addresses
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Access, Message, Ticket

_TICKET = Prepared(lambda: Ticket.objects.filter(pk=Given("ticket")))
_MESSAGE = Prepared(lambda: Message.objects.filter(pk=Given("message")).only("audience"))
_PERSON = Prepared(lambda: Person.objects.filter(pk=Given("person")).select_related("role"))
_WATCHING = Prepared(
    lambda: (
        Person.objects.agents()
        .filter(access__ticket_id=Given("ticket"), access__why=Access.Why.WATCHER)
        .select_related("role")
    )
)
_IN_TEAM = Prepared(
    lambda: (
        Person.objects.agents()
        .filter(membership__team_id=Given("team"), notices=Person.Notices.TEAM)
        .select_related("role")
    )
)


def tell_agents(happening: Happening, _cause: Cause) -> None:
    """Write one notice mail for each agent concerned. Run once per event by its hand-over."""
    event = happening.event
    ticket = next(iter(_TICKET.objects(ticket=int(event.topic.partition(":")[2]))), None)
    if ticket is None:
        return
    message = next(iter(_MESSAGE.objects(message=event.data.get("message") or 0)), None)
    if event.kind == "ticket.changed" and not (event.data.get("changes") or {}).get("assignee"):
        return
    rows = []
    for person, reason in _concerned(happening, ticket):
        internal = message is not None and not message.public
        token = notice_token(ticket=ticket, person=person, internal=internal)
        mailbox = mailbox_of(ticket)
        rows.append(
            Outgoing(
                kind=Outgoing.Kind.NOTICE,
                event=event.pk,
                ticket=ticket,
                message=message,
                person=person,
                address=person.email or "",
                mailbox=mailbox,
                rfc_message_id=token_message_id(token, unique=secrets.token_hex(8), domain=domain_of(mailbox)),
                automatic=True,
                context={
                    "reason": reason,
                    "internal": internal,
                    "token": token,
                    "can_answer": message is not None and person.may(Right.NOTE if internal else Right.REPLY),
                },
            )
        )
    if rows:
        Outgoing.objects.bulk_create(rows, ignore_conflicts=True)
        wake.wake_on_commit("outgoing")


def _concerned(happening: Happening, ticket: Ticket) -> Iterable[tuple[Person, str]]:
    """Who is told of an event, and why; each person once, nobody of what they did themselves."""
    event = happening.event
    own = own_addresses()
    author = event.data.get("author")
    told: set[int] = set()
    for person, reason in _candidates(event, ticket):
        wants = person.notices != Person.Notices.NONE and person.is_active
        itself = event.actor == f"person:{person.pk}" or author == person.pk
        if not wants or itself or person.pk in told or not person.email or person.email in own:
            continue
        if not Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists():
            continue
        told.add(person.pk)
        yield person, reason


def _candidates(event: Event, ticket: Ticket) -> Iterable[tuple[Person, str]]:
    """Who an event concerns by the ticket's state when it happened.

    A hand-over may run late, and what has happened since has events, and notices, of its own.
    """
    reason = {"ticket.opened": "opened_mine", "ticket.requester_replied": "answered", "ticket.noted": "noted"}
    then = event.data["context"]
    if then["assignee"] is not None:
        for assignee in _PERSON.objects(person=then["assignee"]):
            yield assignee, reason.get(event.kind, "assigned")
    if event.kind in ("ticket.requester_replied", "ticket.noted"):
        for person in _WATCHING.objects(ticket=ticket.pk):
            yield person, reason[event.kind]
    if (
        then["assignee"] is None
        and then["team"] is not None
        and event.kind in ("ticket.opened", "ticket.requester_replied")
    ):
        for person in _IN_TEAM.objects(team=then["team"]):
            yield person, "opened_team" if event.kind == "ticket.opened" else "answered"
