"""Resolving what depends on a ticket together with it."""

from collections.abc import Sequence
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.db import transaction

from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import add_message, change
from ventanilla.tickets.content import Content
from ventanilla.tickets.linked import open_dependents
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words


@transaction.atomic
def resolve_dependents(*, by: Author, principal: Ticket, content: Content) -> Sequence[Ticket]:
    """Resolve the open tickets that depend on this one, of those the author sees, after saying the same in each.

    An empty content says nothing. Returns the tickets; each has events of its own (`ticket.replied`, `ticket.changed`).
    Raises `PermissionDenied` for whoever may not change or answer tickets.
    """
    by.require(Right.CHANGE)
    if by.person is None:
        raise PermissionDenied(Right.CHANGE)
    resolved = words().status_for(StatusCategory.RESOLVED)
    said = replace(content, mentions=())  # colleagues were called to the principal
    found = open_dependents(by.person, principal)
    for ticket in found:
        if not said.empty:
            add_message(
                by=by,
                ticket=ticket,
                content=said,
                audience=Message.Audience.REQUESTER,
                channel=Ticket.Channel.DESK,
            )
        change(by=by, ticket=ticket, status=resolved, reason="resolved_with_principal")
    return found
