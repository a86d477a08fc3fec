"""What a file of people, organizations or departments may say: its columns, how they are called elsewhere, its values.

No database: what a line means for the people who are there already is found out by `import_plan`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ventanilla.core import sheets
from ventanilla.core.sheets import Trouble
from ventanilla.people.addresses import normal_email
from ventanilla.people.models import PeopleImport
from ventanilla.search.stem import fold

Kind = PeopleImport.Kind
MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 20 * 1024 * 1024
_SHOWN: Final = 60
_LONGEST_OWN: Final = 2_000
LISTED: Final = re.compile(r"[;,|\n]")


@dataclass(frozen=True, slots=True)
class Field:
    """Something a column can be.

    `known_as`: folded headings that mean it, the surest first; `longest` in characters.
    """

    key: str
    label: str | Promise
    known_as: tuple[str, ...]
    longest: int = 160


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is refused: a code of `_SENTENCES`, the field it is about, the value that is wrong."""

    code: str
    field: str = ""
    value: str = ""

    def stored(self) -> list[str]:
        """As `ImportLine.problems` keeps it."""
        return [self.code, self.field, self.value]


FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    Kind.PEOPLE: (
        Field(
            "email",
            _("E-mail address"),
            (
                "email address", "e mail address", "correo electronico", "direccion de correo electronico",
                "direccion de correo", "email", "e mail", "correo", "mail", "primary email", "correo principal",
                "user principal name", "upn",
            ),
            longest=254,
        ),
        Field(
            "name",
            _("Name and surname"),
            (
                "full name", "nombre completo", "name and surname", "nombre y apellidos", "apellidos y nombre",
                "display name",
                "nombre para mostrar", "persona", "empleado", "employee", "name", "nombre",
            ),
        ),
        Field("first_name", _("First name only"), ("first name", "given name", "nombre de pila", "nombre", "forename")),
        Field(
            "surname",
            _("Surname only"),
            ("last name", "surname", "apellidos", "apellido", "family name", "primer apellido"),
        ),
        Field(
            "phone",
            _("Phone"),
            (
                "phone", "telefono", "telephone", "phone number", "telephone number", "numero de telefono",
                "work phone", "business phone", "telefono de trabajo", "extension", "mobile phone", "mobile", "movil",
                "telefono movil", "tel", "tfno",
            ),
            longest=60,
        ),
        Field(
            "job_title",
            _("Job title"),
            ("job title", "puesto", "cargo", "puesto de trabajo", "employee title", "title", "position"),
        ),
        Field(
            "location",
            _("Location"),
            (
                "location", "ubicacion", "office location", "oficina", "office", "sede", "centro", "centro de trabajo",
                "edificio", "building", "site",
            ),
            longest=200,
        ),
        Field("language", _("Language"), ("language", "idioma", "preferred language", "idioma preferido", "lang")),
        Field(
            "organization",
            _("Organization"),
            (
                "organization", "organisation", "organizacion", "company", "company name", "empresa", "customer",
                "cliente", "entidad", "razon social",
            ),
        ),
        Field("role", _("Role"), ("role", "rol", "perfil", "profile")),
        Field(
            "teams",
            _("Teams"),
            ("teams", "team", "grupos", "grupo", "equipos", "equipo", "grupo de soporte", "support group"),
            longest=1000,
        ),
    ),
    Kind.ORGANIZATIONS: (
        Field(
            "name",
            _("Name"),
            (
                "organization", "organizacion", "organisation", "company name", "company", "empresa", "razon social",
                "customer", "cliente", "name", "nombre", "entidad",
            ),
        ),
        Field(
            "domains",
            _("Mail domains"),
            (
                "mail domains", "dominios de correo", "domains", "dominios", "domain", "dominio", "mail domain",
                "dominio de correo", "email domain",
            ),
            longest=2000,
        ),
    ),
    Kind.DEPARTMENTS: (
        Field(
            "label_es",
            _("Name in Spanish"),
            ("name in spanish", "nombre en espanol", "departamento", "nombre", "area", "concejalia", "es"),
            longest=120,
        ),
        Field(
            "label_en",
            _("Name in English"),
            ("name in english", "nombre en ingles", "department", "name", "en"),
            longest=120,
        ),
        Field("private", _("Private"), ("private", "privado"), longest=20),
    ),
}  # fmt: skip

# Of each group one column is needed.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.PEOPLE: ("email",),
    Kind.ORGANIZATIONS: ("name",),
    Kind.DEPARTMENTS: ("label_es", "label_en"),
}
_LANGUAGES: Final = {
    "es": "es", "espanol": "es", "castellano": "es", "spanish": "es",
    "en": "en", "ingles": "en", "english": "en",
}  # fmt: skip
_YES: Final = frozenset({"1", "x", "si", "s", "yes", "y", "true", "verdadero"})
_NO: Final = frozenset({"0", "no", "n", "false", "falso"})

_SENTENCES: Final[Mapping[str, str | Promise]] = {
    "broken": _("Some characters cannot be read: “%(value)s”. Save the file as CSV UTF-8 and upload it again."),
    "formula": _("“%(value)s” is a formula. Paste it into your spreadsheet as a value."),
    "long": _("The value is too long: at most %(value)s characters."),
    "missing": _("The value is missing."),
    "cells": _("The line has more cells than the heading. Does a value hold the separator without quotation marks?"),
    "short": _("The line has fewer cells than the heading: %(value)s."),
    "twice": _("The same as in line %(value)s."),
    "email": _("“%(value)s” is not an e-mail address."),
    "language": _("“%(value)s” is no language of ours: write es or en."),
    "domain": _("“%(value)s” is not a mail domain."),
    "yes_or_no": _("“%(value)s” is neither yes nor no."),
    "own": _("“%(value)s” cannot stand in this field."),
    "role": _("There is no role called “%(value)s”."),
    "team": _("There is no team called “%(value)s”."),
    "organization": _("There is no organization called “%(value)s”."),
    "ambiguous": _("“%(value)s” is the name of more than one here."),
    "domain_taken": _("%(value)s already belongs to another organization."),
    "requester_team": _("Only agents can be members of a team."),
    "rank": _("Your own role does not allow you to give this role or to change this person."),
    "own_role": _("You cannot take away your own right to manage people. Ask another administrator."),
    "rights": _("You may not make this change."),
    "conflict": _("Somebody else changed the same at that moment. Import the file again."),
}
_TROUBLES: Final[Mapping[str, str | Promise]] = {
    Trouble.EMPTY: _("There is nothing in this file. The first line must hold the headings of the columns."),
    Trouble.QUOTES: _("Line %(line)d: a quotation mark is opened and not closed. Put it right and upload the file."),
    Trouble.ROWS: format_lazy(
        _("Line %(line)d: the file has more than {most} lines. Cut it into several files."), most=MOST_ROWS
    ),
    Trouble.COLUMNS: format_lazy(
        _("Line %(line)d: the file has more than {most} columns. Keep those that you need."), most=sheets.MOST_COLUMNS
    ),
    Trouble.DAMAGED: _("This is no spreadsheet that can be read. Save it again as XLSX or CSV and upload that."),
    Trouble.UNPACKED: _("This spreadsheet is too large when unpacked. Save its one sheet as CSV and upload that."),
    Trouble.OLD_EXCEL: _("This is the old Excel format. Save it as XLSX or CSV and upload that."),
    "error": _("Something went wrong on our side and nothing more was written. The log of the server says what."),
}  # fmt: skip


def fields_of(kind: str) -> Mapping[str, Field]:
    """The fields of a kind of import, by key, in the order in which they are offered."""
    return {field.key: field for field in FIELDS[kind]}


def sentence(problem: Sequence[str]) -> str:
    """A stored problem in the reader's language."""
    code, _field, value = problem
    return str(_SENTENCES[code]) % {"value": value}


def trouble_sentence(trouble: str, line: int) -> str:
    """Why a file could not be read, in the reader's language, and what to do."""
    return str(_TROUBLES[trouble]) % {"line": line}


def guess(heading: Sequence[str], kind: str, own: Sequence[Field] = ()) -> list[str]:
    """What each column probably is, "" for unknown: every field goes to the column whose heading fits it best.

    `own` are the custom fields; a heading that is exactly the name of one means it, whatever else it is known as.
    """
    words = [heading_words(text) for text in heading]
    mapping = [""] * len(heading)
    for field in (*own, *FIELDS[kind]):
        if field.key == "name" and kind == Kind.PEOPLE and _split(words):
            continue
        ranked = [
            (field.known_as.index(word), place)
            for place, word in enumerate(words)
            if word in field.known_as and not mapping[place]
        ]
        if ranked:
            mapping[min(ranked)[1]] = field.key
    if kind == Kind.PEOPLE and "first_name" in mapping and "surname" not in mapping:
        mapping[mapping.index("first_name")] = "name"
    return mapping


def _split(words: Sequence[str]) -> bool:
    """Whether names stand in two columns, so that «nombre» is the first name alone."""
    surnames = fields_of(Kind.PEOPLE)["surname"].known_as
    whole = fields_of(Kind.PEOPLE)["name"].known_as[:-2]
    return any(word in surnames for word in words) and not any(word in whole for word in words)


def heading_words(text: str) -> str:
    """`userPrincipalName`, `E-Mail`, «Dirección de correo [obligatorio]» as plain words."""
    text = re.sub(r"[\[(].*?[\])]", " ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+", fold(text)))


def read_values(kind: str, mapping: Sequence[str], cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """What a line says by field, empty cells left out, and everything that is wrong with it by itself.

    Custom fields (`custom.site`) are left as they are written: what they may be is the database's business. `teams` and
    `domains` are lists, `private` is a truth; a person's name is put together from its two halves.
    """
    if any(cells[len(mapping) :]):
        return {}, [Problem("cells")]
    if len(cells) < len(mapping):
        return {}, [Problem("short", value=f"{len(cells)} / {len(mapping)}")]
    known, values, problems = fields_of(kind), {}, []
    for key, cell in zip(mapping, cells, strict=False):
        if not key or not cell:
            continue
        wrong = _wrong(known.get(key) or Field(key, "", (), longest=_LONGEST_OWN), cell)
        if wrong:
            problems.append(wrong)
        else:
            values[key] = " ".join(cell.split()) if key not in ("teams", "domains") else cell
    if kind == Kind.PEOPLE:
        _names(values)
    problems += _converted(values)
    if not any(values.get(key) for key in NEEDED[kind]) and not any(p.field in NEEDED[kind] for p in problems):
        problems.insert(0, Problem("missing", NEEDED[kind][0]))
    return values, problems


def _wrong(field: Field, cell: str) -> Problem | None:
    if sheets.is_broken(cell):
        return Problem("broken", field.key, sheets.plain(cell)[:_SHOWN])
    if sheets.is_formula(cell):
        return Problem("formula", field.key, cell[:_SHOWN])
    if len(cell) > field.longest:
        return Problem("long", field.key, str(field.longest))
    return None


def _names(values: dict[str, Any]) -> None:
    halves = [values.pop(key, "") for key in ("first_name", "surname")]
    if any(halves) and not values.get("name"):
        values["name"] = " ".join(half for half in halves if half)[:160]


def _converted(values: dict[str, Any]) -> list[Problem]:
    """Bring values into the form in which they are stored; those that cannot be are taken out and named."""
    problems = []
    if "email" in values:
        address = normal_email(values["email"])
        if not address:
            problems.append(Problem("email", "email", values.pop("email")[:_SHOWN]))
        else:
            values["email"] = address
    if "language" in values:
        written = values.pop("language")
        language = _LANGUAGES.get(fold(written)) or _LANGUAGES.get(re.split(r"[-_]", fold(written))[0])
        if language:
            values["language"] = language
        else:
            problems.append(Problem("language", "language", written[:_SHOWN]))
    if "private" in values:
        written = values.pop("private")
        if fold(written) in _YES | _NO:
            values["private"] = fold(written) in _YES
        else:
            problems.append(Problem("yes_or_no", "private", written[:_SHOWN]))
    if "teams" in values:
        values["teams"] = [part.strip() for part in LISTED.split(values["teams"]) if part.strip()]
    if "domains" in values:
        problems += _domains(values)
    return problems


def _domains(values: dict[str, Any]) -> list[Problem]:
    found, problems = [], []
    for word in re.split(r"[\s;,|]+", values.pop("domains")):
        domain = normal_email(f"x@{word.lstrip('@')}").rpartition("@")[2]
        if word and "." not in domain:
            problems.append(Problem("domain", "domains", word[:_SHOWN]))
        elif word:
            found.append(domain)
    if found:
        values["domains"] = found
    return problems


def key_of(kind: str, values: Mapping[str, Any]) -> str:
    """What must not stand twice in one file: the address, or the folded name."""
    if kind == Kind.PEOPLE:
        return str(values.get("email", ""))
    if kind == Kind.ORGANIZATIONS:
        return folded(values.get("name", ""))
    return folded(values.get("label_es") or values.get("label_en") or "")


def folded(name: str) -> str:
    """A name as names are compared: without case, accents and doubled spaces."""
    return " ".join(fold(name).split())
