"""Telling agents about events: in the background, by their own choice, never of their own acts."""

from collections.abc import Callable, Iterable, Mapping

from django.db.models import Q

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, Happening
from ventanilla.installation.queries import by_config_version
from ventanilla.notify.models import Notification
from ventanilla.notify.telling import notify
from ventanilla.people.models import Person
from ventanilla.people.queries import desk_agents
from ventanilla.people.viewer import viewer
from ventanilla.tickets.changing import GIVEN
from ventanilla.tickets.models import Access, Message, Task, Ticket
from ventanilla.tickets.sight import sees

_Reason = Notification.Reason
_TICKET = Prepared(lambda: Ticket.objects.filter(pk=Given("ticket")))
_MESSAGE = Prepared(lambda: Message.objects.filter(pk=Given("message")))
_PERSON = Prepared(lambda: Person.objects.filter(pk=Given("person")).select_related("role"))
_AGENTS: Mapping[str, Callable[[], Q]] = {
    "watching": lambda: Q(access__ticket_id=Given("ticket"), access__why=Access.Why.WATCHER),
    "in team": lambda: Q(membership__team_id=Given("team"), notices__in=[Person.Notices.TEAM, Person.Notices.ALL]),
    "of team": lambda: Q(membership__team_id=Given("team")),
    "wanting all": lambda: Q(pk__in=_wanting_all()),
}


def _agents(which: str, **given: int) -> list[Person]:
    asked = by_config_version(
        ("notify.agents", which),
        lambda: Prepared(lambda: desk_agents().filter(_AGENTS[which]()).select_related("role")),
    )
    return asked.objects(**given)


def _wanting_all() -> list[int]:
    """Who wants to know of everything. That is configuration: while there is nobody, nobody is asked for."""
    return list(Person.objects.filter(notices=Person.Notices.ALL).values_list("pk", flat=True))


# What happened, for whoever carries the ticket, follows it, is of its team, or wants to know of everything.
_REASONS = {
    "ticket.opened": (_Reason.OPENED_MINE, None, _Reason.OPENED_TEAM, _Reason.OPENED_ANY),
    "ticket.requester_replied": (
        _Reason.ANSWERED,
        _Reason.ANSWERED_FOLLOWED,
        _Reason.ANSWERED_TEAM,
        _Reason.ANSWERED_ANY,
    ),
    "ticket.noted": (_Reason.NOTED, _Reason.NOTED_FOLLOWED, None, None),
    "ticket.replied": (None, None, None, None),
    "ticket.changed": (_Reason.ASSIGNED, None, None, None),
}


def tell_agents(happening: Happening, _cause: Cause) -> None:
    """Put one notification into the inbox of each agent concerned. Run once per event by its hand-over."""
    event = happening.event
    assigned = (event.data.get("changes") or {}).get("assignee")
    if event.kind == "ticket.changed" and not assigned and event.data.get("reason") != GIVEN:
        return
    pk, author = int(event.topic.partition(":")[2]), _author(event)
    # Nobody sees a ticket that is gone: where somebody is concerned, there is one.
    concerned = list(_concerned(happening, pk, author))
    if not concerned:
        return
    (ticket,) = _TICKET.objects(ticket=pk)
    message = next(iter(_MESSAGE.objects(message=event.data.get("message") or 0)), None)
    if message is not None and not message.public:
        concerned = [(person, reason) for person, reason in concerned if message.readable_by(viewer(person))]
    notify(
        [
            Notification(person=person, event=event.pk, ticket=ticket, message=message, author_id=author, reason=reason)
            for person, reason in concerned
        ]
    )


def tell_woken(happening: Happening, _cause: Cause) -> None:
    """Tell whoever had put a ticket off that it is back; of an answer once, by whichever reason they hear of it first.

    Not of what is resolved meanwhile, nor of what they took back themselves.
    """
    event = happening.event
    why = {"due": _Reason.WOKE, "answered": _Reason.WOKE_ANSWERED}.get(event.data["reason"])
    person = next(iter(_PERSON.objects(person=int(event.topic.partition(":")[2]))), None)
    ticket = next(iter(_TICKET.objects(ticket=event.data["ticket"])), None)
    if why is None or person is None or ticket is None or not person.is_active:
        return
    if not sees(person, ticket.pk):
        return
    if why is _Reason.WOKE:
        if ticket.is_open:
            notify([Notification(person=person, event=event.pk, ticket=ticket, reason=why)])
        return
    answer = Event.objects.get(pk=event.cause or 0)
    message = next(iter(_MESSAGE.objects(message=answer.data.get("message") or 0)), None)
    row = Notification(person=person, event=answer.pk, ticket=ticket, message=message, reason=why)
    row.author_id = _author(answer)
    notify([row])


def tell_owner(happening: Happening, _cause: Cause) -> None:
    """Tell an agent of a task that is theirs now, soon due or due; not of what they did themselves.

    Nobody is told of a task that has meanwhile been done, removed or given to somebody else.
    """
    event = happening.event
    changed = event.data.get("changes", {}).get("owner")
    given = event.data["state"]["owner"] if event.kind == "task.added" else changed[1] if changed else None
    owner = given or event.data.get("owner")
    reason = {"task.due_soon": _Reason.TASK_DUE_SOON, "task.fell_due": _Reason.TASK_OVERDUE}.get(event.kind)
    author = _author(event)
    if not owner or owner == author:
        return
    task = Task.objects.standing().filter(pk=event.data["task"], owner=owner, done_at=None).first()
    person = next(iter(_PERSON.objects(person=owner)), None)
    if task is None or person is None or not person.is_active or person.notices == Person.Notices.NONE:
        return
    if not sees(person, task.ticket_id):
        return
    (ticket,) = _TICKET.objects(ticket=task.ticket_id)
    row = Notification(person=person, event=event.pk, ticket=ticket, reason=reason or _Reason.TASK_ASSIGNED)
    row.author_id = author
    notify([row])


def tell_time(happening: Happening, _cause: Cause) -> None:
    """Tell whose ticket it is that an agreed time is about to end, or over; its team while it is nobody's.

    Nobody is told of a ticket that is done meanwhile.
    """
    event = happening.event
    late = event.kind == "sla.breached" or str(event.data.get("warning", "")).startswith("+")
    ticket = next(iter(_TICKET.objects(ticket=int(event.topic.partition(":")[2]))), None)
    if ticket is None or not ticket.is_open:
        return
    if ticket.assignee_id is not None:
        persons = _PERSON.objects(person=ticket.assignee_id)
    else:
        persons = _agents("of team", team=ticket.team_id) if ticket.team_id is not None else []
    wanting = [p for p in persons if p.is_active and p.notices != Person.Notices.NONE and sees(p, ticket.pk)]
    reason = _Reason.TIME_OVER if late else _Reason.TIME_NEAR
    notify([Notification(person=person, event=event.pk, ticket=ticket, reason=reason) for person in wanting])


def _author(event: Event) -> int | None:
    """Who did it: the person of the event, or whoever a mail is from."""
    kind, _colon, pk = event.actor.partition(":")
    author: int | None = event.data.get("author")
    return author or (int(pk) if kind == "person" else None)


def _concerned(happening: Happening, ticket: int, author: int | None) -> Iterable[tuple[Person, _Reason]]:
    """Who is told of an event, and why; each person once, nobody of what they did themselves.

    A mention reaches its person whatever they chose.
    """
    event = happening.event
    told: set[int] = set()
    for person, reason in _candidates(happening, ticket):
        mentioned = reason in (_Reason.MENTIONED, _Reason.MENTIONED_TEAM)
        wants = person.is_active and (mentioned or person.notices != Person.Notices.NONE)
        itself = event.actor == f"person:{person.pk}" or author == person.pk
        if not wants or itself or person.pk in told:
            continue
        if not sees(person, ticket):
            continue
        told.add(person.pk)
        yield person, reason


def _candidates(happening: Happening, ticket: int) -> Iterable[tuple[Person, _Reason]]:
    """Who an event concerns by the ticket's state when it happened, the nearest reason first.

    A hand-over may run late, and what has happened since has events, and notices, of its own.
    """
    event = happening.event
    given = event.data.get("reason") == GIVEN
    mine, followed, of_team, any_ = _REASONS["ticket.requester_replied" if given else event.kind]
    then, mentions = event.data["context"], event.data.get("mentions") or {}
    for pk in mentions.get("persons", ()):
        for person in _PERSON.objects(person=pk):
            yield person, _Reason.MENTIONED
    for pk in mentions.get("teams", ()):
        for person in _agents("of team", team=pk):
            yield person, _Reason.MENTIONED_TEAM
    if mine is not None and then["assignee"] is not None:
        for assignee in _PERSON.objects(person=then["assignee"]):
            yield assignee, mine
    if followed is not None:
        for person in _agents("watching", ticket=ticket):
            yield person, followed
    if of_team is not None and then["team"] is not None:
        for person in _agents("in team", team=then["team"]):
            yield person, of_team
    if any_ is not None:
        for person in _agents("wanting all"):
            yield person, any_
