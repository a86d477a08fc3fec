"""Filters in the address."""

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.fields.conditions import Comparison, Condition, ConditionError, Either, Not, normal, parse, to_json
from ventanilla.fields.kinds import Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.tests.sample import NOW, UPLOADS
from ventanilla.fields.urls import NotFlat, address, from_query, to_query

READING = Reading(person_id=7, now=NOW)


def read(query: str) -> Condition:
    return from_query(QueryDict(query), UPLOADS, READING, reserved={"sort", "cursor"})


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("", ["and"]),
        ("sort=-created&cursor=x", ["and"]),
        ("type=text", ["type", "is", "text"]),
        ("type=text,image", ["type", "in", ["text", "image"]]),
        ("type=text&type=image", ["type", "in", ["text", "image"]]),
        ("type.not=text", ["type", "not", "text"]),
        ("type.not=text,image", ["type", "not_in", ["text", "image"]]),
        ("type.in=text", ["type", "is", "text"]),
        ("file.type=text", ["file.type", "is", "text"]),
        ("file.type.not=text", ["file.type", "not", "text"]),
        ("created.after=2026-11-01", ["created", "after", "2026-11-01"]),
        ("created=today", ["created", "on", "today"]),
        ("created.within=-7d", ["created", "within", "-7d"]),
        ("person.empty=", ["person", "empty"]),
        ("person=me", ["person", "is", "me"]),
        ("size=3&name=a, b", ["and", ["size", "is", 3], ["name", "contains", "a, b"]]),
        ("branch=small", ["branch", "under", "small"]),
        ("known=si", ["known", "is", True]),
    ],
)
def test_addresses_mean_conditions(query: str, stored: list[object]) -> None:
    condition = read(query)
    assert to_json(condition) == stored
    again = from_query(QueryDict(address("", condition, UPLOADS).removeprefix("?")), UPLOADS, READING)
    assert again == condition


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("colour=red", "unknown_field"),
        ("secret=x", "unknown_field"),
        ("type.like=x", "unknown_field"),
        ("__class__=x", "unknown_field"),
        ("type__name=x", "unknown_field"),
        ("type=", "value_wanted"),
        ("type=,", "value_wanted"),
        ("type=vanished", "unknown_value"),
        ("size=many", "bad_value"),
        ("size.contains=1", "unknown_operator"),
        ("created.after=a,b", "one_value_wanted"),
        ("name=a&name=b", "one_value_wanted"),
        ("type=text&type.is=image", "one_value_wanted"),
        ("name=%00", "value_wanted"),
        ("name=" + "x" * 501, "value_wanted"),
        ("person=Ana", "bad_value"),
    ],
)
def test_other_addresses_are_refused_with_a_sentence(query: str, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        read(query)
    assert caught.value.problem == problem
    with translation.override("en"):
        assert explain(caught.value).endswith(".")


def test_every_problem_has_its_sentence() -> None:
    with translation.override("en"):
        assert explain(ConditionError("unknown_field", "color")) == "There is no field “color” to filter by."


def test_nested_conditions_have_no_address() -> None:
    with pytest.raises(NotFlat):
        to_query(Either((Comparison("size", "empty"), Comparison("name", "empty"))), UPLOADS)
    with pytest.raises(NotFlat):
        to_query(Not(Comparison("size", "empty")), UPLOADS)
    with pytest.raises(NotFlat):
        to_query(parse(["and", ["size", "above", 1], ["size", "above", 2]]), UPLOADS)


def test_an_address_keeps_the_rest() -> None:
    assert address("/tickets", parse(["type", "in", ["text", "image"]]), UPLOADS, sort="-created", cursor="") == (
        "/tickets?type=text,image&sort=-created"
    )
    assert address("/tickets", parse(["and"]), UPLOADS) == "/tickets"


def test_requesters_filter_only_by_what_they_may_know() -> None:
    known = UPLOADS.known_to("requester")
    assert [field.key for field in known.fields] == ["name"]
    assert known.default_columns == ("name",)
    with pytest.raises(ConditionError, match="unknown_field"):
        from_query(QueryDict("type=text"), known, READING)


@given(st.text(max_size=40))
def test_no_address_breaks_the_reader(query: str) -> None:
    try:
        condition = read(query)
    except ConditionError as error:
        assert error.problem
    else:
        assert normal(condition) == condition


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "type",
                "type.is",
                "type.in",
                "type.not",
                "size",
                "size.above",
                "created.after",
                "name",
                "person",
                "known",
                "branch",
            ]
        ),
        st.text(alphabet="textimage,01-_%☃ ", max_size=12),
        max_size=4,
    )
)
def test_whatever_is_understood_can_be_said_again(given: dict[str, str]) -> None:
    parameters = QueryDict(mutable=True)
    parameters.update(given)
    try:
        condition = from_query(parameters, UPLOADS, READING)
    except ConditionError:
        return
    assert from_query(QueryDict(address("", condition, UPLOADS).removeprefix("?")), UPLOADS, READING) == condition
