"""Questions about tickets worth a name."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, prefetch_related_objects
from django.http import Http404
from django.utils import timezone

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events.models import Event
from ventanilla.events.queries import history
from ventanilla.installation.queries import by_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.queries import persons_by_id
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.search.stem import fold
from ventanilla.tickets.jobs import PRESENCE_SECONDS
from ventanilla.tickets.models import (
    Access,
    Attachment,
    BulkItem,
    BulkRun,
    CannedReply,
    Draft,
    Message,
    Presence,
    ReadMark,
    Snooze,
    Ticket,
    Timer,
)
from ventanilla.tickets.models.ticket import Tickets
from ventanilla.tickets.numbering import normal_number
from ventanilla.tickets.sight import for_viewer, tags_known_to
from ventanilla.tickets.state import REFERENCES
from ventanilla.tickets.survivors import Moved
from ventanilla.tickets.vocabulary import words, words_for


def ticket_for(person: Person, number: str) -> Ticket:
    """The ticket with this number if the person may open it, else `Http404`: not visible and not there look the same.

    The desk may open what it has put aside as spam. A merged ticket is not there any more: `Moved`, also a `Http404`,
    says where its reader finds it.
    """
    who = viewer(person)
    asked = by_config_version(
        ("tickets", "number", who),
        lambda: Prepared(lambda: Ticket.objects.readable_by(who).filter(number=Given("number"))),
    )
    found = asked.objects(number=normal_number(number))
    if not found:
        _lead_on(who, number)
        raise Http404
    return with_people(with_words(found[0], who), known=[person])


def _lead_on(who: Viewer, number: str) -> None:
    gone = Ticket.objects.filter(number=normal_number(number), stage=Ticket.Stage.MERGED).values("survivor_id")
    found = Ticket.objects.readable_by(who).filter(pk__in=gone).values_list("number", flat=True).first()
    if found:
        raise Moved(found)


def with_people(ticket: Ticket, known: Iterable[Person] = ()) -> Ticket:
    """The ticket with its requester, affected person and assignee: one narrow query instead of three wide joins."""
    persons = persons_by_id((ticket.requester_id, ticket.affected_id, ticket.assignee_id), known)
    for name in ("requester", "affected", "assignee"):
        pk = getattr(ticket, f"{name}_id")
        setattr(ticket, name, persons[pk] if pk is not None else None)
    return ticket


def people_of(ticket: Ticket) -> list[Person]:
    """The persons whom a ticket read by `ticket_for` brings along."""
    return [person for person in (ticket.requester, ticket.affected, ticket.assignee) if person is not None]


def with_words(ticket: Ticket, who: Viewer) -> Ticket:
    """The ticket with its configurable rows as somebody may know them, from the cached vocabulary: ten joins that need
    not be made."""
    known = words_for(who)
    for name, rows in (
        ("type", known.types),
        ("status", known.statuses),
        ("priority", known.priorities),
        ("impact", known.impacts),
        ("urgency", known.urgencies),
        ("category", known.categories),
        ("service", known.services),
        ("department", known.departments),
        ("team", known.teams),
        ("pending_reason", known.reasons),
    ):
        pk = getattr(ticket, f"{name}_id")
        if pk is None or pk in rows:
            setattr(ticket, name, rows[pk] if pk is not None else None)
    return ticket


def as_it_stands(ticket: Ticket) -> Ticket:
    """A ticket one already holds, read again with everything it points at: after one's own change of it."""
    return (
        Ticket.objects.select_related(*REFERENCES, "requester__organization").prefetch_related("tags").get(pk=ticket.pk)
    )


def messages_for(person: Person, ticket: Ticket) -> QuerySet[Message]:
    """The messages of a visible ticket that the person may read, oldest first, with files."""
    messages = Message.objects.readable_by(viewer(person)).filter(ticket=ticket).select_related("author")
    files = Prefetch("attachments", queryset=Attachment.objects.select_related("blob").order_by("id"))
    return messages.prefetch_related(files).order_by("sent_at", "id")


_MESSAGES = Prepared(
    lambda: Message.objects.filter(ticket_id=Given("ticket")).order_by("sent_at", "id"),
)
_FILES = Prepared(
    lambda: Attachment.objects.filter(message__ticket_id=Given("ticket")).select_related("blob").order_by("id")
)


def conversation_of(person: Person, ticket: Ticket) -> tuple[list[Message], dict[int, list[Attachment]]]:
    """The messages of a visible ticket that the person may read, oldest first, and the files of each by its id."""
    who = viewer(person)
    messages = [message for message in _MESSAGES.objects(ticket=ticket.pk) if message.readable_by(who)]
    read = {message.pk for message in messages}
    files: dict[int, list[Attachment]] = {}
    for file in _FILES.objects(ticket=ticket.pk):
        if file.message_id in read:
            files.setdefault(file.message_id, []).append(file)
    return messages, files


def attachment_for(person: Person, pk: int) -> Attachment:
    """A file of a message (or own draft) the person may read, else `Http404`."""
    found = Attachment.objects.select_related("blob", "message__ticket", "draft").filter(pk=pk).first()
    if found is None:
        raise Http404
    if found.draft is not None and found.draft.person_id == person.pk:
        return found
    message = found.message
    if message is None or message.redacted_at is not None:
        raise Http404
    who = viewer(person)
    if not message.readable_by(who) or not Ticket.objects.readable_by(who).filter(pk=message.ticket_id).exists():
        raise Http404
    return found


def message_for(person: Person, pk: int) -> Message:
    """A message the person may read, else `Http404`."""
    who = viewer(person)
    found = Message.objects.readable_by(who).select_related("ticket", "author").filter(pk=pk).first()
    if found is None or not Ticket.objects.readable_by(who).filter(pk=found.ticket_id).exists():
        raise Http404
    return found


_ACCESS = Prepared(lambda: Access.objects.filter(ticket_id=Given("ticket")).values_list("why", "person_id"))


def taking_part(ticket: Ticket) -> dict[str, list[Person]]:
    """Who has access to a ticket and why, by name. Two queries; one when all of them stand in the ticket itself."""
    rows = _ACCESS.rows(ticket=ticket.pk)
    persons = persons_by_id((pk for _why, pk in rows), people_of(ticket))
    found: dict[str, list[Person]] = {why: [] for why in Access.Why.values}
    for why, pk in sorted(rows, key=lambda row: (persons[row[1]].name, row[1])):
        found[why].append(persons[pk])
    return found


def participants(ticket: Ticket, why: Access.Why) -> QuerySet[Person]:
    """The persons with this kind of access."""
    return Person.objects.filter(access__ticket=ticket, access__why=why).order_by("name", "id")


def others_of_requester(person: Person, ticket: Ticket, most: int = 5) -> Sequence[Ticket]:
    """The requester's other tickets that the reader may see, open ones first, newest first."""
    asked = for_viewer(
        viewer(person),
        f"others {most}",
        lambda seen: (
            seen.filter(requester_id=Given("requester"))
            .exclude(pk=Given("ticket"))
            .only("number", "subject", "status_category", "status_id")
            .order_by("-is_open", "-updated_at", "-id")[:most]
        ),
    )
    found = asked.objects(requester=ticket.requester_id, ticket=ticket.pk)
    statuses = words().statuses
    for other in found:
        other.status = statuses[other.status_id]
    return found


# What a line of results or of the side shows of a ticket; nothing else is read for it.
LINE = ("number", "subject", "status_id", "status_category", "updated_at", "requester__name", "requester__email")
# A prepared query has a fixed number of places: of these sizes the smallest that will do.
_LINES = (6, 50, 100)


def lines_of(person: Person, ids: Sequence[int]) -> dict[int, Ticket]:
    """Of these tickets those the person may see, by id, with what a line shows: status and requester among it."""
    if not ids:
        return {}
    who = viewer(person)
    size = next((size for size in _LINES if size >= len(ids)), 0)
    if not size:
        found = list(_lines(Ticket.objects.seen_by(who), ids))
    else:
        places = [f"pk{n}" for n in range(size)]
        asked = for_viewer(who, f"lines {size}", lambda seen: _lines(seen, [Given(place) for place in places]))
        found = asked.objects(**dict(zip(places, [*ids, *[0] * (size - len(ids))], strict=True)))
    statuses = words().statuses
    for ticket in found:
        ticket.status = statuses[ticket.status_id]
    return {ticket.pk: ticket for ticket in found}


def _lines(tickets: Tickets, ids: Sequence[Any]) -> Tickets:
    return tickets.filter(pk__in=ids).select_related("requester").only(*LINE)


_SEEN = Prepared(
    lambda: ReadMark.objects.filter(person_id=Given("person"), ticket_id=Given("ticket")).values_list("seen_at")
)


def last_seen(person: Person, ticket: Ticket) -> datetime | None:
    """When the person last looked at a ticket."""
    rows = _SEEN.rows(person=person.pk, ticket=ticket.pk)
    return rows[0][0] if rows else None


_AWAY = Prepared(
    lambda: Snooze.objects.filter(person_id=Given("person"), ticket_id=Given("ticket")).values_list("until")
)


def snoozed_until(person: Person, ticket: Ticket) -> datetime | None:
    """Until when the person has put the ticket off."""
    rows = _AWAY.rows(person=person.pk, ticket=ticket.pk)
    return rows[0][0] if rows else None


_OWN = Prepared(
    lambda: Person.objects.filter(pk=Given("person")).values_list(
        Subquery(Snooze.objects.filter(person_id=OuterRef("pk"), ticket_id=Given("ticket")).values("until")),
        Subquery(Timer.objects.filter(person_id=OuterRef("pk"), ticket_id=Given("ticket")).values("started_at")),
    )
)


def own_marks(person: Person, ticket: Ticket) -> tuple[datetime | None, datetime | None]:
    """Until when the person has put the ticket off, and since when their timer runs on it. One query for both."""
    (row,) = _OWN.rows(person=person.pk, ticket=ticket.pk)
    return row[0], row[1]


_TAGS = Prepared(
    lambda: Ticket.tags.through.objects.filter(ticket_id=Given("ticket")).values_list("tag__name").order_by("tag__name")
)


def tags_of(ticket: Ticket) -> list[str]:
    """The tags of a ticket in order of the alphabet."""
    return [name for (name,) in _TAGS.rows(ticket=ticket.pk)]


# A prepared query has a fixed number of places: those of a page of a list.
_MARKED = tuple(f"pk{n}" for n in range(50))
_MARKS = Prepared(
    lambda: ReadMark.objects.filter(
        person_id=Given("person"), ticket__pk__in=[Given(place) for place in _MARKED]
    ).values_list("ticket_id", "seen_at")
)


def seen_at(person: Person, ticket_ids: Sequence[int]) -> dict[int, datetime]:
    """When the person last looked at each of these tickets; those never opened are missing. One query."""
    if not ticket_ids or len(ticket_ids) > len(_MARKED):
        marks = ReadMark.objects.filter(person=person, ticket_id__in=ticket_ids)
        return dict(marks.values_list("ticket_id", "seen_at"))
    places = zip(_MARKED, [*ticket_ids, *[0] * (len(_MARKED) - len(ticket_ids))], strict=True)
    return {row[0]: row[1] for row in _MARKS.rows(person=person.pk, **dict(places))}


def newest_ticket() -> int:
    """The highest id of any ticket so far: what lists compare with to tell what has come since."""
    return Ticket.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def tickets_called(person: Person, numbers: Iterable[str]) -> Sequence[Ticket]:
    """Of the tickets with these numbers those the person may see, oldest first."""
    wanted = [normal_number(number) for number in numbers]
    seen = Ticket.objects.visible_to(person).filter(number__in=wanted)
    return [with_words(row, viewer(person)) for row in seen.order_by("created_at", "pk")]


def tickets_of(requester: Person, reader: Person, most: int) -> Sequence[Ticket]:
    """A requester's tickets that the reader may see, open ones first, newest first."""
    rows = Ticket.objects.visible_to(reader).filter(requester=requester)
    return list(rows.order_by("-is_open", "-updated_at", "-id")[:most])


def open_tickets_of(requester: Person, reader: Person, most: int) -> Sequence[Ticket]:
    """A requester's open tickets that the reader may see, the last changed first."""
    rows = Ticket.objects.visible_to(reader).filter(requester=requester, is_open=1)
    return [with_words(row, viewer(reader)) for row in rows.order_by("-updated_at", "-id")[:most]]


def unread(person: Person, tickets: Iterable[Ticket]) -> set[int]:
    """Which of these tickets changed since the person last looked. One query."""
    rows = list(tickets)
    seen = dict(
        ReadMark.objects.filter(person=person, ticket_id__in=[t.pk for t in rows]).values_list("ticket_id", "seen_at")
    )
    return {t.pk for t in rows if t.pk not in seen or t.updated_at > seen[t.pk]}


_PRESENT = Prepared(
    lambda: (
        Presence.objects.filter(ticket_id=Given("ticket"), seen_at__gte=Given("since"))
        .select_related("person")
        .only("ticket_id", "state", "seen_at", "changed_at", "person__name", "person__email")
        .order_by("person__name")
    )
)


def present(ticket: Ticket) -> list[Presence]:
    """Who looks at the ticket or types in it just now, the reader among them, in order of name."""
    return _PRESENT.objects(ticket=ticket.pk, since=timezone.now() - timedelta(seconds=PRESENCE_SECONDS))


def tags_like(who: Viewer, text: str, most: int) -> list[str]:
    """Tags with this text in them that somebody may know, in order of the alphabet."""
    found = tags_known_to(who).filter(name__icontains=text)
    return list(found.order_by("name").values_list("name", flat=True)[:most])


_DRAFTS = Prepared(lambda: Draft.objects.filter(person_id=Given("person"), ticket_id=Given("ticket")))


def drafts_of(person: Person, ticket: Ticket) -> list[Draft]:
    """What the person is writing in the ticket, or has on its way."""
    found = _DRAFTS.objects(person=person.pk, ticket=ticket.pk)
    prefetch_related_objects(found, "attachments__blob")
    return found


def own_draft(person: Person, pk: int) -> Draft | None:
    """The person's own draft with this id."""
    return Draft.objects.select_related("ticket").filter(person=person, pk=pk).first()


_ON_THEIR_WAY = Prepared(
    lambda: (
        Draft.objects.filter(Q(send_at__gt=Given("now")) | ~Q(problem=""), person_id=Given("person"))
        .select_related("ticket")
        .only("send_at", "problem", "updated_at", "person", "ticket__number")
        .order_by("pk")
    )
)


def on_their_way(person: Person) -> list[Draft]:
    """The person's messages that can still be taken back, and those that came back unsent, anywhere."""
    return _ON_THEIR_WAY.objects(person=person.pk, now=timezone.now())


def unseen_by(person: Person, ticket: Ticket, last_seen: int) -> list[Message]:
    """The messages by others that came after the one with the id `last_seen`, oldest first."""
    return [
        message for message in messages_for(person, ticket).filter(pk__gt=last_seen) if message.author_id != person.pk
    ]


def change_event(ticket: Ticket, pk: int) -> Event:
    """The change of a visible ticket with this event id, with its personal text, else `Http404`."""
    found = history(ticket.topic).filter(pk=pk, kind="ticket.changed").first()
    if found is None:
        raise Http404
    return found


def newest_change(ticket: Ticket, author: Author, since: datetime) -> Event | None:
    """The author's newest change of a ticket, if it was recorded at or after `since`."""
    own = history(ticket.topic).filter(kind="ticket.changed", actor=author.actor, recorded_at__gte=since)
    return own.order_by("-pk").first()


_UNSEEN_RUN = Prepared(
    lambda: BulkRun.objects.filter(person_id=Given("person"), seen_at=None, created_at__gte=Given("since")).order_by(
        "-created_at"
    )[:1]
)


def newest_run(person: Person, now: datetime) -> BulkRun | None:
    """The newest change to many tickets that somebody began within a day and whose end they have not put away."""
    return next(iter(_UNSEEN_RUN.objects(person=person.pk, since=now - timedelta(days=1))), None)


_BESIDE_RUNS = Prepared(
    lambda: (
        Event.objects.filter(pk__gt=Given("since"))
        .exclude(cause__in=BulkRun.objects.filter(state=BulkRun.State.RUNNING).values("event"))
        .values_list("pk")[:1]
    )
)


def only_bulk_since(event: int) -> bool:
    """Whether all that has happened since an event (id) are changes of a run that is still under way."""
    return not _BESIDE_RUNS.rows(since=event)


def bulk_run_for(person: Person, pk: int) -> BulkRun:
    """One of the person's own changes to many tickets, else `Http404`."""
    found = BulkRun.objects.filter(person=person, pk=pk).select_related("person__role").first()
    if found is None:
        raise Http404
    return found


def left_of(run: BulkRun, most: int) -> list[tuple[str, str]]:
    """The first tickets that a run has left as they were: number and reason.

    The number is "" where the run's person may no longer see the ticket.
    """
    kinds = (BulkItem.Outcome.LEFT, BulkItem.Outcome.KEPT)
    items = list(run.items.filter(outcome__in=kinds).select_related("ticket").order_by("position")[:most])
    readable = Ticket.objects.readable_by(viewer(run.person)).filter(pk__in=[item.ticket_id for item in items])
    seen = set(readable.values_list("pk", flat=True))
    return [(str(item.ticket.number) if item.ticket_id in seen else "", item.why) for item in items]


def draft_of(person: Person, ticket: Ticket, audience: str) -> Draft | None:
    """What the person was writing."""
    drafts = Draft.objects.filter(person=person, ticket=ticket, audience=audience)
    return drafts.prefetch_related("attachments__blob").first()


def all_canned_replies() -> list[CannedReply]:
    """All canned replies in the administrator's order, archived ones too, as remembered."""
    rows: list[CannedReply] = by_config_version(
        "tickets.canned", lambda: list(CannedReply.objects.select_related("team").order_by("position", "pk"))
    )
    return rows


def canned_replies_for(who: Viewer, ticket: Ticket, text: str, most: int) -> list[CannedReply]:
    """The replies an agent may use in a ticket whose name or folder begins with the text, then those that have it
    anywhere there; those without a folder first, then folder by folder."""
    wanted = fold(text)
    offered = [row for row in all_canned_replies() if who.is_offered(row, ticket.department_id)]
    offered.sort(key=lambda row: fold(row.folder))
    names = {row.pk: [fold(name) for name in (*row.label.values(), row.folder)] for row in offered}
    begin = [row for row in offered if any(name.startswith(wanted) for name in names[row.pk])]
    hold = [row for row in offered if row not in begin and any(wanted in name for name in names[row.pk])]
    return [*begin, *hold][:most]


def how_many_with(field: str, pk: int, *, most: int) -> int:
    """How many tickets name this row of the vocabulary, whoever may see them, counted up to one more than `most`."""
    return Ticket.objects.filter(**{f"{field}_id": pk})[: most + 1].count()
