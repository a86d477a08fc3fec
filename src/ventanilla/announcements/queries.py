"""Questions about announcements."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from ventanilla.announcements.links import read_join_link
from ventanilla.announcements.models import Announcement, Join
from ventanilla.installation.queries import by_config_version
from ventanilla.people.models import Organization, Person
from ventanilla.people.modules import sees_module
from ventanilla.people.viewer import viewer
from ventanilla.tickets.models import Access, Ticket

# How long a question without an answer stands on the portal.
ASKED_DAYS = 14
MOST_LISTED = 500


def any_announcement() -> bool:
    """Whether there has ever been one: until then nothing about them is drawn, and nothing asked."""
    return by_config_version("announcements.any", lambda: Announcement.objects.exists())


def standing(person: Person) -> list[Announcement]:
    """What stands on a person's portal now, the newest first.

    `joined` on each: they said that it is theirs too, or the ticket is theirs.
    """
    if not any_announcement() or not sees_module(person, "announcements"):
        return []
    rows = list(Announcement.objects.visible_to(person).on().order_by("-starts_at", "-pk"))
    joined = set(Join.objects.filter(person=person, announcement__in=rows).values_list("announcement_id", flat=True))
    tickets = [row.ticket_id for row in rows if row.ticket_id]
    mine = set(Access.objects.filter(person=person, ticket__in=tickets).values_list("ticket_id", flat=True))
    for row in rows:
        row.joined = row.pk in joined or row.ticket_id in mine  # type: ignore[attr-defined]
    return rows


def questions(person: Person) -> Sequence[Join]:
    """The announcements that are over and of which the person has not said whether it works."""
    if not any_announcement() or not sees_module(person, "announcements"):
        return []
    since = timezone.now() - timedelta(days=ASKED_DAYS)
    rows = Join.objects.filter(person=person, answer="", asked_at__gte=since, announcement__ended_at__isnull=False)
    return list(rows.select_related("announcement").order_by("-asked_at", "-pk"))


def announcement_for(person: Person, pk: int) -> Announcement:
    """An announcement that a person may read, else `Http404`. What has not begun is the desk's alone."""
    found = Announcement.objects.visible_to(person).filter(pk=pk).select_related("ticket").first()
    if found is None or (found.starts_at > timezone.now() and not viewer(person).staff):
        raise Http404
    return found


def meant_for(reader: Person, organization: Organization) -> Sequence[Announcement]:
    """What stands on the portal now for this organization in particular, of what the reader may see."""
    if not any_announcement():
        return []
    rows = Announcement.objects.visible_to(reader).on().filter(organizations=organization)
    return list(rows.order_by("-starts_at", "-pk"))


def join_of(person: Person, announcement: Announcement) -> Join | None:
    """That it is this person's too, if they said so."""
    return Join.objects.filter(announcement=announcement, person=person).select_related("ticket").first()


def linked_join(token: str) -> Join | None:
    """What a signed link opens just now, or `None`: forged, too old, its person switched off."""
    pk = read_join_link(token)
    rows = Join.objects.select_related("announcement", "person__role", "person__organization", "ticket")
    found = rows.filter(pk=pk or 0).first()
    return found if found is not None and found.person.is_active else None


def at_the_desk(person: Person) -> QuerySet[Announcement]:
    """The announcements an agent looks after: those without a ticket, and those of tickets they may see."""
    tickets = Ticket.objects.visible_to(person).values("pk")
    rows = Announcement.objects.visible_to(person)
    return rows.filter(Q(ticket=None) | Q(ticket__in=tickets)).select_related("ticket")


def listed(person: Person) -> QuerySet[Announcement]:
    """The same for a list: what is on or still to come first, each with how many it concerns."""
    rows = at_the_desk(person).annotate(affected=Count("joins"))
    return rows.order_by(F("ended_at").desc(nulls_first=True), "-starts_at", "-pk")[:MOST_LISTED]


def affected_by(announcement: Announcement) -> Sequence[Join]:
    """Whom it concerns, those for whom it still does not work first."""
    rows = Join.objects.filter(announcement=announcement).select_related("person__organization", "ticket")
    return list(rows.order_by("answer", "joined_at", "pk")[:MOST_LISTED])


def announced(ticket: Ticket) -> Sequence[Announcement]:
    """The announcements of a ticket, with how many they concern; costs nothing where there are none."""
    known: Mapping[int, bool] = by_config_version(
        "announcements.tickets",
        lambda: dict.fromkeys(
            Announcement.objects.exclude(ticket=None).order_by("-pk").values_list("ticket_id", flat=True)[:2000], True
        ),
    )
    if ticket.pk not in known:
        return []
    return list(Announcement.objects.filter(ticket=ticket).annotate(affected=Count("joins")).order_by("-pk"))
