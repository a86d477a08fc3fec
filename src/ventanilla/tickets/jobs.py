"""What the ticker does for tickets: waits that end, presence that fades."""

from datetime import datetime, timedelta

from ventanilla.tickets.actions import wake_pending
from ventanilla.tickets.models import Presence, StatusCategory, Ticket

BATCH = 100
PRESENCE_SECONDS = 45


def wake_due(now: datetime) -> int:
    """Wake the tickets whose waiting date has come; returns how many woke."""
    due = Ticket.objects.filter(pending_until__lte=now, status_category=StatusCategory.PENDING)
    return sum(wake_pending(ticket=ticket, now=now) for ticket in due.order_by("pending_until")[:BATCH])


def sweep_presence(now: datetime) -> int:
    """Forget who no longer looks, once every process has heard of it. Not counted as work: returns 0."""
    before = now - timedelta(seconds=PRESENCE_SECONDS)
    Presence.objects.filter(seen_at__lt=before, changed_at__lt=before).delete()
    return 0
