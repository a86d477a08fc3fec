"""What administrators type about macros."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.fields.definitions import PREFIX, definitions_of
from ventanilla.fields.effects import MAX_TEXT, Effect, EffectError, as_scalar, parse
from ventanilla.people.custom import ADDRESSES, named_value
from ventanilla.people.forms import LabelForm
from ventanilla.people.models import Department, Person, Team
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.effects import ME
from ventanilla.tickets.vocabulary import words
from ventanilla.ui.custom_fields import put_field

_RICH = {"rows": 6, "data-editor": "html"}
_AS_IT_IS = ("", _("As it is"))
# The fields a macro sets, in the order of the form.
_SET = ("status", "priority", "team", "assignee")


class MacroForm(LabelForm):
    """A macro: its name, its text in both languages, what it changes, and whose it is."""

    html_es = forms.CharField(required=False, label=_("Text in Spanish"), widget=forms.Textarea(_RICH), strip=False)
    html_en = forms.CharField(required=False, label=_("Text in English"), widget=forms.Textarea(_RICH), strip=False)
    public = forms.TypedChoiceField(
        label=_("The text is"),
        choices=[("1", _("A reply to the requester")), ("0", _("An internal note"))],
        coerce=lambda value: value == "1",
    )
    folder = forms.CharField(
        required=False, max_length=60, label=_("Folder"), help_text=_("Macros with the same folder stand together.")
    )
    status = forms.ChoiceField(required=False, label=_("Status"))
    priority = forms.ChoiceField(required=False, label=_("Priority"))
    team = forms.ChoiceField(required=False, label=_("Team"))
    assignee = forms.ChoiceField(required=False, label=_("Agent"))
    add_tags = forms.CharField(required=False, max_length=400, label=_("Add tags"), help_text=_("Between commas."))
    remove_tags = forms.CharField(required=False, max_length=400, label=_("Remove tags"))
    department = forms.ModelChoiceField(
        Department.objects.none(), required=False, label=_("Department"), empty_label=_("All")
    )
    members = forms.ModelChoiceField(Team.objects.none(), required=False, label=_("For"), empty_label=_("All teams"))
    archived = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        known = words()
        for name, rows in (("status", known.statuses), ("priority", known.priorities), ("team", known.teams)):
            fields[name].choices = [_AS_IT_IS, *((row.key, str(row)) for row in known.usable(rows))]
        agents = Person.objects.agents().order_by("name", "pk")
        fields["assignee"].choices = [
            _AS_IT_IS,
            (ME, _("Whoever uses it")),
            *((str(agent.pk), agent.display_name) for agent in agents),
        ]
        self.own = [row for row in definitions_of(ENTITY).values() if row.archived_at is None]
        for row in self.own:
            if row.kind == row.Kind.CHOICES and self.initial.get(row.name):
                self.initial[row.name] = self.initial[row.name].split(",")
            put_field(self, row, addresses=ADDRESSES, named=named_value)
            fields[row.name].help_text = ""  # it tells whoever fills in a ticket what to write
            if row.kind in ("choice", "yes_no"):
                fields[row.name].widget.choices = [_AS_IT_IS, *list(fields[row.name].widget.choices)[1:]]
        fields["department"].queryset = Department.objects.filter(archived_at=None)
        fields["members"].queryset = Team.objects.filter(archived_at=None)
        changed = [name for name in fields if name.startswith(PREFIX)]
        before = list(fields)[: list(fields).index("add_tags")]
        self.order_fields([*before, *changed])
        if new:
            del fields["archived"]

    def clean(self) -> dict[str, Any]:
        """The texts by language, as `html`, and what is chosen, as `effects`."""
        cleaned = super().clean()
        cleaned["html"] = {code: cleaned.get(f"html_{code}", "") for code in ("es", "en")}
        effects = [["set", name, cleaned[name]] for name in _SET if cleaned.get(name)]
        for row in self.own:
            try:
                value = as_scalar(cleaned.get(row.name))
            except EffectError:
                self.add_error(row.name, gettext("At most %(most)d characters.") % {"most": MAX_TEXT})
                continue
            effects += [["set", row.name, value]] if value is not None else []
        for verb in ("add", "remove"):
            tags = _tags(cleaned.get(f"{verb}_tags", ""))
            effects += [[verb, "tags", tags]] if tags else []
        cleaned["effects"] = parse(effects) if effects else ()
        return cleaned

    @staticmethod
    def initial_of_effects(effects: Iterable[Effect]) -> dict[str, str]:
        """The fields of the effects of an existing macro."""
        return {
            f"{effect.verb}_tags" if isinstance(effect.value, tuple) else effect.field: ", ".join(effect.value)
            if isinstance(effect.value, tuple)
            else str(effect.value)
            for effect in effects
            if effect.value is not None
        }


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag for part in text.split(",") if (tag := " ".join(part.split())[:60])))[:40]
