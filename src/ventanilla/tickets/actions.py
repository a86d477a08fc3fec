"""Everything that can happen to a ticket: each action locks it, writes, bumps its version and records one event."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.catalog.models import Service
from ventanilla.core.writing import insert, update
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Organization, Person, Team
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.changing import SETTABLE, Changes, apply_changes, apply_to_each
from ventanilla.tickets.content import Content
from ventanilla.tickets.custom import checked, note_written, personal_values
from ventanilla.tickets.mentions import check_mentions
from ventanilla.tickets.models import (
    Access,
    Attachment,
    Category,
    Impact,
    Message,
    Priority,
    Routing,
    Status,
    StatusCategory,
    Tag,
    Ticket,
    TicketType,
    Urgency,
)
from ventanilla.tickets.models.ticket import NEVER
from ventanilla.tickets.numbering import next_number
from ventanilla.tickets.required import missing_before
from ventanilla.tickets.routing import agent_for
from ventanilla.tickets.state import context, state
from ventanilla.tickets.vocabulary import words

MOST_PARTICIPANTS = 50
_OF_WHOM = frozenset({"requester", "organization"})


class Stale(Exception):
    """The ticket changed since the author looked at it."""


def open_ticket(
    *,
    by: Author,
    requester: Person,
    subject: str,
    content: Content,
    channel: Ticket.Channel,
    type: TicketType | None = None,
    affected: Person | None = None,
    organization: Organization | None = None,
    department: Department | None = None,
    service: Service | None = None,
    category: Category | None = None,
    impact: Impact | None = None,
    urgency: Urgency | None = None,
    priority: Priority | None = None,
    team: Team | None = None,
    assignee: Person | None = None,
    due_at: datetime | None = None,
    restricted: bool = False,
    tags: Iterable[str] = (),
    custom: Mapping[str, Any] | None = None,
    participants: Sequence[Person] = (),
    routing: Routing | None = None,
    mailbox: str = "",
    raw: int | None = None,
    rfc_message_id: str = "",
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    author_name: str = "",
    author_address: str = "",
    automatic: bool = False,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Ticket:
    """A new ticket with its first message, numbered and routed.

    What is not given follows: team and agent from the category, else from `routing` (the mailbox's or form's), the
    department from the team, else from the category, type or service that belongs to one, the priority from
    impact × urgency. Records `ticket.opened` with the whole starting state. `custom` are values of custom fields by
    key, as forms or the API send them; required ones may be missing: who draws a form asks for them. Raises
    `PermissionDenied` when the author may not open tickets (or not for somebody else, or not for this customer),
    `ValidationError` when there is no subject, or a value that a field cannot have.
    """
    by.require(Right.OPEN)
    if by.person is not None and by.person.pk != requester.pk and not by.may(Right.OPEN_FOR_OTHERS):
        raise PermissionDenied(Right.OPEN_FOR_OTHERS)
    _check_customer(by, requester, organization.pk if organization else requester.organization_id)
    title = " ".join(subject.replace("\x00", "").split())[:250]
    if not title:
        raise ValidationError({"subject": _("Write a subject.")})
    known = words()
    moment = at or timezone.now()
    kind = type or _first(known.types)
    own = checked(custom, type_key=kind.key, by=by) if custom else {}
    source: Routing | None = category if category is not None and (category.team_id or category.turn) else routing
    team = team or (source.team if source else None) or (routing.team if routing else None)
    owned = next((row.department for row in (category, kind, service) if row is not None and row.department_id), None)
    department = department or (team.department if team else None) or owned or _first(known.departments)
    if team is None:
        team = next((t for t in known.usable(known.teams) if t.department_id == department.pk), None)
    impact = impact or known.by_key(known.impacts, "medium")
    urgency = urgency or known.by_key(known.urgencies, "medium")
    by_matrix = known.priority_for(impact.pk if impact else None, urgency.pk if urgency else None)
    status = known.status_for(StatusCategory.NEW)
    ticket = Ticket(
        channel=channel,
        type=kind,
        subject=title,
        requester=requester,
        affected=affected,
        organization_id=organization.pk if organization else requester.organization_id,
        department=department,
        service=service,
        category=category,
        impact=impact,
        urgency=urgency,
        priority=priority or by_matrix or known.default_priority,
        priority_by_hand=priority is not None and priority != by_matrix,
        status=status,
        status_category=status.category,
        due_at=due_at,
        sort_due_at=due_at or NEVER,
        team=team,
        assignee=assignee or agent_for(source, team),
        restricted=restricted or kind.restricted or bool(category and category.restricted),
        custom={key: value for key, value in own.items() if value is not None},
        mailbox=mailbox,
        created_at=moment,
        updated_at=moment,
        requester_spoke_at=moment,
    )
    # Inside another transaction it is a part of that one: a savepoint would cost as much as two of its rows.
    with transaction.atomic(savepoint=False):
        if ticket.custom:
            note_written(ticket.custom)
        ticket.number = next_number(kind.prefix)
        insert(ticket)
        by_desk = by.person is not None and by.person.pk != requester.pk and by.may(Right.DESK)
        message = Message(
            ticket=ticket,
            origin_ticket=ticket,
            audience=Message.Audience.REQUESTER,
            channel=channel,
            author=by.person or requester,
            author_name=author_name or (by.person or requester).display_name,
            author_address=author_address or (by.person or requester).email or "",
            from_staff=by_desk,
            automatic=automatic,
            to=list(to),
            cc=list(cc),
            sent_at=moment,
            raw=raw,
            rfc_message_id=rfc_message_id,
        )
        _write(message, content)
        ticket.last_message_id = message.pk
        update(ticket, "last_message_id")
        rows = {(requester.pk, Access.Why.REQUESTER)}
        if affected is not None:
            rows.add((affected.pk, Access.Why.AFFECTED))
        rows |= {(p.pk, Access.Why.PARTICIPANT) for p in participants[:MOST_PARTICIPANTS] if p.pk != requester.pk}
        insert(*(Access(person_id=pk, ticket=ticket, why=why) for pk, why in sorted(rows)))
        names = sorted({" ".join(tag.split())[:60] for tag in tags} - {""})
        if names:
            ticket.tags.set(_tags(names))
        record(
            "ticket.opened",
            ticket.topic,
            actor=by.actor,
            data={
                "state": state(ticket),
                "tags": names,
                "participants": sorted(pk for pk, why in rows if why == Access.Why.PARTICIPANT),
                "message": message.pk,
                "channel": channel,
                "automatic": automatic,
                "context": context(ticket),
            },
            personal={"subject": title, **personal_values(ticket)},
            cause=cause,
            at=at,
            rows={"ticket": ticket, "message": message, "files": content.files},
            quiet=quiet,
        )
    return ticket


def _check_customer(by: Author, requester: Person, organization: int | None) -> None:
    """Who looks after some customers alone names nobody of the others: raises `PermissionDenied`."""
    if by.person is None or by.trusted or by.person.pk == requester.pk:
        return
    among = viewer(by.person).organizations
    if among and organization not in among:
        raise PermissionDenied(Right.OPEN_FOR_OTHERS)


def _first(rows: Any) -> Any:
    return next(row for row in rows.values() if row.archived_at is None)


def _tags(names: Sequence[str]) -> list[Tag]:
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=names))


def _write(message: Message, content: Content) -> None:
    message.text, message.html = content.text, content.html
    message.folded_text, message.folded_html = content.folded_text, content.folded_html
    message.foreign = content.foreign
    insert(message)
    if content.files:
        Attachment.objects.bulk_create(
            Attachment(
                message=message,
                blob=file.blob,
                name=file.name[:200],
                content_type=file.content_type[:120],
                content_id=file.content_id[:200],
            )
            for file in content.files
        )


def lock(ticket_ids: Iterable[int]) -> list[Ticket]:
    """The tickets with these ids, locked in id order until the transaction ends, as they stand now."""
    return list(Ticket.objects.select_for_update().filter(pk__in=set(ticket_ids)).order_by("pk"))


def lock_survivor(ticket: Ticket) -> Ticket:
    """The ticket, or if it was merged the one it is in now, locked until the transaction ends, as it stands."""
    (row,) = lock([ticket.survivor_id or ticket.pk])
    while row.survivor_id is not None:
        (row,) = lock([row.survivor_id])
    return row


def takes_part(person: Person, ticket: Ticket) -> bool:
    """Whether a person may speak in a ticket without any right at the desk: they, or their organization, asked."""
    if Access.objects.filter(person=person, ticket=ticket).exclude(why=Access.Why.WATCHER).exists():
        return True
    who = viewer(person)
    return not who.staff and Ticket.objects.seen_by(who).filter(pk=ticket.pk).exists()


@transaction.atomic
def add_message(
    *,
    by: Author,
    ticket: Ticket,
    content: Content,
    audience: Message.Audience,
    channel: Ticket.Channel,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    raw: int | None = None,
    rfc_message_id: str = "",
    author_name: str = "",
    author_address: str = "",
    automatic: bool = False,
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Message:
    """A public reply, a requester's answer or an internal note.

    A requester's answer wakes a ticket that waited for them and reopens a resolved one; an agent's first public reply
    takes a new ticket into work. An `automatic` message (out of office) changes nothing but the thread. Whom the desk
    mentions (`content.mentions`) stands in the event. What is said in a merged ticket is said in the one it went into.
    Records `ticket.replied`, `ticket.requester_replied` or
    `ticket.noted`. Raises `PermissionDenied` for whoever may not, and `ValidationError` when there is nothing to say,
    somebody is mentioned who may not see the ticket, or spam would be answered.
    """
    if content.empty:
        raise ValidationError({"text": _("Write a message or attach a file.")})
    row = lock_survivor(ticket)
    person = by.person
    from_staff = speaks_for_the_desk(by, row, audience)
    if row.stage == Ticket.Stage.SPAM and from_staff and audience != Message.Audience.STAFF:
        raise ValidationError({"text": _("This ticket is marked as spam, so nobody is answered. Take it out first.")})
    mentioned = check_mentions(row, content.mentions) if from_staff else {}
    moment = at or timezone.now()
    public = audience == Message.Audience.REQUESTER
    message = Message(
        ticket=row,
        origin_ticket=row,
        audience=audience,
        department_id=None if public else row.department_id,
        channel=channel,
        author=person,
        author_name=author_name or (person.display_name if person else ""),
        author_address=author_address or (person.email if person else "") or "",
        from_staff=from_staff,
        automatic=automatic,
        to=list(to),
        cc=list(cc),
        sent_at=moment,
        raw=raw,
        rfc_message_id=rfc_message_id,
    )
    _write(message, content)
    fields: dict[str, Any] = {"version": F("version") + 1, "updated_at": moment, "last_message_id": message.pk}
    if public and from_staff and not automatic and row.first_reply_at is None:
        fields["first_reply_at"] = moment
    if public and not from_staff and not automatic:
        fields["requester_spoke_at"] = moment
    Ticket.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db(fields=list(fields))
    spoken = "ticket.replied" if from_staff else "ticket.requester_replied"
    kind = spoken if public else "ticket.noted"
    event = record(
        kind,
        row.topic,
        actor=by.actor,
        data={
            "message": message.pk,
            "author": person.pk if person else None,
            "channel": channel,
            "automatic": automatic,
            "context": context(row),
            **({"mentions": mentioned} if mentioned else {}),
        },
        cause=cause,
        at=at,
        rows={"ticket": row, "message": message, "files": content.files},
        quiet=quiet,
    )
    if public and not automatic:
        follow_ups = _after_reply(row, person) if from_staff else after_answer(row)
        if follow_ups:
            system = Author(by.actor, person, trusted=True)
            reason = "agent_replied" if from_staff else "requester_replied"
            apply_changes(
                row, Changes(follow_ups, reason=reason), by=system, cause=Cause(event), at=at, quiet=quiet, bump=False
            )
    return message


def speaks_for_the_desk(by: Author, ticket: Ticket, audience: Message.Audience) -> bool:
    """Whether the author speaks for the desk; raises `PermissionDenied` for whoever may not speak at all."""
    if audience != Message.Audience.REQUESTER:
        by.require(Right.NOTE)
        return True
    person = by.person
    if person is None:
        by.require(Right.REPLY)
        return True
    own = person.pk in (ticket.requester_id, ticket.affected_id)
    if person.may(Right.REPLY) and not own:
        return True
    if not by.trusted and not takes_part(person, ticket):
        raise PermissionDenied(Right.REPLY)
    return False


def _after_reply(ticket: Ticket, person: Person | None) -> dict[str, Any]:
    follow_ups: dict[str, Any] = {}
    if ticket.status_category == StatusCategory.NEW:
        follow_ups["status"] = words().status_for(StatusCategory.OPEN)
    if ticket.assignee_id is None and person is not None:
        teams = viewer(person).teams
        if ticket.team_id is None or ticket.team_id in teams:
            follow_ups["assignee"] = person
    return follow_ups


def after_answer(ticket: Ticket) -> dict[str, Any]:
    """What a requester's answer does to a ticket: one that waited for them, or was resolved, is taken up again."""
    if ticket.status_category == StatusCategory.PENDING:
        reason = words().reasons.get(ticket.pending_reason_id or 0)
        if reason is not None and not reason.waits_for_requester:
            return {}
        return {"status": words().status_for(StatusCategory.OPEN)}
    if ticket.status_category in (StatusCategory.RESOLVED, StatusCategory.CLOSED):
        return {"status": words().status_for(StatusCategory.OPEN)}
    return {}


@transaction.atomic
def change(
    *,
    by: Author,
    ticket: Ticket,
    expected_version: int | None = None,
    reason: str = "",
    cause: Cause | None = None,
    at: datetime | None = None,
    quiet: bool = False,
    **changes: Any,
) -> Ticket:
    """Set fields of a ticket: those of `changing.SETTABLE`, with rows, persons, moments or lists of them as values;
    `custom` takes values of custom fields by key, None to empty one, and leaves the others alone.

    What follows from a change is part of it: the priority from the matrix unless set by hand, the reason of waiting
    gone when the waiting ends, a new department's first team. Records one `ticket.changed` with old and new of each
    field, or nothing when nothing differs. `expected_version` raises `Stale` when somebody was faster. Raises
    `PermissionDenied` for whoever may not, `ValidationError` naming the field for a value that cannot be.
    """
    _require_change(by, changes)
    if "requester" in changes or "organization" in changes:
        requester = changes.get("requester") or ticket.requester
        place = changes.get("organization", requester.organization)
        _check_customer(by, requester, place.pk if place else None)
    (row,) = lock([ticket.pk])
    if expected_version is not None and row.version != expected_version:
        raise Stale
    apply_changes(row, Changes(changes, reason=reason), by=by, cause=cause, at=at, quiet=quiet)
    return row


def _require_change(by: Author, changes: Iterable[str]) -> None:
    unknown = set(changes) - SETTABLE
    if unknown:
        raise TypeError(f"not fields of a ticket: {sorted(unknown)}")
    by.require(Right.CHANGE)
    if "restricted" in changes:
        by.require(Right.RESTRICT)


@transaction.atomic
def change_each(
    *,
    by: Author,
    tickets: Iterable[int],
    values: Callable[[Ticket], Mapping[str, Any]],
    cause: Cause | None = None,
) -> dict[int, Event | ValidationError | None]:
    """What `change` does to one ticket, done to each of a few (ids) that the author may see: `values` says of each, as
    it stands, what to set; not whose ticket it is.

    By id: the event that was recorded (`ticket.changed`, one each), None where nothing differed, or why the ticket was
    left as it was, which changes nothing about the others. Raises `PermissionDenied` for whoever may not.
    """
    by.require(Right.CHANGE)

    def wanted(ticket: Ticket) -> Mapping[str, Any]:
        changes = values(ticket)
        _require_change(by, changes)
        if not _OF_WHOM.isdisjoint(changes):
            raise TypeError("whose ticket it is changes one by one")
        return changes

    return apply_to_each(lock(tickets), wanted, by=by, cause=cause)


@transaction.atomic
def add_participants(
    *, by: Author, ticket: Ticket, persons: Sequence[Person], cause: Cause | None = None, quiet: bool = False
) -> None:
    """More participants; who takes part already is left alone. Records `ticket.changed` if anybody is new."""
    if not persons:
        return
    by.require(Right.CHANGE)
    row = lock_survivor(ticket)
    present = set(Access.objects.filter(ticket=row).values_list("person_id", flat=True))
    fresh = [person for person in persons if person.pk not in present]
    if fresh:
        known = Person.objects.filter(access__ticket=row, access__why=Access.Why.PARTICIPANT)
        wanted = [*known, *fresh][:MOST_PARTICIPANTS]
        apply_changes(row, Changes({"participants": wanted}), by=by, cause=cause, quiet=quiet)


@transaction.atomic
def confirm_resolved(*, by: Author, ticket: Ticket) -> Ticket:
    """The requester says that it works: a resolved ticket is closed, unless the desk has something left to do first.

    Anything else stays as it is.
    """
    (row,) = lock([ticket.pk])
    _require_part(by, row)
    closed = words().status_for(StatusCategory.CLOSED)
    if row.status_category == StatusCategory.RESOLVED and not missing_before(row, closed):
        trusted = Author(by.actor, by.person, trusted=True)
        apply_changes(row, Changes({"status": closed}, reason="requester_confirmed"), by=trusted)
    return row


def _require_part(by: Author, ticket: Ticket) -> None:
    if by.trusted or by.may(Right.CHANGE):
        return
    if by.person is None or not takes_part(by.person, ticket):
        raise PermissionDenied


@transaction.atomic
def redact(*, by: Author, message: Message, why: str, cause: Cause | None = None) -> Message:
    """Empty a message for good: text, HTML, files and search text; its raw mail follows by the event.

    The event `message.redacted` says who and why, never what. Needs the right to redact.
    """
    by.require(Right.REDACT)
    (row,) = lock([message.ticket_id])
    message = Message.objects.select_for_update().get(pk=message.pk)
    message.attachments.all().delete()
    message.text = message.html = message.folded_text = message.folded_html = ""
    message.redacted_at = timezone.now()
    message.save(update_fields=["text", "html", "folded_text", "folded_html", "redacted_at"])
    Ticket.objects.filter(pk=row.pk).update(version=F("version") + 1)
    record(
        "message.redacted",
        row.topic,
        actor=by.actor,
        data={"message": message.pk, "raw": message.raw, "context": context(row)},
        personal={"why": why[:500]},
        cause=cause,
        rows={"ticket": row, "message": message},
    )
    return message


@transaction.atomic
def wake_pending(*, ticket: Ticket, now: datetime) -> bool:
    """End a wait whose date has come. Returns whether the ticket woke; two tickers wake it once."""
    (row,) = lock([ticket.pk])
    if row.status_category != StatusCategory.PENDING or row.pending_until is None or row.pending_until > now:
        return False
    opened: Status = words().status_for(StatusCategory.OPEN)
    apply_changes(row, Changes({"status": opened}, reason="date_reached"), by=Author.system("ticker"))
    return True
