"""Asking the requester for what a ticket lacks, and taking what they answer.

What is asked is never stored: it is whatever the ticket lacks when the form is drawn. So a field that was filled in,
archived or taken from the type meanwhile is simply no longer asked for, and a second answer finds nothing to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.fields.definitions import demanded, usable, visible
from ventanilla.fields.models import FieldDefinition
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import after_answer, lock, lock_survivor, takes_part
from ventanilla.tickets.changing import GIVEN, Changes, apply_changes
from ventanilla.tickets.custom import ENTITY, checked, missing
from ventanilla.tickets.life_cycle import waits_for_requester
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.state import context
from ventanilla.tickets.vocabulary import words

AGAIN_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Question:
    """What a requester is asked about a ticket: the fields that it lacks (`asked`), those that their values may bring
    (`brought`), and all that the requester knows of (`known`), among which it is decided which are visible."""

    asked: Sequence[FieldDefinition]
    brought: Sequence[FieldDefinition]
    known: Sequence[FieldDefinition]

    @property
    def rows(self) -> list[FieldDefinition]:
        """What may be answered, in the administrator's order."""
        return [row for row in self.known if row in self.asked or row in self.brought]


def askable(ticket: Ticket) -> list[FieldDefinition]:
    """The fields that an open ticket lacks and that are its requester's to fill in."""
    return [row for row in missing(ticket) if row.audience == row.Audience.REQUESTER]


def question_of(ticket: Ticket) -> Question:
    """What is to be asked about a ticket as it stands; nothing is asked when `asked` is empty."""
    asked = askable(ticket)
    known = usable(ENTITY, words().types[ticket.type_id].key, staff=False) if asked else []
    keys, brought = {row.key for row in asked}, []
    for _step in known:
        more = [
            row
            for row in known
            if row.key not in keys and not ticket.custom.get(row.key) and keys & {row.decided_by, row.demanded_by}
        ]
        if not more:
            break
        brought += more
        keys |= {row.key for row in more}
    return Question(asked, brought, known)


def asks_now(ticket: Ticket) -> bool:
    """Whether the ticket waits for its requester and lacks what they may fill in: then its page shows the form."""
    return waits_for_requester(ticket) and bool(askable(ticket))


@transaction.atomic
def ask_for_missing(*, by: Author, ticket: Ticket) -> list[FieldDefinition]:
    """Ask the requester, by a mail with a link to a form, for the fields that the ticket lacks; returns them.

    The ticket waits for them from now on. Records `ticket.asked` with the names of the fields, which mail answers with
    the letter, and, caused by it, `ticket.changed`. Raises `PermissionDenied` for whoever may not answer and change
    tickets; `ValidationError` when nothing is missing that is theirs to say, for spam, for a requester without an
    address, and within `AGAIN_AFTER` of the last question.
    """
    by.require(Right.REPLY)
    by.require(Right.CHANGE)
    (row,) = lock([ticket.pk])
    if row.stage != Ticket.Stage.TICKET:
        raise ValidationError(_("The requester of this ticket cannot be asked: it is spam, or was merged."))
    rows = askable(row)
    if not rows:
        raise ValidationError(_("Nothing is missing that the requester could fill in."))
    if not row.requester.email:
        raise ValidationError(_("The requester has no e-mail address."))
    lately = timezone.now() - AGAIN_AFTER
    if Event.objects.filter(topic=row.topic, kind="ticket.asked", at__gte=lately).exists():
        raise ValidationError(_("They have just been asked. Give them a few minutes."))
    event = record(
        "ticket.asked",
        row.topic,
        actor=by.actor,
        data={"fields": [one.name for one in rows], "context": context(row)},
        rows={"ticket": row},
    )
    if not waits_for_requester(row):
        apply_changes(row, Changes(_waiting(), reason="asked"), by=by, cause=Cause(event))
    return rows


def _waiting() -> dict[str, Any]:
    known = words()
    reasons = known.usable(known.reasons)
    reason = next((one for one in reasons if one.waits_for_requester), None)
    return {
        "status": known.status_for(StatusCategory.PENDING),
        "pending_reason": reason,
        "pending_until": None,
    }


@transaction.atomic
def give_missing(*, by: Author, ticket: Ticket, values: Mapping[str, Any]) -> list[FieldDefinition]:
    """Take what whoever takes part in a ticket says of the fields it lacks, and go on with it as after an answer.

    `values` by key, as a form or the API send them. What is not lacking any more, because somebody was faster or the
    field is gone, is left as it is; returns the fields that were filled in. Of a merged ticket, the one it is in is
    meant. Records one `ticket.changed` with the values and the status. Raises `PermissionDenied` for whoever takes no
    part, `ValidationError` naming each field that is still empty or cannot be so, or when nothing is missing.
    """
    row = lock_survivor(ticket)
    if not by.trusted and (by.person is None or not takes_part(by.person, row)):
        raise PermissionDenied
    if not row.is_open:
        raise ValidationError(_("The ticket has been resolved meanwhile."))
    question = question_of(row)
    if not question.asked:
        raise ValidationError(_("Nothing is missing any more. Thank you."))
    offered = {one.key: one for one in question.rows}
    type_key = words().types[row.type_id].key
    given = {key: value for key, value in values.items() if key in offered}
    own = {
        key: value
        for key, value in checked(given, type_key=type_key, by=by, present=row.custom).items()
        if value is not None
    }
    after = {**row.custom, **own}
    shown = visible(question.known, after)
    empty = [one for one in demanded(shown, after) if one.key in offered and not after.get(one.key)]
    if empty:
        raise ValidationError({one.name: _("This cannot be empty.") for one in empty})
    own = {key: value for key, value in own.items() if offered[key] in shown}
    if own:
        row.requester_spoke_at = timezone.now()
        row.save(update_fields=["requester_spoke_at"])
    # The values have been checked for this author already, and what follows is not theirs to decide.
    system = Author(by.actor, by.person, trusted=True)
    apply_changes(row, Changes({"custom": own, **after_answer(row)}, reason=GIVEN), by=system)
    return [offered[key] for key in own]
