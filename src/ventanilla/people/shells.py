"""What stands around the pages of people who are not at the desk: visitors, and requesters in the portal."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ventanilla.brands.content import FOOTER, NAV
from ventanilla.brands.queries import Shown
from ventanilla.core.addresses import reverse
from ventanilla.core.labels import text_in
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import installation, trial_days_left
from ventanilla.people.branding import brand_for
from ventanilla.people.models import Person
from ventanilla.ui.shell import Banner, Logo, Me, NavItem, Shell

_NAMES = {"es": "Español", "en": "English"}


def visitor_shell(request: HttpRequest, brand: Shown | None = None) -> Shell:
    """For whoever is not signed in: the installation's name, or that of the brand shown at this host, and the way to
    the other language. A `brand` that is given is shown instead."""
    row = installation()
    shown = brand or brand_for(request, None)
    return Shell(
        home_url=reverse("home"),
        banner=demo_banner(row),
        languages=_languages(request),
        foot_links=[*_pages(request, shown, None, public=True), *_ways_out(shown)],
        welcome=mark_safe(text_in(shown.content.sign_in, _language())),  # noqa: S308 - cleaned when it was stored
        **_look(row, shown),
    )


def draft_seen_by_visitor(request: HttpRequest, draft: Shown, back_url: str) -> Shell:
    """The shell around what a visitor would see of a brand's draft, and the way back."""
    said = _("Draft of the brand, seen as a visitor. Nothing can be changed.")
    banner = Banner(said, tone="risk", url=back_url, link=_("Back to the brand"))
    return replace(visitor_shell(request, draft), banner=banner, languages=())


def portal_shell(request: HttpRequest, person: Person) -> Shell:
    """For a person in the portal."""
    row = installation()
    tickets = reverse("portal:tickets")
    shown = brand_for(request, person)
    return Shell(
        organization=person.organization.name if person.organization and not person.organization.own else "",
        home_url=reverse("portal:home"),
        theme=person.theme,
        single_keys=False,
        banner=_draft_banner(person, shown) or seen_banner(person) or demo_banner(row),
        live_url=reverse("live"),
        me=Me(
            name=person.display_name,
            email=person.email or "",
            profile_url=reverse("profile"),
            sign_out_url=reverse("sign-out"),
        ),
        portal_links=[
            NavItem(_("My tickets"), tickets, current=request.path.startswith(tickets)),
            *_pages(request, shown, NAV),
        ],
        foot_links=[*_pages(request, shown, FOOTER), *_ways_out(shown)],
        **_look(row, shown),
    )


def link_shell(request: HttpRequest, person: Person) -> Shell:
    """For a person who came by the link in a mail: the one other way is to sign in."""
    shown = brand_for(request, person)
    return Shell(
        home_url=request.path,
        theme=person.theme,
        single_keys=False,
        portal_links=[NavItem(_("Sign in"), reverse("sign-in"))],
        foot_links=[*_pages(request, shown, None, public=True), *_ways_out(shown)],
        **_look(installation(), shown),
    )


def _look(row: Installation, shown: Shown) -> dict[str, Any]:
    """What the shells of a brand have in common: its name, its colors, its logos."""
    chosen = shown.content.theme
    both = shown.logo is not None and shown.logo_dark is not None
    logos = [
        Logo(
            reverse("brand-logo", args=[picture.sha256]),
            picture.width,
            picture.height,
            light=both and not dark,
            dark=both and dark,
        )
        for picture, dark in ((shown.logo, False), (shown.logo_dark, True))
        if picture is not None
    ]
    return {
        "name": name_of_brand(shown, row),
        "theme_url": reverse("brand-theme", args=[chosen.version]) if chosen is not None else "",
        "logos": logos,
    }


def name_of_brand(shown: Shown, row: Installation) -> str:
    """What a brand is called in the reader's language: the installation's name unless it says otherwise."""
    return text_in(shown.content.name, _language()) or row.name


def _pages(request: HttpRequest, shown: Shown, place: str | None, *, public: bool = False) -> list[NavItem]:
    """The brand's own pages of a place (`None`: wherever), or those of them that everybody may read."""
    found = []
    for page in shown.content.pages:
        if (place is None or page.place == place) and (page.public or not public):
            url = reverse("portal:page", args=[page.slug])
            found.append(NavItem(text_in(page.title, _language()), url, current=request.path == url))
    return found


def _ways_out(shown: Shown) -> list[NavItem]:
    return [NavItem(text_in(link.label, _language()), link.url) for link in shown.content.links]


def _language() -> str:
    return get_language() or "es"


def _draft_banner(person: Person, shown: Shown) -> Banner | None:
    """That a draft is shown, and as whom: the one way back ends both."""
    if not shown.drafted:
        return None
    said = _("Draft of the brand, which nobody else sees yet. Nothing can be changed.")
    if person.seen_through is not None:
        named = _("Draft of the brand, seen as %(name)s. Nothing can be changed.")
        said = named % {"name": person.display_name}
    return Banner(said, tone="risk", url=reverse("brand-preview-end"), link=_("Back to the brand"), acts=True)


def seen_banner(person: Person) -> Banner | None:
    """What whoever sees the pages as somebody else must not forget."""
    if person.seen_through is None:
        return None
    said = _("You see this as %(name)s. Nothing can be changed.") % {"name": person.display_name}
    return Banner(said, tone="risk", url=reverse("view-as-end"), link=_("Back to my own pages"), acts=True)


def demo_banner(row: Installation) -> Banner | None:
    """What everybody has to know of a demo: that no mail leaves, and how long a trial is counted."""
    if not row.demo:
        return None
    left = trial_days_left(row, timezone.now())
    if left is None:
        return Banner(_("Demo mode: no mail leaves this machine."))
    if left == 0:
        return Banner(_("The trial is over, and everything goes on working. No mail leaves this machine."))
    said = ngettext(
        "Trial: %(days)d day left. No mail leaves this machine.",
        "Trial: %(days)d days left. No mail leaves this machine.",
        left,
    )
    return Banner(said % {"days": left})


def _languages(request: HttpRequest) -> list[NavItem]:
    """Every language in its own words; the reader comes back to the page they were on."""
    here = get_language()
    back = urlencode({"next": request.get_full_path()})
    return [
        NavItem(name, f"{reverse('language', args=[code])}?{back}", icon=code, current=here == code)
        for code, name in _NAMES.items()
    ]
