"""The page of a checklist's template: its items are more than a form of its attributes can hold."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.fields.section_actions import change_row, create_row
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.models import ChecklistTemplate
from ventanilla.tickets.task_queries import all_templates
from ventanilla.tickets.work_forms import TemplateForm
from ventanilla.tickets.work_sections import CHECKLISTS


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def checklist(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new template or an existing one. 422 with what was typed when it cannot be."""
    row = next((row for row in all_templates() if row.pk == pk), None) if pk is not None else None
    if pk is not None and row is None:
        raise Http404
    form = TemplateForm(posted(request), row=row)

    def write(values: dict[str, Any]) -> ChecklistTemplate:
        given = {name: values[name] for name in ("label", "department", "team", "by_itself")}
        given |= {"items": form.items(), "types": values.get("types", row.types if row else [])}
        if row is None:
            return create_row(by=by, section=CHECKLISTS, **given)
        return change_row(by=by, section=CHECKLISTS, row=row, archived=values["archived"], **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect(CHECKLISTS.list_url)
    context = {
        "form": form,
        "title": str(row) if row else _("New checklist"),
        "crumbs": [{"label": _("Checklists"), "url": CHECKLISTS.list_url}],
    }
    return render(request, "tickets/checklist.html", context, status=422 if form.errors else 200)
