"""What stands around every page: views with counts, places by rights, open tickets, the demo's banner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest
from django.urls import NoReverseMatch, is_valid_path
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.announcements.queries import any_announcement
from ventanilla.core.addresses import reverse
from ventanilla.desk.access import person_of, reading_of
from ventanilla.desk.counts import view_counts
from ventanilla.desk.open_tickets import open_tickets
from ventanilla.fields.kinds import Reading
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import TRIAL, installation
from ventanilla.mail.health import is_well
from ventanilla.mail.queries import observing
from ventanilla.notify.queries import unread_count
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.people.rights import Right
from ventanilla.people.shells import demo_banner, portal_shell, seen_banner, visitor_shell
from ventanilla.people.viewer import Viewer, viewer
from ventanilla.tickets.default_views import DEFAULT, View
from ventanilla.tickets.known_views import all_views_of
from ventanilla.tickets.models import Draft
from ventanilla.tickets.queries import lines_of, on_their_way
from ventanilla.tickets.time_queries import Mine, mine
from ventanilla.tickets.work import any_time
from ventanilla.ui.shell import Banner, Me, NavItem, OpenTicket, Sending, Shell, Unsent


def build(request: HttpRequest) -> Shell:
    """The shell of a request: the desk's for agents, the portal's for requesters, a bare one for visitors."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return visitor_shell(request)
    person = person_of(request)
    if not person.may(Right.DESK):
        return portal_shell(request, person)
    return _desk(request, person, installation())


def _desk(request: HttpRequest, person: Person, company: Installation) -> Shell:
    who = viewer(person)
    current = current_view(request)
    items = _views(person, reading_of(request), current)
    writing = on_their_way(person)
    return Shell(
        organization=company.name,
        home_url=reverse("desk"),
        theme=person.theme,
        single_keys=person.single_keys,
        me=_me(person),
        banner=_banner(person, company),
        live_url=reverse("live"),
        palette_url=reverse("desk-palette"),
        search_url=reverse("desk-search"),
        new_ticket_url=reverse("desk-new") if person.may(Right.OPEN_FOR_OTHERS) else "",
        call_url=reverse("desk-call") if person.may(Right.OPEN_FOR_OTHERS) and sees_module(person, "calls") else "",
        side_url=reverse("desk-side"),
        side_live=scopes(who),
        notices_url=reverse("notifications"),
        bell_url=reverse("notifications-bell"),
        bell_live=f"notices:{person.pk}",
        unread=unread_count(who),
        views=tuple(item for view, item in items if view.pinned),
        more_views=tuple(item for view, item in items if not view.pinned),
        open_tickets=_open_tickets(request, person),
        sending=_sending(writing),
        unsent=_unsent(writing),
        places=_places(request, person, mine(person)),
    )


def scopes(who: Viewer) -> str:
    """The scope keys that ring when something in this person's lists changes."""
    keys = [f"person:{who.person}"]
    keys += [f"department:{pk}" for pk in sorted(who.departments)]
    keys += [f"team:{pk}" for pk in sorted(who.teams)]
    return " ".join(keys)


def current_view(request: HttpRequest) -> str:
    """The key of the view the reader is in: the page's own, or that of the page which asks for a part."""
    here = request.headers.get("HX-Current-URL") if request.headers.get("HX-Request") == "true" else None
    path, query = request.path, request.GET.get("view", "")
    if here:
        parts = urlsplit(here)
        path, query = parts.path, (parse_qs(parts.query).get("view") or [""])[0]
    if query:
        return query
    return DEFAULT.key if path == reverse("desk") else ""


def _views(person: Person, reading: Reading, current: str) -> list[tuple[View, NavItem]]:
    views = all_views_of(person)
    counts = view_counts(person, reading, views)
    url = reverse("desk")
    return [
        (
            view,
            NavItem(
                label=str(view.label),
                url=f"{url}?view={view.key}",
                icon=view.icon,
                count=counts[view.key].value if view.key in counts else None,
                capped=view.key in counts and counts[view.key].capped,
                hot=view.hot,
                current=view.key == current,
                shortcut="g b" if view is DEFAULT else "",
            ),
        )
        for view in views
    ]


def _open_tickets(request: HttpRequest, person: Person) -> list[OpenTicket]:
    kept = open_tickets(request, person)
    if not kept:
        return []
    found = lines_of(person, kept)
    return [
        OpenTicket(
            number=ticket.number or "",
            subject=ticket.subject,
            url=reverse("desk-ticket", args=[ticket.number]),
            category=ticket.category_of_status.key,
            close_url=reverse("desk-forget", args=[ticket.number]),
        )
        for pk in kept
        if (ticket := found.get(pk)) is not None
    ]


def _sending(drafts: Sequence[Draft]) -> list[Sending]:
    now = timezone.now()
    return [
        Sending(
            number=draft.ticket.number or "",
            undo_url=reverse("desk-undo", args=[draft.pk]),
            seconds=max(1, int((draft.send_at - now).total_seconds())),
        )
        for draft in drafts
        if draft.send_at is not None
    ]


def _unsent(drafts: Sequence[Draft]) -> list[Unsent]:
    return [
        Unsent(
            key=draft.pk,
            at=draft.updated_at,
            number=draft.ticket.number or "",
            problem=draft.problem,
            url=reverse("desk-ticket", args=[draft.ticket.number]),
        )
        for draft in drafts
        if draft.problem
    ]


def _work(request: HttpRequest, person: Person, own: Mine) -> Iterator[NavItem]:
    """What there is to be done and to be counted, for whom there is any."""
    timed = sees_module(person, "time")
    if timed and own.timer_number and own.timer_since is not None:
        label = _("Timer: %(number)s") % {"number": own.timer_number}
        yield NavItem(label, reverse("desk-ticket", args=[own.timer_number]), icon="hourglass", hot=True)
    if sees_module(person, "tasks") and (own.tasks or request.path == reverse("desk-my-tasks")):
        url, late = reverse("desk-my-tasks"), bool(own.late)
        yield NavItem(_("My tasks"), url, icon="check", count=own.tasks or None, hot=late, current=request.path == url)
    if timed and (own.hours or (any_time() and person.may(Right.HOURS))):
        url = reverse("desk-hours")
        yield NavItem(_("Hours"), url, icon="chart", current=request.path.startswith(url))


def _places(request: HttpRequest, person: Person, own: Mine) -> tuple[NavItem, ...]:
    mail = next(
        (
            path
            for right, path in (
                (Right.SETTINGS, "/mail/"),
                (Right.QUARANTINE, "/mail/quarantine/"),
                (Right.OUTBOX, "/mail/outbox/"),
            )
            if person.may(right) and _path(path)
        ),
        "",
    )
    wanted = [
        (mail, _("Mail"), "mail", "/mail/"),
        (_path("/people/") if person.may(Right.PEOPLE) else "", _("People"), "people", "/people/"),
        (_path("/settings/") if person.may(Right.SETTINGS) else "", _("Settings"), "settings", "/settings/"),
    ]
    if person.may(Right.REPLY) and any_announcement() and sees_module(person, "announcements"):
        wanted.insert(0, (reverse("announcements"), _("Announcements"), "alert", "/desk/announcements/"))
    light, said = _light(person)
    places = (
        NavItem(
            label,
            url,
            icon=icon,
            current=request.path.startswith(below),
            light=light if below == "/mail/" else "",
            light_label=said if below == "/mail/" else "",
        )
        for url, label, icon, below in wanted
        if url
    )
    return (*_work(request, person, own), *places)


def _light(person: Person) -> tuple[str, str]:
    """Whether mail goes in and out, for whoever can mend it."""
    if not person.may(Right.SETTINGS):
        return "", ""
    return ("good", _("All is well")) if is_well() else ("bad", _("Something is to be mended"))


def _me(person: Person) -> Me:
    return Me(
        name=person.display_name,
        email=person.email or "",
        profile_url=_name("profile"),
        sign_out_url=_name("sign-out"),
        away_until=person.absent_until if person.is_absent() else None,
    )


def _banner(person: Person, company: Installation) -> Banner | None:
    seen = seen_banner(person)
    if seen is not None:
        return seen
    banner = demo_banner(company)
    if banner is None:
        return _observing(person)
    if TRIAL in company.settings and person.may(Right.SETTINGS) and person.may(Right.PEOPLE):
        return replace(banner, url=_name("start-for-real"), link=_("Start for real"))
    outbox = _path("/mail/outbox/") if person.may(Right.OUTBOX) else ""
    return replace(banner, url=outbox, link=_("See the outbox"))


def _observing(person: Person) -> Banner | None:
    """Whoever writes replies has to know that nobody receives them."""
    silent = observing()
    if not silent:
        return None
    url = reverse("mailbox", args=[silent[0].pk]) if person.may(Right.SETTINGS) else ""
    said = _("Observing only: nothing that is written by %(mailbox)s leaves.")
    addresses = ", ".join(mailbox.address for mailbox in silent)
    return Banner(said % {"mailbox": addresses}, tone="risk", url=url, link=_("Activate sending"))


@lru_cache(maxsize=64)
def _path(path: str) -> str:
    """The path when this installation answers there, else nothing: a place that is not installed is not drawn."""
    return path if is_valid_path(path) else ""


@lru_cache(maxsize=64)
def _name(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
