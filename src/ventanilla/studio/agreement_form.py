"""An agreement as a form: what it is called and counts by, whom it covers, and its rows of times, each with its case.

The rows are kept in the names of inputs: `row` says which there are and in which order, `r2` is the root of the
conditions of row 2 (`ui/condition_form.py`), `r2.resolution` its time for that metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.core.durations import parse_duration
from ventanilla.fields.conditions import EVERYTHING, ConditionError
from ventanilla.fields.kinds import Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.spec import Spec
from ventanilla.people.forms import LabelForm, Ticks
from ventanilla.people.models import Calendar, Department, Team
from ventanilla.sla.names import METRICS, SIDES
from ventanilla.sla.reckoning import SLA
from ventanilla.sla.wording import MOST_ROWS, Granted, Warning, Wording
from ventanilla.sla.words import seconds_in_words, target_read, target_typed
from ventanilla.tickets.vocabulary import words
from ventanilla.ui import condition_form
from ventanilla.ui.condition_form import Group

COVER: Final = condition_form.ROOT
_MOST_TYPED: Final = 40


class AgreementForm(LabelForm):
    """What an agreement says apart from whom it covers and what it grants."""

    side = forms.ChoiceField(choices=list(SIDES.items()), label=gettext_lazy("Kind"))
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), label=gettext_lazy("Calendar"), empty_label=None,
        help_text=gettext_lazy("Times run in its open hours alone."),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label=gettext_lazy("Team whose time counts"), empty_label="—",
        help_text=gettext_lazy("Between our teams, or the team that stands for the supplier."),
    )  # fmt: skip
    department = forms.ModelChoiceField(
        Department.objects.none(), required=False, label=gettext_lazy("Department"), empty_label=gettext_lazy("All")
    )
    end_of_day = forms.BooleanField(
        required=False, label=gettext_lazy("Working days end at closing time, not at the time of day they began")
    )
    warn_percent = forms.IntegerField(
        required=False, min_value=1, max_value=99, label=gettext_lazy("Warn when so much of the time has run (%)")
    )
    warn_before = forms.CharField(
        required=False, max_length=_MOST_TYPED, label=gettext_lazy("Warn so long before the end"),
        help_text=gettext_lazy("30 min, 2 h… of open time."),
    )  # fmt: skip
    warn_after = forms.CharField(
        required=False, max_length=_MOST_TYPED, label=gettext_lazy("Warn again so long after the end")
    )
    running_reasons = forms.MultipleChoiceField(
        required=False, widget=Ticks, label=gettext_lazy("Times run on while a ticket waits for"),
        help_text=gettext_lazy("In every other pending status they stand still."),
    )  # fmt: skip
    stands_with_supplier = forms.BooleanField(
        required=False, label=gettext_lazy("Times stand still while the ticket is with a supplier")
    )
    archived = forms.BooleanField(required=False, label=gettext_lazy("Archived: it no longer covers any ticket"))

    def __init__(self, *args: Any, new: bool, side: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["calendar"].queryset = Calendar.objects.filter(archived_at=None)
        fields["team"].queryset = Team.objects.filter(archived_at=None)
        fields["department"].queryset = Department.objects.filter(archived_at=None)
        known = words()
        fields["running_reasons"].choices = [(row.key, str(row)) for row in known.usable(known.reasons)]
        del fields["archived" if new else "side"]
        if side == SLA:
            del fields["team"]
        if not fields["running_reasons"].choices:
            del fields["running_reasons"]

    def clean_warn_before(self) -> int:
        """In seconds."""
        return _seconds(self.cleaned_data["warn_before"])

    def clean_warn_after(self) -> int:
        """In seconds."""
        return _seconds(self.cleaned_data["warn_after"])

    def warnings(self) -> tuple[Warning, ...]:
        """What is to be said before and after the end."""
        values = self.cleaned_data
        given = (
            Warning(percent=values.get("warn_percent") or 0),
            Warning(before_seconds=values.get("warn_before") or 0),
            Warning(after_seconds=values.get("warn_after") or 0),
        )
        return tuple(warning for warning in given if any(vars(warning).values()))

    @classmethod
    def initial_of_wording(cls, wording: Wording) -> dict[str, Any]:
        """The fields of an existing wording."""
        first = {name: next((value for w in wording.warnings if (value := getattr(w, name))), 0)
                 for name in ("percent", "before_seconds", "after_seconds")}  # fmt: skip
        ends = any(target.end_of_day for row in wording.rows for target in row.targets.values())
        return {
            "warn_percent": first["percent"] or None,
            "warn_before": seconds_in_words(first["before_seconds"]) if first["before_seconds"] else "",
            "warn_after": seconds_in_words(first["after_seconds"]) if first["after_seconds"] else "",
            "running_reasons": list(wording.running_reasons),
            "stands_with_supplier": wording.stands_with_supplier,
            "end_of_day": ends,
        }


def _seconds(text: str) -> int:
    if not text.strip():
        return 0
    seconds = parse_duration(text)
    if not seconds:
        raise ValidationError(_("Write a time such as 30 min or 2 h."))
    return seconds


@dataclass
class RowDraft:
    """A row as it was typed: `name` is the root of its conditions, `times` by metric, `errors` too."""

    name: str
    case: Group
    times: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class Draft:
    """Whom an agreement covers and what it grants, as typed."""

    cover: Group
    rows: list[RowDraft]

    @classmethod
    def of(cls, wording: Wording) -> "Draft":
        """The form of a wording."""
        rows = [
            RowDraft(
                f"r{place}",
                condition_form.draft_of(row.condition),
                {metric: target_typed(target) for metric, target in row.targets.items()},
            )
            for place, row in enumerate(wording.rows)
        ]
        return cls(condition_form.draft_of(wording.condition), rows or [_empty("r0")])

    @classmethod
    def read(cls, posted: QueryDict) -> "Draft":
        """What was posted, in the order in which the rows stood on the page."""
        names = dict.fromkeys(n for n in posted.getlist("row")[:MOST_ROWS] if n.isdecimal() and len(n) < 4)
        rows = [
            RowDraft(
                f"r{name}",
                condition_form.read(posted, f"r{name}"),
                {metric: posted.get(f"r{name}.{metric}", "")[:_MOST_TYPED].replace("\x00", "") for metric in METRICS},
            )
            for name in names
        ]
        return cls(condition_form.read(posted), rows or [_empty("r0")])

    def act(self, said: str) -> str:
        """Carry out what a button says; returns the path of what gets the focus. Raises `BadAct`."""
        verb, _colon, name = said.partition(":")
        if verb == "add-row" and len(self.rows) < MOST_ROWS:
            taken = {row.name for row in self.rows}
            made = _empty(next(f"r{n}" for n in range(MOST_ROWS + 1) if f"r{n}" not in taken))
            made.case.parts.append(condition_form.Row())
            # Before the one that is for everything else: after that it would never be reached.
            last = self.rows[-1] if self.rows else None
            self.rows.insert(len(self.rows) - 1 if last is not None and not last.case.parts else len(self.rows), made)
            return f"{made.name}-0"
        if verb == "drop-row":
            self.rows = [row for row in self.rows if row.name != name] or [_empty("r0")]
            return ""
        root = name.partition("-")[0]
        if root == COVER:
            return condition_form.act(self.cover, said)
        row = next((row for row in self.rows if row.name == root), None)
        if row is None:
            raise condition_form.BadAct(said)
        return condition_form.act(row.case, said, root)

    def wording(self, form: AgreementForm, spec: Spec, reading: Reading) -> Wording:
        """The wording that is meant. Raises `ValidationError` where it makes no sense; what is wrong stands at its
        place in the draft."""
        problems: list[str] = []
        cover = self._condition(self.cover, spec, reading, problems)
        rows = []
        for row in self.rows:
            case = self._condition(row.case, spec, reading, problems)
            targets = {}
            for metric, text in row.times.items():
                try:
                    target = target_read(text, end_of_day=form.cleaned_data.get("end_of_day", False))
                except ValueError:
                    row.errors[metric] = _("Write a time such as 4 h, 1:30 or 2 d (working days).")
                    problems.append(row.errors[metric])
                    continue
                if target is not None:
                    targets[metric] = target
            if targets or row.case.parts:
                rows.append(Granted(case, targets))
        if problems:
            raise ValidationError({"__all__": problems[:1]})
        values = form.cleaned_data
        return Wording(
            condition=cover,
            rows=tuple(rows),
            warnings=form.warnings(),
            running_reasons=tuple(values.get("running_reasons", ())),
            stands_with_supplier=values["stands_with_supplier"],
        )

    @staticmethod
    def _condition(group: Group, spec: Spec, reading: Reading, problems: list[str]) -> Any:
        try:
            return condition_form.condition_of(group, spec, reading)
        except ConditionError as error:
            problems.append(explain(error))
            return EVERYTHING

    def errors(self) -> list[tuple[str, str]]:
        """Where something is wrong and what, from top to bottom."""
        found = condition_form.errors(self.cover)
        for row in self.rows:
            found += condition_form.errors(row.case, row.name)
            found += [(f"{row.name}.{metric}", error) for metric, error in row.errors.items()]
        return found


def _empty(name: str) -> RowDraft:
    return RowDraft(name, Group(), dict.fromkeys(METRICS, ""))


def drawn_rows(
    draft: Draft, spec: Spec, reading: Reading, lookups: condition_form.Lookups, focus: str
) -> Sequence[dict[str, Any]]:
    """The rows as the template draws them."""
    return [
        {
            "name": row.name,
            "number": row.name.removeprefix("r"),
            "case": condition_form.drawn(row.case, spec, reading, lookups, focus=focus, root=row.name),
            "any": not row.case.parts,
            "times": [
                {
                    "id": f"{row.name}.{metric}",
                    "label": label,
                    "value": row.times.get(metric, ""),
                    "error": row.errors.get(metric, ""),
                }
                for metric, label in METRICS.items()
            ],
        }
        for row in draft.rows
    ]
