"""Who sees which ticket, asked so often that the query is kept: the rule itself is `Tickets.visible_to`."""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from ventanilla.core.prepared import Given, Prepared
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Person
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.models import Tag, Ticket
from ventanilla.tickets.models.ticket import Tickets


def for_viewer(who: Viewer, name: str, narrow: Callable[[Tickets], QuerySet[Ticket, Any]]) -> Prepared[Ticket]:
    """The query `name` over the tickets somebody may see, prepared until the configuration changes."""
    return by_config_version(("tickets", name, who), lambda: Prepared(lambda: narrow(Ticket.objects.seen_by(who))))


def tags_known_to(who: Viewer) -> QuerySet[Tag]:
    """The tags somebody may know: all, unless tickets are hidden from them; then those of tickets they may see."""
    if not who.unknown and not who.organizations and who.through is None:
        return Tag.objects.all()
    return Tag.objects.filter(Exists(Ticket.objects.seen_by(who).filter(tags=OuterRef("pk"))))


def sees(person: Person, ticket_id: int) -> bool:
    """Whether a person may see the ticket."""
    asked = for_viewer(viewer(person), "one", lambda tickets: tickets.filter(pk=Given("ticket")).values_list("pk"))
    return bool(asked.rows(ticket=ticket_id))
