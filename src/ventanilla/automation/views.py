"""The settings of macros."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.automation.actions import save_macro
from ventanilla.automation.forms import MacroForm
from ventanilla.automation.models import Macro
from ventanilla.automation.queries import all_macros
from ventanilla.fields.effects import parse
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.canned_views import listed_variables
from ventanilla.tickets.effects import in_words
from ventanilla.tickets.vocabulary import words


@managed(Right.SETTINGS)
@require_safe
def macros(request: HttpRequest, by: Author) -> HttpResponse:
    """All macros, each with what it does."""
    rows = [
        {
            "url": reverse("macro", args=[row.pk]),
            "label": str(row),
            "indent": "",
            "cells": [row.folder, what_it_does(row), str(row.team) if row.team else _("All teams")],
            "archived": row.archived_at is not None,
        }
        for row in all_macros()
    ]
    context = {
        "title": _("Macros"),
        "text": _("A text and what becomes of the ticket, in one click. In a ticket: More actions → Macro (Ctrl+M)."),
        "crumbs": [{"label": _("Canned replies"), "url": reverse("canned-replies")}],
        "beside": {"label": _("Checklists"), "url": reverse("checklists")},
        "heads": [_("Name"), _("Folder"), _("What it does"), _("For")],
        "rows": rows,
        "action": {"label": _("New macro"), "url": reverse("macro-new"), "icon": "plus"},
    }
    return render(request, "people/table.html", context)


def what_it_does(macro: Macro) -> str:
    """What a macro says and changes, in a few words."""
    said = (_("replies") if macro.public else _("adds a note")) if macro.html else ""
    changed = in_words(parse(macro.effects), words()) if macro.effects else ""
    return " · ".join(part for part in (said, changed) if part)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def macro(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new macro or an existing one."""
    row = next((row for row in all_macros() if row.pk == pk), None) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    initial: dict[str, Any] = {"public": "1"}
    if row is not None:
        initial = MacroForm.initial_of(row.label) | {f"html_{code}": text for code, text in row.html.items()}
        initial |= MacroForm.initial_of_effects(parse(row.effects)) if row.effects else {}
        initial |= {"public": "1" if row.public else "0", "folder": row.folder, "members": row.team}
        initial["archived"] = row.archived_at is not None
    form = MacroForm(posted(request), initial=initial, new=row is None)

    def write(values: dict[str, Any]) -> Macro:
        given = {name: values[name] for name in ("label", "html", "public", "effects", "folder")}
        return save_macro(by=by, macro=row, team=values["members"], archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("macros")
    crumbs = [{"label": _("Macros"), "url": reverse("macros")}]
    return form_page(request, form, title=str(row) if row else _("New macro"), crumbs=crumbs, text=listed_variables())
