"""The values of a mail's variables, from what its templates get."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.template.defaultfilters import date as dated
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.translation import gettext as _

from ventanilla.mail.texts import Value

_FACES = ("good", "fair", "bad")


class GivenText(Protocol):
    """A text by language: a row of `MailText`, or what somebody is typing."""

    @property
    def subject(self) -> Mapping[str, str]:
        """The subject by language."""

    @property
    def html(self) -> Mapping[str, str]:
        """The text by language."""


def values_of(context: Mapping[str, Any]) -> dict[str, Value]:
    """What each variable stands for in a mail with this context, in the language at hand."""
    ticket, person, message = context.get("ticket"), context.get("person"), context.get("message")
    found = {
        "requester": Value.of(person.display_name if person is not None else _("reader")),
        "company": Value.of(context["organization"]),
        "link": _link(context),
        "days": Value.of(str(context.get("days", ""))),
        "day": Value.of(dated(context.get("resolves"), "DATE_FORMAT")),
        "fields": _fields(context.get("fields") or []),
        "rating": _rating(context),
        "inviter": Value.of(context.get("inviter", "")),
        "address": Value.of(context.get("address", "")),
        "title": Value.of(context.get("title", "")),
        "news": Value(linebreaks(context.get("text", ""), autoescape=True), context.get("text", "")),
    }
    if ticket is not None:
        found |= {
            "number": Value.of(ticket.number or ""),
            "subject": Value.of(ticket.subject),
            "status": Value.of(str(ticket.status)),
            "team": Value.of(str(ticket.team) if ticket.team else ""),
        }
    if message is not None:
        html = message.html or linebreaks(message.text, autoescape=True)
        found |= {"agent": Value.of(message.author_name), "message": Value(html, message.text)}
    return found


def _link(context: Mapping[str, Any]) -> Value:
    url, ticket = context.get("url", ""), context.get("ticket")
    if not url:
        return Value.of("")
    label = f"{ticket.number} · {ticket.subject}" if ticket is not None else url
    return Value(format_html('<a href="{}">{}</a>', url, label), url)


def _fields(rows: Any) -> Value:
    named = [f"{row} ({row.told})" if row.told else str(row) for row in rows]
    items = format_html_join("", "<li>{}</li>", ((name,) for name in named))
    return Value(format_html("<ul>{}</ul>", items), "\n".join(f"- {name}" for name in named))


def _rating(context: Mapping[str, Any]) -> Value:
    """The question how it went; nothing where it is not asked."""
    if not context.get("url") or not context.get("asks"):
        return Value.of("")
    names, signs = {"good": _("Good"), "fair": _("Fair"), "bad": _("Bad")}, {"good": "🙂", "fair": "😐", "bad": "🙁"}
    address = context["url"] + "rating/?face="
    faces = [(address + face, signs[face], names[face]) for face in _FACES]
    return Value(
        format_html("{} {}", _("How did we do?"), format_html_join(" ", '<a href="{}">{} {}</a>', faces)),
        "\n".join([_("How did we do?"), *(f"{name}: {url}" for url, _sign, name in faces)]),
    )
