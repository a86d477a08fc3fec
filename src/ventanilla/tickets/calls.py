"""A phone call that an agent notes down: a new ticket, or a note in one that is open; solved while talking, or not."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import add_message, change, open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.spending import MOST_SECONDS, add_time
from ventanilla.tickets.time_queries import activity_with
from ventanilla.tickets.vocabulary import words

# The key of the activity that the time of a call is written down under, while there is such a one.
CALL = "call"


@transaction.atomic
def register_call(
    *,
    by: Author,
    caller: Person,
    content: Content,
    subject: str = "",
    ticket: Ticket | None = None,
    seconds: int | None = None,
    resolved: bool = False,
) -> Ticket:
    """Note down a call: in `ticket` as an internal note, else as a new ticket of the caller's with this subject.

    `seconds`: how long it took, at most a day; it is written down as the author's time. `resolved`: it was solved while
    talking; then it is the author's. What is recorded is that of `open_ticket`, `add_message`, `add_time` and `change`.
    Raises `PermissionDenied` for whoever may not open tickets for others, `ValidationError` without a subject (new) or
    a text (in a ticket).
    """
    by.require(Right.OPEN_FOR_OTHERS)
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        raise ValidationError({"minutes": _("A call takes a day at most.")})
    if ticket is None:
        ticket = open_ticket(
            by=by,
            requester=caller,
            subject=subject,
            content=content,
            channel=Ticket.Channel.PHONE,
            author_name=caller.display_name,
            author_address=caller.email or "",
        )
        message = ticket.messages.get()
    else:
        message = add_message(
            by=by,
            ticket=ticket,
            content=content,
            audience=Message.Audience.STAFF,
            channel=Ticket.Channel.PHONE,
        )
    if seconds and by.person is not None:
        add_time(by=by, ticket=ticket, seconds=seconds, activity=activity_with(CALL), message=message)
    if resolved:
        values: dict[str, Any] = {"status": words().status_for(StatusCategory.RESOLVED)}
        if by.person is not None:
            values["assignee"] = by.person
        ticket = change(by=by, ticket=ticket, reason="resolved_in_call", **values)
    return ticket
