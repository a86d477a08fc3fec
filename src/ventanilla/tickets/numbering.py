"""Ticket numbers: one counter per prefix. A number never changes and is never given twice; gaps are allowed."""

import re

from ventanilla.core.asking import ask

_NEXT = """
INSERT INTO tickets_series (prefix, last) VALUES (%s, 1)
ON CONFLICT (prefix) DO UPDATE SET last = tickets_series.last + 1
RETURNING last
"""
_NUMBER = re.compile(r"([A-Z]{1,8})-?0*([0-9]{1,12})", re.IGNORECASE)


def next_number(prefix: str) -> str:
    """The next number of a series, such as `INC-12`. Locks the counter until the transaction ends: take it late."""
    ((last,),) = ask(_NEXT, prefix)
    return f"{prefix}-{last}"


def normal_number(text: str) -> str:
    """The stored form of a number a person wrote (`inc 0012`, `INC12`); empty when it is none."""
    found = _NUMBER.fullmatch(re.sub(r"[\s#]", "", text))
    return f"{found[1].upper()}-{found[2]}" if found else ""
