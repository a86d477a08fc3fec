"""What the page shells need from whoever renders a page: plain values, already decided and in the reader's language.

The shells (``ui/desk.html``, ``ui/portal.html``, ``ui/plain.html``) read one variable, ``shell``. A surface fills it in
its context processor; every field has a quiet default, so that an error page works without any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place to go.

    ``count`` None draws no number; ``capped`` adds a plus; ``hot`` draws it as out of time. ``shortcut`` is its key
    ("g b"). ``light``: ``good`` or ``bad`` draws how it stands there, and ``light_label`` says it.
    """

    label: str
    url: str
    icon: str = ""
    count: int | None = None
    capped: bool = False
    hot: bool = False
    current: bool = False
    shortcut: str = ""
    light: str = ""
    light_label: str = ""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """One of the tickets the person keeps open, as shown in the side. ``close_url`` takes a POST."""

    number: str
    subject: str
    url: str
    category: str
    close_url: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message on its way that can still be taken back for ``seconds``. ``undo_url`` takes a POST."""

    number: str
    undo_url: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that could not be sent ``at`` a moment and waits for its author at ``url``. ``key``: its draft's id."""

    key: int
    at: datetime
    number: str
    problem: str
    url: str


@dataclass(frozen=True, slots=True)
class Banner:
    """One line over everything. ``tone``: ``info``, ``risk`` or ``late``; ``acts``: the link is a button that posts."""

    text: str
    tone: str = "info"
    url: str = ""
    link: str = ""
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Me:
    """The signed-in person. ``away_until`` (UTC) is set while they are away."""

    name: str
    email: str = ""
    profile_url: str = ""
    sign_out_url: str = ""
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture instead of the product's mark. ``width`` and ``height`` in pixels; ``dark``: shown in dark mode alone,
    ``light``: in light mode alone."""

    url: str
    width: int
    height: int
    light: bool = False
    dark: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything around a page's own content.

    ``theme``: ``light``, ``dark`` or ``auto`` (the device decides). ``single_keys``: whether single-key shortcuts are
    on for this person (WCAG 2.1.4). ``live_url`` and ``palette_url`` empty: neither is started. ``side_url``: where the
    side's own counts are read again (``ui/components/side_nav.html``) when one of ``side_live`` rings.
    ``notices_url``: the person's notifications, of which ``unread`` are new; their bell is read again from ``bell_url``
    when ``bell_live`` rings. ``theme_url``: the stylesheet with the brand's colors; ``logos`` its pictures;
    ``foot_links`` ways out at the foot of a page; ``welcome`` what visitors are told (safe HTML).
    """

    name: str = "Ventanilla"
    organization: str = ""
    home_url: str = "/"
    theme: str = "auto"
    single_keys: bool = True
    me: Me | None = None
    banner: Banner | None = None
    live_url: str = ""
    palette_url: str = ""
    search_url: str = ""
    new_ticket_url: str = ""
    call_url: str = ""
    side_url: str = ""
    side_live: str = ""
    notices_url: str = ""
    bell_url: str = ""
    bell_live: str = ""
    unread: int = 0
    views: tuple[NavItem, ...] = ()
    more_views: tuple[NavItem, ...] = ()
    open_tickets: Sequence[OpenTicket] = ()
    sending: Sequence[Sending] = ()
    unsent: Sequence[Unsent] = ()
    places: tuple[NavItem, ...] = ()
    portal_links: Sequence[NavItem] = ()
    footer: str = ""
    languages: Sequence[NavItem] = ()
    theme_url: str = ""
    logos: Sequence[Logo] = ()
    foot_links: Sequence[NavItem] = ()
    welcome: str = ""
