"""How somebody is told: an inbox row at once, and by mail and push as they chose, in their working hours."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from ventanilla.core.addresses import reverse
from ventanilla.events import doorbell, wake
from ventanilla.installation.queries import installation
from ventanilla.mail.keys import domain_of
from ventanilla.mail.letters import notice_token
from ventanilla.mail.marks import token_message_id
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mailbox_of, own_addresses
from ventanilla.notify.models import Notification
from ventanilla.notify.push import push_to
from ventanilla.notify.queries import rings_of
from ventanilla.notify.wording import headline
from ventanilla.people.hours import hours_of
from ventanilla.people.middleware import zone_of
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.sight import sees

BATCH = 100
KEPT_DAYS = 90


def notify(rows: Sequence[Notification]) -> None:
    """Put rows into inboxes and tell their persons, each once for an event: a row that is there already is passed over.

    Runs inside the transaction of a hand-over. Bells ring after the commit. Outside somebody's working hours mail and
    push wait in the row (`tell_at`) and are not sent if it is read meanwhile.
    """
    now = timezone.now()
    for row in rows:
        row.created_at = row.changed_at = now
        row.tell_at = _quiet_until(row.person, now)
    events = {row.event for row in rows}
    known = set(Notification.objects.filter(event__in=events).values_list("person_id", "event"))
    fresh = [row for row in rows if (row.person_id, row.event) not in known]
    Notification.objects.bulk_create(fresh, ignore_conflicts=True)
    for row in fresh:
        if row.tell_at is None:
            _tell(row)
    rings = rings_of((row.person_id, now) for row in fresh)
    transaction.on_commit(lambda: doorbell.ring(rings))


def tell_due(now: datetime) -> int:
    """Tell of what waited for somebody's working hours, if they may still see it; returns how many rows were taken.

    Claiming a row and writing its mail commit together, so that it is told once whatever is killed.
    """
    due = Notification.objects.filter(tell_at__lte=now).order_by("tell_at").values_list("pk", flat=True)
    return sum(_take(pk, now) for pk in list(due[:BATCH]))


@transaction.atomic
def _take(pk: int, now: datetime) -> int:
    taken = Notification.objects.filter(pk=pk, tell_at__lte=now, read_at=None).update(tell_at=None)
    if taken:
        row = Notification.objects.select_related("person__role", "ticket", "message").get(pk=pk)
        readable = row.message is None or row.message.readable_by(viewer(row.person))
        if row.person.is_active and readable and sees(row.person, row.ticket_id):
            _tell(row)
    return taken


def forget_old(now: datetime) -> int:
    """Forget what was read long ago: the events remain. Not counted as work: returns 0."""
    Notification.objects.filter(read_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    return 0


def _quiet_until(person: Person, now: datetime) -> datetime | None:
    """When the person's hours begin; None while they last."""
    zone = zone_of(person.time_zone or installation().time_zone)
    begins = hours_of(person).open_from(now, zone)
    return begins if begins > now else None


def _tell(row: Notification) -> None:
    """The one place where channels are chosen."""
    if row.person.notices_by_mail:
        _mail(row)
    if row.person.notices_by_push:
        _push(row)


def _mail(row: Notification) -> None:
    person, ticket, message = row.person, row.ticket, row.message
    if not person.email or person.email in own_addresses():
        return
    internal = message is not None and not message.public
    token = notice_token(ticket=ticket, person=person, internal=internal)
    mailbox = mailbox_of(ticket)
    outgoing = Outgoing(
        kind=Outgoing.Kind.NOTICE,
        event=row.event,
        ticket=ticket,
        message=message,
        person=person,
        address=person.email,
        mailbox=mailbox,
        rfc_message_id=token_message_id(token, unique=secrets.token_hex(8), domain=domain_of(mailbox)),
        automatic=True,
        context={
            "reason": row.reason,
            "internal": internal,
            "token": token,
            "can_answer": message is not None and person.may(Right.NOTE if internal else Right.REPLY),
        },
    )
    Outgoing.objects.bulk_create([outgoing], ignore_conflicts=True)
    wake.wake_on_commit("outgoing")


def _push(row: Notification) -> None:
    """What happened and where. Others may see the screen: not what was said, nor the subject of a restricted ticket."""
    ticket = row.ticket
    with override(row.person.language or installation().language):
        push_to(
            row.person,
            title=str(ticket.number) if ticket.restricted else f"{ticket.number} {ticket.subject}",
            body=headline(row),
            address=reverse("desk-ticket", args=[ticket.number]),
            tag=ticket.topic,
        )
