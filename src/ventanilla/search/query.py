"""What a person types into the search box, understood. Pure; every input is a valid search."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ventanilla.search.stem import STOP_WORDS, fold, words

MAX_LENGTH: Final = 500
MAX_TERMS: Final = 16

# Field names as people write them, in both languages, and the field they mean. Folded: accents do not matter.
FIELD_NAMES: Final[Mapping[str, str]] = {
    name: field
    for field, names in {
        "status": "estado status state",
        "assignee": "asignado asignada agente assigned assignee agent",
        "requester": "de solicitante from requester",
        "affected": "afectado afectada affected",
        "type": "tipo type",
        "team": "grupo group team",
        "priority": "prioridad priority",
        "department": "departamento department",
        "organization": "organizacion cliente organization organisation customer",
        "service": "servicio service",
        "category": "categoria category",
        "tags": "etiqueta etiquetas tag tags",
        "number": "numero number ticket",
        "channel": "canal channel",
        "created.after": "desde since",
        "created.before": "hasta until",
    }.items()
    for name in names.split()
}
# Values with a meaning of their own, in both languages. Any other value is passed on as it was typed.
VALUE_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {
        **dict.fromkeys(("abierto", "abierta", "abiertos", "open"), "category:active"),
        **dict.fromkeys(("nuevo", "nueva", "new"), "category:new"),
        **dict.fromkeys(("encurso", "en curso", "in progress"), "category:open"),
        **dict.fromkeys(("espera", "en espera", "pendiente", "pending", "waiting"), "category:pending"),
        **dict.fromkeys(("resuelto", "resuelta", "resolved", "solved"), "category:resolved"),
        **dict.fromkeys(("cerrado", "cerrada", "closed"), "category:closed"),
    },
    "assignee": {
        **dict.fromkeys(("yo", "mi", "me", "mio"), "me"),
        **dict.fromkeys(("nadie", "ninguno", "sin asignar", "nobody", "none", "unassigned"), "none"),
    },
    "requester": dict.fromkeys(("yo", "mi", "me"), "me"),
    "affected": {**dict.fromkeys(("yo", "mi", "me"), "me"), **dict.fromkeys(("nadie", "nobody", "none"), "none")},
    **{
        field: dict.fromkeys(("ninguno", "ninguna", "none"), "none")
        for field in ("team", "category", "service", "organization")
    },
    "channel": {
        **dict.fromkeys(("correo", "email", "e-mail", "mail"), "mail"),
        **dict.fromkeys(("telefono", "llamada", "phone", "call"), "phone"),
        **dict.fromkeys(("mesa", "bandeja", "desk"), "desk"),
    },
}

_TOKEN: Final = re.compile(
    r"""
    (?P<minus>-?)
    (?:(?P<field>[^\W\d_]{2,20}):(?=[^\s/])(?:"(?P<quoted_value>[^"]*)"?|(?P<value>[^\s"]+))
    | "(?P<phrase>[^"]*)"?
    | (?P<word>[^\s"]+))
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Term:
    """Words that must stand next to each other; usually one. `prefix`: the last may be the beginning of a longer word.
    `exact`: typed in quotes, so the words themselves are meant and not their stems."""

    words: tuple[str, ...]
    prefix: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Filter:
    """`field:value` as typed: the field's key, the meaning of the value, and whether it was negated."""

    field: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Query:
    """A search: every term of `wanted`, none of `unwanted`, and filters for whoever knows the fields."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()

    @property
    def has_words(self) -> bool:
        """True when there is something to look up in the index."""
        return bool(self.wanted)


def parse(text: str, *, typing: bool = False) -> Query:
    """The search that `text` means. `typing`: the last word may be unfinished and matches as a beginning.

    Understands words, "phrases", -exclusions and `field:value` with the names of FIELD_NAMES (`estado:abierto`,
    `de:"Ana Pérez"`, `-grupo:redes`); an unknown field is read as words. Never raises, whatever is typed: what makes
    no sense is left out. At most MAX_TERMS terms of the first MAX_LENGTH characters count.
    """
    text = text[:MAX_LENGTH].replace("\x00", " ")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    filters: list[Filter] = []
    for match in _TOKEN.finditer(text):
        negated = bool(match["minus"])
        field = FIELD_NAMES.get(fold(match["field"])) if match["field"] else None
        if field:
            value = (match["value"] if match["quoted_value"] is None else match["quoted_value"]).strip()
            if value:
                meaning = VALUE_NAMES.get(field, {}).get(fold(value), value)
                filters.append(Filter(field=field, value=meaning, negated=negated))
            continue
        exact = match["phrase"] is not None
        found = tuple(words(match["phrase"] if exact else match[0]))
        if found:
            unfinished = typing and not negated and not exact and match.end() == len(text) and len(found[-1]) >= 2
            (unwanted if negated else wanted).append(Term(words=found, prefix=unfinished, exact=exact))
    return Query(
        wanted=tuple(_telling(wanted)[:MAX_TERMS]),
        unwanted=tuple(unwanted[:MAX_TERMS]),
        filters=tuple(filters[:MAX_TERMS]),
    )


def _telling(terms: list[Term]) -> list[Term]:
    """`terms` without repetitions, and without the words that every text has unless nothing else was asked for."""
    distinct = list(dict.fromkeys(terms))
    telling = [term for term in distinct if term.exact or len(term.words) > 1 or term.words[0] not in STOP_WORDS]
    return telling or distinct
