"""Canned replies: the closed list of their variables, and a text with these filled in.

`{requester}` stands for a value of the ticket at hand. Nothing else is ever evaluated: what is no variable of the list
is refused when a reply is saved and stays as it is in whatever people write.
"""

import re
from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from ventanilla.core.htmlclean import clean_rich_text
from ventanilla.core.htmltext import html_to_text
from ventanilla.installation.queries import installation
from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket

MOST_CHARACTERS = 50_000
Value = Callable[[Ticket, Person], str]

VARIABLES: Mapping[str, tuple[str | Promise, Value]] = {
    "requester": (_("the requester's name"), lambda ticket, _agent: ticket.requester.display_name),
    "first_name": (_("the requester's first name"), lambda ticket, _agent: _first_name(ticket.requester)),
    "number": (_("the ticket's number"), lambda ticket, _agent: ticket.number or ""),
    "subject": (_("the ticket's subject"), lambda ticket, _agent: ticket.subject),
    "status": (_("the ticket's status"), lambda ticket, _agent: str(ticket.status)),
    "team": (_("the team that has the ticket"), lambda ticket, _agent: str(ticket.team) if ticket.team else ""),
    "agent": (_("your name"), lambda _ticket, agent: agent.display_name),
    "company": (_("the name of this organization"), lambda _ticket, _agent: installation().name),
}
_PLACE = re.compile(r"\{([a-z_]+)\}")


def unknown_variables(html: str) -> list[str]:
    """What looks like a variable in a text and is none of the list, in order, each once."""
    return [name for name in dict.fromkeys(_PLACE.findall(html)) if name not in VARIABLES]


def language_for(ticket: Ticket) -> str:
    """The language in which one writes to the requester of a ticket."""
    return ticket.requester.language or installation().language


def filled(texts: Mapping[str, str], *, ticket: Ticket, agent: Person) -> str:
    """The HTML of the texts in the requester's language, else in one there is, its variables filled in and escaped.

    The ticket's values are put in once: braces in a subject or a name are text and are not looked at again.
    """
    language = language_for(ticket)
    html = texts.get(language) or next((text for text in texts.values() if text), "")

    def value(place: re.Match[str]) -> str:
        known = VARIABLES.get(place[1])
        return escape(known[1](ticket, agent)) if known else place[0]

    with override(language):
        return _PLACE.sub(value, html)


def _first_name(person: Person) -> str:
    """The first word of a name; the whole of what stands for it where there is none."""
    return person.name.split()[0] if person.name.split() else person.display_name


def checked_texts(html: Mapping[str, str]) -> dict[str, str]:
    """Texts by language as they are kept: cleaned, without those that say nothing.

    Raises `ValidationError`, naming the field, for one that is too long or has an unknown variable.
    """
    clean = {code: clean_rich_text(text.replace("\x00", "")) for code, text in html.items()}
    clean = {code: text for code, text in clean.items() if html_to_text(text).strip()}
    for code, text in clean.items():
        if len(text) > MOST_CHARACTERS:
            raise ValidationError({f"html_{code}": gettext("That is longer than allowed.")})
        unknown = unknown_variables(text)
        if unknown:
            raise ValidationError({f"html_{code}": gettext("There is no variable {%(name)s}.") % {"name": unknown[0]}})
    return clean


def listed_variables() -> SafeString:
    """The variables that texts may have, for the head of a form."""
    listed = format_html_join(
        ", ", "<code>{{{}}}</code> {}", ((name, meaning) for name, (meaning, _value) in VARIABLES.items())
    )
    return format_html("{} {}.", gettext("Written in braces, these are filled in:"), listed)
