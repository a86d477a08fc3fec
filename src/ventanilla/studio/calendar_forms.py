"""The form of a calendar: hours, seasons, holidays and single days as they are typed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.core.calendar_text import MOST_NAME, MOST_SEASONS
from ventanilla.core.calendar_typed import (
    Dated,
    Unreadable,
    day_in_text,
    day_typed,
    days_typed,
    holidays_typed,
    lines_in_text,
    windows_in_text,
    windows_typed,
)
from ventanilla.core.calendars import DAYS
from ventanilla.people.forms import LabelForm, time_zones

MOST_CHARACTERS: Final = 100_000
_WEEKS: Final[Mapping[str, Mapping[str, str]]] = {
    "always": dict.fromkeys(DAYS, "00:00-24:00"),
    "office": dict.fromkeys(DAYS[:5], "08:00-18:00"),
    "split": dict.fromkeys(DAYS[:5], "09:00-14:00, 16:00-19:00"),
}
PRESETS: Final = (
    ("office", _("Office hours")),
    ("split", _("Mornings and afternoons")),
    ("always", _("24×7")),
)


def in_words(error: Unreadable) -> str:
    """What cannot be read, why and where, in the reader's language."""
    said = {
        "hours": gettext("“%(part)s” are no hours: write them like 09:00-14:00, 16:00-19:00."),
        "overlap": gettext("These hours overlap: %(part)s."),
        "date": gettext("“%(part)s” is no date: write it like 25/12/2026, or 25/12 for every year."),
        "no_year": gettext("“%(part)s”: a single day needs its year, like 24/12/2026."),
        "no_hours": gettext("“%(part)s”: after the date write its hours, or “closed”."),
        "twice": gettext("“%(part)s”: this date stands there already."),
        "name": gettext("“%(part)s”: this name is too long."),
    }[error.why] % {"part": error.part[:80]}
    return gettext("Line %(line)d: %(said)s") % {"line": error.line, "said": said} if error.line else said


class TypedField(forms.CharField):
    """A text that `read` makes a value of, and that stays as it was typed when it cannot."""

    def __init__(self, *, read: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.read = read

    def clean(self, value: Any) -> Any:
        """The value. Raises `ValidationError` in the reader's language."""
        text = super().clean(value)
        try:
            return self.read(text)
        except Unreadable as error:
            raise ValidationError(in_words(error)) from None


def _hours(label: Any) -> TypedField:
    return TypedField(read=windows_typed, label=label, max_length=200)


def _edge(text: str) -> str:
    return day_typed(text).removeprefix("*-") if text else ""


def _holidays(text: str) -> Dated:
    return holidays_typed(text, longest_name=MOST_NAME)


def _days(text: str) -> Dated:
    return days_typed(text, longest_name=MOST_NAME)


class CalendarForm(LabelForm):
    """A calendar: its name, its time zone, the week, seasons with weeks of their own, holidays and single days.

    `seasons` is how many there are places for.
    """

    tz = forms.ChoiceField(label=_("Time zone"))
    holidays = TypedField(
        read=_holidays,
        label=_("Holidays"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line: the date and its name. 25/12 comes every year, 25/12/2026 once."),
    )
    overrides = TypedField(
        read=_days,
        label=_("Days with other hours"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line: date, hours or “closed”, and why. 24/12/2026 09:00-13:00 Christmas Eve"),
    )
    breaks = TypedField(
        read=_days,
        label=_("Closed for a while"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line: date, the hours it is closed, and why. 15/05/2026 11:00-12:30 Training"),
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any], seasons: int, kept: bool) -> None:
        super().__init__(data, initial=dict(initial))
        fields: Any = self.fields
        fields["tz"].choices = time_zones()
        if initial.get("tz") and initial["tz"] not in dict(time_zones()):
            fields["tz"].choices = [(initial["tz"], initial["tz"]), *time_zones()]
        for number, day in enumerate(DAYS):
            fields[f"week_{day}"] = _hours(WEEKDAYS[number])
        self.seasons = min(seasons, MOST_SEASONS)
        for season in range(self.seasons):
            name = format_lazy("{} {}", _("Season"), season + 1)
            for edge, label in (("from", _("first day")), ("to", _("last day"))):
                labelled = format_lazy("{}: {}", name, label)
                fields[f"season_{season}_{edge}"] = TypedField(read=_edge, label=labelled, max_length=20)
            for number, day in enumerate(DAYS):
                fields[f"season_{season}_{day}"] = _hours(format_lazy("{}: {}", name, WEEKDAYS[number]))
        if kept:
            fields["archived"] = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    @property
    def week(self) -> list[tuple[Any, Any]]:
        """The fields of the week, each with the name of its day."""
        return self._days("week")

    def _days(self, of: str) -> list[tuple[Any, Any]]:
        return [(self[f"{of}_{day}"], WEEKDAYS[number]) for number, day in enumerate(DAYS)]

    @property
    def season_rows(self) -> list[dict[str, Any]]:
        """The fields of each season."""
        return [
            {
                "number": season,
                "edges": [self[f"season_{season}_{edge}"] for edge in ("from", "to")],
                "week": self._days(f"season_{season}"),
            }
            for season in range(self.seasons)
        ]

    def clean(self) -> dict[str, Any]:
        """What was typed becomes `definition`, unless some of it cannot be read."""
        cleaned = super().clean()
        seasons = [self._season(cleaned, number) for number in range(self.seasons)]
        if set(self.errors) <= {"label_es", "label_en"}:
            cleaned["definition"] = _definition(cleaned, [season for season in seasons if season])
        return cleaned

    def readable(self) -> dict[str, Any] | None:
        """The definition, also where only the name is missing; nothing where hours cannot be read."""
        self.is_valid()
        found: dict[str, Any] | None = self.cleaned_data.get("definition")
        return found

    def _season(self, cleaned: Mapping[str, Any], number: int) -> dict[str, Any] | None:
        names = [f"season_{number}_{part}" for part in ("from", "to", *DAYS)]
        if any(name in self.errors for name in names):
            return None
        begins, ends, *week = (cleaned.get(name) for name in names)
        if not begins and not ends and not any(week):
            return None
        if not begins or not ends:
            missing = "to" if begins else "from"
            self.add_error(f"season_{number}_{missing}", gettext("Write its first day and its last."))
        elif len(begins) != len(ends):
            said = gettext("Write both days with a year, or both without: 15/06 comes every year.")
            self.add_error(f"season_{number}_to", said)
        elif len(begins) == len("2026-06-15") and ends < begins:
            self.add_error(f"season_{number}_to", gettext("It ends before it begins."))
        hours = {day: windows for day, windows in zip(DAYS, week, strict=True) if windows}
        return {"from": begins, "to": ends, "week": hours}


def _definition(cleaned: Mapping[str, Any], seasons: list[dict[str, Any]]) -> dict[str, Any]:
    holidays, overrides, breaks = (cleaned[name] for name in ("holidays", "overrides", "breaks"))
    return {
        "tz": cleaned["tz"],
        "week": {day: cleaned[f"week_{day}"] for day in DAYS},
        "seasons": seasons,
        "holidays": list(holidays.windows),
        "overrides": dict(overrides.windows),
        "breaks": dict(breaks.windows),
        "names": {**breaks.names, **overrides.names, **holidays.names},
    }


def typed_of(definition: Mapping[str, Any]) -> dict[str, str]:
    """A stored definition as its form begins."""
    closed, names = gettext("closed"), definition.get("names", {})
    typed = {
        "tz": definition["tz"],
        "holidays": lines_in_text(dict.fromkeys(definition.get("holidays", [])), names, closed),
        "overrides": lines_in_text(definition.get("overrides", {}), names, closed),
        "breaks": lines_in_text(definition.get("breaks", {}), names, closed),
        "seasons": str(len(definition.get("seasons", []))),
        **{f"week_{day}": windows_in_text(definition["week"].get(day, [])) for day in DAYS},
    }
    for number, season in enumerate(definition.get("seasons", [])):
        typed |= {f"season_{number}_{edge}": day_in_text(season[edge]) for edge in ("from", "to")}
        typed |= {f"season_{number}_{day}": windows_in_text(season["week"].get(day, [])) for day in DAYS}
    return typed


def seasons_in(typed: Mapping[str, Any]) -> int:
    """For how many seasons there are places in what was typed."""
    said = str(typed.get("seasons", ""))
    return min(int(said), MOST_SEASONS) if said.isdecimal() and len(said) < 4 else 0


def edited(typed: Mapping[str, str], what: str) -> dict[str, str]:
    """What was typed, after a button that writes into it: a ready week, a season more (`season+`) or less
    (`season-2`). Any other button leaves it as it is."""
    after, count = dict(typed), seasons_in(typed)
    if what in _WEEKS:
        after |= {f"week_{day}": _WEEKS[what].get(day, "") for day in DAYS}
    elif what == "season+":
        after["seasons"] = str(min(count + 1, MOST_SEASONS))
    elif what.startswith("season-") and what[7:].isdecimal() and len(what) < 10 and int(what[7:]) < count:
        parts = ("from", "to", *DAYS)
        for number in range(int(what[7:]), count - 1):
            after |= {f"season_{number}_{part}": after.get(f"season_{number + 1}_{part}", "") for part in parts}
        after |= {f"season_{count - 1}_{part}": "" for part in parts}
        after["seasons"] = str(count - 1)
    return after


class FileForm(forms.Form):
    """A calendar file with holidays."""

    file = forms.FileField(
        label=_("Calendar file (.ics)"),
        help_text=_("Whole days that come once or every year; several days long too. At most 2 MB."),
        widget=forms.FileInput({"accept": ".ics,text/calendar"}),
    )
