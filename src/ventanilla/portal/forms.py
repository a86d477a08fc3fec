"""The form behind a door of the portal."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.content import BrandContent
from ventanilla.fields.definitions import usable
from ventanilla.portal.queries import offered_categories, offered_services
from ventanilla.tickets.asking import Question
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.models import TicketType
from ventanilla.tickets.vocabulary import Words
from ventanilla.ui.custom_fields import CustomFieldsForm


class NewTicketForm(CustomFieldsForm):
    """What a requester is asked: a line, more if they like, a choice only where there is one, and the custom fields
    of the type that are theirs to fill in."""

    subject = forms.CharField(
        max_length=250,
        label=_("What is happening?"),
        help_text=_("In one line, as you would tell a colleague."),
        error_messages={"required": _("Say in one line what it is about.")},
    )
    body = forms.CharField(
        required=False,
        strip=False,
        label=_("Tell us more"),
        help_text=_("Since when, what message appears, whether it stops you from working."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    service = forms.ChoiceField(required=False, label=_("Which service is it about?"))
    category = forms.ChoiceField(required=False, label=_("What kind of matter is it?"))

    def __init__(
        self,
        *args: Any,
        known: Words,
        brand: BrandContent,
        kind: TicketType,
        request: bool,
        again_url: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.known = known
        if request:
            fields["subject"].label = _("What do you need?")
            fields["body"].help_text = _("For whom, for when, and anything that helps us to get it right.")
        self.rows: dict[str, dict[str, Any]] = {
            "service": {row.key: row for row in offered_services(known, kind)},
            "category": {row.key: row for row in offered_categories(known, brand, kind)},
        }
        trees = {"service": known.services, "category": known.categories}
        for name, rows in self.rows.items():
            if len(rows) < 2:
                del fields[name]
                continue
            choices = sorted((_path(row, trees[name]), key) for key, row in rows.items())
            fields[name].choices = [("", _("I do not know")), *((key, label) for label, key in choices)]
        # What must be filled in is asked whatever the brand offers: nobody could send the form without it.
        asked = (
            row for row in usable(ENTITY, kind.key, staff=False) if row.required or brand.offers("fields", row.key)
        )
        self.add_custom(asked, again_url=again_url)

    def clean(self) -> dict[str, Any]:
        """Refuse a category that is not offered also where the form asks for none."""
        cleaned = super().clean()
        typed = self.data.get("category", "")
        if "category" not in self.fields and typed and typed not in self.rows["category"]:
            self.add_error(None, _("This category cannot be chosen here."))
        return cleaned

    def chosen(self, name: str) -> Any:
        """The row behind a choice, or nothing."""
        return self.rows[name].get(self.cleaned_data.get(name, ""))


def _path(row: Any, tree: Any) -> str:
    """A row under its parents: "Accounts › Shared folders"."""
    parts: list[str] = []
    seen: set[int] = set()
    while row is not None and row.pk not in seen:
        parts.append(str(row))
        seen.add(row.pk)
        row = tree.get(row.parent_id) if row.parent_id else None
    return " › ".join(reversed(parts))


class MissingForm(CustomFieldsForm):
    """What a ticket lacks, and what those values bring that must be known too; nothing else is asked."""

    def __init__(self, *args: Any, question: Question, standing: Mapping[str, Any], again_url: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.add_custom(question.rows, again_url=again_url, among=question.known, standing=standing)
        for row in self.custom_rows:
            if row not in question.asked and row not in self.custom_demanded:
                del self.fields[row.name]
        self.custom_rows = tuple(row for row in self.custom_rows if row.name in self.fields)
