"""What follows from marking a ticket as spam: nobody is answered, its sender is learnt; and all of it taken back."""

from django.utils import timezone

from ventanilla.events import wake
from ventanilla.events.record import Cause, Happening, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.mail.models import Outgoing, SenderRule
from ventanilla.mail.queries import own_addresses
from ventanilla.people.actions import person_at
from ventanilla.people.addresses import normal_email
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Message, Ticket

_DROPPED_AS = "spam"


def follow_spam(happening: Happening, cause: Cause) -> None:
    """Answer a change of a ticket's stage, or the undo of one, inside its transaction.

    As spam its unsent mails are dropped and its sender is blocked, unless they work here, the address is ours, or a
    rule about them exists: then that stays. No spam any more: what was dropped for it leaves, and the sender is let in
    again unless other spam of theirs remains. Records `sender.blocked` or `sender.forgotten`.
    """
    stage = (happening.event.data.get("changes") or {}).get("stage")
    if not stage:
        return
    ticket = happening.rows.get("ticket") or Ticket.objects.get(pk=int(happening.event.topic.partition(":")[2]))
    unsent = Outgoing.objects.filter(ticket=ticket)
    if stage[1] == Ticket.Stage.SPAM:
        unsent.filter(state=Outgoing.State.DUE).update(state=Outgoing.State.DROPPED, error=_DROPPED_AS)
        _learn(ticket, happening, cause)
    else:
        dropped = unsent.filter(state=Outgoing.State.DROPPED, error=_DROPPED_AS)
        if dropped.update(state=Outgoing.State.DUE, error="", next_attempt_at=timezone.now()):
            wake.wake_on_commit("outgoing")
        _forget(ticket, happening, cause)


def _learn(ticket: Ticket, happening: Happening, cause: Cause) -> None:
    address = _sender(ticket)
    if not address or SenderRule.objects.filter(entry=address).exists():
        return
    row = SenderRule.objects.create(entry=address, blocked=True, learnt_from=ticket)
    bump_config_version()
    personal = {"entry": address, "address": address}
    record("sender.blocked", f"sender:{row.pk}", actor=happening.event.actor, personal=personal, cause=cause)


def _forget(ticket: Ticket, happening: Happening, cause: Cause) -> None:
    for row in SenderRule.objects.filter(learnt_from=ticket):
        spam = Ticket.objects.filter(stage=Ticket.Stage.SPAM, requester_id=ticket.requester_id).exclude(pk=ticket.pk)
        other = next((one for one in spam.order_by("-pk")[:20] if _sender(one) == row.entry), None)
        if other is not None:
            SenderRule.objects.filter(pk=row.pk).update(learnt_from=other)
            continue
        topic, personal = f"sender:{row.pk}", {"entry": row.entry, "address": row.entry}
        row.delete()
        bump_config_version()
        record("sender.forgotten", topic, actor=happening.event.actor, personal=personal, cause=cause)


def _sender(ticket: Ticket) -> str:
    """Who began the ticket, if they may be blocked: not the desk, nobody who works there, none of our addresses."""
    first = Message.objects.filter(origin_ticket=ticket).order_by("pk").first()
    if first is None or first.from_staff:
        return ""
    address = normal_email(first.author_address)
    person = person_at(address) if address else None
    if not address or address in own_addresses() or (person is not None and person.may(Right.DESK)):
        return ""
    return address
