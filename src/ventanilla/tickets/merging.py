"""Making one ticket of several, and several of one again: no message is lost, and none is shown to more than before.

Wherever it was written, a message stands in the ticket that is left at the end of all merges of the one it was written
in (`Message.origin_ticket`, `Ticket.survivor`). So merges can be undone in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import MOST_PARTICIPANTS, lock
from ventanilla.tickets.life_cycle import next_step
from ventanilla.tickets.models import Access, Draft, Message, Tag, Ticket
from ventanilla.tickets.sight import sees
from ventanilla.tickets.state import context
from ventanilla.tickets.work import bring_work_back, move_work, recount, recount_time

# To undo a split is to merge what was split off, with what has been said in it since.
_MERGES = frozenset({"ticket.merged", "ticket.split_undone"})


@dataclass(frozen=True)
class Brought:
    """What a merge added to the ticket it went into: ids of persons, and names of tags."""

    participants: frozenset[int] = frozenset()
    watchers: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()

    @classmethod
    def of(cls, event: Event) -> "Brought":
        """What the event of a merge says it added."""
        return cls(*(frozenset(event.data[name]) for name in ("participants", "watchers", "tags")))

    def __and__(self, other: "Brought") -> "Brought":
        return Brought(self.participants & other.participants, self.watchers & other.watchers, self.tags & other.tags)

    def __or__(self, other: "Brought") -> "Brought":
        return Brought(self.participants | other.participants, self.watchers | other.watchers, self.tags | other.tags)

    def __sub__(self, other: "Brought") -> "Brought":
        return Brought(self.participants - other.participants, self.watchers - other.watchers, self.tags - other.tags)

    def as_data(self) -> dict[str, list[Any]]:
        """As events tell it."""
        return {name: sorted(getattr(self, name)) for name in ("participants", "watchers", "tags")}


@transaction.atomic
def merge_tickets(*, by: Author, into: Ticket, tickets: Sequence[Ticket], cause: Cause | None = None) -> Ticket:
    """Make `tickets` part of `into`, which is left: their messages stand in it by date, their numbers lead to it.

    Who asked for them, takes part in them or follows them does so in `into`; its tags are united with theirs; what
    somebody was writing in them, what is to be done in them and the time spent on them go on there. The merged tickets
    leave every list, count and search; their own fields stay as they are until the merge is undone (`unmerge_ticket`).
    Nobody is written to. Records `ticket.merged` on both sides, one pair for each ticket.

    Needs the right to change tickets and sight of each, else raises `PermissionDenied`. Raises `ValidationError` and
    changes nothing for a ticket merged already (so never in a circle), for spam, for an open ticket into one that is
    done, and where somebody would be shown what was none of their business: tickets of two customers are not merged (of
    somebody without an organization they are: people write from their private address, too);
    a restricted ticket only with another restricted one of the same team in which the very same people take part.
    Desk agents of `into`'s department see what was merged, as when a ticket is handed over to them.
    """
    by.require(Right.CHANGE)
    rows = {row.pk: row for row in lock([into.pk, *(ticket.pk for ticket in tickets)])}
    target, gone = rows.pop(into.pk), list(rows.values())
    if not gone:
        raise ValidationError(_("Choose a second ticket."))
    for row in (target, *gone):
        if by.person is not None and not by.trusted and not sees(by.person, row.survivor_id or row.pk):
            raise PermissionDenied(Right.CHANGE)
    check_mergeable(target, gone)
    for row in gone:
        put_into(target, row, by=by, kind="ticket.merged", cause=cause)
    return target


def check_mergeable(target: Ticket, gone: Sequence[Ticket]) -> None:
    """Raise `ValidationError` unless these locked tickets may be merged into that one, as `merge_tickets` says."""
    for row in (target, *gone):
        if row.stage == Ticket.Stage.MERGED:
            raise ValidationError(_("%(number)s was merged already.") % {"number": row.number})
        if row.stage != Ticket.Stage.TICKET:
            raise ValidationError(_("%(number)s is marked as spam. Take it out first.") % {"number": row.number})
    if not target.is_open and any(row.is_open for row in gone):
        said = _("%(number)s is done already. Reopen it first, or keep one of the open tickets.")
        raise ValidationError(said % {"number": target.number})
    access = {row.pk: set(people_of(row)) for row in (target, *gone)}
    if len(_organizations([target, *gone])) > 1:
        raise ValidationError(_("Tickets of different customers are not merged. Link them instead."))
    if any(row.restricted for row in (target, *gone)):
        alike = all(
            row.restricted and row.team_id == target.team_id and access[row.pk] == access[target.pk] for row in gone
        )
        if not (target.restricted and alike):
            said = _(
                "A restricted ticket is merged only with another restricted one of the same team in which the same "
                "people take part."
            )
            raise ValidationError(said)
    if len(set().union(*access.values())) > MOST_PARTICIPANTS:
        most = {"most": MOST_PARTICIPANTS}
        raise ValidationError(_("More than %(most)d people would take part. Link the tickets instead.") % most)


def _organizations(tickets: Sequence[Ticket]) -> set[int]:
    """The customers whose messages stand in these tickets, by what was merged into them too."""
    ids = [row.pk for row in tickets]
    rows = Ticket.objects.filter(Q(pk__in=ids) | Q(survivor__in=ids)).filter(organization__isnull=False)
    return set(rows.values_list("organization_id", flat=True).distinct())


def people_of(ticket: Ticket) -> Iterable[int]:
    """The ids of everybody with access to a ticket."""
    return Access.objects.filter(ticket=ticket).values_list("person_id", flat=True)


def put_into(
    target: Ticket, row: Ticket, *, by: Author, kind: str, cause: Cause | None, more: Mapping[str, Any] | None = None
) -> None:
    """Merge one locked ticket into another one; records the event `kind` on both, with `more` among its data.

    Rights, and whether it may be, are the caller's matter. Raises `ValueError` for a ticket into itself.
    """
    if row.pk == target.pk:
        raise ValueError(f"{row.pk} cannot go into itself")
    now = timezone.now()
    messages = list(Message.objects.filter(ticket=row).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=messages).update(ticket=target)
    move_work(row, target)
    brought = _bring(target, _held(row))
    drafts = _move_drafts(row, target)
    Ticket.objects.filter(survivor=row).update(survivor=target)
    Ticket.objects.filter(pk=row.pk).update(
        stage=Ticket.Stage.MERGED, merged_into=target, survivor=target, is_open=0, cycle_at=None, cycle_step=0,
        updated_at=now, version=F("version") + 1,
    )  # fmt: skip
    row.refresh_from_db()
    for changed in (row, target):
        recount(changed)
        recount_time(changed)
    follow_messages(target, now)
    data = {"messages": messages, "drafts": drafts, **brought.as_data(), **(more or {})}
    record_both(kind, row, target, by=by, cause=cause, data=data)


def _held(ticket: Ticket) -> Brought:
    """Who takes part in a ticket, in whatever role, who follows it, and its tags."""
    access = list(Access.objects.filter(ticket=ticket).values_list("why", "person_id"))
    return Brought(
        frozenset(pk for why, pk in access if why != Access.Why.WATCHER),
        frozenset(pk for why, pk in access if why == Access.Why.WATCHER),
        frozenset(ticket.tags.values_list("name", flat=True)),
    )


def _bring(target: Ticket, held: Brought) -> Brought:
    fresh = held - _held(target)
    rows = [(pk, Access.Why.PARTICIPANT) for pk in sorted(fresh.participants)]
    rows += [(pk, Access.Why.WATCHER) for pk in sorted(fresh.watchers)]
    Access.objects.bulk_create(Access(ticket=target, person_id=pk, why=why) for pk, why in rows)
    if fresh.tags:
        target.tags.add(*Tag.objects.filter(name__in=fresh.tags))
    return fresh


def _take_away(ticket: Ticket, gone: Brought) -> None:
    for why, persons in ((Access.Why.PARTICIPANT, gone.participants), (Access.Why.WATCHER, gone.watchers)):
        Access.objects.filter(ticket=ticket, why=why, person_id__in=persons).delete()
    if gone.tags:
        ticket.tags.remove(*ticket.tags.filter(name__in=gone.tags))


def _move_drafts(row: Ticket, target: Ticket) -> list[int]:
    """What somebody was writing goes on in the ticket that is left; returns the ids of what has moved.

    Where they are writing in that one too, the other text waits where it is until the merge is undone: two texts to
    different people are not to become one.
    """
    there = set(Draft.objects.filter(ticket=target).values_list("person_id", "audience"))
    moved = [row.pk for row in Draft.objects.filter(ticket=row) if (row.person_id, row.audience) not in there]
    Draft.objects.filter(pk__in=moved).update(ticket=target)
    return moved


def follow_messages(ticket: Ticket, now: datetime) -> None:
    """Set what a ticket's row tells of its messages, after some have come or gone, and raise its version."""
    said = Message.objects.filter(ticket=ticket)
    newest = said.order_by("-sent_at", "-pk").values_list("pk", flat=True).first()
    asked = said.filter(audience=Message.Audience.REQUESTER, from_staff=False, automatic=False)
    Ticket.objects.filter(pk=ticket.pk).update(
        last_message_id=newest,
        requester_spoke_at=asked.aggregate(at=Max("sent_at"))["at"] or ticket.requester_spoke_at,
        updated_at=now,
        version=F("version") + 1,
    )
    ticket.refresh_from_db()


def record_both(
    kind: str, row: Ticket, target: Ticket, *, by: Author, cause: Cause | None, data: Mapping[str, Any]
) -> None:
    """Record an event of two tickets on both: `row` is the one that went, came or was split, `target` the other."""
    for here, there, direction in ((row, target, "to"), (target, row, "from")):
        record(
            kind,
            here.topic,
            actor=by.actor,
            data={"ticket": there.pk, "direction": direction, **data, "context": context(here)},
            cause=cause,
            rows={"ticket": here},
        )


@transaction.atomic
def unmerge_ticket(*, by: Author, ticket: Ticket) -> Ticket:
    """Undo a merge: the ticket is again what it was, with its own messages and what had been merged into it before.

    What was written since stays in the ticket that is left. The persons and tags that the merge brought leave that
    one, unless another merged ticket brings them too. Records `ticket.unmerged` on both sides, caused by the merge.
    Needs the right to change tickets, sight of the one that is left, and of this one once it is back, else raises
    `PermissionDenied`. Raises `ValidationError` for a ticket that is not merged (any more), and for one of which every
    message has gone.
    """
    by.require(Right.CHANGE)
    rows = {row.pk: row for row in lock(_way_up(ticket))}
    row = rows[ticket.pk]
    if row.stage != Ticket.Stage.MERGED or row.survivor_id not in rows:
        raise ValidationError(_("%(number)s is not merged any more.") % {"number": row.number})
    root = rows[row.survivor_id]
    if by.person is not None and not by.trusted:
        back = Ticket.objects.merged_seen_by(viewer(by.person)).filter(pk=row.pk)
        if not sees(by.person, root.pk) or not back.exists():
            raise PermissionDenied(Right.CHANGE)
    event = merge_event(row)
    below = _below(row, root)
    messages = list(Message.objects.filter(ticket=root, origin_ticket__in=below).values_list("pk", flat=True))
    if not messages:
        raise ValidationError(_("Nothing is left of %(number)s that could be brought back.") % {"number": row.number})
    now = timezone.now()
    Message.objects.filter(pk__in=messages).update(ticket=row)
    bring_work_back(root, row, origins=below)
    Draft.objects.filter(pk__in=event.data.get("drafts", ()), ticket=root).update(ticket=row)
    removed = _take_out(row, rows)
    Ticket.objects.filter(pk__in=below).update(survivor=row)
    row.stage, row.merged_into, row.survivor = Ticket.Stage.TICKET, None, None
    row.is_open = int(row.category_of_status.is_open)
    row.cycle_step, row.cycle_at = 0, next_step(row, 0, now)
    row.save(update_fields=["stage", "merged_into", "survivor", "is_open", "cycle_step", "cycle_at"])
    for changed in (row, root):
        recount(changed)
        recount_time(changed)
        follow_messages(changed, now)
    data = {"messages": sorted(messages), **removed.as_data()}
    record_both("ticket.unmerged", row, root, by=by, cause=Cause(event), data=data)
    return row


def merge_event(ticket: Ticket) -> Event:
    """The event by which a merged ticket went into the one it is in."""
    found = Event.objects.filter(topic=ticket.topic, kind__in=_MERGES).order_by("-pk")
    return next(event for event in found if event.data["direction"] == "to")


def _way_up(ticket: Ticket) -> list[int]:
    """The ticket, the one it went into, and so on to the one that is left."""
    way = [ticket.pk]
    while (above := Ticket.objects.filter(pk=way[-1]).values_list("merged_into_id", flat=True).first()) is not None:
        way.append(above)
    return way


def _below(row: Ticket, root: Ticket) -> list[int]:
    """The ticket and everything that was merged into it, however deep."""
    inner = list(Ticket.objects.filter(survivor=root).values_list("pk", "merged_into_id"))
    found, edge = {row.pk}, {row.pk}
    while edge:
        edge = {pk for pk, above in inner if above in edge} - found
        found |= edge
    return sorted(found)


def _take_out(row: Ticket, rows: Mapping[int, Ticket]) -> Brought:
    """Take what a ticket brought from each one it went into on its way up, unless another one brings it as well.

    Returns what was taken from the one that is left.
    """
    gone, child = _held(row), row
    while child.merged_into_id is not None:
        above = rows[child.merged_into_id]
        gone = gone & _brought_to(above)
        for other in Ticket.objects.filter(merged_into=above).exclude(pk=child.pk):
            gone = gone - _held(other)
        _take_away(above, gone)
        child = above
    return gone


def _brought_to(ticket: Ticket) -> Brought:
    """What a ticket has by merges alone: what they brought, without what undoing them has taken away."""
    found = Brought()
    for event in Event.objects.filter(topic=ticket.topic, kind__in=_MERGES | {"ticket.unmerged"}).order_by("pk"):
        if event.data["direction"] == "from":
            found = found - Brought.of(event) if event.kind == "ticket.unmerged" else found | Brought.of(event)
    return found
