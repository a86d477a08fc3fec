"""Durations as people write and read them: `1:30`, `1h 30m`, `90`, `1,5 h`. Pure."""

import re
from typing import Final

_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]\d)(?:\s*h)?", re.ASCII)
_UNITS: Final = re.compile(
    r"(?:(?P<hours>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:h|hs|hrs?|hours?|horas?))?"
    r"\s*(?:y|and|,)?\s*(?:(?P<minutes>\d{1,4})\s*(?:m|mins?|minutes?|minutos?|['′])?)?",
    re.ASCII,
)
_DECIMAL: Final = re.compile(r"\d{1,3}[.,]\d{1,2}", re.ASCII)


def parse_duration(text: str) -> int | None:
    """The seconds that a text means, None for one that means nothing. A whole number alone is minutes, a decimal one
    hours."""
    plain = " ".join(text.lower().split()).rstrip(".")
    if not plain:
        return None
    clock = _CLOCK.fullmatch(plain)
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60
    if _DECIMAL.fullmatch(plain):
        return _hours(plain)
    found = _UNITS.fullmatch(plain)
    if found is None or not (found["hours"] or found["minutes"]):
        return None
    return _hours(found["hours"] or "0") + int(found["minutes"] or 0) * 60


def _hours(text: str) -> int:
    return round(float(text.replace(",", ".")) * 60) * 60


def hours_and_minutes(seconds: int) -> str:
    """`1:30` for 5,400 seconds, to the nearest minute."""
    minutes = (seconds + 30) // 60
    return f"{minutes // 60}:{minutes % 60:02}"
