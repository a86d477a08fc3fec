"""Questions about mail."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from ventanilla.installation.queries import by_config_version
from ventanilla.mail.models import Mailbox, Outgoing, RawMail
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket


def mailboxes() -> Sequence[Mailbox]:
    """The enabled mailboxes, cached by configuration version."""
    return by_config_version(
        "mail.mailboxes", lambda: list(Mailbox.objects.filter(enabled=True).select_related("team", "in_charge", "type"))
    )


def own_addresses() -> frozenset[str]:
    """Every address that is ours, enabled or not."""
    return by_config_version("mail.own", lambda: frozenset(Mailbox.objects.values_list("address", flat=True)))


def catch_all() -> Mailbox | None:
    """The mailbox that takes what no other claims."""
    return next((mailbox for mailbox in mailboxes() if mailbox.catch_all), None)


def mailbox_of(ticket: Ticket | None) -> Mailbox | None:
    """The mailbox a ticket's mails leave from: the one it came in by, else the catch-all, else any."""
    known = mailboxes()
    if ticket is not None and ticket.mailbox:
        for mailbox in known:
            if mailbox.address == ticket.mailbox:
                return mailbox
    return catch_all() or (known[0] if known else None)


def quarantined(person: Person) -> QuerySet[RawMail]:
    """The mails held in quarantine, newest first; `PermissionDenied` for whoever may not look."""
    if not person.may(Right.QUARANTINE):
        raise PermissionDenied(Right.QUARANTINE)
    held = RawMail.objects.filter(state__in=[RawMail.State.QUARANTINED, RawMail.State.FAILED])
    return held.select_related("mailbox").order_by("-received_at", "-id")


def outbox(person: Person) -> QuerySet[Outgoing]:
    """Every mail that left or is to leave, newest first; `PermissionDenied` for whoever may not look."""
    if not person.may(Right.OUTBOX):
        raise PermissionDenied(Right.OUTBOX)
    return Outgoing.objects.select_related("ticket", "person", "mailbox", "message").order_by("-id")


def raw_for(person: Person, pk: int) -> RawMail:
    """A raw mail by id: for those who look after mail, and for whoever sees its ticket as staff; else `Http404`."""
    found = RawMail.objects.select_related("ticket", "mailbox").filter(pk=pk).first()
    if found is None:
        raise Http404
    if person.may(Right.QUARANTINE):
        return found
    seen = found.ticket_id and Ticket.objects.visible_to(person).filter(pk=found.ticket_id).exists()
    if not seen or not person.may(Right.DESK):
        raise Http404
    return found
