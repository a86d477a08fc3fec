"""What the ticker does for tickets: waits that end, presence that fades."""

from datetime import datetime, timedelta

from ventanilla.tickets.actions import wake_pending
from ventanilla.tickets.life_cycle_actions import follow_life_cycle
from ventanilla.tickets.models import Presence, StatusCategory, Ticket

BATCH = 100
PRESENCE_SECONDS = 45


def wake_due(now: datetime) -> int:
    """Wake the tickets whose waiting date has come; returns how many woke."""
    due = Ticket.objects.filter(pending_until__lte=now, status_category=StatusCategory.PENDING)
    due = due.exclude(stage=Ticket.Stage.MERGED)
    return sum(wake_pending(ticket=ticket, now=now) for ticket in due.order_by("pending_until")[:BATCH])


def follow_due(now: datetime) -> int:
    """Do the next step of the life cycle with the tickets whose time has come; returns with how many."""
    due = Ticket.objects.filter(cycle_at__lte=now).order_by("cycle_at")
    return sum(follow_life_cycle(ticket=ticket, now=now) for ticket in due[:BATCH])


def sweep_presence(now: datetime) -> int:
    """Forget who no longer looks, once every process has heard of it. Not counted as work: returns 0."""
    before = now - timedelta(seconds=PRESENCE_SECONDS)
    Presence.objects.filter(seen_at__lt=before, changed_at__lt=before).delete()
    return 0
