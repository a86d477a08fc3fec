"""What announcements do when something happens to tickets."""

from ventanilla.announcements.actions import end
from ventanilla.announcements.models import Announcement
from ventanilla.events.record import Cause, Happening
from ventanilla.people.author import Author
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words


def end_resolved(happening: Happening, cause: Cause) -> None:
    """A ticket that was resolved, and still is, ends its announcements. Run once per event by its hand-over."""
    status = ((happening.event.data.get("changes") or {}).get("status") or (None, None))[1]
    found = words().statuses.get(status or 0)
    if found is None or found.category < StatusCategory.RESOLVED:
        return
    ticket = Ticket.objects.filter(pk=int(happening.event.topic.partition(":")[2])).first()
    if ticket is None or ticket.status_category < StatusCategory.RESOLVED:
        return
    for row in Announcement.objects.filter(ticket=ticket, ended_at=None):
        end(by=Author(happening.event.actor, trusted=True), announcement=row, reason="resolved", cause=cause)
