"""The four things that everything configurable has: list, form, order and safe deletion; each with undo."""

from collections.abc import Callable, Iterator
from textwrap import shorten
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.htmltext import html_to_text
from ventanilla.core.labels import text_in
from ventanilla.core.models import Configurable
from ventanilla.core.order import moved
from ventanilla.events.queries import event_by_id, newest_by
from ventanilla.fields.section_actions import (
    change_row,
    create_row,
    delete_row,
    order_rows,
    topic_of,
    undo_section_event,
    why_kept,
)
from ventanilla.fields.sections import Attribute, Section, section_of, shown_sections, uses_of
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.studio.forms import RowForm
from ventanilla.studio.queries import row_of, rows_of
from ventanilla.studio.undoing import UNDONE_BY
from ventanilla.tickets.drafts import UNDO_SECONDS

RowPage = Callable[..., HttpResponse]
_SHOWN_USES = 12
_SHOWN_CHARACTERS = 80


@managed(Right.SETTINGS)
@require_safe
def rows(request: HttpRequest, by: Author, section: Section[Any]) -> HttpResponse:
    """The rows of a section in their order, archived ones last."""
    columns = [(column, column.values()) for column in section.columns]
    shown = [a for a in section.attributes if a.column]
    just_moved, beside = request.GET.get("moved"), shown_sections().get(section.beside)
    heads = [*(str(a.label) for a in shown), *(str(column.label) for column, _values in columns)]

    def cells(row: Any) -> list[dict[str, str]]:
        texts = [*(said(a, row) for a in shown), *(str(values.get(row.pk, "")) for _column, values in columns)]
        return [{"head": head, "said": text} for head, text in zip(heads, texts, strict=True)]

    lines = [
        {
            "key": row.key,
            "label": str(row),
            "indent": "\u2003" * depth,
            "url": section.url_of(row.pk),
            "cells": cells(row),
            "archived": row.archived_at is not None,
            "moved": row.key == just_moved,
        }
        for row, depth in _ordered(section)
    ]
    context = {
        "title": str(section.title),
        "text": str(section.text),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "action": {"label": str(section.new), "url": section.new_url, "icon": "plus"},
        "beside": {"label": str(beside.title), "url": beside.list_url} if beside else None,
        "heads": [_("Name"), *heads],
        "rows": lines,
        "order_url": reverse("studio-order", args=[section]),
        "toast": toast(request, section, by),
    }
    return render(request, "studio/rows.html", context)


def _ordered(section: Section[Any]) -> Iterator[tuple[Any, int]]:
    """The rows as the list shows them, each with how far it stands below others."""
    found = sorted(rows_of(section), key=lambda row: row.archived_at is not None)
    if not section.tree:
        yield from ((row, 0) for row in found)
        return
    below: dict[int | None, list[Any]] = {}
    for row in found:
        below.setdefault(getattr(row, f"{section.tree}_id"), []).append(row)

    def walk(parent: int | None, depth: int) -> Iterator[tuple[Any, int]]:
        for row in below.get(parent, []):
            yield row, depth
            yield from walk(row.pk, depth + 1)

    yield from walk(None, 0)


def said(attribute: Attribute, row: Configurable) -> str:
    """What a row says for an attribute, in the reader's words."""
    value = getattr(row, attribute.name)
    match attribute.kind:
        case "yes_no":
            return _("yes") if value else _("no")
        case "choice":
            return str(dict(attribute.choices).get(value, value))
        case "choices":
            return str(len(value))
        case "words":
            return text_in(value, get_language() or "es")
        case "rich":
            return shorten(html_to_text(text_in(value, get_language() or "es")), _SHOWN_CHARACTERS, placeholder="…")
        case "agent":
            return value.display_name if value is not None else ""
        case "row":
            return str(value) if value is not None else str(attribute.none)
    return str(value)


@managed(Right.SETTINGS)
@require_POST
def order(request: HttpRequest, by: Author, section: Section[Any]) -> HttpResponse:
    """Put the rows into the order of the form; `up` or `down` moves one of them a place."""
    up, down = request.POST.get("up", ""), request.POST.get("down", "")
    keys = moved(request.POST.getlist("key"), up=up, down=down)
    order_rows(by=by, section=section, keys=keys)
    return _back(section, by, f"{section.noun}s", moved=up or down)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: HttpRequest, by: Author, section: Section[Any], pk: int | None = None) -> HttpResponse:
    """A new row of a section or an existing one, what uses it, and whether it can be deleted."""
    if section.page:
        raise Http404
    kept = row_of(section, pk) if pk is not None else None
    form = RowForm(posted(request), section=section, row=kept)

    def write(values: dict[str, Any]) -> Any:
        given = {"by": by, "section": section, "label": values["label"], **form.values()}
        if kept is None:
            return create_row(**given)
        return change_row(row=kept, archived=values["archived"], **given)

    if request.method == "POST" and (written := save(form, write)):
        return _back(section, by, topic_of(section, written))
    context = {
        "form": form,
        "title": str(kept) if kept is not None else str(section.new),
        "text": section.hint() if section.hint else "",
        "key": kept.key if kept is not None else "",
        "crumbs": crumbs(section),
    }
    if kept is not None:
        context |= end_of(section, kept)
    return render(request, "studio/row.html", context, status=422 if form.errors else 200)


def end_of(section: Section[Any], kept: Configurable) -> dict[str, Any]:
    """What stands below the form of a row: what uses it, and how it goes."""
    uses = uses_of(section, kept)
    return {
        "uses": uses[:_SHOWN_USES],
        "more_uses": max(0, len(uses) - _SHOWN_USES),
        "kept_because": why_kept(section, kept) if not uses else "",
        "delete_url": reverse("studio-delete", args=[section, kept.pk]),
    }


@managed(Right.SETTINGS)
@require_POST
def delete(request: HttpRequest, by: Author, section: Section[Any], pk: int) -> HttpResponse:
    """Delete a row that nothing has ever used; else say what does."""
    kept = row_of(section, pk)
    topic = topic_of(section, kept)
    try:
        delete_row(by=by, section=section, row=kept)
    except ValidationError as error:
        form = RowForm(None, section=section, row=kept)
        context = {"form": form, "title": str(kept), "crumbs": crumbs(section), "problem": " ".join(error.messages)}
        return render(request, "studio/row.html", context | end_of(section, kept), status=409)
    return _back(section, by, topic)


@managed(Right.SETTINGS)
@require_POST
def undo(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Take back one change of the configuration, and show what it was about."""
    event = event_by_id(pk)
    if event is not None and event.kind in UNDONE_BY:
        try:
            UNDONE_BY[event.kind](by, event)
            messages.success(request, _("Undone."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("settings")
    section = section_of(event.kind.partition(".")[0]) if event is not None else None
    if event is None or section is None:
        raise Http404
    try:
        undo_section_event(by=by, event=event)
        messages.success(request, _("Undone."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": section.list_url})
    return redirect("settings")


def crumbs(section: Section[Any]) -> list[dict[str, str]]:
    """The way to a row of a section."""
    return [
        {"label": _("Settings"), "url": reverse("settings")},
        {"label": str(section.title), "url": section.list_url},
    ]


def _back(section: Section[Any], by: Author, topic: str, **query: str) -> HttpResponse:
    """The list again, with the event that can be taken back in its address."""
    return done(reverse("studio-rows", args=[section]), by, topic, **query)


def done(url: str, by: Author, topic: str, **query: str) -> HttpResponse:
    """To a page that says what was done (`toast`), with the event that can be taken back in its address."""
    event = newest_by(by.actor, topic)
    query = {name: value for name, value in query.items() if value} | ({"done": str(event.pk)} if event else {})
    return redirect(f"{url}{'?' + urlencode(query) if query else ''}")


def toast(request: HttpRequest, section: Section[Any], by: Author) -> dict[str, Any] | None:
    """What the reader has just done, with the way to undo it; nothing where the address names nothing of the kind."""
    number = request.GET.get("done", "")
    event = event_by_id(int(number)) if number.isdecimal() and len(number) < 18 else None
    if event is None or event.actor != by.actor or not event.kind.startswith(f"{section.noun}."):
        return None
    text = _("Deleted.") if event.kind.endswith(".deleted") else _("Saved.")
    return {"text": text, "undo_url": reverse("studio-undo", args=[event.pk]), "seconds": UNDO_SECONDS}
