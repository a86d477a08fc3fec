"""The matrix of priorities: what impact and urgency give together."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.sections import IMPACTS, URGENCIES
from ventanilla.tickets.settings_actions import change_matrix
from ventanilla.tickets.vocabulary import Words, words


class MatrixForm(forms.Form):
    """One choice of a priority for each pair of impact and urgency in use; none is allowed."""

    def __init__(self, *args: Any, known: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.impacts, self.urgencies = known.usable(known.impacts), known.usable(known.urgencies)
        offered = [("", _("none"))] + [(row.key, str(row)) for row in known.usable(known.priorities)]
        for impact in self.impacts:
            for urgency in self.urgencies:
                now = known.matrix.get((impact.pk, urgency.pk))
                kept = known.priorities[now] if now else None
                choices = offered
                if kept is not None and kept.archived_at is not None:
                    choices = [*offered, (kept.key, str(kept))]
                self.fields[_cell(impact, urgency)] = forms.ChoiceField(
                    required=False,
                    choices=choices,
                    initial=kept.key if kept else "",
                    label=_("Impact %(impact)s, urgency %(urgency)s") % {"impact": impact, "urgency": urgency},
                    widget=forms.Select({"class": "v-input"}),
                )

    def table(self) -> list[dict[str, Any]]:
        """The rows of the matrix, each with its fields."""
        return [
            {
                "label": str(impact),
                "cells": [{"urgency": str(row), "field": self[_cell(impact, row)]} for row in self.urgencies],
            }
            for impact in self.impacts
        ]

    def cells(self) -> dict[tuple[int, int], int | None]:
        """What was chosen: the priority's id, or nothing, by the ids of impact and urgency."""
        chosen: dict[tuple[int, int], int | None] = {}
        for impact in self.impacts:
            for urgency in self.urgencies:
                row = self.known.by_key(self.known.priorities, self.cleaned_data[_cell(impact, urgency)])
                chosen[impact.pk, urgency.pk] = row.pk if row else None
        return chosen


def _cell(impact: Any, urgency: Any) -> str:
    return f"cell_{impact.pk}_{urgency.pk}"


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def matrix(request: HttpRequest, by: Author) -> HttpResponse:
    """The matrix as a table of choices."""
    form = MatrixForm(posted(request), known=words())

    def write(_values: dict[str, Any]) -> bool:
        change_matrix(by=by, cells=form.cells())
        return True

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("priority-matrix")
    context = {
        "form": form,
        "title": _("Matrix of priorities"),
        "text": _("How many are affected, how long it can wait: together they give the priority of a ticket."),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Tickets"), "url": reverse("settings-subject", args=["tickets"])},
        ],
        "urgencies": [str(row) for row in form.urgencies],
        "beside": [
            {"label": _("Impacts"), "url": IMPACTS.list_url},
            {"label": _("Urgencies"), "url": URGENCIES.list_url},
        ],
    }
    return render(request, "studio/matrix.html", context, status=422 if form.errors else 200)
