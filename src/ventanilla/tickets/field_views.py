"""The settings of the custom fields of tickets: their list and order, and each of them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.fields.actions import change_field, create_field, delete_field, order_fields
from ventanilla.fields.definitions import definition_with, definitions_of
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.uses import uses_of
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.field_forms import KINDS, FieldForm
from ventanilla.tickets.vocabulary import words


@managed(Right.SETTINGS)
@require_safe
def fields(request: HttpRequest, by: Author) -> HttpResponse:
    """All custom fields in their order, archived ones last; where there is none, what they are good for."""
    made = sorted(definitions_of(ENTITY).values(), key=lambda row: row.archived_at is not None)
    types = {row.key: str(row) for row in words().types.values()}
    context = {
        "title": _("Fields of tickets"),
        "text": _("What you note down about a ticket besides what every ticket has."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "action": {"label": _("New field"), "url": reverse("ticket-field-new"), "icon": "plus"},
        "rows": [
            {
                "row": row,
                "url": reverse("ticket-field", args=[row.pk]),
                "kind": KINDS[row.kind][0],
                "types": ", ".join(types.get(key, key) for key in row.types) or _("All types"),
                "moved": row.key == request.GET.get("moved"),
            }
            for row in made
        ],
    }
    return render(request, "tickets/fields.html", context)


@managed(Right.SETTINGS)
@require_POST
def order(request: HttpRequest, by: Author) -> HttpResponse:
    """Put the fields into the order of the form; `up` or `down` moves one of them a place."""
    keys = request.POST.getlist("key")
    moved = request.POST.get("up") or request.POST.get("down") or ""
    if moved in keys:
        place = keys.index(moved)
        other = place - 1 if "up" in request.POST else place + 1
        if 0 <= other < len(keys):
            keys[place], keys[other] = keys[other], keys[place]
    order_fields(by=by, entity=ENTITY, keys=keys)
    query = f"?{urlencode({'moved': moved})}" if moved else ""
    return redirect(f"{reverse('ticket-fields')}{query}")


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, by: Author) -> HttpResponse:
    """First of what kind the new field is, then the rest."""
    kind = request.GET.get("kind", "")
    crumbs = [{"label": _("Fields of tickets"), "url": reverse("ticket-fields")}]
    if kind not in KINDS:
        tiles = [
            {"icon": icon, "title": name, "url": f"{request.path}?kind={key}", "now": text}
            for key, (name, text, icon) in KINDS.items()
        ]
        context = {"title": _("New field"), "text": _("What is noted down in it?"), "crumbs": crumbs, "tiles": tiles}
        return render(request, "tickets/field_kinds.html", context)
    form = FieldForm(posted(request), kind=kind, known=words(), row=None)

    def write(_values: dict[str, Any]) -> FieldDefinition:
        return create_field(by=by, entity=ENTITY, kind=kind, **form.definition())

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("ticket-fields")
    return _form(request, form, title=_("New field"), text=str(KINDS[kind][0]), crumbs=crumbs)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def field(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """One field: everything but its kind and key."""
    row = definition_with(ENTITY, pk)
    form = FieldForm(posted(request), kind=row.kind, known=words(), row=row)

    def write(values: dict[str, Any]) -> FieldDefinition:
        return change_field(by=by, definition=row, archived=values["archived"], **form.definition())

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("ticket-fields")
    text = _("%(kind)s. In conditions, addresses and the API: %(key)s")
    crumbs = [{"label": _("Fields of tickets"), "url": reverse("ticket-fields")}]
    text %= {"kind": KINDS[row.kind][0], "key": row.name}
    delete_url = reverse("ticket-field-delete", args=[row.pk]) if row.used_at is None else ""
    return _form(request, form, title=str(row), text=text, crumbs=crumbs, delete_url=delete_url, uses=uses_of(row))


@managed(Right.SETTINGS)
@require_POST
def delete(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Delete a field that nobody has ever filled in and that nothing asks about."""
    row = definition_with(ENTITY, pk)
    try:
        delete_field(by=by, definition=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("ticket-field", pk=row.pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": row})
    return redirect("ticket-fields")


def _form(request: HttpRequest, form: FieldForm, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "tickets/field.html", {"form": form, **context}, status=status)
