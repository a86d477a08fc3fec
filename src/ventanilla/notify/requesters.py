"""Telling requesters on their devices: of an answer, and of what became of their ticket. Mail is delivered anyway."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.core.addresses import reverse
from ventanilla.core.labels import text_in
from ventanilla.events.record import Cause, Happening
from ventanilla.installation.queries import installation
from ventanilla.notify.push import push_to
from ventanilla.people.models import Person
from ventanilla.tickets.models import Access, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

# What follows from a message by itself is told with the message.
_FOLLOWS = frozenset({"agent_replied", "requester_replied"})
KINDS = frozenset({"ticket.replied", "ticket.changed"})


def push_requesters(happening: Happening, _cause: Cause) -> None:
    """Queue a push for whoever takes part in a ticket, asked for it, and did not do it themselves.

    Run once per event by its hand-over. Nothing of what was written is told, and of a restricted ticket not even its
    subject: screens are looked at by others.
    """
    event = happening.event
    if event.data.get("automatic") or event.data.get("reason") in _FOLLOWS:
        return
    status = ((event.data.get("changes") or {}).get("status") or (None, None))[1]
    if event.kind == "ticket.changed" and status is None:
        return
    ticket = Ticket.objects.filter(pk=int(event.topic.partition(":")[2])).first()
    if ticket is None or ticket.stage == Ticket.Stage.SPAM:
        return
    takes_part = Access.objects.filter(ticket=ticket).exclude(why=Access.Why.WATCHER).values("person_id")
    persons = Person.objects.active().filter(pk__in=takes_part, devices__isnull=False).distinct()
    for person in persons:
        if event.actor == f"person:{person.pk}" or event.data.get("author") == person.pk:
            continue
        language = person.language or installation().language
        with override(language):
            body = _("There is an answer for you.") if status is None else _told(status, language)
        if not body:
            continue
        push_to(
            person,
            title=str(ticket.number) if ticket.restricted else f"{ticket.number} · {ticket.subject}",
            body=body,
            address=reverse("portal:ticket", args=[ticket.number]),
            tag=ticket.topic,
        )


def _told(status_id: int, language: str) -> str:
    """What a status means for the requester; empty for what is no news to them."""
    known = words()
    status = known.statuses.get(status_id)
    if status is None:
        return ""
    return {
        StatusCategory.OPEN: _("We are on it."),
        StatusCategory.PENDING: text_in(status.label, language),
        StatusCategory.RESOLVED: _("Resolved: can you confirm?"),
        StatusCategory.CLOSED: _("Closed"),
    }.get(StatusCategory(status.category), "")
