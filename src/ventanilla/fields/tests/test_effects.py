from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.fields.effects import MAX_EFFECTS, Effect, EffectError, parse, stored

pytestmark = pytest.mark.pure


def test_what_is_stored_is_read_as_it_was_meant() -> None:
    kept = [["set", "priority", "high"], ["set", "assignee", None], ["add", "tags", ["vip", "vip", "north"]]]
    effects = parse(kept)

    assert effects == (
        Effect("set", "priority", "high"), Effect("set", "assignee"), Effect("add", "tags", ("vip", "north")),
    )  # fmt: skip
    assert parse(stored(effects)) == effects


@pytest.mark.parametrize(
    ("wrong", "problem", "where"),
    [
        ([], "not_effects", 0),
        ({"set": "priority"}, "not_effects", 0),
        ("set", "not_effects", 0),
        ([["set", "priority"]], "not_effects", 0),
        ([["set", "priority", "high"], ["eval", "priority", "1"]], "unknown_verb", 1),
        ([["set", "", "high"]], "unknown_field", 0),
        ([["set", 7, "high"]], "unknown_field", 0),
        ([["set", "priority", ["high"]]], "bad_value", 0),
        ([["set", "subject", "a\x00b"]], "bad_value", 0),
        ([["set", "subject", "a\ud800"]], "bad_value", 0),
        ([["set", "a\ud800", "b"]], "unknown_field", 0),
        ([["add", "tags", "vip"]], "list_wanted", 0),
        ([["add", "tags", []]], "list_wanted", 0),
        ([["add", "tags", [1]]], "bad_value", 0),
        ([["set", "priority", "high"], ["set", "priority", "low"]], "set_twice", 1),
        ([["add", "tags", ["a"]]] * (MAX_EFFECTS + 1), "too_many", 0),
    ],
)
def test_what_makes_no_sense_is_named(wrong: Any, problem: str, where: int) -> None:
    with pytest.raises(EffectError) as refused:
        parse(wrong)
    assert (refused.value.problem, refused.value.where) == (problem, where)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON | st.lists(st.tuples(st.sampled_from(["set", "add", "remove", "x"]), st.text(), _JSON).map(list)))
def test_anything_is_read_or_refused(anything: Any) -> None:
    try:
        effects = parse(anything)
    except EffectError:
        return
    assert parse(stored(effects)) == effects
