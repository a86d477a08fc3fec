"""What mails to people outside the desk say: the product's text for each kind, and administrators' own instead.

An own text may have the variables of its kind, written like those of canned replies: `{number}`. They stand in a
closed list and are filled in once: braces in a subject or a name are text. Nothing that a user wrote is ever evaluated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.template.defaultfilters import date as dated
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.content import line, rich
from ventanilla.core.htmlclean import clean_rich_text
from ventanilla.core.htmltext import html_to_text
from ventanilla.core.labels import LANGUAGES

MOST_SUBJECT: Final = 200
VARIABLES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "requester": _("the reader's name"),
        "number": _("the ticket's number"),
        "subject": _("the ticket's subject"),
        "status": _("the ticket's status"),
        "team": _("the team that has the ticket"),
        "agent": _("who replies"),
        "company": _("your name, or the brand's"),
        "link": _("the way to it, as a link"),
        "message": _("what was written"),
        "day": _("the day on which it is taken as resolved"),
        "days": _("for how many days the link works"),
        "fields": _("what is missing, as a list"),
        "rating": _("the question how it went, with its faces"),
        "inviter": _("who invites"),
        "address": _("the reader's address"),
        "title": _("what the announcement is about"),
        "news": _("what the announcement says"),
    }
)
_TICKET: Final = ("requester", "number", "subject", "status", "team", "company", "link")


@dataclass(frozen=True)
class TextKind:
    """A kind of mail. `template` is the product's; `variables` those that it knows, of which it `needs` some."""

    key: str
    title: str | Promise
    when: str | Promise
    template: str
    variables: tuple[str, ...] = _TICKET
    needs: tuple[str, ...] = ()
    about_ticket: bool = True


KINDS: Final[Mapping[str, TextKind]] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            TextKind("received", _("Ticket received"), _("When a ticket comes in."), "acknowledgement"),
            TextKind(
                "reply",
                _("Reply of an agent"),
                _("Around what an agent writes."),
                "reply",
                variables=(*_TICKET, "agent", "message"),
                needs=("message",),
            ),
            TextKind(
                "question",
                _("Data missing"),
                _("When somebody is asked for what a ticket lacks."),
                "question",
                variables=(*_TICKET, "fields", "days"),
                needs=("fields", "link"),
            ),
            TextKind(
                "reminder",
                _("Reminder"),
                _("When a ticket waits for its requester."),
                "reminder",
                variables=(*_TICKET, "day"),
            ),
            TextKind(
                "resolved",
                _("Ticket resolved"),
                _("With the question whether it works and how it went."),
                "resolved",
                variables=(*_TICKET, "rating"),
            ),
            TextKind(
                "unanswered",
                _("Resolved without an answer"),
                _("When nobody answered the reminders."),
                "resolved",
                variables=(*_TICKET, "rating"),
            ),
            TextKind(
                "link",
                _("Fresh link"),
                _("When somebody asks for one instead of an old link."),
                "link",
                variables=(*_TICKET, "days"),
                needs=("link",),
            ),
            TextKind(
                "invitation",
                _("Invitation"),
                _("When a person is invited to sign in."),
                "invitation",
                variables=("requester", "inviter", "company", "address", "link"),
                needs=("link",),
                about_ticket=False,
            ),
            TextKind(
                "news",
                _("News of an announcement"),
                _("For those whom it happens to."),
                "announcement",
                variables=("requester", "title", "news", "company", "link"),
                about_ticket=False,
            ),
            TextKind(
                "ended",
                _("End of an announcement"),
                _("With the question whether it works again."),
                "announcement",
                variables=("requester", "title", "company", "link"),
                needs=("link",),
                about_ticket=False,
            ),
        )
    }
)


@dataclass(frozen=True)
class Value:
    """What a variable stands for: safe HTML, and plain text."""

    html: str
    text: str

    @classmethod
    def of(cls, text: str) -> "Value":
        """A plain text, escaped where it stands in HTML."""
        return cls(conditional_escape(str(text)), str(text))


@dataclass(frozen=True)
class Filled:
    """An own text with its values."""

    subject: str
    html: str
    text: str


_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
# In cleaned HTML: a variable alone in its paragraph, a tag with its attributes, a variable among words.
_SPOT: Final = re.compile(
    r"""<p>\s*\{(?P<alone>[a-z_]+)\}\s*</p>|(?P<tag><[^<>"]*(?:"[^"]*"[^<>"]*)*>)|\{(?P<among>[a-z_]+)\}"""
)


def filled(subject: str, html: str, values: Mapping[str, Value]) -> Filled:
    """An own text with its values put in, once. A variable alone in its paragraph may bring paragraphs of its own; in
    an attribute it is plain text."""

    def plain(place: re.Match[str]) -> str:
        known = values.get(place[1])
        return known.text if known else place[0]

    def escaped(place: re.Match[str]) -> str:
        known = values.get(place[1])
        return escape(known.text) if known else place[0]

    def put_in(spot: re.Match[str]) -> str:
        if spot["tag"]:
            return _PLACE.sub(escaped, spot["tag"])
        known = values.get(spot["alone"] or spot["among"])
        if known is None:
            return spot[0]
        whole = spot["among"] or known.html.lstrip().startswith(("<p", "<ul", "<div"))
        return known.html if whole else f"<p>{known.html}</p>"

    return Filled(
        " ".join(_PLACE.sub(plain, subject).split()),
        _SPOT.sub(put_in, html),
        _PLACE.sub(plain, html_to_text(html)).strip(),
    )


def checked(kind: TextKind, subject: Mapping[str, str], html: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """An own text as it is kept: cleaned, without what says nothing.

    Raises `ValidationError`, naming the field and the place, for a variable that the kind does not know or one that is
    missing, for a subject without a text, and for what is too long. A subject is one line, whatever was typed.
    """
    subjects = line({"subject": dict(subject)}, "subject", MOST_SUBJECT)
    bodies = rich({"html": dict(html)}, "html")
    for code in LANGUAGES:
        if code in subjects and code not in bodies:
            raise ValidationError({f"html_{code}": gettext("A subject needs a text with it.")})
        for name, text in (("subject", subjects.get(code, "")), ("html", html_to_text(bodies.get(code, "")))):
            _check_variables(kind, f"{name}_{code}", text)
        for needed in kind.needs:
            if code in bodies and f"{{{needed}}}" not in bodies[code]:
                said = gettext("This mail makes no sense without {%(name)s}: %(meaning)s.")
                meaning = {"name": needed, "meaning": VARIABLES[needed]}
                raise ValidationError({f"html_{code}": said % meaning})
    return {"subject": subjects, "html": bodies}


def _check_variables(kind: TextKind, field: str, text: str) -> None:
    for number, written in enumerate(filter(str.strip, text.splitlines()), 1):
        for found in _PLACE.finditer(written):
            if found[1] not in kind.variables or (field.startswith("subject") and found[1] in ("message", "fields")):
                said = gettext("There is no variable {%(name)s} here: line %(line)d, character %(place)d.")
                raise ValidationError({field: said % {"name": found[1], "line": number, "place": found.start() + 1}})


def subject_for(kind: str, *, number: str = "", subject: str = "", company: str = "", title: str = "") -> str:
    """The product's subject of a kind of mail, in the language at hand."""
    mark = f"[{number}]"
    match kind:
        case "resolved" | "unanswered":
            return gettext("%(mark)s Resolved: %(subject)s") % {"mark": mark, "subject": subject}
        case "reminder":
            said = gettext("%(mark)s We are waiting for your answer: %(subject)s")
            return said % {"mark": mark, "subject": subject}
        case "question":
            said = gettext("%(mark)s We need something from you: %(subject)s")
            return said % {"mark": mark, "subject": subject}
        case "link":
            return gettext("%(mark)s Your fresh link: %(subject)s") % {"mark": mark, "subject": subject}
        case "invitation":
            return gettext("Your way into the help desk of %(organization)s") % {"organization": company}
        case "news":
            return gettext("News about: %(title)s") % {"title": title}
        case "ended":
            return gettext("Does it work now? %(title)s") % {"title": title}
    return f"{mark} {subject}"


def product_text(kind: TextKind, language: str) -> dict[str, str]:
    """The product's subject and text of a kind with variables where values will stand: where an own text begins.

    They are the very templates that are sent, drawn with the names of the variables.
    """
    someday = date(2001, 2, 3)
    named = {name: f"{{{name}}}" for name in VARIABLES}
    ticket = SimpleNamespace(number=named["number"], subject=named["subject"])
    message = SimpleNamespace(html=mark_safe(f"<p>{named['message']}</p>"), text="", author_name=named["agent"])  # noqa: S308 - our own words
    context: dict[str, Any] = {
        "ticket": ticket,
        "message": message,
        "person": SimpleNamespace(name=named["requester"]),
        "organization": named["company"],
        "url": named["link"],
        "language": language,
        "resolves": someday,
        "fields": [named["fields"]],
        "days": named["days"],
        "unanswered": kind.key == "unanswered",
        "asks": True,
        "inviter": named["inviter"],
        "address": named["address"],
        "title": named["title"],
        "text": named["news"],
        "what": "ended" if kind.key == "ended" else "",
    }
    with override(language):
        drawn = render_to_string(f"mail/{kind.template}.html", context)
        day = dated(someday, "DATE_FORMAT")
        subject = subject_for(
            kind.key, number=named["number"], subject=named["subject"], company=named["company"], title=named["title"]
        )
    body = drawn.partition("<body>")[2].partition("</body>")[0]
    body = re.sub(r"<p><small>.*?</small></p>", "", body, count=1) if kind.about_ticket else body
    body = re.sub(r"<p>(?:(?!</p>).)*\{link\}rating/.*?</p>", "<p>{rating}</p>", body, flags=re.DOTALL)
    body = re.sub(r'<a href="\{link\}">.*?</a>', "{link}", body, flags=re.DOTALL)
    body = re.sub(r"<ul>\s*<li>\{fields\}</li>\s*</ul>", "<p>{fields}</p>", body)
    body = re.sub(r"\s+", " ", body.replace(day, named["day"]))
    return {"subject": subject, "html": re.sub(r"\s*(</?(?:p|ul|ol)>)\s*", r"\1", clean_rich_text(body)).strip()}
