"""What is asked about a file to import: what it is, and what its columns are."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.core.sheets import Unreadable
from ventanilla.files.actions import TooLarge
from ventanilla.people.author import Author
from ventanilla.people.import_actions import keep_file
from ventanilla.people.import_custom import all_fields
from ventanilla.people.import_fields import MOST_BYTES, NEEDED, trouble_sentence
from ventanilla.people.models import PeopleImport
from ventanilla.people.rights import Right

Kind = PeopleImport.Kind
KINDS = {
    Kind.PEOPLE: gettext_lazy("People"),
    Kind.ORGANIZATIONS: gettext_lazy("Organizations"),
    Kind.DEPARTMENTS: gettext_lazy("Departments"),
}


class FileForm(forms.Form):
    """A file, and what its lines are."""

    kind = forms.ChoiceField(label=gettext_lazy("What each line is"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or XLSX with the headings in the first line. Nothing is changed yet."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )

    def __init__(self, *args: Any, by: Author, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        allowed = [kind for kind in KINDS if kind != Kind.DEPARTMENTS or by.may(Right.SETTINGS)]
        self.offered = [(kind.value, KINDS[kind]) for kind in allowed]
        fields["kind"].choices = self.offered
        self.by = by

    def clean_file(self) -> Any:
        """A file of bearable size."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_too_large())
        return file

    def keep(self) -> PeopleImport | None:
        """The import that the file begins, or None with the reason beside the field."""
        if not self.is_valid():
            return None
        file = self.cleaned_data["file"]
        try:
            return keep_file(by=self.by, file=file.file, name=file.name, kind=self.cleaned_data["kind"])
        except Unreadable as error:
            self.add_error("file", trouble_sentence(error.trouble, error.line))
        except TooLarge:
            self.add_error("file", _too_large())
        return None


def _too_large() -> str:
    return _("The file is larger than %(most)d MB. Cut it into several files.") % {"most": MOST_BYTES // 1024 // 1024}


class ColumnsForm(forms.Form):
    """One choice for each column of the file."""

    make_organizations = forms.BooleanField(
        required=False, label=gettext_lazy("Make organizations that do not exist yet"), initial=True
    )

    def __init__(self, data: Any = None, *, run: PeopleImport) -> None:
        super().__init__(data, initial={"make_organizations": run.make_organizations})
        self.run = run
        fields: Any = self.fields
        known = all_fields(run.kind)
        choices = [("", _("Leave out")), *((key, field.label) for key, field in known.items())]
        for place, key in enumerate(run.mapping):
            label = run.heading[place] or _("Column %(number)d") % {"number": place + 1}
            fields[f"column-{place}"] = forms.ChoiceField(choices=choices, required=False, initial=key, label=label)
        if run.kind != Kind.PEOPLE:
            del fields["make_organizations"]

    def columns(self) -> Iterator[dict[str, Any]]:
        """Each column's choice with the first values that stand in it, for the template."""
        for place in range(len(self.run.mapping)):
            values = [cells[place] for cells in self.run.samples if place < len(cells) and cells[place]]
            yield {"field": self[f"column-{place}"], "values": values}

    def mapping(self) -> Sequence[str]:
        """What the columns are, in their order."""
        return [self.cleaned_data[f"column-{place}"] for place in range(len(self.run.mapping))]

    def clean(self) -> dict[str, Any]:
        """Nothing twice, and what lines are matched by."""
        cleaned: dict[str, Any] = super().clean() or {}
        chosen: dict[str, str] = {}
        known = all_fields(self.run.kind)
        for place in range(len(self.run.mapping)):
            name = f"column-{place}"
            key = cleaned.get(name, "")
            if key and key in chosen:
                self.add_error(name, _("Another column is “%(field)s” already.") % {"field": known[key].label})
            elif key:
                chosen[key] = name
        needed = NEEDED[self.run.kind]
        if not any(key in chosen for key in needed) and not self.errors:
            labels = _(" or ").join(str(known[key].label) for key in needed)
            self.add_error(None, _("Say which column is “%(field)s”: lines are matched by it.") % {"field": labels})
        return cleaned
