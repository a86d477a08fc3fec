"""What the portal asks: one's own tickets, one's organization's, and nothing of the desk's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Max, Prefetch, QuerySet
from django.http import Http404

from ventanilla.brands.content import BrandContent
from ventanilla.catalog.models import Service
from ventanilla.installation.modules import is_on
from ventanilla.people.models import Person
from ventanilla.people.rights import Scope
from ventanilla.people.viewer import viewer
from ventanilla.tickets.links import read_link, read_old_link
from ventanilla.tickets.models import Access, Attachment, Category, Message, Ticket, TicketType
from ventanilla.tickets.numbering import normal_number
from ventanilla.tickets.paging import Page
from ventanilla.tickets.searching import search_tickets
from ventanilla.tickets.survivors import Moved, survivor_id
from ventanilla.tickets.vocabulary import Words

RECENT = Page(("updated_at", "id"), descending=True)
_SHOWN = ("assignee", "requester", "service", "type")
_MOST_FOUND = 30


def portal_tickets(person: Person) -> QuerySet[Ticket]:
    """What a person may open in the portal: what they take part in, and by role their organization's.

    An agent sees here what they asked for themselves; the rest of their tickets is the desk's matter.
    """
    tickets = Ticket.objects.visible_to(person)
    if viewer(person).staff:
        tickets = tickets.filter(pk__in=_own(person))
    return tickets.select_related(*_SHOWN)


def my_tickets(person: Person) -> QuerySet[Ticket]:
    """What a person asked for or takes part in."""
    return Ticket.objects.visible_to(person).filter(pk__in=_own(person)).select_related(*_SHOWN)


def organization_tickets(person: Person) -> QuerySet[Ticket]:
    """All tickets of the person's organization that they may see; nothing for whoever sees only their own."""
    who = viewer(person)
    if who.scope is not Scope.ORGANIZATION or who.organization is None:
        return Ticket.objects.none()
    return Ticket.objects.visible_to(person).filter(organization_id=who.organization).select_related(*_SHOWN)


def sees_organization(person: Person) -> bool:
    """Whether the role shows the tickets of one's whole organization."""
    who = viewer(person)
    return who.scope is Scope.ORGANIZATION and who.organization is not None


def _own(person: Person) -> Any:
    return Access.objects.filter(person=person).exclude(why=Access.Why.WATCHER).values("ticket_id")


def portal_ticket(person: Person, number: str) -> Ticket:
    """One of them by its number, else `Http404`; for a merged one `Moved`, which says where it is now."""
    found = portal_tickets(person).filter(number=normal_number(number)).first()
    if found is None:
        gone = Ticket.objects.filter(number=normal_number(number), stage=Ticket.Stage.MERGED).values("survivor_id")
        left = portal_tickets(person).filter(pk__in=gone).first()
        raise Moved(left.number or "") if left else Http404
    return found


@dataclass(frozen=True)
class Linked:
    """What a signed link opens: this ticket, for this person."""

    person: Person
    ticket: Ticket


def linked(token: str) -> Linked | None:
    """What a link opens just now, or `None`: forged, too old, its person switched off or no longer taking part."""
    return _opens(read_link(token))


def once_linked(token: str) -> Linked | None:
    """What a link would open if it were fresh, or `None`: forged, its person switched off or no longer taking part."""
    return _opens(read_old_link(token))


def _opens(ids: tuple[int, int] | None) -> Linked | None:
    if ids is None:
        return None
    found = Person.objects.select_related("role", "organization", "merged_into__role").filter(pk=ids[1]).first()
    person = (found.merged_into or found) if found else None
    if person is None or not person.is_active:
        return None
    ticket = portal_tickets(person).filter(pk=survivor_id(ids[0])).first()
    return Linked(person, ticket) if ticket else None


def public_messages(ticket: Ticket) -> QuerySet[Message]:
    """What requesters read of a ticket, oldest first: never a note, whoever reads."""
    files = Prefetch("attachments", queryset=Attachment.objects.select_related("blob").order_by("id"))
    messages = Message.objects.filter(ticket=ticket, audience=Message.Audience.REQUESTER)
    return messages.select_related("author").prefetch_related(files).order_by("sent_at", "id")


def moved_for_requesters(tickets: Sequence[Ticket]) -> dict[int, datetime]:
    """When something last happened in these tickets that requesters may know of: a word to or from them, or that it was
    resolved or closed. What the desk does among itself moves nothing."""
    public = Message.objects.filter(ticket__in=tickets, audience=Message.Audience.REQUESTER)
    said = dict(public.values_list("ticket").annotate(last=Max("sent_at")))
    return {
        row.pk: max(m for m in (said.get(row.pk), row.created_at, row.resolved_at, row.closed_at) if m is not None)
        for row in tickets
    }


def public_message(ticket: Ticket, pk: int) -> Message:
    """One of them, else `Http404`."""
    found = public_messages(ticket).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def public_file(ticket: Ticket, pk: int) -> Attachment:
    """A file of a public message of this ticket, else `Http404`."""
    files = Attachment.objects.select_related("blob").filter(
        message__ticket=ticket, message__audience=Message.Audience.REQUESTER, message__redacted_at=None
    )
    found = files.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def others_in(ticket: Ticket, person: Person) -> list[Person]:
    """Who else takes part: the requester, the affected person and those in copy."""
    rows = Access.objects.filter(ticket=ticket).exclude(why=Access.Why.WATCHER).exclude(person=person)
    return list(Person.objects.filter(pk__in=rows.values("person_id")).order_by("name", "id"))


def found_tickets(person: Person, text: str) -> Sequence[Ticket]:
    """The person's tickets that match the words. Field filters are the desk's: here a colon is only a colon."""
    found = search_tickets(person, text.replace(":", " "), limit=_MOST_FOUND)
    allowed = {ticket.pk: ticket for ticket in portal_tickets(person).filter(pk__in=[ticket.pk for ticket in found])}
    return [allowed[ticket.pk] for ticket in found if ticket.pk in allowed]


def portal_types(known: Words, brand: BrandContent) -> list[TicketType]:
    """The kinds of ticket that have a door in the portal of a brand."""
    return [kind for kind in known.usable(known.types) if kind.portal and brand.offers("types", kind.key)]


class NotOffered(PermissionDenied):
    """What one brand offers and another does not."""


def portal_type(known: Words, brand: BrandContent, key: str) -> TicketType:
    """One of them. `Http404` for one that has no door anywhere, `NotOffered` for one that has none here."""
    kinds: list[TicketType] = known.usable(known.types)
    kind = next((kind for kind in kinds if kind.portal and kind.key == key), None)
    if kind is None:
        raise Http404
    if not brand.offers("types", key):
        raise NotOffered(key)
    return kind


def offered_services(known: Words, kind: TicketType) -> list[Service]:
    """The services one may ask about behind a door: everybody's, and those of the department whose type it is."""
    if not is_on("services"):
        return []
    return [row for row in known.usable(known.services) if row.department_id in (None, kind.department_id)]


def offered_categories(known: Words, brand: BrandContent, kind: TicketType) -> list[Category]:
    """The categories one may choose behind a door: of everybody's, and those of the department whose type it is, what
    the brand offers."""
    rows = (row for row in known.usable(known.categories) if row.department_id in (None, kind.department_id))
    return [row for row in rows if brand.offers("categories", row.key)]
