"""Making a ticket of its own of what was said in another one, and taking that back."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.writing import insert
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import lock, takes_part
from ventanilla.tickets.merging import follow_messages, people_of, put_into, record_both
from ventanilla.tickets.models import Access, Link, Message, StatusCategory, Ticket, TimeEntry
from ventanilla.tickets.models.ticket import NEVER
from ventanilla.tickets.numbering import next_number
from ventanilla.tickets.sight import sees
from ventanilla.tickets.state import context, state
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work import recount_time


def opening_messages(messages: Sequence[Message]) -> set[int]:
    """Of these messages those with which their tickets began: a ticket is not split from its own beginning."""
    origins = {message.origin_ticket_id for message in messages}
    first = Message.objects.filter(origin_ticket__in=origins).values("origin_ticket").annotate(first=Min("pk"))
    return set(first.values_list("first", flat=True))


@transaction.atomic
def split_ticket(*, by: Author, ticket: Ticket, messages: Sequence[Message], subject: str = "") -> Ticket:
    """Make a new ticket of some messages of a ticket; returns it. Nobody is written to.

    The time that was written down with these messages goes with them; what is to be done stays where it is.
    It is of the same kind and in the same hands, restricted like the old one and linked to it. Its requester is who
    wrote the first of the messages that came from outside the desk, if they take part in the old ticket, else the old
    one's. Records `ticket.opened` on the new one and `ticket.split` on both.

    Needs the right to change tickets and sight of this one, else raises `PermissionDenied`. Raises `ValidationError`
    for no messages, for messages of another ticket, and for one with which a ticket began: what was merged into this
    one is brought back by undoing the merge.
    """
    by.require(Right.CHANGE)
    (row,) = lock([ticket.pk])
    if row.stage != Ticket.Stage.TICKET or (by.person is not None and not by.trusted and not sees(by.person, row.pk)):
        raise PermissionDenied(Right.CHANGE)
    chosen = list(
        Message.objects.filter(pk__in=[message.pk for message in messages], ticket=row)
        .select_related("author")
        .order_by("sent_at", "pk")
    )
    if not chosen or len(chosen) != len(set(messages)):
        raise ValidationError({"messages": _("Choose messages of this ticket.")})
    if opening_messages(chosen) & {message.pk for message in chosen}:
        raise ValidationError({"messages": _("The message with which a ticket began stays in it.")})
    made = _opened(row, _requester(row, chosen), " ".join(subject.replace("\x00", "").split())[:250] or row.subject)
    origins = [[message.pk, message.origin_ticket_id] for message in chosen]
    moved = [pk for pk, _origin in origins]
    Message.objects.filter(pk__in=moved).update(ticket=made, origin_ticket=made)
    TimeEntry.objects.filter(message__in=moved, ticket=row).update(ticket=made, origin_ticket=made)
    Link.objects.create(ticket=made, other=row, kind=Link.Kind.SPLIT)
    now = timezone.now()
    for changed in (made, row):
        recount_time(changed)
        follow_messages(changed, now)
    record(
        "ticket.opened",
        made.topic,
        actor=by.actor,
        data={
            "state": state(made),
            "tags": [],
            "participants": [],
            "message": chosen[0].pk,
            "channel": made.channel,
            "automatic": True,
            "context": context(made),
        },
        personal={"subject": made.subject},
        rows={"ticket": made},
    )
    data = {"messages": moved, "origins": origins}
    record_both("ticket.split", made, row, by=by, cause=None, data=data)
    return made


def _requester(ticket: Ticket, messages: Sequence[Message]) -> Person:
    outside = (message.author for message in messages if message.public and not message.from_staff)
    author = next((person for person in outside if person is not None), None)
    return author if author is not None and takes_part(author, ticket) else ticket.requester


def _opened(ticket: Ticket, requester: Person, subject: str) -> Ticket:
    same = requester.pk == ticket.requester_id
    status = words().status_for(StatusCategory.OPEN if ticket.assignee_id else StatusCategory.NEW)
    now = timezone.now()
    made = Ticket(
        channel=ticket.channel,
        type=ticket.type,
        subject=subject,
        requester=requester,
        affected_id=ticket.affected_id if same else None,
        organization_id=ticket.organization_id,
        department_id=ticket.department_id,
        service_id=ticket.service_id,
        category_id=ticket.category_id,
        impact_id=ticket.impact_id,
        urgency_id=ticket.urgency_id,
        priority_id=ticket.priority_id,
        priority_by_hand=ticket.priority_by_hand,
        status=status,
        status_category=status.category,
        sort_due_at=NEVER,
        team_id=ticket.team_id,
        assignee_id=ticket.assignee_id,
        restricted=ticket.restricted,
        mailbox=ticket.mailbox,
        created_at=now,
        updated_at=now,
        requester_spoke_at=now,
    )
    made.number = next_number(made.type.prefix)
    insert(made)
    rows = [Access(person=requester, ticket=made, why=Access.Why.REQUESTER)]
    if made.affected_id is not None:
        rows.append(Access(person_id=made.affected_id, ticket=made, why=Access.Why.AFFECTED))
    insert(*rows)
    return made


@transaction.atomic
def undo_split(*, by: Author, ticket: Ticket) -> Ticket:
    """Bring the messages of a split back to where they were written, and merge into that what was said here since.

    Returns the ticket it was split from, or into which that was merged. Records `ticket.split_undone` on both, caused
    by the split. Raises `ValidationError` for a ticket that was not split from another one, for one into which that
    one was merged since, and where somebody would be shown what is none of their business by now.
    """
    by.require(Right.CHANGE)
    event = split_event(ticket)
    if event is None:
        raise ValidationError(_("%(number)s was not split from another ticket.") % {"number": ticket.number})
    before = Ticket.objects.get(pk=event.data["ticket"])
    places = _places(event)
    rows = {row.pk: row for row in lock([ticket.pk, before.survivor_id or before.pk, *places.values()])}
    row, target = rows[ticket.pk], rows[before.survivor_id or before.pk]
    if row.pk == target.pk:
        said = _("%(number)s was merged into this ticket. Undo that first.")
        raise ValidationError(said % {"number": before.number})
    for one in rows.values():
        if by.person is not None and not by.trusted and not sees(by.person, one.survivor_id or one.pk):
            raise PermissionDenied(Right.CHANGE)
    _check_undoing(row, target)
    messages = list(Message.objects.filter(ticket=row).order_by("pk").values_list("pk", flat=True))
    for pk, origin in event.data["origins"]:
        Message.objects.filter(pk=pk, ticket=row).update(ticket=places[origin], origin_ticket=origin)
        spent = TimeEntry.objects.filter(message=pk, ticket=row)
        spent.update(ticket=places[origin], origin_ticket=origin)
    Link.objects.filter(ticket=row, kind=Link.Kind.SPLIT).delete()
    put_into(target, row, by=by, kind="ticket.split_undone", cause=Cause(event), more={"messages": messages})
    for place in set(places.values()) - {row.pk, target.pk}:
        recount_time(rows[place])
        follow_messages(rows[place], timezone.now())
    return target


def _places(event: Event) -> dict[int, int]:
    """Where the messages of a split go back to: the tickets in which they were written, or what these are in now."""
    written_in = {origin for _pk, origin in event.data["origins"]}
    found = Ticket.objects.filter(pk__in=written_in).values_list("pk", "survivor_id")
    return {pk: survivor or pk for pk, survivor in found}


def _check_undoing(row: Ticket, target: Ticket) -> None:
    """Raise `ValidationError` where a split is not undone any more: unlike a merge, one into what is done may be."""
    for one in (row, target):
        if one.stage != Ticket.Stage.TICKET:
            raise ValidationError(_("%(number)s was merged already.") % {"number": one.number})
    if len({row.organization_id, target.organization_id} - {None}) > 1:
        raise ValidationError(_("Tickets of different customers are not merged. Link them instead."))
    if (row.restricted or target.restricted) and not set(people_of(row)) <= set(people_of(target)):
        raise ValidationError(_("Others take part in this ticket than in the restricted one it was split from."))


def split_event(ticket: Ticket) -> Event | None:
    """The event by which a ticket was split from another one, unless that was undone."""
    if not Link.objects.filter(ticket=ticket, kind=Link.Kind.SPLIT).exists():
        return None
    found = Event.objects.filter(topic=ticket.topic, kind="ticket.split").order_by("pk")
    return next((event for event in found if event.data["direction"] == "to"), None)
