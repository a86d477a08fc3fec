"""What announcements do when something happens to tickets."""

from ventanilla.announcements.actions import end
from ventanilla.announcements.models import Announcement
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, Happening
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.survivors import with_merged
from ventanilla.tickets.vocabulary import words


def follow_merged(happening: Happening, _cause: Cause) -> None:
    """The announcements of a merged ticket are those of the one it is in, and its own again when that is undone."""
    event = happening.event
    if event.data["direction"] != "to":
        return
    here, there = int(event.topic.partition(":")[2]), event.data["ticket"]
    if event.kind == "ticket.unmerged":
        topics = [f"ticket:{pk}" for pk in with_merged([here])]
        posted = Event.objects.filter(topic__in=topics, kind="announcement.posted")
        own = [row.data["announcement"] for row in posted]
        moved = Announcement.objects.filter(pk__in=own, ticket=there).update(ticket=here)
    else:
        moved = Announcement.objects.filter(ticket=here).update(ticket=there)
    if moved:
        bump_config_version()


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
