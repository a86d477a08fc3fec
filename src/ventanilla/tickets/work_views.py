"""The settings of checklists and activities: their lists and order, and each of them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Activity, ChecklistTemplate
from ventanilla.tickets.task_queries import all_templates
from ventanilla.tickets.time_queries import activities
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work_forms import ActivityForm, TemplateForm
from ventanilla.tickets.work_settings import order_rows, save_activity, save_template


@managed(Right.SETTINGS)
@require_safe
def checklists(request: HttpRequest, by: Author) -> HttpResponse:
    """All templates of checklists in their order."""
    types = {row.key: str(row) for row in words().types.values()}
    lines = [
        (
            row,
            [
                ngettext("%(count)d item", "%(count)d items", len(row.items)) % {"count": len(row.items)},
                ", ".join(types.get(key, key) for key in row.types) or _("All types"),
                str(row.team) if row.team else _("All teams"),
                _("by itself") if row.by_itself else "",
            ],
        )
        for row in all_templates()
    ]
    context = {
        "title": _("Checklists"),
        "text": _("What is done in the same way every time. In a ticket: More actions → Add a checklist."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "heads": [_("Name"), _("Items"), _("Types"), _("For"), _("Added")],
        "empty": _("No template yet. Make one for what must not be forgotten: a new colleague, a returned laptop."),
        "action": {"label": _("New checklist"), "url": reverse("checklist-new"), "icon": "plus"},
        "beside": {"label": _("Activities"), "url": reverse("activities")},
    }
    return _ordered(request, lines, context, one="checklist", order="checklists-order")


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def checklist(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new template or an existing one."""
    row = next((row for row in all_templates() if row.pk == pk), None) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    form = TemplateForm(posted(request), row=row)

    def write(values: dict[str, Any]) -> ChecklistTemplate:
        return save_template(
            by=by,
            template=row,
            label=values["label"],
            items=form.items(),
            types=values.get("types", row.types if row else ()),
            team=values["team"],
            by_itself=values["by_itself"],
            archived=values.get("archived", False),
        )

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("checklists")
    context = {
        "form": form,
        "title": str(row) if row else _("New checklist"),
        "crumbs": [{"label": _("Checklists"), "url": reverse("checklists")}],
    }
    return render(request, "tickets/checklist.html", context, status=422 if form.errors else 200)


@managed(Right.SETTINGS)
@require_POST
def order_checklists(request: HttpRequest, by: Author) -> HttpResponse:
    """Put the templates into the order of the form."""
    return _reordered(request, by, ChecklistTemplate, "checklists")


@managed(Right.SETTINGS)
@require_safe
def activity_list(request: HttpRequest, by: Author) -> HttpResponse:
    """All activities in their order."""
    lines = [(row, [_("billable") if row.billable else _("not billable")]) for row in activities().values()]
    context = {
        "title": _("Activities"),
        "text": _("What time is spent on, for the hours of a customer or a month."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "heads": [_("Name"), _("Billable")],
        "empty": _("No activity yet. Time can be recorded without one."),
        "action": {"label": _("New activity"), "url": reverse("activity-new"), "icon": "plus"},
        "beside": {"label": _("Checklists"), "url": reverse("checklists")},
    }
    return _ordered(request, lines, context, one="activity", order="activities-order")


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def activity(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new activity or an existing one."""
    row = activities().get(pk) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    initial: dict[str, Any] = {"billable": True}
    if row is not None:
        initial = ActivityForm.initial_of(row.label) | {"billable": row.billable}
        initial["archived"] = row.archived_at is not None
    form = ActivityForm(posted(request), initial=initial, new=row is None)

    def write(values: dict[str, Any]) -> Activity:
        given = {name: values[name] for name in ("label", "billable")}
        return save_activity(by=by, activity=row, archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("activities")
    crumbs = [{"label": _("Activities"), "url": reverse("activities")}]
    return form_page(request, form, title=str(row) if row else _("New activity"), crumbs=crumbs)


@managed(Right.SETTINGS)
@require_POST
def order_activities(request: HttpRequest, by: Author) -> HttpResponse:
    """Put the activities into the order of the form."""
    return _reordered(request, by, Activity, "activities")


def _ordered(
    request: HttpRequest, lines: Sequence[tuple[Any, list[str]]], context: dict[str, Any], *, one: str, order: str
) -> HttpResponse:
    rows = [
        {"row": row, "url": reverse(one, args=[row.pk]), "cells": cells, "moved": row.key == request.GET.get("moved")}
        for row, cells in lines
    ]
    return render(request, "tickets/ordered.html", context | {"rows": rows, "order_url": reverse(order)})


def _reordered(request: HttpRequest, by: Author, model: Any, page: str) -> HttpResponse:
    keys = request.POST.getlist("key")
    moved = request.POST.get("up") or request.POST.get("down") or ""
    if moved in keys:
        place = keys.index(moved)
        other = place - 1 if "up" in request.POST else place + 1
        if 0 <= other < len(keys):
            keys[place], keys[other] = keys[other], keys[place]
    order_rows(by=by, model=model, keys=keys)
    query = f"?{urlencode({'moved': moved})}" if moved else ""
    return redirect(f"{reverse(page)}{query}")
