"""What administrators type about custom fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.actions import DECIDING, MOST_OPTIONS, OF_STAFF, WITH_OPTIONS, WITH_UNIT
from ventanilla.fields.definitions import definitions_of
from ventanilla.fields.models import FieldDefinition
from ventanilla.people.forms import LabelForm, Ticks
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.vocabulary import Words

# What each kind is called, what it is for, and its icon.
KINDS: Final[Mapping[str, tuple[str | Promise, str | Promise, str]]] = {
    "text": (pgettext_lazy("kind of field", "Text"), _("A name, a serial number, a short answer"), "text"),
    "choice": (pgettext_lazy("kind of field", "One of a list"), _("A site, a model, a contract"), "list-bullets"),
    "choices": (pgettext_lazy("kind of field", "Several of a list"), _("Affected systems, rooms"), "check"),
    "yes_no": (pgettext_lazy("kind of field", "Yes or no"), _("Under warranty, production stopped"), "status-resolved"),
    "number": (pgettext_lazy("kind of field", "Number"), _("Users affected, kilometers"), "list-numbers"),
    "money": (pgettext_lazy("kind of field", "Amount of money"), _("A cost, a quotation"), "chart"),
    "date": (pgettext_lazy("kind of field", "Date"), _("Purchase, first day at work"), "calendar"),
    "moment": (pgettext_lazy("kind of field", "Date and time"), _("An appointment, when it began"), "clock"),
    "person": (pgettext_lazy("kind of field", "Person"), _("Who approves, who is the contact"), "person"),
    "reference": (pgettext_lazy("kind of field", "Organization"), _("A supplier, the final customer"), "building"),
}
_BLANK_OPTIONS = 3


class FieldForm(LabelForm):
    """A custom field of a kind. Its options are rows of the form beside these fields (`options`)."""

    help_es = forms.CharField(required=False, max_length=300, label=_("Help in Spanish"))
    help_en = forms.CharField(required=False, max_length=300, label=_("Help in English"))
    unit = forms.CharField(required=False, max_length=12, label=_("Unit"))
    audience = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[("staff", _("Only the desk")), ("requester", _("Requesters too, and they fill it in"))],
    )
    types = forms.MultipleChoiceField(required=False, widget=Ticks, label=_("Only in these types of ticket"))
    required = forms.BooleanField(
        required=False,
        label=_("Required in forms"),
    )
    required_when = forms.MultipleChoiceField(
        required=False,
        widget=forms.SelectMultiple({"data-picker": "", "data-placeholder": _("Always")}),
        label=_("Required only when"),
        help_text=_("Only when another field has one of these values. Otherwise it may stay empty."),
    )
    visible_when = forms.MultipleChoiceField(
        required=False,
        widget=forms.SelectMultiple({"data-picker": "", "data-placeholder": _("Always")}),
        label=_("Only when"),
        help_text=_("It appears when another field has one of these values."),
    )
    indexed = forms.BooleanField(required=False, label=_("Indexed: fast to filter in very long lists"))
    archived = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def __init__(
        self, data: QueryDict | None, *, entity: str, kind: str, known: Words, row: FieldDefinition | None
    ) -> None:
        super().__init__(data, initial=_initial(row))
        fields: Any = self.fields
        self.row, self.kind = row, kind
        fields["types"].choices = [(type_.key, str(type_)) for type_ in known.usable(known.types)]
        fields["unit"].help_text = _("€, h, km: said after the number.")
        fields["types"].help_text = _("None ticked: in all.")
        if kind not in WITH_UNIT:
            del fields["unit"]
        if kind in OF_STAFF or entity != ENTITY:
            del fields["audience"]
        if len(fields["types"].choices) < 2 or entity != ENTITY:
            del fields["types"]
        deciding = list(_deciding(entity, row))
        for name in ("visible_when", "required_when"):
            fields[name].choices = deciding
            if not deciding:
                del fields[name]
        if kind == FieldDefinition.Kind.CHOICES or entity != ENTITY:
            del fields["indexed"]
        if row is None:
            del fields["archived"]

    @property
    def has_options(self) -> bool:
        """Whether fields of this kind have options."""
        return self.kind in WITH_OPTIONS

    def option_rows(self) -> list[dict[str, Any]]:
        """The rows of the options as they are drawn: what was typed, else what is known; some empty ones at the end."""
        if self.is_bound:
            rows = list(self._typed())
        else:
            found = self.row.options if self.row else []
            rows = [_row(option["key"], option["label"], bool(option.get("archived"))) for option in found]
        return [*rows, *(_row("", {}, archived=False) for _n in range(_BLANK_OPTIONS))]

    def _typed(self) -> Iterator[dict[str, Any]]:
        data: QueryDict = self.data  # type: ignore[assignment]
        gone = set(data.getlist("option_gone"))
        lists = (data.getlist(f"option_{part}")[:MOST_OPTIONS] for part in ("id", "key", "es", "en"))
        for number, key, es, en in zip(*lists, strict=False):
            if es.strip() or en.strip() or key:
                yield _row(key, {"es": es, "en": en}, number in gone)

    def definition(self) -> dict[str, Any]:
        """What `create_field` and `change_field` want, after a successful check."""
        values = self.cleaned_data
        help_ = {code: values.get(f"help_{code}", "").strip() for code in ("es", "en")}
        return {
            "label": values["label"],
            "help": {code: text for code, text in help_.items() if text},
            "unit": values.get("unit", ""),
            "audience": values.get("audience") or FieldDefinition.Audience.STAFF,
            "types": values.get("types", []),
            "required": values["required"],
            **{name: _condition(name, values.get(name, [])) for name in ("visible_when", "required_when")},
            "indexed": values.get("indexed", False),
            "options": list(self._typed()) if self.has_options else [],
        }


def _deciding(entity: str, row: FieldDefinition | None) -> Iterator[tuple[str, str]]:
    """Every value of the other fields that may decide, as choices."""
    for other in definitions_of(entity).values():
        if other.kind in DECIDING and other.archived_at is None and (row is None or other.pk != row.pk):
            values = other.offered if other.options else {"1": _("yes"), "0": _("no")}
            for key, label in values.items():
                yield f"{other.name}={key}", f"{other}: {label}"


def _condition(name: str, chosen: Sequence[str]) -> list[Any]:
    """The condition that the chosen values mean. Raises ValidationError, at the field `name`, for those of several."""
    pairs = [text.split("=", 1) for text in chosen]
    if len({other for other, _value in pairs}) > 1:
        raise forms.ValidationError({name: gettext("Choose values of one other field.")})
    return [pairs[0][0], "in", [value for _other, value in pairs]] if pairs else []


def _initial(row: FieldDefinition | None) -> dict[str, Any]:
    if row is None:
        return {"audience": FieldDefinition.Audience.STAFF}
    values: dict[str, Any] = {f"help_{code}": text for code, text in row.help.items()}
    values |= {name: getattr(row, name) for name in ("unit", "audience", "types", "required", "indexed")}
    for name in ("visible_when", "required_when"):
        condition = getattr(row, name)
        values[name] = [f"{condition[0]}={value}" for value in condition[2]] if condition else []
    return values | LabelForm.initial_of(row.label) | {"archived": row.archived_at is not None}


def _row(key: str, label: Mapping[str, str], archived: bool) -> dict[str, Any]:
    plain = {code: label.get(code, "") for code in ("es", "en")}
    return {"key": key, "label": plain, "archived": archived}
