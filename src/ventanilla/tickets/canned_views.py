"""The settings of canned replies."""

from textwrap import shorten
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.core.htmltext import html_to_text
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.canned import VARIABLES
from ventanilla.tickets.canned_actions import save_canned_reply
from ventanilla.tickets.models import CannedReply
from ventanilla.tickets.queries import all_canned_replies
from ventanilla.tickets.settings_forms import CannedReplyForm

_SHOWN_CHARACTERS = 80
# A text with what becomes of the ticket is the business of a layer above.
_MACROS = "/settings/macros/"


@managed(Right.SETTINGS)
@require_safe
def replies(request: HttpRequest, by: Author) -> HttpResponse:
    """All canned replies, each with the beginning of its text."""
    rows = [
        {
            "url": reverse("canned-reply", args=[row.pk]),
            "label": str(row),
            "indent": "",
            "cells": [_beginning(row), str(row.team) if row.team else _("All teams")],
            "archived": row.archived_at is not None,
        }
        for row in all_canned_replies()
    ]
    context = {
        "title": _("Canned replies"),
        "text": _("What your team writes again and again. In a ticket, type / where you write."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "heads": [_("Name"), _("Text"), _("For")],
        "rows": rows,
        "beside": {"label": _("Macros"), "url": _MACROS} if is_valid_path(_MACROS) else None,
        "action": {"label": _("New canned reply"), "url": reverse("canned-reply-new"), "icon": "plus"},
    }
    return render(request, "people/table.html", context)


def _beginning(row: CannedReply) -> str:
    return shorten(html_to_text(next(iter(row.html.values()), "")), _SHOWN_CHARACTERS, placeholder="…")


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new canned reply or an existing one."""
    row = next((row for row in all_canned_replies() if row.pk == pk), None) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    initial: dict[str, Any] = {}
    if row is not None:
        texts = {f"html_{code}": text for code, text in row.html.items()}
        initial = CannedReplyForm.initial_of(row.label) | texts | {"team": row.team}
        initial["archived"] = row.archived_at is not None
    form = CannedReplyForm(posted(request), initial=initial, new=row is None)

    def write(values: dict[str, Any]) -> CannedReply:
        given = {name: values[name] for name in ("label", "html", "team")}
        return save_canned_reply(by=by, reply=row, archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("canned-replies")
    crumbs = [{"label": _("Canned replies"), "url": reverse("canned-replies")}]
    title = str(row) if row else _("New canned reply")
    return form_page(request, form, title=title, crumbs=crumbs, text=listed_variables())


def listed_variables() -> SafeString:
    """The variables that texts may have, for the head of a form."""
    listed = format_html_join(
        ", ", "<code>{{{}}}</code> {}", ((name, meaning) for name, (meaning, _value) in VARIABLES.items())
    )
    return format_html("{} {}.", _("Written in braces, these are filled in:"), listed)
