"""The form of a section's row, made from what the section declares."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ventanilla.core.models import Configurable
from ventanilla.fields.sections import Attribute, Section, sections
from ventanilla.people.forms import LabelForm, Ticks
from ventanilla.people.models import Person

_RICH = {"rows": 6, "data-editor": "html"}
# With more choices than these a list takes less room.
MOST_RADIOS = 5


class RowForm(LabelForm):
    """The name of a row in both languages, what its section's attributes ask for, and whether it is archived."""

    def __init__(self, data: Any, *, section: Section[Any], row: Configurable | None) -> None:
        super().__init__(data, initial=_initial(section, row))
        self.section = section
        self.asked = [a for a in section.attributes if row is None or not a.once]
        fields: Any = self.fields
        for attribute in self.asked:
            fields.update(_fields(attribute, row))
        if row is not None:
            fields["archived"] = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def clean(self) -> dict[str, Any]:
        """Texts in both languages become one value each."""
        cleaned = super().clean()
        for attribute in self.asked:
            if not attribute.by_language:
                continue
            texts = {code: cleaned.get(f"{attribute.name}_{code}", "") for code in ("es", "en")}
            plain = attribute.kind == "words"
            cleaned[attribute.name] = {
                code: " ".join(text.split()) if plain else text for code, text in texts.items() if text.strip()
            }
            if attribute.required and not cleaned[attribute.name] and not self.errors:
                self.add_error(f"{attribute.name}_es", _("Write it in at least one language."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What was typed for the attributes, by name."""
        return {attribute.name: self.cleaned_data[attribute.name] for attribute in self.asked}


def _initial(section: Section[Any], row: Configurable | None) -> dict[str, Any]:
    if row is None:
        return {}
    found: dict[str, Any] = LabelForm.initial_of(row.label) | {"archived": row.archived_at is not None}
    for attribute in section.attributes:
        value = getattr(row, attribute.name)
        if attribute.by_language:
            found |= {f"{attribute.name}_{code}": value.get(code, "") for code in ("es", "en")}
        else:
            found[attribute.name] = value
    return found


def _fields(attribute: Attribute, row: Configurable | None) -> Mapping[str, forms.Field]:
    said: dict[str, Any] = {"label": attribute.label, "help_text": attribute.help, "required": attribute.required}
    name = attribute.name
    match attribute.kind:
        case "words" | "rich":
            rich = attribute.kind == "rich"
            return {
                f"{name}_{code}": forms.CharField(
                    max_length=None if rich else attribute.most,
                    required=False,
                    strip=not rich,
                    widget=forms.Textarea(_RICH) if rich else forms.TextInput(),
                    label=format_lazy("{} · {}", attribute.label, language),
                )
                for code, language in (("es", _("Spanish")), ("en", _("English")))
            }
        case "yes_no":
            return {name: forms.BooleanField(**said | {"required": False})}
        case "number":
            return {name: forms.IntegerField(min_value=0, **said)}
        case "choice":
            few = len(attribute.choices) <= MOST_RADIOS
            return {name: _Choice(attribute, widget=forms.RadioSelect if few else forms.Select, **said)}
        case "choices":
            return {name: forms.MultipleChoiceField(choices=attribute.choices, widget=Ticks, **said)}
        case "row" | "agent":
            return {name: forms.ModelChoiceField(_offered(attribute, row), empty_label=str(attribute.none), **said)}
    return {name: forms.CharField(max_length=attribute.most, **said)}


class _Choice(forms.TypedChoiceField):
    """A choice that gives the value as the section declares it, a number as a number."""

    def __init__(self, attribute: Attribute, **kwargs: Any) -> None:
        values = {str(value): value for value, _label in attribute.choices}
        super().__init__(choices=attribute.choices, coerce=lambda text: values[text], empty_value="", **kwargs)


def _offered(attribute: Attribute, row: Configurable | None) -> Any:
    """The rows that an attribute may name: those in use, the one it names now, and not the row itself."""
    if attribute.kind == "agent":
        return Person.objects.agents().order_by("name", "pk")
    model = sections()[attribute.section].model
    rows = model._default_manager.filter(archived_at=None)
    if row is None:
        return rows
    kept = getattr(row, f"{attribute.name}_id")
    if kept is not None:
        rows = rows | model._default_manager.filter(pk=kept)
    return rows.exclude(pk=row.pk) if isinstance(row, model) else rows
