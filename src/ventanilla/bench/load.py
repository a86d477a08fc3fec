"""Loading a large corpus in bulk. The rows are those that the actions would write: a test compares the two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from ventanilla.events.models import Event, Handover, Payload
from ventanilla.events.registry import after_commit
from ventanilla.fields.actions import create_field
from ventanilla.fields.indexing import work_due
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Identity, Membership, Organization, Person, Role, Team
from ventanilla.search.actions import Document, put_all
from ventanilla.tickets.custom import ENTITY, note_written
from ventanilla.tickets.life_cycle import LifeCycle
from ventanilla.tickets.models import Access, Message, ReadMark, Series, StatusCategory, Ticket
from ventanilla.tickets.models.ticket import NEVER
from ventanilla.tickets.searching import audience_of
from ventanilla.tickets.state import context, state
from ventanilla.tickets.vocabulary import Words, words

TEAMS, AGENTS, PER_ORGANIZATION = 8, 20, 20
BATCH = 1_000
PREFIX = "INC"
SITES = ("madrid", "sevilla", "bilbao", "valencia", "lugo", "dublin", "leeds", "cork")
FIELDS: tuple[tuple[str, Mapping[str, str], Mapping[str, Any]], ...] = (
    (
        "site",
        {"es": "Sede", "en": "Site"},
        {
            "kind": "choice",
            "audience": "requester",
            "indexed": True,
            "options": [{"key": key, "label": {"es": key.title(), "en": key.title()}} for key in SITES],
        },
    ),
    ("cost", {"es": "Coste", "en": "Cost"}, {"kind": "money", "audience": "requester", "unit": "€"}),
    ("since", {"es": "Desde", "en": "Since"}, {"kind": "date", "audience": "requester"}),
)
_STATES = {
    "n": StatusCategory.NEW,
    "o": StatusCategory.OPEN,
    "p": StatusCategory.PENDING,
    "r": StatusCategory.RESOLVED,
}


class Corpus(Protocol):
    """The module `corpus.py` of the yardstick."""

    def ticket(self, i: int, n: int) -> dict[str, Any]:
        """Ticket `i` of `n` as plain values."""

    def customer(self, c: int) -> tuple[str, str]:
        """Address and name of a customer."""


@dataclass
class Ground:
    """Who is there before the first ticket: teams, agents, customers by number."""

    teams: list[Team]
    agents: list[Person]
    requesters: list[Person]


@dataclass
class Batch:
    """Rows of some tickets, ready to be written together."""

    tickets: list[Ticket] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    access: list[Access] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    marks: list[ReadMark] = field(default_factory=list)


@dataclass
class _Ids:
    """The next free primary keys."""

    ticket: int
    message: int
    event: int

    @classmethod
    def read(cls) -> "_Ids":
        return cls(*((model.objects.aggregate(last=Max("pk"))["last"] or 0) for model in (Ticket, Message, Event)))


def load(corpus: Corpus, count: int, *, say: Callable[[str], object]) -> Ground:
    """Add `count` tickets with 4 messages each and values of three custom fields, their events, accesses, search texts
    and finished hand-overs."""
    make_fields()
    ground = _ground(corpus, max(1, count // 10))
    numbers = iter(range(1, count + 1))
    done = 0
    while chunk := [number for _, number in zip(range(BATCH), numbers, strict=False)]:
        with transaction.atomic():
            ids, known = _Ids.read(), words()
            batch = Batch()
            for i in chunk:
                rows_of(corpus.ticket(i, count), ground, known, ids, batch)
            write(batch)
        done += len(chunk)
        if done % 10_000 == 0:
            say(f"  {done} of {count} tickets")
    _finish()
    return ground


@transaction.atomic
def make_fields() -> None:
    """Three custom fields: a choice, which is indexed, an amount and a date; as if they had been filled in before."""
    by = Author.system("bench")
    for key, label, more in FIELDS:
        create_field(by=by, entity=ENTITY, key=key, label=label, **more)
    note_written(key for key, _label, _more in FIELDS)


def custom_of(plan: Mapping[str, Any]) -> dict[str, str]:
    """The values of a ticket's custom fields, as they are stored."""
    number = plan["customer"]
    return {
        "site": SITES[number % len(SITES)],
        "cost": f"{number * 37 % 4000}.{plan['agent']:02d}",
        "since": (date(2026, 1, 1) + timedelta(days=number % 300)).isoformat(),
    }


def _ground(corpus: Corpus, customers: int) -> Ground:
    roles = {role.key: role for role in Role.objects.all()}
    with transaction.atomic():
        first = Team.objects.order_by("pk")[0]
        teams = [first] + [
            Team.objects.create(
                key=f"queue-{n}", label={"es": f"Cola {n}", "en": f"Queue {n}"}, department=first.department, position=n
            )
            for n in range(1, TEAMS)
        ]
        agents = Person.objects.bulk_create(
            Person(name=f"Agente {n:02d}", email=f"agente{n:02d}@desk.example", role=roles["agent"])
            for n in range(AGENTS)
        )
        Membership.objects.bulk_create(
            Membership(person=agent, team=teams[(n + k) % TEAMS]) for n, agent in enumerate(agents) for k in range(3)
        )
        organizations = Organization.objects.bulk_create(
            Organization(name=f"Cliente {n:05d}") for n in range(max(1, customers // PER_ORGANIZATION))
        )
        requesters = []
        for number in range(customers):
            address, name = corpus.customer(number)
            organization = organizations[number % len(organizations)]
            requesters.append(Person(name=name, email=address, role=roles["requester"], organization=organization))
        requesters = Person.objects.bulk_create(requesters, batch_size=BATCH)
        identities = [
            Identity(person=person, kind=Identity.Kind.EMAIL, value=person.email or "")
            for person in (*agents, *requesters)
        ]
        Identity.objects.bulk_create(identities, batch_size=BATCH)
        bump_config_version()
    return Ground(teams, agents, requesters)


def rows_of(plan: Mapping[str, Any], ground: Ground, known: Words, ids: _Ids, batch: Batch) -> Ticket:
    """Append the rows of one ticket: what `open_ticket`, `add_message` and `change` would have written."""
    moments = [datetime.fromtimestamp(at, UTC) for _who, at, _body in plan["messages"]]
    requester = ground.requesters[plan["customer"]]
    agent = ground.agents[plan["agent"]]
    team = ground.teams[plan["queue"]]
    category = _STATES[plan["state"]]
    answered = category is not StatusCategory.NEW
    ids.ticket += 1
    ticket = Ticket(
        pk=ids.ticket,
        number=f"{PREFIX}-{ids.ticket}",
        channel=Ticket.Channel.PORTAL,
        type=known.by_key(known.types, "incident"),
        subject=plan["subject"],
        requester=requester,
        organization_id=requester.organization_id,
        department_id=team.department_id,
        impact=known.by_key(known.impacts, "medium"),
        urgency=known.by_key(known.urgencies, "medium"),
        priority=known.by_key(known.priorities, ("critical", "high", "medium", "low", "low")[plan["prio"] - 1]),
        priority_by_hand=plan["prio"] != 3,
        status=known.status_for(StatusCategory.NEW),
        status_category=StatusCategory.NEW,
        sort_due_at=NEVER,
        team=team,
        custom=custom_of(plan),
        created_at=moments[0],
        updated_at=moments[0],
        requester_spoke_at=moments[0],
        version=1,
    )
    _said(ticket, requester, moments[0], plan["messages"][0][2], False, ids, batch)
    _happened(
        ticket, "ticket.opened", f"person:{requester.pk}", moments[0], ids, batch,
        {
            "state": state(ticket), "tags": [], "participants": [], "message": ids.message,
            "channel": ticket.channel, "automatic": False, "context": context(ticket),
        },
        {"subject": ticket.subject},
    )  # fmt: skip
    for (who, _at, body), moment in zip(plan["messages"][1:], moments[1:], strict=True):
        staff = who == "a" and answered
        author = agent if staff else requester
        _said(ticket, author, moment, body, staff, ids, batch)
        ticket.version += 1
        ticket.updated_at = moment
        if staff and ticket.first_reply_at is None:
            ticket.first_reply_at = moment
        if not staff:
            ticket.requester_spoke_at = moment
        kind = "ticket.replied" if staff else "ticket.requester_replied"
        data = {
            "message": ids.message, "author": author.pk, "channel": Ticket.Channel.DESK if staff else ticket.channel,
            "automatic": False, "context": context(ticket),
        }  # fmt: skip
        cause = _happened(ticket, kind, f"person:{author.pk}", moment, ids, batch, data)
        if staff and ticket.assignee_id is None:
            _changed(ticket, known.status_for(StatusCategory.OPEN), agent, "agent_replied", cause, moment, ids, batch)
    if category in (StatusCategory.PENDING, StatusCategory.RESOLVED):
        ticket.version += 1
        _changed(ticket, known.status_for(category), agent, "", None, moments[-1], ids, batch)
    ticket.last_message_id = ids.message
    batch.tickets.append(ticket)
    batch.access.append(Access(person=requester, ticket=ticket, why=Access.Why.REQUESTER))
    batch.documents.append(
        Document("ticket", ticket.pk, ticket.pk, f"{ticket.number} {ticket.subject}",
                 audience_of(ticket, public=True), ticket.created_at)
    )  # fmt: skip
    return ticket


def _said(ticket: Ticket, author: Person, at: datetime, body: str, staff: bool, ids: _Ids, batch: Batch) -> None:
    ids.message += 1
    message = Message(
        pk=ids.message,
        ticket=ticket,
        origin_ticket=ticket,
        audience=Message.Audience.REQUESTER,
        channel=Ticket.Channel.DESK if staff else ticket.channel,
        author=author,
        author_name=author.display_name,
        author_address=author.email or "",
        from_staff=staff,
        text=body.strip(),
        sent_at=at,
    )
    batch.messages.append(message)
    batch.documents.append(
        Document("message", message.pk, ticket.pk, f"{message.author_name} {message.text} ",
                 audience_of(ticket, public=True), at)
    )  # fmt: skip


def _changed(
    ticket: Ticket, status: Any, agent: Person, reason: str, cause: Event | None, at: datetime, ids: _Ids, batch: Batch
) -> None:
    changes = {"status": [ticket.status_id, status.pk]}
    if ticket.assignee_id is None:
        changes["assignee"] = [None, agent.pk]
        ticket.assignee = agent
    ticket.status = status
    ticket.status_category = status.category
    ticket.is_open = int(StatusCategory(status.category).is_open)
    ticket.sort_due_at = ticket.place_by_deadline()
    ticket.updated_at = at
    if status.category == StatusCategory.RESOLVED:
        ticket.resolved_at = at
        ticket.cycle_at = at + timedelta(days=LifeCycle().close)
    data: dict[str, Any] = {"changes": changes, "context": context(ticket)}
    if ticket.resolved_at is not None:
        data["derived"] = {"resolved_at": [None, at.isoformat()]}
    if reason:
        data["reason"] = reason
    _happened(ticket, "ticket.changed", f"person:{agent.pk}", at, ids, batch, data, cause=cause)


def _happened(
    ticket: Ticket,
    kind: str,
    actor: str,
    at: datetime,
    ids: _Ids,
    batch: Batch,
    data: dict[str, Any],
    personal: dict[str, Any] | None = None,
    cause: Event | None = None,
) -> Event:
    ids.event += 1
    event = Event(
        pk=ids.event,
        kind=kind,
        topic=ticket.topic,
        actor=actor,
        cause=cause.pk if cause else None,
        root=cause.chain if cause else None,
        depth=cause.depth + 1 if cause else 0,
        at=at,
        recorded_at=at,
        data=data,
    )
    batch.events.append(event)
    if personal:
        batch.payloads.append(Payload(event=event, data=personal))
    batch.handovers.extend(
        Handover(event=event, reaction=reaction.name, state=Handover.State.DONE, next_attempt_at=at, attempts=1)
        for reaction in after_commit()
        if kind in reaction.kinds
    )
    return event


def write(batch: Batch) -> None:
    """Write the rows of a batch, in the order their keys need."""
    for rows in (
        batch.tickets, batch.messages, batch.access, batch.events, batch.payloads, batch.handovers, batch.marks,
    ):  # fmt: skip
        if rows:
            type(rows[0])._base_manager.bulk_create(rows, batch_size=BATCH)  # type: ignore[arg-type]
    put_all(batch.documents)


def _finish() -> None:
    """Set counters and sequences behind the rows, build the field's index, and let the planner look at the tables."""
    while not connection.in_atomic_block and work_due(timezone.now()):
        pass
    last = Ticket.objects.aggregate(last=Max("pk"))["last"] or 0
    Series.objects.update_or_create(prefix=PREFIX, defaults={"last": last})
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Ticket, Message, Event):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
                )
            if not connection.in_atomic_block:
                cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("PRAGMA optimize=0x10002")
            cursor.execute("ANALYZE")
