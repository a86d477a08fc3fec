"""Handing a ticket over to another team: thread and number stay, and what a private department wrote stays with it."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.events.record import Cause, record
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Team
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import add_message, change, lock
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, Ticket
from ventanilla.tickets.state import context
from ventanilla.tickets.vocabulary import words


def own_notes(person: Person, ticket: Ticket) -> Sequence[Message]:
    """The notes of a ticket that stay with a private department of the person's when it is handed over, by date."""
    members = {team.department_id for pk, team in words().teams.items() if pk in viewer(person).teams}
    private = [pk for pk in members if words().departments[pk].private]
    notes = Message.objects.readable_by(viewer(person)).filter(ticket=ticket, department__in=private)
    return list(notes.order_by("sent_at", "pk")) if private else ()


@transaction.atomic
def hand_over(
    *,
    by: Author,
    ticket: Ticket,
    team: Team,
    note: Content | None = None,
    share_notes: bool = False,
    cause: Cause | None = None,
) -> Ticket:
    """Give a ticket to another team, and with it to that team's department; returns it as it stands then.

    Number, thread, files, fields, tasks and time go along, and nobody outside the desk is told. The notes that a
    private department wrote stay with its members unless `share_notes`: then the whole desk reads those that the author
    may read. `note` is for the new team: it is written there. Records `ticket.notes_shared` for what is shown,
    `ticket.changed` and `ticket.noted`.

    Needs the right to change tickets, for a note that of writing notes, else raises `PermissionDenied`. Raises
    `ValidationError`, naming the field, for the team that has the ticket already.
    """
    by.require(Right.CHANGE)
    (row,) = lock([ticket.pk])
    if team.pk == row.team_id:
        raise ValidationError({"team": _("This team has the ticket already.")})
    if share_notes and by.person is not None:
        _share(row, own_notes(by.person, row), by=by, cause=cause)
    row = change(by=by, ticket=row, team=team, cause=cause)
    if note is not None and not note.empty:
        staff, desk = Message.Audience.STAFF, Ticket.Channel.DESK
        add_message(by=by, ticket=row, content=note, audience=staff, channel=desk, cause=cause)
    return row


def _share(ticket: Ticket, notes: Sequence[Message], *, by: Author, cause: Cause | None) -> None:
    pks = [note.pk for note in notes]
    if not pks:
        return
    Message.objects.filter(pk__in=pks).update(department=None)
    record(
        "ticket.notes_shared",
        ticket.topic,
        actor=by.actor,
        data={"messages": pks, "context": context(ticket)},
        cause=cause,
        rows={"ticket": ticket},
    )
