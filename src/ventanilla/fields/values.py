"""Values of custom fields: each kind reads what was typed or sent, keeps it in one stored form, and says it in words.

Stored forms are text that compares rightly as text on both engines: dates `2026-11-23`, moments in UTC
`2026-11-23T10:00:00Z`, yes and no `"1"` and `"0"`, numbers and amounts as plain decimals, choices by key, persons and
rows by id; only `choices` is a list of keys. A field without a value is not stored at all.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ventanilla.fields.conditions import storable
from ventanilla.fields.kinds import BadValue
from ventanilla.fields.models import FieldDefinition

Stored = str | list[str]
Names = Callable[[Iterable[int]], Mapping[int, str]]

LONGEST_TEXT: Final = 2_000
MOMENT_SHAPE: Final = "%Y-%m-%dT%H:%M:%SZ"
INPUT_SHAPE: Final = "%Y-%m-%dT%H:%M"
# The kinds whose values are ids of persons or rows.
NAMING: Final = frozenset({"person", "reference"})
_MOST_DIGITS: Final = 15
_REMEMBERED: Final = 2_000  # days of a wording
_WORDS: Final = {
    **dict.fromkeys(("1", "true", "yes", "si", "sí", "on"), "1"),
    **dict.fromkeys(("0", "false", "no"), "0"),
}


def stored_form(definition: FieldDefinition, given: Any) -> Stored | None:
    """`given` (text of a form, or a value of the API) in its stored form; None for nothing.

    Raises `BadValue` with a sentence in the reader's language. That a person or row of this id exists is for the
    caller to know.
    """
    if given is None or (isinstance(given, str) and not given.strip()) or given == []:
        return None
    if isinstance(given, str) and not storable(given):
        raise BadValue(_("This text has characters that cannot be stored."))
    return _READERS[definition.kind](definition, given)


def in_words(definition: FieldDefinition, stored: Any, names: Names | None = None) -> str:
    """A stored value as people read it, in the reader's language and zone; empty for none.

    `names` says how the persons or rows with these ids are called; what it does not know is a question mark.
    """
    if stored in (None, "", []):
        return ""
    if definition.kind in NAMING:
        return (names([int(stored)]) if names else {}).get(int(stored), "?")
    return wording(definition)(stored)


def wording(definition: FieldDefinition) -> Callable[[Any], str]:
    """How the values of a field that names nobody (`NAMING`) read, for whoever says many of them: what does not differ
    from one to the next is found out here, in the reader's language. A value is never empty; one of a moment is said in
    the zone that is active then."""
    match definition.kind:
        case "number" | "money":
            return _wording_of_numbers(definition.unit)
        case "date":
            return lru_cache(_REMEMBERED)(
                lambda stored: formats.date_format(date.fromisoformat(stored), "SHORT_DATE_FORMAT")
            )
        case "moment":
            return lambda stored: formats.date_format(timezone.localtime(moment_of(stored)), "SHORT_DATETIME_FORMAT")
        case "yes_no":
            yes, no = _("yes"), _("no")
            return lambda stored: yes if stored == "1" else no
        case "choice":
            names = definition.option_labels
            return lambda stored: names.get(stored, stored)
        case "choices":
            labels = definition.option_labels
            return lambda stored: ", ".join(labels.get(key, key) for key in stored)
    return str


def as_typed(definition: FieldDefinition, stored: Any) -> str:
    """A stored value as an input of a form holds it; choices joined by commas."""
    if stored in (None, "", []):
        return ""
    if definition.kind == "moment":
        return timezone.localtime(moment_of(str(stored))).strftime(INPUT_SHAPE)
    if definition.kind == "choices":
        return ",".join(stored)
    return str(stored)


def as_data(definition: FieldDefinition, stored: Any) -> Any:
    """A stored value as JSON for other programs: numbers, true and false; `stored_form` takes it back."""
    if stored in (None, "", []):
        return None
    if definition.kind in ("number", "money"):
        number = Decimal(str(stored))
        return int(number) if number == number.to_integral_value() and definition.kind == "number" else float(number)
    if definition.kind == "yes_no":
        return stored == "1"
    if definition.kind in ("person", "reference"):
        return int(stored)
    return stored


def as_held(definition: FieldDefinition, stored: Any) -> Any:
    """A stored value as snapshots hold it, for conditions that are judged without a query (`compile_predicate`)."""
    if stored in (None, "", []):
        return None
    match definition.kind:
        case "number" | "money":
            return float(stored) if "." in stored else int(stored)
        case "date":
            return date.fromisoformat(stored)
        case "moment":
            return moment_of(stored)
        case "person":
            return int(stored)
    return stored


def moment_of(stored: str) -> datetime:
    """The moment that a stored one means."""
    return datetime.strptime(stored, MOMENT_SHAPE).replace(tzinfo=UTC)


def ids_in(definitions: Mapping[str, FieldDefinition], rows: Iterable[Mapping[str, Any]], kind: str) -> set[int]:
    """The ids that these rows' values of a kind (`person`, `reference`) name."""
    keys = [key for key, definition in definitions.items() if definition.kind == kind]
    return {int(row[key]) for row in rows for key in keys if row.get(key)}


def _text(definition: FieldDefinition, given: Any) -> Stored:
    if not isinstance(given, str):
        raise BadValue(_("Write a text."))
    text = " ".join(given.split())
    if len(text) > LONGEST_TEXT:
        raise BadValue(_("At most %(most)d characters.") % {"most": LONGEST_TEXT})
    return text


def _number(definition: FieldDefinition, given: Any) -> Stored:
    number = _decimal(given)
    if definition.kind == "money":
        if number != round(number, 2):
            raise BadValue(_("An amount has at most two decimals."))
        return f"{number:.2f}"
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _decimal(given: Any) -> Decimal:
    refusal = BadValue(_("Write a number."))
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise refusal
    try:
        number = Decimal(_with_point(re.sub(r"\s", "", str(given))))
    except InvalidOperation:
        raise refusal from None
    if not number.is_finite() or abs(number) >= 10**_MOST_DIGITS or round(number, 6) != number:
        raise refusal
    return number + 0  # no minus before a zero


def _with_point(text: str) -> str:
    """A number as people write it, with a point before its decimals: «1.234,5» and «1,234.5» are the same."""
    point, comma = text.rfind("."), text.rfind(",")
    if comma < 0:
        return text
    english = point > comma or (point < 0 and not (get_language() or "es").startswith("es"))
    if english and (point > comma or re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", text)):
        return text.replace(",", "")
    return text.replace(".", "").replace(",", ".")


def _date(definition: FieldDefinition, given: Any) -> Stored:
    if not isinstance(given, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given.strip()):
        raise BadValue(_("Write a date."))
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise BadValue(_("Write a date.")) from None
    if not 1900 <= day.year <= 9990:
        raise BadValue(_("Write a date."))
    return day.isoformat()


def _moment(definition: FieldDefinition, given: Any) -> Stored:
    refusal = BadValue(_("Write a date and a time."))
    if not isinstance(given, str):
        raise refusal
    try:
        moment = datetime.fromisoformat(given.strip())
    except ValueError:
        raise refusal from None
    if not 1900 <= moment.year <= 9990 or len(given.strip()) < 16:
        raise refusal
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())
    return aware.astimezone(UTC).strftime(MOMENT_SHAPE)


def _yes_no(definition: FieldDefinition, given: Any) -> Stored:
    if isinstance(given, bool):
        return "1" if given else "0"
    found = _WORDS.get(str(given).strip().lower())
    if found is None:
        raise BadValue(_("Choose yes or no."))
    return found


def _choice(definition: FieldDefinition, given: Any) -> Stored:
    if not isinstance(given, str) or given.strip() not in definition.option_labels:
        raise BadValue(_("Choose one of the list."))
    return given.strip()


def _choices(definition: FieldDefinition, given: Any) -> Stored:
    wanted: Sequence[Any] = given.split(",") if isinstance(given, str) else given
    if not isinstance(wanted, list | tuple) or not all(isinstance(key, str) for key in wanted):
        raise BadValue(_("Choose from the list."))
    keys = {key.strip() for key in wanted} - {""}
    if keys - definition.option_labels.keys():
        raise BadValue(_("Choose from the list."))
    return [key for key in definition.option_labels if key in keys]


def _row(definition: FieldDefinition, given: Any) -> Stored:
    text = str(given).strip()
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadValue(_("Choose one of the list."))
    return str(int(text))


def _wording_of_numbers(unit: str) -> Callable[[Any], str]:
    # 1.234,56 is how amounts are written in Spain and how they are typed here; Django groups by spaces.
    between = formats.get_format("THOUSAND_SEPARATOR").replace("\u00a0", ".")
    marks = str.maketrans({",": between, ".": formats.get_format("DECIMAL_SEPARATOR")})
    said = f" {unit}" if unit else ""
    return lambda stored: f"{Decimal(stored):,f}".translate(marks) + said


_READERS: Final[Mapping[str, Callable[[FieldDefinition, Any], Stored]]] = {
    "text": _text,
    "number": _number,
    "money": _number,
    "date": _date,
    "moment": _moment,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "person": _row,
    "reference": _row,
}
