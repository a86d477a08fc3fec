"""A condition as a form: rows of field, operator and value, in groups. Drawn by the server, kept in names of inputs.

The names say where an input stands: `c.group` is how the outermost group joins its parts, `c-1.field` the field of its
second row, `c-2-0.value` a value of the first row in its third part, a group. Where a form has several conditions each
has a root of its own instead of `c`. What is posted is read into a draft, which keeps everything that was typed;
`condition_of` makes the condition of it, or says at each row what is wrong.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from ventanilla.fields.compile_q import check
from ventanilla.fields.conditions import (
    MAX_NODES,
    WITH_LIST,
    WITHOUT_VALUE,
    All,
    Comparison,
    Condition,
    ConditionError,
    Either,
    Not,
    Scalar,
    normal,
    parse,
    to_json,
)
from ventanilla.fields.kinds import DATE, MOMENT, NUMBER, PERSON, YES_NO, Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.spec import Field, Spec

ROOT: Final = "c"
MODES: Final = ("all", "any", "none")
# More than these groups in one another nobody reads; the grammar allows a little more.
_DEEPEST_OFFERED: Final = 3
_MOST_DIGITS = 6
_NAME: Final = re.compile(r"([a-z]\d{0,3}(?:-\d{1,3}){0,12})\.(group|field|was|op|value|when|number)")
_DISTANCE: Final = re.compile(r"([+-])(\d{1,5})([mhdw])")
# One value and several read alike to people: a row with one value asks whether it is that one.
_AS_SEVERAL: Final = {"is": "in", "not": "not_in"}
# From so many options on they are looked up instead of listed.
MOST_LISTED: Final = 200

_OPERATORS: Final[Mapping[str, str | Promise]] = {
    "is": pgettext_lazy("operator", "is"),
    "in": pgettext_lazy("operator", "is"),
    "not": pgettext_lazy("operator", "is not"),
    "not_in": pgettext_lazy("operator", "is not"),
    "under": pgettext_lazy("operator", "is or is below"),
    "empty": pgettext_lazy("operator", "is empty"),
    "filled": pgettext_lazy("operator", "has a value"),
    "contains": pgettext_lazy("operator", "contains"),
    "on": pgettext_lazy("operator", "is on"),
    "after": pgettext_lazy("operator", "is since"),
    "before": pgettext_lazy("operator", "is before"),
    "until": pgettext_lazy("operator", "is until"),
    "within": pgettext_lazy("operator", "is within"),
    "below": pgettext_lazy("operator", "is less than"),
    "above": pgettext_lazy("operator", "is more than"),
}
_WHENS: Final[Mapping[str, str | Promise]] = {
    "date": gettext_lazy("the day…"),
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    "tomorrow": gettext_lazy("tomorrow"),
    "this_week": gettext_lazy("this week"),
    "last_week": gettext_lazy("last week"),
    "this_month": gettext_lazy("this month"),
    "last_month": gettext_lazy("last month"),
    "-m": pgettext_lazy("distance", "minutes ago"),
    "-h": pgettext_lazy("distance", "hours ago"),
    "-d": pgettext_lazy("distance", "days ago"),
    "-w": pgettext_lazy("distance", "weeks ago"),
    "+m": pgettext_lazy("distance", "minutes from now"),
    "+h": pgettext_lazy("distance", "hours from now"),
    "+d": pgettext_lazy("distance", "days from now"),
    "+w": pgettext_lazy("distance", "weeks from now"),
    "moment": gettext_lazy("the moment…"),
}
_MODE_LABELS: Final[Mapping[str, str | Promise]] = {
    "all": pgettext_lazy("group of conditions", "all of these hold"),
    "any": pgettext_lazy("group of conditions", "any of these holds"),
    "none": pgettext_lazy("group of conditions", "none of these holds"),
}


@dataclass
class Row:
    """One test as it was typed; `key` is the field's. `when` and `number` make up the value of a moment, `error` is a
    sentence."""

    key: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)
    when: str = ""
    number: str = ""
    error: str = ""


@dataclass
class Group:
    """Parts joined by `mode`: all of them, any, or none."""

    mode: str = "all"
    parts: "list[Row | Group]" = field(default_factory=list)


class BadAct(ValueError):
    """A button that no page of ours has drawn."""


def draft_of(condition: Condition) -> Group:
    """The form of a condition: the same condition comes out again, but for groups without parts, which mean nothing."""
    drawn = _drawn(condition)
    return drawn if isinstance(drawn, Group) else Group(parts=[drawn])


def read(posted: QueryDict, root: str = ROOT) -> Group:
    """The draft that a form posted; an empty one when it posted none. `root`: a letter, digits may follow."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, values in posted.lists():
        named = _NAME.fullmatch(name)
        if named:
            found.setdefault(named[1], {})[named[2]] = [str(value).replace("\x00", "") for value in values]
    return _group_at(root, found)


def act(draft: Group, said: str, root: str = ROOT) -> str:
    """Carry out what a button says: `row:PATH`, `group:PATH` (add one to the group there), `remove:PATH`. Returns the
    path of what is to have the focus. Raises BadAct."""
    verb, _colon, path = said.partition(":")
    if path.partition("-")[0] != root:
        raise BadAct(said)
    parent_path, _dash, last = path.rpartition("-")
    if verb in ("row", "group"):
        group = _at(draft, path)
        group.parts.append(Row() if verb == "row" else Group("any", [Row()]))
        first = f"{path}-{len(group.parts) - 1}"
        return first if verb == "row" else f"{first}-0"
    if verb == "remove" and last.isdecimal() and len(last) < _MOST_DIGITS:
        group = _at(draft, parent_path)
        if int(last) < len(group.parts):
            del group.parts[int(last)]
            return parent_path
    raise BadAct(said)


def condition_of(draft: Group, spec: Spec, reading: Reading) -> Condition:
    """The condition that the draft means; rows without a field and groups without rows mean nothing.

    Raises ConditionError when a row is wrong, each of which then has its `error`, or when all of it is too much.
    """
    problems: list[ConditionError] = []
    condition = _condition(draft, spec, reading, problems)
    if problems:
        raise problems[0]
    return parse(to_json(normal(condition if condition is not None else All())))


def errors(draft: Group, root: str = ROOT) -> list[tuple[str, str]]:
    """Where something is wrong and what, from top to bottom: the id of the row's field and the sentence."""
    return [(f"{path}.field", row.error) for path, row in _rows(draft, root) if row.error]


@dataclass(frozen=True)
class Lookups:
    """Where options too many to list are looked up: by kind of field, or by the field's own key."""

    by_kind: Mapping[str, str]
    by_field: Mapping[str, str]

    def url(self, asked: Field) -> str:
        """The address, or "" where options are listed."""
        return self.by_field.get(asked.key) or self.by_kind.get(asked.kind.name, "")


def drawn(
    draft: Group, spec: Spec, reading: Reading, lookups: Lookups, *, focus: str = "", root: str = ROOT
) -> dict[str, Any]:
    """What `ui/components/condition_group.html` draws. `focus` is the path that gets the focus."""
    fields = [(item.key, str(item.full_label or item.label)) for item in spec.fields if item.filterable]
    return _group_drawn(draft, root, spec, reading, lookups, fields, focus, deep=0)


# From a condition to a draft


def _drawn(condition: Condition) -> Row | Group:
    match condition:
        case Comparison():
            return _row_of(condition)
        case All(parts):
            return Group("all", [_drawn(part) for part in parts])
        case Either(parts):
            return Group("any", [_drawn(part) for part in parts])
        case Not(Either(parts)):
            return Group("none", [_drawn(part) for part in parts])
        case Not(part):
            return Group("none", [_drawn(part)])


def _row_of(test: Comparison) -> Row:
    values = test.value if isinstance(test.value, tuple) else () if test.value is None else (test.value,)
    texts = [("1" if value else "0") if isinstance(value, bool) else str(value) for value in values]
    row = Row(test.field, test.operator, texts)
    if len(texts) == 1:
        if distance := _DISTANCE.fullmatch(texts[0]):
            row.when, row.number = f"{distance[1]}{distance[3]}", distance[2]
        elif texts[0] in _WHENS:
            row.when = texts[0]
        else:
            row.when = "date" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", texts[0]) else "moment"
    return row


# From what was posted to a draft


def _group_at(path: str, found: Mapping[str, Mapping[str, list[str]]]) -> Group:
    mode = _first(found.get(path, {}), "group")
    group = Group(mode if mode in MODES else "all")
    for _place, child in _children(path, found):
        inputs = found.get(child, {})
        if "group" in inputs or (not inputs and _children(child, found)):
            group.parts.append(_group_at(child, found))
        else:
            group.parts.append(_row_at(inputs))
    return group


def _row_at(inputs: Mapping[str, list[str]]) -> Row:
    chosen = _first(inputs, "field")
    if "was" in inputs and _first(inputs, "was") != chosen:
        return Row(chosen)  # the inputs beside it are those of the field that was chosen before
    return Row(
        chosen,
        _first(inputs, "op"),
        [value for value in inputs.get("value", []) if value.strip()],
        _first(inputs, "when"),
        _first(inputs, "number"),
    )


def _children(path: str, found: Mapping[str, Any]) -> list[tuple[int, str]]:
    beginning = f"{path}-"
    places = {int(name[len(beginning) :].partition("-")[0]) for name in found if name.startswith(beginning)}
    return [(place, f"{beginning}{place}") for place in sorted(places)]


def _first(inputs: Mapping[str, list[str]], name: str) -> str:
    return next(iter(inputs.get(name, [])), "").strip()


def _at(draft: Group, path: str) -> Group:
    _root, *places = path.split("-")
    found: Row | Group = draft
    for place in places:
        known = place.isdecimal() and len(place) < _MOST_DIGITS
        if not known or isinstance(found, Row) or int(place) >= len(found.parts):
            raise BadAct(path)
        found = found.parts[int(place)]
    if isinstance(found, Row):
        raise BadAct(path)
    return found


def _rows(group: Group, path: str) -> Iterator[tuple[str, Row]]:
    for place, part in enumerate(group.parts):
        if isinstance(part, Group):
            yield from _rows(part, f"{path}-{place}")
        else:
            yield f"{path}-{place}", part


# From a draft to a condition


def _condition(group: Group, spec: Spec, reading: Reading, problems: list[ConditionError]) -> Condition | None:
    parts: list[Condition] = []
    for part in group.parts:
        made = (
            _condition(part, spec, reading, problems)
            if isinstance(part, Group)
            else _test(part, spec, reading, problems)
        )
        if made is not None:
            parts.append(made)
    if not parts:
        return None
    if group.mode == "all":
        return All(tuple(parts))
    return Either(tuple(parts)) if group.mode == "any" else Not(Either(tuple(parts)))


def _test(row: Row, spec: Spec, reading: Reading, problems: list[ConditionError]) -> Condition | None:
    if not row.key:
        return None
    try:
        asked = spec.field(row.key)
        made = _comparison(row, asked)
        parse(to_json(made))
        return check(made, spec, reading)
    except ConditionError as error:
        row.error = explain(error)
        problems.append(error)
        return None


def _comparison(row: Row, asked: Field) -> Comparison:
    operator = row.operator or _offered(asked)[0]
    if operator in WITHOUT_VALUE:
        return Comparison(asked.key, operator)
    values = _values(row, asked)
    if not values:
        raise ConditionError("value_wanted", asked.label)
    if operator in WITH_LIST:
        listed: tuple[Scalar, ...] = tuple(values)
        return Comparison(asked.key, operator, listed)
    if len(values) > 1:
        raise ConditionError("one_value_wanted", asked.label)
    return Comparison(asked.key, operator, values[0])


def _values(row: Row, asked: Field) -> list[str]:
    if isinstance(asked.kind, type(MOMENT)):
        if row.when[:1] in ("+", "-"):
            number = row.number.strip()
            if not number:
                return []
            return [f"{row.when[0]}{number}{row.when[1:]}"]
        if row.when and row.when not in ("date", "moment"):
            return [row.when]
        return row.values[:1]
    if isinstance(asked.kind, type(NUMBER)) and row.operator in WITH_LIST:
        return [part.strip() for value in row.values for part in value.split(",") if part.strip()]
    return row.values


def _offered(asked: Field) -> list[str]:
    """The operators worth offering: one value is several of which there is one."""
    own = asked.kind.operators
    several = "in" in own and not isinstance(asked.kind, type(NUMBER))
    return [operator for operator in own if not (several and operator in _AS_SEVERAL)]


# From a draft to what is drawn


def _group_drawn(
    group: Group,
    path: str,
    spec: Spec,
    reading: Reading,
    lookups: Lookups,
    fields: Sequence[tuple[str, str]],
    focus: str,
    *,
    deep: int,
) -> dict[str, Any]:
    parts = []
    for place, part in enumerate(group.parts):
        at = f"{path}-{place}"
        if isinstance(part, Group):
            parts.append(_group_drawn(part, at, spec, reading, lookups, fields, focus, deep=deep + 1))
        else:
            parts.append(_row_drawn(part, at, spec, reading, lookups, fields, focus))
    return {
        "is_group": True,
        "path": path,
        "root": deep == 0,
        "modes": [{"key": key, "label": label, "chosen": key == group.mode} for key, label in _MODE_LABELS.items()],
        "parts": parts,
        "may_nest": deep < _DEEPEST_OFFERED,
        "may_grow": True,
        "focus": focus == path,
        "most": MAX_NODES,
    }


def _row_drawn(
    row: Row,
    path: str,
    spec: Spec,
    reading: Reading,
    lookups: Lookups,
    fields: Sequence[tuple[str, str]],
    focus: str,
) -> dict[str, Any]:
    choices = [{"key": key, "label": label, "chosen": key == row.key} for key, label in fields]
    asked = spec.by_key.get(row.key)
    result: dict[str, Any] = {
        "path": path,
        "fields": choices,
        "was": row.key,
        "error": row.error,
        "focus": focus == path,
        "name": str(asked.full_label or asked.label) if asked else row.key,
        "operators": [],
        "input": {"type": "none"},
    }
    if row.key and (asked is None or not asked.filterable):
        gone = pgettext("field of a condition", "%(key)s (gone)") % {"key": row.key}
        choices.append({"key": row.key, "label": gone, "chosen": True})
        result["operators"] = [{"key": row.operator, "label": row.operator, "chosen": True}]
        result["input"] = {"type": "kept", "values": row.values, "when": row.when, "number": row.number}
    elif asked is not None:
        offered = _offered(asked)
        operator = row.operator
        if operator in _AS_SEVERAL and operator not in offered and _AS_SEVERAL[operator] in offered:
            operator = _AS_SEVERAL[operator]
        if operator not in asked.kind.operators:
            operator = offered[0]  # the operator of the field that was chosen before
        row.operator = operator
        shown = [*offered, *([operator] if operator not in offered else [])]
        result["operators"] = [{"key": key, "label": _OPERATORS[key], "chosen": key == operator} for key in shown]
        result["input"] = _input(row, asked, operator, reading, lookups)
    return result


def _input(row: Row, asked: Field, operator: str, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    if operator in WITHOUT_VALUE:
        return {"type": "none"}
    if isinstance(asked.kind, type(MOMENT)):
        return _moment_input(row, asked)
    if asked.kind is YES_NO:
        chosen = row.values[0] if row.values else "1"
        options = [{"key": "1", "label": _("yes")}, {"key": "0", "label": _("no")}]
        return {"type": "one", "options": [{**option, "chosen": option["key"] == chosen} for option in options]}
    if isinstance(asked.kind, type(PERSON)):
        return _person_input(row, asked, operator, reading, lookups)
    if asked.kind.keyed:
        return _choice_input(row, asked, operator, reading, lookups)
    numbers = isinstance(asked.kind, type(NUMBER)) and operator not in WITH_LIST
    value = ", ".join(row.values) if operator in WITH_LIST else next(iter(row.values), "")
    return {"type": "number" if numbers else "text", "value": value}


def _moment_input(row: Row, asked: Field) -> dict[str, Any]:
    when = row.when if row.when in _WHENS else "-d"
    keys = [key for key in _WHENS if key != "moment" or when == "moment"]
    if isinstance(asked.kind, type(DATE)):
        keys = [key for key in keys if key[1:] not in ("m", "h") or key == when]
    kind = "date" if when == "date" else "text" if when == "moment" else "number" if when[0] in "+-" else ""
    return {
        "type": "moment",
        "whens": [{"key": key, "label": _WHENS[key], "chosen": key == when} for key in keys],
        "part": kind,
        "value": next(iter(row.values), "") if kind in ("date", "text") else "",
        "number": row.number,
    }


def _person_input(row: Row, asked: Field, operator: str, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    ids = [int(value) for value in row.values if value.isdecimal() and len(value) < 19]
    names = asked.names(ids, reading.viewer) if asked.names else {}
    nobody = _("nobody (number %(value)s)")
    options: list[dict[str, Any]] = [{"key": "me", "label": _("me"), "chosen": "me" in row.values}]
    for value in dict.fromkeys(row.values):
        if value != "me":
            known = names.get(int(value)) if value.isdecimal() and len(value) < 19 else None
            options.append({"key": value, "label": known or nobody % {"value": value}, "chosen": True})
    shape = "many" if operator in WITH_LIST else "one"
    return {"type": shape, "options": options, "url": lookups.url(asked), "blank": True}


def _choice_input(row: Row, asked: Field, operator: str, reading: Reading, lookups: Lookups) -> dict[str, Any]:
    options, url = asked.option_map(reading), lookups.url(asked)
    if len(options) <= MOST_LISTED:
        url = ""
    listed = [
        {"key": option.key, "label": str(option.label), "chosen": option.key in row.values}
        for option in options.values()
        if option.key in row.values or (option.offered and not url)
    ]
    gone = pgettext("value of a condition", "%(key)s (gone)")
    listed += [{"key": key, "label": gone % {"key": key}, "chosen": True} for key in row.values if key not in options]
    return {"type": "many" if operator in WITH_LIST else "one", "options": listed, "url": url, "blank": True}
