"""What administrators type about checklists."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ventanilla.people.forms import LabelForm, Ticks
from ventanilla.people.models import Department, Team
from ventanilla.tickets import required
from ventanilla.tickets.models import ChecklistTemplate
from ventanilla.tickets.vocabulary import words
from ventanilla.tickets.work_sections import MOST_ITEMS

_BLANK_ITEMS: Final = 3


class TemplateForm(LabelForm):
    """A template of a checklist. Its items are rows of the form beside these fields (`item_rows`)."""

    types = forms.MultipleChoiceField(
        required=False, widget=Ticks, label=_("Only in these types of ticket"), help_text=_("None ticked: in all.")
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), required=False, label=_("Department"), empty_label=_("All")
    )
    team = forms.ModelChoiceField(Team.objects.none(), required=False, label=_("For"), empty_label=_("All teams"))
    by_itself = forms.BooleanField(
        required=False,
        label=_("Every new ticket of these types gets it"),
        help_text=_("Otherwise agents add it where they need it."),
    )
    archived = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def __init__(self, data: QueryDict | None, *, row: ChecklistTemplate | None) -> None:
        super().__init__(data, initial=_initial(row))
        self.row = row
        fields: Any = self.fields
        known = words()
        fields["types"].choices = [(type_.key, str(type_)) for type_ in known.usable(known.types)]
        fields["department"].queryset = Department.objects.filter(archived_at=None)
        fields["team"].queryset = Team.objects.filter(archived_at=None)
        if len(fields["types"].choices) < 2:
            del fields["types"]
        if row is None:
            del fields["archived"]

    @staticmethod
    def choices() -> list[tuple[str, str]]:
        """What an item may be required before."""
        return list(required.choices())

    def item_rows(self) -> list[dict[str, Any]]:
        """The items as they are drawn: what was typed, else what is known; some empty ones at the end."""
        rows = self.items() if self.is_bound else list(self.row.items if self.row else ())
        return [*rows, *({"label": {}, "before": ""} for _n in range(_BLANK_ITEMS))]

    def items(self) -> list[dict[str, Any]]:
        """What was typed, without empty rows."""
        return list(self._typed())

    def _typed(self) -> Iterator[dict[str, Any]]:
        data: QueryDict = self.data  # type: ignore[assignment]
        lists = (data.getlist(f"item_{part}")[: MOST_ITEMS + 1] for part in ("es", "en", "before"))
        for es, en, before in zip(*lists, strict=False):
            if es.strip() or en.strip():
                yield {"label": {"es": es, "en": en}, "before": before}


def _initial(row: ChecklistTemplate | None) -> dict[str, Any]:
    if row is None:
        return {}
    values: dict[str, Any] = {name: getattr(row, name) for name in ("types", "department", "team", "by_itself")}
    return values | LabelForm.initial_of(row.label) | {"archived": row.archived_at is not None}
