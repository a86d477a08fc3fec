"""Colleagues as they are pasted out of a mail program, a list or a sheet. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ventanilla.people.addresses import normal_email

_BY_SEMICOLON = re.compile(r'(?:"[^"]*"|[^;])+')
_BY_COMMA = re.compile(r'(?:"[^"]*"|[^,])+')
_IN_BRACKETS = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>?")


@dataclass(frozen=True)
class Colleague:
    """A person by the name that stood beside the address, which may be empty."""

    name: str
    address: str


@dataclass(frozen=True)
class NoAddress:
    """A piece of a line (counted from 1) that is no address."""

    line: int
    text: str


def read_pasted(text: str) -> tuple[list[Colleague], list[NoAddress]]:
    """Everybody in a pasted text, each address once, and what could not be read.

    Takes what mail programs copy (RFC 5322 3.4: `Ana Pérez <ana@…>`, `"Pérez, Ana" <ana@…>`, bare addresses), one by
    line or separated by semicolons, tabs, commas or spaces.
    """
    found: dict[str, Colleague] = {}
    unread = []
    for number, line in enumerate(text.splitlines(), start=1):
        for piece in _pieces(line.replace("\t", " ")):
            colleague = _colleague(piece)
            if colleague is None:
                unread.append(NoAddress(number, piece))
            elif not (found.get(colleague.address) or Colleague("", "")).name:
                found[colleague.address] = colleague
    return list(found.values()), unread


def _pieces(line: str) -> Iterator[str]:
    """The parts of a line that should hold one address each."""
    before = ""
    for part in _BY_SEMICOLON.findall(line):
        # A comma separates people only where there are several: elsewhere it stands in a name.
        for piece in _BY_COMMA.findall(part) if part.count("@") > 1 else [part]:
            whole = f"{before}, {piece.strip()}" if before else piece.strip(" ,")
            if "@" not in whole:
                before = whole
                continue
            before = ""
            words = whole.split()
            yield from words if all("@" in word for word in words) else [whole]
        # What stands between semicolons belongs together: a name alone lacks its address.
        if before:
            yield before
        before = ""


def _colleague(piece: str) -> Colleague | None:
    bracketed = _IN_BRACKETS.fullmatch(piece)
    if bracketed:
        name, address = bracketed["name"], bracketed["address"]
    else:
        words = piece.split()
        address = next((word for word in words if "@" in word), "")
        name = " ".join(word for word in words if word is not address)
    value = normal_email(address.strip().strip("()'\",").removeprefix("mailto:"))
    return Colleague(_plain_name(name), value) if value else None


def _plain_name(name: str) -> str:
    """A name without quotation marks, and in the order in which it is spoken: «Pérez, Ana» is Ana Pérez."""
    plain = " ".join(name.replace("\\", "").strip(" \"'\t,(:-").split())
    if "@" in plain:
        return ""
    last, comma, first = plain.partition(",")
    return f"{first.strip()} {last.strip()}".strip()[:160] if comma and "," not in first else plain[:160]
