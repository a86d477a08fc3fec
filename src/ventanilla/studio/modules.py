"""The modules: what is used of the product, by preset, by questions or one by one; less for some."""

from collections.abc import Collection
from typing import Any, Literal

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.installation.modules import closed, hidden_in, modules, opened, presets, switched_off
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted
from ventanilla.people.models import Department
from ventanilla.people.module_actions import hide_modules, switch_modules
from ventanilla.people.queries import organizations
from ventanilla.people.rights import Right
from ventanilla.people.sections import DEPARTMENTS
from ventanilla.studio.queries import row_of, rows_of

# What somebody says yes to, and the modules that help with it.
QUESTIONS = (
    ("many", gettext_lazy("Do failures happen that affect many people at once?"), ("announcements",)),
    ("phone", gettext_lazy("Do people call you by phone?"), ("calls",)),
    ("content", gettext_lazy("Do you want to know how content people are?"), ("surveys",)),
    ("services", gettext_lazy("Do you offer different services, with different people behind them?"), ("services",)),
    (
        "priority",
        gettext_lazy("Must priority follow from impact and urgency?"),
        ("matrix",),
    ),
    ("tasks", gettext_lazy("Is a matter often done in several steps, by several people?"), ("tasks",)),
    ("time", gettext_lazy("Do you bill or count the time you spend?"), ("time",)),
    ("routine", gettext_lazy("Are there cases that are always handled in the same way?"), ("macros",)),
)


class ModulesForm(forms.Form):
    """A tick for each module."""

    on = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["on"].choices = [(key, key) for key in modules()]


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, by: Author) -> HttpResponse:
    """Every module with its tick; what would change is shown first, then, with `carry`, it is done."""
    form = ModulesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        off = modules().keys() - opened(form.cleaned_data["on"])
        if "carry" in request.POST:
            switch_modules(by=by, off=off)
            messages.success(request, _("Saved."))
            return redirect("modules")
        return _preview(request, off)
    off_now = switched_off()
    context = {
        "title": _("Modules"),
        "text": _("What you do not use can be switched off: it disappears from every page, and nothing of it is lost."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "modules": [
            {
                "module": module,
                "on": module.key not in off_now,
                "needs": [str(modules()[key].title) for key in module.needs],
            }
            for module in modules().values()
        ],
        "presets": [{"preset": one, "now": one.on == modules().keys() - off_now} for one in presets()],
        "places": _places(),
    }
    return render(request, "studio/modules.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest, off: Collection[str]) -> HttpResponse:
    """What would appear and what would be hidden."""
    known, off_now, off_then = modules(), switched_off(), closed(off)
    context = {
        "title": _("Modules"),
        "text": _("What would change. No ticket changes by it, and it can be undone."),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Modules"), "url": reverse("modules")},
        ],
        "appear": [module for key, module in known.items() if key in off_now and key not in off_then],
        "go": [module for key, module in known.items() if key not in off_now and key in off_then],
        "on": [key for key in known if key not in off_then],
    }
    return render(request, "studio/modules_preview.html", context)


def _places() -> list[dict[str, Any]]:
    """Departments, where there are several, and customers: each may see less."""
    departments = [row for row in rows_of(DEPARTMENTS) if row.archived_at is None]
    customers = [row for row in organizations() if not row.own and row.archived_at is None]
    found = [("departments", row, row.key, str(row)) for row in departments if len(departments) > 1]
    found += [("organizations", row, str(row.pk), row.name) for row in customers]
    return [
        {
            "label": label,
            "url": reverse("modules-hidden", args=[kind, row.pk]),
            "hidden": [str(modules()[one].title) for one in sorted(hidden_in(kind, key)) if one in modules()],
        }
        for kind, row, key, label in found
    ]


@managed(Right.SETTINGS)
@require_safe
def questions(request: HttpRequest, by: Author) -> HttpResponse:
    """“What does your organization need?”: a yes to each that matters; the answer is a choice of modules."""
    if "asked" in request.GET:
        said = [keys for name, _text, keys in QUESTIONS if request.GET.get(name) == "yes"]
        wanted = {key for keys in said for key in keys}
        asked_about = {key for _name, _text, keys in QUESTIONS for key in keys}
        return _preview(request, modules().keys() & asked_about - opened(wanted))
    off = switched_off()
    context = {
        "title": _("What does your organization need?"),
        "text": _("Tick what is true. You will see what changes before anything does."),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Modules"), "url": reverse("modules")},
        ],
        "questions": [
            {"name": name, "text": text, "yes": not off.intersection(keys)}
            for name, text, keys in QUESTIONS
            if modules().keys() >= set(keys)
        ],
    }
    return render(request, "studio/modules_questions.html", context)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def hidden(request: HttpRequest, by: Author, kind: str, pk: int) -> HttpResponse:
    """What one department or customer does not see."""
    if kind == "departments":
        department: Department = row_of(DEPARTMENTS, pk)
        return _hidden(request, by, "departments", department.key, str(department))
    organization = next((row for row in organizations() if row.pk == pk), None)
    if kind != "organizations" or organization is None:
        raise Http404
    return _hidden(request, by, "organizations", str(pk), organization.name)


def _hidden(
    request: HttpRequest, by: Author, kind: Literal["departments", "organizations"], key: str, label: str
) -> HttpResponse:
    off = switched_off()
    form = ModulesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        hide_modules(by=by, kind=kind, key=key, hidden=modules().keys() - off - set(form.cleaned_data["on"]))
        messages.success(request, _("Saved."))
        return redirect("modules")
    now = hidden_in(kind, key)
    context = {
        "title": label,
        "text": _("What they see. Administrators see everything that is on."),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Modules"), "url": reverse("modules")},
        ],
        "modules": [
            {"module": module, "on": module.key not in now, "needs": []}
            for module in modules().values()
            if module.key not in off
        ],
        "only_some": True,
    }
    return render(request, "studio/modules.html", context, status=422 if form.errors else 200)
