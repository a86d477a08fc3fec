"""The settings of custom fields, of tickets, persons and organizations: their list and order, and each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.order import moved
from ventanilla.fields import indexing
from ventanilla.fields.actions import change_field, create_field, delete_field, order_fields
from ventanilla.fields.definitions import definition_with, definitions_of
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.uses import uses_of
from ventanilla.people.author import Author
from ventanilla.people.custom import ORGANIZATION, PERSON
from ventanilla.people.managing import managed, posted, save
from ventanilla.people.rights import Right
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.field_forms import KINDS, FieldForm
from ventanilla.tickets.vocabulary import words


@dataclass(frozen=True)
class Entity:
    """What has fields of its own, as the settings speak of it."""

    tab: str | Promise
    title: str | Promise
    text: str | Promise
    none: str | Promise


ENTITIES: Final[Mapping[str, Entity]] = {
    ENTITY: Entity(
        pgettext_lazy("fields of", "Tickets"),
        gettext_lazy("Fields of tickets"),
        gettext_lazy("What you note down about a ticket besides what every ticket has."),
        gettext_lazy(
            "No field yet. Every ticket has its type, priority, category, service and tags already: make one for what "
            "those cannot say."
        ),
    ),
    PERSON: Entity(
        pgettext_lazy("fields of", "People"),
        gettext_lazy("Fields of people"),
        gettext_lazy("What you note down about a person besides name, address, phone, job and place."),
        gettext_lazy(
            "No field yet: a personnel number, a cost center, a start date. The desk sees them beside every ticket."
        ),
    ),
    ORGANIZATION: Entity(
        pgettext_lazy("fields of", "Organizations"),
        gettext_lazy("Fields of organizations"),
        gettext_lazy("What you note down about an organization besides its name and mail domains."),
        gettext_lazy(
            "No field yet: a customer number, a sector, who looks after it. The desk sees them beside every ticket."
        ),
    ),
}


def _entity(key: str) -> Entity:
    if key not in ENTITIES:
        raise Http404
    return ENTITIES[key]


def _crumbs(entity: str) -> list[dict[str, Any]]:
    return [{"label": _entity(entity).title, "url": reverse("fields", args=[entity])}]


@managed(Right.SETTINGS)
@require_safe
def fields(request: HttpRequest, by: Author, entity: str) -> HttpResponse:
    """All custom fields in their order, archived ones last; where there is none, what they are good for."""
    shown = _entity(entity)
    made = sorted(definitions_of(entity).values(), key=lambda row: row.archived_at is not None)
    types = {row.key: str(row) for row in words().types.values()}
    context = {
        "title": shown.title,
        "text": shown.text,
        "none": shown.none,
        "of_tickets": entity == ENTITY,
        "order_url": reverse("fields-order", args=[entity]),
        "tabs": [
            {"label": other.tab, "url": reverse("fields", args=[key]), "current": key == entity}
            for key, other in ENTITIES.items()
        ],
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "action": {"label": _("New field"), "url": reverse("field-new", args=[entity]), "icon": "plus"},
        "rows": [
            {
                "row": row,
                "url": reverse("field", args=[entity, row.pk]),
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
def order(request: HttpRequest, by: Author, entity: str) -> HttpResponse:
    """Put the fields into the order of the form; `up` or `down` moves one of them a place."""
    _entity(entity)
    up, down = request.POST.get("up", ""), request.POST.get("down", "")
    keys = moved(request.POST.getlist("key"), up=up, down=down)
    order_fields(by=by, entity=entity, keys=keys)
    query = f"?{urlencode({'moved': up or down})}" if up or down else ""
    return redirect(f"{reverse('fields', args=[entity])}{query}")


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, by: Author, entity: str) -> HttpResponse:
    """First of what kind the new field is, then the rest."""
    kind, crumbs = request.GET.get("kind", ""), _crumbs(entity)
    if kind not in KINDS:
        tiles = [
            {"icon": icon, "title": name, "url": f"{request.path}?kind={key}", "now": text}
            for key, (name, text, icon) in KINDS.items()
        ]
        context = {"title": _("New field"), "text": _("What is noted down in it?"), "crumbs": crumbs, "tiles": tiles}
        return render(request, "tickets/field_kinds.html", context)
    form = FieldForm(posted(request), entity=entity, kind=kind, known=words(), row=None)

    def write(_values: dict[str, Any]) -> FieldDefinition:
        return create_field(by=by, entity=entity, kind=kind, **form.definition())

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("fields", entity=entity)
    return _form(request, form, title=_("New field"), text=str(KINDS[kind][0]), crumbs=crumbs)


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def field(request: HttpRequest, by: Author, entity: str, pk: int) -> HttpResponse:
    """One field: everything but its kind and key."""
    row, crumbs = definition_with(entity, pk), _crumbs(entity)
    form = FieldForm(posted(request), entity=entity, kind=row.kind, known=words(), row=row)

    def write(values: dict[str, Any]) -> FieldDefinition:
        return change_field(by=by, definition=row, archived=values["archived"], **form.definition())

    if request.method == "POST" and save(form, write):
        messages.success(request, _("Saved."))
        return redirect("fields", entity=entity)
    text = _("%(kind)s. In conditions, addresses and the API: %(key)s")
    text %= {"kind": KINDS[row.kind][0], "key": row.name}
    delete_url = reverse("field-delete", args=[entity, row.pk]) if row.used_at is None else ""
    return _form(
        request,
        form,
        title=str(row),
        text=text,
        crumbs=crumbs,
        delete_url=delete_url,
        uses=uses_of(row),
        index=_index(row),
    )


@managed(Right.SETTINGS)
@require_POST
def delete(request: HttpRequest, by: Author, entity: str, pk: int) -> HttpResponse:
    """Delete a field that nobody has ever filled in and that nothing asks about."""
    row = definition_with(entity, pk)
    try:
        delete_field(by=by, definition=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("field", entity=entity, pk=row.pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": row})
    return redirect("fields", entity=entity)


def _index(row: FieldDefinition) -> str:
    """How the index of the field stands; empty where there is none and none is on its way."""
    if not indexing.wanted(row):
        return _("The index is being removed.") if row.index_state else ""
    return {
        row.IndexState.BUILDING: _("The index is being built in the background."),
        row.IndexState.READY: _("The index is ready."),
        row.IndexState.FAILED: _("The index could not be built; it is tried again. The log of the server says why."),
    }.get(row.IndexState(row.index_state), "")


def _form(request: HttpRequest, form: FieldForm, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "tickets/field.html", {"form": form, **context}, status=status)
