"""The places of the settings: what stands on the first page, by subject, and what is set there now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from ventanilla.automation.queries import all_macros
from ventanilla.core.addresses import reverse
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.sections import sections, shown_sections
from ventanilla.installation.modules import is_on, modules
from ventanilla.installation.queries import installation
from ventanilla.installation.terms import SETTING as VOCABULARY
from ventanilla.installation.terms import wording_of
from ventanilla.mail.queries import mail_texts, mailboxes
from ventanilla.mail.texts import KINDS
from ventanilla.people.author import Author
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.people.queries import active_providers, providers_with_ending_secret, teams
from ventanilla.people.rights import Right
from ventanilla.people.second import AGENTS, SETTING
from ventanilla.studio.queries import rows_of
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.life_cycle import life_cycle
from ventanilla.tickets.queries import all_canned_replies
from ventanilla.tickets.task_queries import all_templates

_NAMED = 4


@dataclass(frozen=True)
class Place:
    """A page of settings: its name, what is set there now, and the words by which it is looked for besides."""

    subject: str
    icon: str
    title: str
    url: str
    now: str
    more: str = ""
    warning: str = ""
    words: str = ""


@dataclass(frozen=True)
class Subject:
    """What some places have in common: one tile of the first page. A subject with one place is that place."""

    key: str
    icon: str
    title: str | Promise
    text: str | Promise = ""


SUBJECTS = (
    Subject("organization", "building", gettext_lazy("Installation")),
    Subject("safety", "lock", gettext_lazy("Signing in")),
    Subject("mail", "mail", gettext_lazy("Mail")),
    Subject(
        "people",
        "people",
        gettext_lazy("People and teams"),
        gettext_lazy("Who asks and who answers."),
    ),
    Subject("tickets", "ticket", gettext_lazy("Tickets"), gettext_lazy("The words and data of tickets.")),
    Subject(
        "follow", "refresh", gettext_lazy("Follow-up"), gettext_lazy("What happens by itself, and the times agreed.")
    ),
    Subject("texts", "text", gettext_lazy("Texts and replies"), gettext_lazy("What is written often, once.")),
    Subject("bundle", "copy", gettext_lazy("Configuration as text")),
    Subject("audit", "shield", gettext_lazy("Audit")),
)
# Sections whose place stands among the tickets'; departments and teams stand with the people.
_OF_TICKETS = (
    "types",
    "statuses",
    "pending-reasons",
    "priorities",
    "impacts",
    "urgencies",
    "categories",
    "services",
    "activities",
)


def places(by: Author) -> Iterator[Place]:
    """Every place that the author may change something in, by subject."""
    yield from _organization()
    yield from _mail()
    yield from _people(by)
    yield from _tickets()
    yield from _texts()
    yield Place(
        "bundle",
        "copy",
        _("Configuration as text"),
        reverse("bundle"),
        _("Take it elsewhere, compare, carry in"),
        words=_("bundle export import YAML template sector"),
    )
    yield Place(
        "audit",
        "shield",
        _("Audit"),
        reverse("audit"),
        _("Sign-ins, changes of rights and settings, restricted tickets"),
        words=_("log history who changed export"),
    )


def _organization() -> Iterator[Place]:
    company = installation()
    languages = {"es": _("Spanish"), "en": _("English")}
    yield Place(
        "organization",
        "building",
        _("Installation"),
        reverse("installation"),
        company.name,
        more=f"{languages.get(company.language, company.language)} · {company.time_zone}",
        words=_("name language time zone working hours"),
    )
    yield Place(
        "organization",
        "database",
        _("Modules"),
        reverse("modules"),
        named(module.title for module in modules().values() if is_on(module.key)),
        words=_("switch on off help desk service desk preset"),
    )
    chosen = wording_of(company.settings.get(VOCABULARY) or {}).words
    language = "es" if (get_language() or "es").startswith("es") else "en"
    yield Place(
        "organization",
        "text",
        _("Vocabulary"),
        reverse("vocabulary"),
        ", ".join(getattr(word, language).one for _term, word in chosen) or _("The product's own words"),
        words=_("words terms names organization customer company requester user ticket case agent help desk team area"),
    )
    calendars = sections()["calendars"]
    yield Place(
        "organization",
        calendars.icon,
        str(calendars.title),
        calendars.list_url,
        named(row for row in rows_of(calendars) if row.archived_at is None),
        words=_("business hours calendar holiday season summer 24x7 opening time zone"),
    )
    brands = sections()["brands"]
    yield Place(
        "organization",
        brands.icon,
        str(brands.title),
        brands.list_url,
        named(row for row in rows_of(brands) if row.archived_at is None),
        words=_("brand portal logo color colour theme footer page welcome host domain customer"),
    )
    ending = providers_with_ending_secret(timezone.localdate())
    everybody = company.settings.get(SETTING) == AGENTS
    yield Place(
        "safety",
        "lock",
        _("Signing in"),
        reverse("signing-in"),
        _("Second step for every agent") if everybody else _("Second step for administrators"),
        more=" · ".join([*map(str, active_providers()), *([_("The demo asks nobody.")] if company.demo else [])]),
        warning=_("The secret of %(provider)s ends") % {"provider": ending[0]} if ending else "",
        words=_("password passkey second step OIDC Microsoft Google Keycloak"),
    )


def _mail() -> Iterator[Place]:
    yield Place(
        "mail",
        "mail",
        _("Mailboxes"),
        reverse("mailboxes"),
        named(row.address for row in mailboxes()) or _("Where mail comes in and goes out"),
        words=_("mail address IMAP SMTP sender signature spam"),
    )
    own = {kind for kind, _brand in mail_texts()}
    yield Place(
        "mail",
        "text",
        _("Texts of mails"),
        reverse("mail-texts"),
        named(kind.title for kind in KINDS.values() if kind.key in own) if own else _("As the product comes"),
        words=_("template mail reply acknowledgement reminder invitation survey subject wording preview"),
    )


def _people(by: Author) -> Iterator[Place]:
    used = [row for row in teams() if row.archived_at is None]
    empty = [str(row) for row in used if not row.agents]
    yield Place(
        "people",
        "people",
        _("Teams"),
        sections()["teams"].list_url,
        named(used),
        more=", ".join(f"N{level}" for level in sorted({row.level for row in used})),
        warning=_("Nobody in %(team)s") % {"team": empty[0]} if empty else "",
        words=_("group queue level members"),
    )
    departments = [row for row in rows_of(sections()["departments"]) if row.archived_at is None]
    private = sum(row.private for row in departments)
    yield Place(
        "people",
        "folder",
        _("Departments"),
        sections()["departments"].list_url,
        named(departments),
        more=ngettext("%(count)d private", "%(count)d private", private) % {"count": private} if private else "",
        words=_("area private"),
    )
    if by.may(Right.PEOPLE):
        yield _fields("people", PERSON, _("Fields of people"))
        yield _fields("people", ORGANIZATION, _("Fields of organizations"))
        roles = sections()["roles"]
        yield Place(
            "people",
            roles.icon,
            str(roles.title),
            reverse("role-matrix"),
            named(row for row in rows_of(roles) if row.archived_at is None),
            words=_("right permission matrix see as"),
        )
        yield Place(
            "people",
            "person",
            _("People"),
            reverse("people"),
            _("People, roles and organizations"),
            words=_("person user agent requester organization customer import"),
        )


def _tickets() -> Iterator[Place]:
    for key in _OF_TICKETS:
        section = shown_sections().get(key)
        if section is None:
            continue
        yield Place(
            "tickets",
            section.icon,
            str(section.title),
            section.list_url,
            named(row for row in rows_of(section) if row.archived_at is None),
        )
    if is_on("matrix"):
        yield Place(
            "tickets",
            "columns",
            _("Matrix of priorities"),
            reverse("priority-matrix"),
            _("Impact × urgency → priority"),
        )
    yield _fields("tickets", ENTITY, _("Fields of tickets"))
    days = life_cycle()
    yield Place(
        "follow",
        "refresh",
        _("Life cycle"),
        reverse("life-cycle"),
        _("Reminder after %(first)d and %(second)d working days, resolved after %(resolve)d")
        % {"first": days.remind[0], "second": days.remind[-1], "resolve": days.resolve}
        if days.on
        else _("Off"),
        more=_("Closed %(days)d days after being resolved") % {"days": days.close} if days.on else "",
        words=_("reminder close reopen automatic"),
    )
    agreements = shown_sections().get("agreements")
    if agreements is not None:
        in_force = [row for row in rows_of(agreements) if row.archived_at is None]
        yield Place(
            "follow",
            agreements.icon,
            str(agreements.title),
            agreements.list_url,
            named(in_force) if in_force else _("None in force"),
            words=_("SLA OLA agreement deadline clock target supplier"),
        )


def _fields(subject: str, entity: str, title: str) -> Place:
    made = [row for row in definitions_of(entity).values() if row.archived_at is None]
    now = named(made) if made else _("None of your own yet")
    return Place(
        subject, "list", title, reverse("fields", args=[entity]), now, words=_("custom field form data required")
    )


def _texts() -> Iterator[Place]:
    yield Place(
        "texts",
        "reply",
        _("Canned replies"),
        sections()["canned-replies"].list_url,
        named(row for row in all_canned_replies() if row.archived_at is None),
        words=_("template text answer"),
    )
    if is_on("macros"):
        yield Place(
            "texts",
            "bolt",
            _("Macros"),
            sections()["macros"].list_url,
            named(row for row in all_macros() if row.archived_at is None),
            words=_("several changes one click"),
        )
    if is_on("tasks"):
        yield Place(
            "texts",
            "check",
            _("Checklists"),
            sections()["checklists"].list_url,
            named(row for row in all_templates() if row.archived_at is None),
            words=_("tasks items steps required"),
        )


def named(rows: Iterable[Any]) -> str:
    """The first names of some rows, and how many more there are."""
    found = [str(row) for row in rows]
    shown, rest = ", ".join(found[:_NAMED]), len(found) - _NAMED
    if rest <= 0:
        return shown or _("None yet")
    return ngettext("%(names)s and %(count)d more", "%(names)s and %(count)d more", rest) % {
        "names": shown,
        "count": rest,
    }


def tiles(found: Sequence[Place]) -> list[dict[str, Any]]:
    """The tiles of the first page: one for each subject, which leads to its only place or to the page of its places."""
    shown = []
    for subject in SUBJECTS:
        within = [place for place in found if place.subject == subject.key]
        if len(within) == 1:
            shown.append(tile(within[0]))
        elif within:
            warning = next((place.warning for place in within if place.warning), "")
            url = reverse("settings-subject", args=[subject.key])
            titles = named(place.title for place in within)
            shown.append(
                {"icon": subject.icon, "title": str(subject.title), "url": url, "now": titles, "warning": warning}
            )
    return shown


def tile(place: Place) -> dict[str, Any]:
    """A place as a tile."""
    names = ("icon", "title", "url", "now", "more", "warning")
    return {name: getattr(place, name) for name in names}
