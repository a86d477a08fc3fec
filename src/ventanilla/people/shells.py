"""What stands around the pages of people who are not at the desk: visitors, and requesters in the portal."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ventanilla.core.addresses import reverse
from ventanilla.installation.models import Installation
from ventanilla.installation.queries import installation, trial_days_left
from ventanilla.people.models import Person
from ventanilla.ui.shell import Banner, Me, NavItem, Shell

_NAMES = {"es": "Español", "en": "English"}


def visitor_shell(request: HttpRequest) -> Shell:
    """For whoever is not signed in: the installation's name and the way to the other language."""
    row = installation()
    return Shell(
        name=row.name,
        home_url=reverse("home"),
        banner=demo_banner(row),
        languages=_languages(request),
    )


def portal_shell(request: HttpRequest, person: Person) -> Shell:
    """For a person in the portal."""
    row = installation()
    tickets = reverse("portal:tickets")
    return Shell(
        name=row.name,
        organization=person.organization.name if person.organization and not person.organization.own else "",
        home_url=reverse("portal:home"),
        theme=person.theme,
        single_keys=False,
        banner=seen_banner(person) or demo_banner(row),
        live_url=reverse("live"),
        me=Me(
            name=person.display_name,
            email=person.email or "",
            profile_url=reverse("profile"),
            sign_out_url=reverse("sign-out"),
        ),
        portal_links=[NavItem(_("My tickets"), tickets, current=request.path.startswith(tickets))],
    )


def link_shell(request: HttpRequest, person: Person) -> Shell:
    """For a person who came by the link in a mail: the one other way is to sign in."""
    return Shell(
        name=installation().name,
        home_url=request.path,
        theme=person.theme,
        single_keys=False,
        portal_links=[NavItem(_("Sign in"), reverse("sign-in"))],
    )


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
