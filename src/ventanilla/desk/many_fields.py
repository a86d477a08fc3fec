"""Setting a custom field on the ticked tickets, or on every ticket of a list: choose the field, then its value."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.many import set_each
from ventanilla.fields.definitions import definition_named, definitions_of
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import stored_form
from ventanilla.people.custom import ADDRESSES, named_value
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.custom import ENTITY, known_rows
from ventanilla.ui.custom_fields import put_field, typed_value
from ventanilla.ui.htmx import is_part

_VALUE = "v-many-value"


class OneFieldForm(forms.Form):
    """The value of the one custom field that was chosen; left empty it takes the value away."""

    def __init__(self, data: QueryDict | None, *, row: FieldDefinition | None) -> None:
        super().__init__(data)
        self.row = row
        if row is not None:
            put_field(self, row, addresses=ADDRESSES, named=named_value)
            self.fields[row.name].help_text = _("Left empty, it takes the value away.")

    def clean(self) -> dict[str, Any]:
        """Say at the field what it cannot be."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.row is not None:
            try:
                stored_form(self.row, cleaned.get(self.row.name))
            except BadValue as error:
                self.add_error(self.row.name, str(error))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def set_custom(request: HttpRequest) -> HttpResponseBase:
    """The dialog; sent, it sets the field like any other change of many tickets. 422 with what was typed otherwise.

    `?list=` is the address of the list, of which every ticket is meant when the form says `all`.
    """
    by = author_of(request)
    by.require(Right.CHANGE)
    posted = request.POST if request.method == "POST" else None
    given = request.GET if posted is None else posted
    known = known_rows(viewer(person_of(request)), definitions_of(ENTITY).values())
    offered = [row for row in known if row.archived_at is None]
    row = definition_named(ENTITY, given.get("field", ""))
    row = row if row in offered else None
    form = OneFieldForm(posted, row=row)
    if posted is not None and form.is_valid():
        try:
            if row is None:
                raise ValidationError(_("Choose a field."))
            return set_each(request, by, row.name, typed_value(ENTITY, row.name, posted))
        except ValidationError as error:
            form.add_error(None, error.messages)
    numbers = list(dict.fromkeys(given.getlist("number")))
    place = QueryDict(request.GET.get("list", "")).urlencode() if posted is None else request.GET.urlencode()
    context = {
        "form": form,
        "rows": offered,
        "row": row,
        "numbers": numbers,
        "every": given.get("all", ""),
        "url": f"{reverse('desk-many-field')}?{place}",
        "again_url": reverse("desk-many-field"),
        "value": _VALUE,
    }
    if is_part(request, _VALUE):
        return render(request, "desk/many_value.html", context)
    return render(request, "desk/many_field.html", context, status=422 if form.errors else 200)
