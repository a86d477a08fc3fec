"""Custom fields in forms: one form field each, drawn after its kind, checked where it stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ventanilla.core.addresses import reverse
from ventanilla.fields.definitions import definition_named, definitions_of, demanded, visible
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import as_typed, stored_form

_MANY_OPTIONS = 12
Named = Callable[[FieldDefinition, str], str]


class CustomFieldsForm(forms.Form):
    """A form that has custom fields among others: `add_custom` puts them in, `custom_values` gives what was typed."""

    custom_rows: tuple[FieldDefinition, ...] = ()
    custom_demanded: tuple[FieldDefinition, ...] = ()

    def add_custom(
        self,
        rows: Iterable[FieldDefinition],
        *,
        addresses: Mapping[str, str] | None = None,
        named: Named | None = None,
        again_url: str = "",
        among: Sequence[FieldDefinition] = (),
        standing: Mapping[str, Any] | None = None,
    ) -> None:
        """A field for each definition that is visible with the values of the form.

        `addresses`: the names of the addresses where persons and rows are looked up, by kind; a kind without one is
        left out. `named`: how a chosen person or row is called. `again_url`: where `#v-custom` is drawn anew when a
        value decides which others are visible or must be filled in. `among` and `standing`: further fields, which the
        form does not show, and the values that stand already, by key, where these have a say in that.
        """
        made: list[FieldDefinition] = []
        for row in rows:
            if row.kind in ("person", "reference") and row.kind not in (addresses or {}):
                continue
            put_field(self, row, addresses=addresses, named=named)
            made.append(row)
        values = {**(standing or {}), **{row.key: self[row.name].value() for row in made}}
        shown = visible([*made, *(row for row in among if row not in made)], values)
        self.custom_rows = tuple(row for row in made if row in shown)
        self.custom_demanded = tuple(row for row in demanded(shown, values) if row in made)
        deciding = {key for row in made for key in (row.decided_by, row.demanded_by)}
        for row in made:
            if row not in shown:
                del self.fields[row.name]
                continue
            self.fields[row.name].required = row in self.custom_demanded
            if row.key in deciding and again_url:
                self.fields[row.name].widget.attrs |= drawn_again(again_url)

    def clean(self) -> dict[str, Any]:
        """Say at each custom field what it cannot be; the values stay as they were typed."""
        cleaned: dict[str, Any] = super().clean() or {}
        for row in self.custom_rows:
            try:
                stored_form(row, cleaned.get(row.name))
            except BadValue as error:
                self.add_error(row.name, str(error))
        return cleaned

    def custom_values(self) -> dict[str, Any]:
        """What was typed into the custom fields, by key, without those left empty."""
        typed = {row.key: self.cleaned_data.get(row.name) for row in self.custom_rows}
        return {key: value for key, value in typed.items() if value not in (None, "", [])}

    def custom_changes(self) -> dict[str, Any]:
        """The same with None for those left empty: what an edit of something that stands already means."""
        typed = {row.key: self.cleaned_data.get(row.name) for row in self.custom_rows}
        return {key: None if value in (None, "", []) else value for key, value in typed.items()}

    def custom_fields(self, *, required: bool | None = None) -> list[forms.BoundField]:
        """The custom fields as they are drawn: all, those that must be filled in or the others."""
        wanted = (row for row in self.custom_rows if required is None or (row in self.custom_demanded) is required)
        return [self[row.name] for row in wanted]


def initial_of(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as a form begins with them, by name."""
    made = definitions_of(entity)
    known = ((made[key], value) for key, value in values.items() if key in made)
    return {row.name: value if isinstance(value, list) else as_typed(row, value) for row, value in known}


def typed_value(entity: str, name: str, form: QueryDict) -> Any:
    """What a form says of the custom field `name`, for the action to check: one text, or several of `choices`."""
    made = definition_named(entity, name)
    if made is not None and made.kind == made.Kind.CHOICES:
        return [key for key in form.getlist(name) if key]
    return form.get(name, "").strip()


def typed_values(entity: str, form: QueryDict) -> dict[str, Any]:
    """The same for every custom field that the form names, for a form that is drawn again."""
    return {name: typed_value(entity, name, form) for name in form if definition_named(entity, name) is not None}


def drawn_again(url: str) -> dict[str, str]:
    """What makes the custom fields be drawn anew when a field changes: attributes of its widget."""
    include = "[name^='custom.'], [name='type']"
    return {"hx-get": url, "hx-trigger": "change", "hx-target": "#v-custom", "hx-include": include}


def put_field(
    form: forms.Form, row: FieldDefinition, *, addresses: Mapping[str, str] | None = None, named: Named | None = None
) -> None:
    """Put the field of a definition into a form, not required; `addresses` and `named` as for `add_custom`."""
    form.fields[row.name] = _field(row)
    if row.kind in ("person", "reference"):
        chosen = str(form[row.name].value() or "")
        form.fields[row.name].widget = _picker(row, reverse((addresses or {})[row.kind]), chosen, named)


def _field(row: FieldDefinition) -> forms.Field:
    given: dict[str, Any] = {
        "required": False,
        "label": f"{row} ({row.unit})" if row.unit else str(row),
        "help_text": escape(row.told),
    }
    if row.kind == row.Kind.CHOICES:
        attributes = {"data-picker": "", "data-placeholder": pgettext("choice", "None")}
        widget = forms.SelectMultiple(attributes)
        return forms.MultipleChoiceField(choices=list(row.offered.items()), widget=widget, **given)
    return forms.CharField(widget=_widget(row), **given)


def _widget(row: FieldDefinition) -> forms.Widget:
    match row.kind:
        case "number" | "money":
            return forms.NumberInput({"step": "0.01" if str(row.kind) == "money" else "any"})
        case "date":
            return forms.DateInput({"type": "date"})
        case "moment":
            return forms.DateTimeInput({"type": "datetime-local"})
        case "yes_no":
            return forms.Select(choices=[("", ""), ("1", _("Yes")), ("0", _("No"))])
        case "choice":
            attributes = {"data-picker": ""} if len(row.offered) > _MANY_OPTIONS else {}
            return forms.Select(attributes, choices=[("", ""), *row.offered.items()])
    return forms.TextInput()


def _picker(row: FieldDefinition, url: str, chosen: str, named: Named | None) -> forms.Select:
    empty = pgettext("choice", "None")
    choices = [("", empty)]
    if chosen:
        choices.append((chosen, (named(row, chosen) if named else "") or chosen))
    return forms.Select({"data-picker": "", "data-options-url": url, "data-placeholder": empty}, choices=choices)
