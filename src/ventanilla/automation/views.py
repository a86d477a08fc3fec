"""The settings of macros."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.automation.actions import save_macro
from ventanilla.automation.forms import MacroForm
from ventanilla.automation.models import Macro
from ventanilla.automation.queries import all_macros
from ventanilla.automation.sections import MACROS
from ventanilla.fields.effects import parse
from ventanilla.people.author import Author
from ventanilla.people.managing import form_page, managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.canned import listed_variables


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
        initial["department"] = row.department
        initial["archived"] = row.archived_at is not None
    form = MacroForm(posted(request), initial=initial, new=row is None)

    def write(values: dict[str, Any]) -> Macro:
        given = {name: values[name] for name in ("label", "html", "public", "effects", "folder", "department")}
        return save_macro(by=by, macro=row, team=values["members"], archived=values.get("archived", False), **given)

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect(MACROS.list_url)
    crumbs = [{"label": _("Macros"), "url": MACROS.list_url}]
    return form_page(request, form, title=str(row) if row else _("New macro"), crumbs=crumbs, text=listed_variables())
