"""Importing people, organizations and departments: a file, its columns, what would happen, and how far it is."""

from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.people.author import Author
from ventanilla.people.import_actions import (
    KEPT_DAYS,
    UNDER_WAY,
    begin_check,
    change_columns,
    discard_import,
    require,
    start_import,
)
from ventanilla.people.import_custom import all_fields
from ventanilla.people.import_fields import sentence, trouble_sentence
from ventanilla.people.import_forms import KINDS, ColumnsForm, FileForm
from ventanilla.people.managing import managed, posted
from ventanilla.people.models import ImportLine, PeopleImport
from ventanilla.people.queries import import_page, imports_for, refused_lines
from ventanilla.people.rights import Right
from ventanilla.people.views import signed_in
from ventanilla.ui.downloads import csv_answer
from ventanilla.ui.htmx import render

State, Outcome = PeopleImport.State, ImportLine.Outcome
SHOWN_PROBLEMS = 100
SHOWN_LINES = 8
SHOWN_IMPORTS = 10


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def importing(request: HttpRequest, by: Author) -> HttpResponse:
    """A file to import, and the imports of the last days."""
    asked = request.GET.get("kind", "")
    initial = {"kind": asked if asked in KINDS else PeopleImport.Kind.PEOPLE}
    form = FileForm(posted(request), request.FILES or None, initial=initial, by=by)
    if request.method == "POST":
        run = form.keep()
        if run is not None:
            return redirect("import", pk=run.pk)
    recent = imports_for(signed_in(request))[:SHOWN_IMPORTS]
    context = {
        "title": _("Import from a file"),
        "text": _("Whoever is here already is found by their address and brought up to date. Nobody is sent a mail."),
        "crumbs": [{"label": _("People"), "url": reverse("people")}],
        "form": form,
        "kinds": [{"label": label, "url": reverse("import-example", args=[kind])} for kind, label in form.offered],
        "recent": [_shown(run) for run in recent],
        "days": KEPT_DAYS,
    }
    return render(request, "people/importing.html", context, status=422 if form.errors else 200)


@managed(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def one_import(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """An import where it stands: its columns, its progress, what would happen or happened. POST takes the columns."""
    run = _run(request, pk)
    form = ColumnsForm(posted(request), run=run)
    if request.method == "POST" and form.is_valid():
        make = form.cleaned_data.get("make_organizations", False)
        begin_check(by=by, run=run, mapping=form.mapping(), make_organizations=make)
        return redirect("import", pk=run.pk)
    context = {
        **_shown(run),
        "title": run.name,
        "crumbs": [
            {"label": _("People"), "url": reverse("people")},
            {"label": _("Import from a file"), "url": reverse("importing")},
        ],
        "form": form,
        "waiting": run.state == State.MAPPING or bool(form.errors),
    }
    if run.state in (State.CHECKED, State.DONE):
        context |= _result(run)
    return render(request, "people/import.html", context, "import", status=422 if form.errors else 200)


def _run(request: HttpRequest, pk: int) -> PeopleImport:
    return get_object_or_404(imports_for(signed_in(request)), pk=pk)


def _shown(run: PeopleImport) -> dict[str, Any]:
    counts = run.counts
    through = sum(counts.get(outcome, 0) for outcome in Outcome.values)
    words = {
        State.MAPPING: _("Waits for its columns"),
        State.READING: _("Being read"),
        State.CHECKING: _("Being checked"),
        State.CHECKED: _("Checked, nothing changed yet"),
        State.RUNNING: _("Being imported"),
        State.DONE: _("Imported"),
        State.FAILED: _("Cannot be read"),
    }
    return {
        "run": run,
        "state": State(run.state).name.lower(),
        "word": words[State(run.state)],
        "kind": KINDS[PeopleImport.Kind(run.kind)],
        "under_way": run.state in UNDER_WAY,
        "through": through,
        "to_write": counts.get("new", 0) + counts.get("changed", 0),
        "trouble": trouble_sentence(run.trouble, run.trouble_line) if run.trouble else "",
    }


def _result(run: PeopleImport) -> dict[str, Any]:
    known = all_fields(run.kind)
    kept = [(place, known[key].label) for place, key in enumerate(run.mapping) if key in known]
    outcomes = _outcomes(run)
    problems, first = import_page(run, problems=SHOWN_PROBLEMS, lines=SHOWN_LINES)
    return {
        "counts": [
            {"outcome": outcome, "label": label, "count": run.counts.get(outcome, 0)}
            for outcome, label in _tallies(run).items()
        ],
        "organizations": run.counts.get("organizations", 0),
        "refused": run.counts.get("refused", 0),
        "heads": [label for _place, label in kept],
        "lines": [
            {
                "number": line.number,
                "outcome": line.outcome,
                "word": outcomes[line.outcome],
                "cells": [line.cells[place] if place < len(line.cells) else "" for place, _label in kept],
            }
            for line in first
        ],
        "problems": [
            {"number": line.number, "said": [_said(known, problem) for problem in line.problems]} for line in problems
        ],
        "more_problems": max(0, run.counts.get("refused", 0) - len(problems)),
    }


def _said(known: Any, problem: list[str]) -> dict[str, str]:
    return {"field": str(known[problem[1]].label) if problem[1] in known else "", "text": sentence(problem)}


def _outcomes(run: PeopleImport) -> dict[str, str]:
    """The word for what became of one line."""
    done = run.state == State.DONE
    return {
        Outcome.NEW.value: _("New"),
        Outcome.CHANGED.value: _("Changed"),
        Outcome.SAME.value: _("Same as before"),
        Outcome.REFUSED.value: _("Refused") if done else _("With mistakes"),
    }


def _tallies(run: PeopleImport) -> dict[str, str]:
    """The same under the number of such lines: Spanish has a plural there."""
    refused = pgettext("lines", "Refused") if run.state == State.DONE else _("With mistakes")
    return _outcomes(run) | {Outcome.NEW.value: pgettext("lines", "New"), Outcome.REFUSED.value: refused}


@managed(Right.PEOPLE)
@require_POST
def import_start(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Write what was announced."""
    run = _run(request, pk)
    if not start_import(by=by, run=run):
        messages.error(request, _("This import has been started already, or its file has to be checked first."))
    return redirect("import", pk=run.pk)


@managed(Right.PEOPLE)
@require_POST
def import_columns(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Back to the question what the columns are."""
    run = _run(request, pk)
    change_columns(by=by, run=run)
    return redirect("import", pk=run.pk)


@managed(Right.PEOPLE)
@require_POST
def import_discard(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Forget a file; whoever was imported stays."""
    run = _run(request, pk)
    if discard_import(by=by, run=run):
        messages.success(request, _("The file was forgotten. Whoever was imported from it stays."))
        return redirect("importing")
    messages.error(request, _("This file is being imported just now."))
    return redirect("import", pk=run.pk)


@managed(Right.PEOPLE)
@require_safe
def import_result(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Every line with what became of it, as CSV that no spreadsheet obeys; `?only=refused` for those alone."""
    run = _run(request, pk)
    if run.state not in (State.CHECKED, State.DONE):
        raise Http404
    outcomes = _outcomes(run)
    lines = refused_lines(run) if request.GET.get("only") == "refused" else run.lines.order_by("number")
    known = all_fields(run.kind)
    heading = [*run.heading, _("Line"), _("Result"), _("Why")]
    width = len(run.heading)

    def row(line: ImportLine) -> list[str]:
        said = [_said(known, problem) for problem in line.problems]
        why = " ".join(f"{each['field']}: {each['text']}" if each["field"] else each["text"] for each in said)
        cells = [*line.cells[:width], *[""] * (width - len(line.cells))]
        return [*cells, str(line.number), outcomes[line.outcome], why]

    rows = chain([heading], (row(line) for line in lines.iterator(chunk_size=1000)))
    name = _("result of %(name)s") % {"name": run.name.rpartition(".")[0] or run.name}
    return csv_answer(rows, f"{name}.csv")


@managed(Right.PEOPLE)
@require_safe
def import_example(request: HttpRequest, by: Author, kind: str) -> HttpResponse:
    """A file with the headings alone, in the reader's language, to begin with."""
    if kind not in KINDS:
        raise Http404
    require(by, kind)
    halves = ("first_name", "surname")
    heading = [str(field.label) for key, field in all_fields(kind).items() if key not in halves]
    return csv_answer([heading], f"{KINDS[PeopleImport.Kind(kind)]}.csv")
