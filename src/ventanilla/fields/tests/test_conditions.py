"""The grammar of conditions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.fields.conditions import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_NODES,
    OPERATORS,
    WITH_LIST,
    WITHOUT_VALUE,
    All,
    Comparison,
    ConditionError,
    Either,
    Not,
    both,
    fields_of,
    normal,
    parse,
    to_json,
    walk,
)

STORED = [
    "and",
    ["status.category", "is", "open"],
    ["or", ["team", "in", ["network", "n2"]], ["not", ["assignee", "empty"]]],
]
SCALARS = st.one_of(st.text(st.characters(exclude_characters="\x00"), max_size=10), st.integers(), st.booleans())


def comparisons_() -> st.SearchStrategy[list[Any]]:
    fields = st.sampled_from(["status.category", "team", "created", "custom.site"])
    return st.one_of(
        st.tuples(fields, st.sampled_from(sorted(WITHOUT_VALUE))).map(list),
        st.tuples(fields, st.sampled_from(sorted(WITH_LIST)), st.lists(SCALARS, min_size=1, max_size=3)).map(list),
        st.tuples(fields, st.sampled_from(sorted(OPERATORS - WITHOUT_VALUE - WITH_LIST)), SCALARS).map(list),
    )


CONDITIONS = st.recursive(
    comparisons_(),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, max_size=3)).map(lambda t: [t[0], *t[1]]),
        inner.map(lambda part: ["not", part]),
    ),
    max_leaves=8,
)


def test_parse_reads_what_is_stored() -> None:
    assert parse(STORED) == All(
        (
            Comparison("status.category", "is", "open"),
            Either((Comparison("team", "in", ("network", "n2")), Not(Comparison("assignee", "empty")))),
        )
    )
    assert parse(["and"]) == EVERYTHING
    assert fields_of(parse(STORED)) == {"status.category", "team", "assignee"}
    assert len(list(walk(parse(STORED)))) == 6


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (None, "not_a_condition"),
        (["subject", "contains", "\ud800"], "bad_value"),
        (["\ud800", "is", "x"], "not_a_condition"),
        ([], "not_a_condition"),
        ("and", "not_a_condition"),
        ({"and": []}, "not_a_condition"),
        ([["status", "is", "open"]], "not_a_condition"),
        (["status"], "not_a_condition"),
        (["", "is", "x"], "not_a_condition"),
        (["status", 5, "x"], "not_a_condition"),
        (["not"], "not_a_condition"),
        (["not", ["a", "empty"], ["b", "empty"]], "not_a_condition"),
        (["status", "equals", "open"], "unknown_operator"),
        (["status", "is"], "value_wanted"),
        (["status", "is", "a", "b"], "value_wanted"),
        (["status", "empty", 1], "no_value_wanted"),
        (["status", "in", "open"], "list_wanted"),
        (["status", "in", []], "list_wanted"),
        (["status", "in", ["x"] * 201], "list_wanted"),
        (["status", "is", None], "bad_value"),
        (["status", "is", ["open"]], "bad_value"),
        (["status", "in", [["open"]]], "bad_value"),
        (["status", "is", "x" * 501], "bad_value"),
        (["status", "is", "a\x00b"], "bad_value"),
        (["status", "is", float("nan")], "bad_value"),
        (["status", "is", float("inf")], "bad_value"),
        (["and", *[["a", "empty"]] * MAX_NODES], "too_many_parts"),
    ],
)
def test_what_is_not_a_condition(stored: Any, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(stored)
    assert caught.value.problem == problem


def test_depth_is_bounded() -> None:
    stored: Any = ["a", "empty"]
    for _ in range(MAX_DEPTH - 1):
        stored = ["not", stored]
    parse(stored)
    with pytest.raises(ConditionError, match="too_deep"):
        parse(["not", stored])
    for _ in range(5_000):
        stored = ["and", stored]
    with pytest.raises(ConditionError, match="too_deep"):
        parse(stored)


def test_the_faulty_part_is_named() -> None:
    with pytest.raises(ConditionError) as caught:
        parse(["and", ["a", "empty"], ["or", ["b", "empty"], ["c", "like", 1]]])
    assert caught.value.where == (2, 2)
    assert caught.value.subject == "like"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (["and", ["a", "empty"]], ["a", "empty"]),
        (["and", ["and", ["a", "empty"], ["b", "empty"]], ["a", "empty"]], ["and", ["a", "empty"], ["b", "empty"]]),
        (["or", ["and", ["a", "empty"], ["b", "empty"]]], ["and", ["a", "empty"], ["b", "empty"]]),
        (["not", ["not", ["a", "empty"]]], ["a", "empty"]),
        (["a", "in", ["x"]], ["a", "is", "x"]),
        (["and", ["and"], ["a", "empty"]], ["a", "empty"]),
        (["or"], ["or"]),
    ],
)
def test_normal_form(stored: Any, expected: Any) -> None:
    assert to_json(normal(parse(stored))) == expected


def test_both() -> None:
    assert both(EVERYTHING, Comparison("a", "empty")) == Comparison("a", "empty")
    assert both(Comparison("a", "empty"), Comparison("b", "empty")) == All(
        (Comparison("a", "empty"), Comparison("b", "empty"))
    )


@given(CONDITIONS)
def test_conditions_survive_storing(stored: Any) -> None:
    try:
        condition = parse(stored)
    except ConditionError as error:
        assert error.problem in {"too_deep", "too_many_parts"}
        return
    assert to_json(condition) == stored
    once = normal(condition)
    assert normal(once) == once
    assert fields_of(once) == fields_of(condition)


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=5),
            st.sampled_from(["and", "not", "is"]),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
        max_leaves=12,
    )
)
def test_anything_else_is_refused_with_a_reason(stored: Any) -> None:
    try:
        parse(stored)
    except ConditionError as error:
        assert error.problem
