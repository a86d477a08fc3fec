"""Conditions as queries: by table, and against a plain reading of the rows."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ventanilla.fields.compile_q import check, compile_q
from ventanilla.fields.conditions import All, Comparison, Condition, ConditionError, Either, Not, parse, to_json
from ventanilla.fields.kinds import Reading
from ventanilla.fields.tests.sample import NOW, UPLOADS
from ventanilla.files.models import Blob, Upload

READING = Reading(person_id=7, now=NOW, zone=ZoneInfo("Europe/Madrid"))
ROWS = [
    # name, person, size, type, hours from now
    ("alpha", 7, 1, "text/plain", -1),
    ("Beta", 8, 2, "image/png", -30),
    ("", None, 3, "image/bmp", -24 * 8),
    ("alpha two", None, 4, "text/plain", 20),
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows() -> list[Upload]:
    made = []
    for index, (name, person, size, content_type, hours) in enumerate(ROWS):
        blob = Blob.objects.create(sha256=str(index), size=size, content_type=content_type)
        at = NOW + timedelta(hours=hours)
        made.append(Upload.objects.create(blob=blob, name=name, token=str(index), person_id=person, created_at=at))
    return made


def answer(stored: Any, reading: Reading = READING) -> list[int]:
    found = Upload.objects.filter(compile_q(parse(stored), UPLOADS, reading)).order_by("id")
    return [int(upload.token) for upload in found]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (["and"], [0, 1, 2, 3]),
        (["or"], []),
        (["not", ["and"]], []),
        (["or", ["and"], ["name", "is", "x"]], [0, 1, 2, 3]),
        (["name", "is", "ALPHA"], [0]),
        (["name", "contains", "alp"], [0, 3]),
        (["name", "not", "alpha"], [1, 2, 3]),
        (["name", "empty"], [2]),
        (["name", "filled"], [0, 1, 3]),
        (["person", "is", "me"], [0]),
        (["person", "in", ["me", 8]], [0, 1]),
        (["person", "not", "me"], [1, 2, 3]),
        (["person", "empty"], [2, 3]),
        (["size", "is", 2], [1]),
        (["size", "in", [1, "3"]], [0, 2]),
        (["size", "not_in", [1, 2]], [2, 3]),
        (["size", "below", 2.5], [0, 1]),
        (["size", "above", 2], [2, 3]),
        (["type", "is", "image"], [1]),
        (["type", "is", "old"], [2]),
        (["type", "in", ["image", "old"]], [1, 2]),
        (["type", "not", "image"], [0, 2, 3]),
        (["type", "is", "vanished"], []),
        (["type", "not", "vanished"], [0, 1, 2, 3]),
        (["file.type", "is", "text"], [0, 3]),
        (["types", "in", ["text", "image"]], [0, 1, 3]),
        (["types", "not", "text"], [1, 2]),
        (["types", "filled"], [0, 1, 2, 3]),
        (["branch", "is", "small"], [0, 1]),
        (["branch", "under", "small"], [0, 1, 2]),
        (["created", "on", "today"], [0]),
        (["created", "within", "-2d"], [0, 1]),
        (["created", "within", "+24h"], [3]),
        (["created", "within", "this_week"], [0, 3]),
        (["created", "after", "2026-11-22"], [0, 1, 3]),
        (["created", "before", "2026-11-22"], [2]),
        (["created", "until", "2026-11-22"], [1, 2]),
        (["created", "after", "2026-11-23T11:30+00:00"], [3]),
        (["created", "before", "-1w"], [2]),
        (["created", "on", "last_week"], [1]),
        (["created", "filled"], [0, 1, 2, 3]),
        (["day", "on", "2026-11-23"], [0]),
        (["and", ["name", "contains", "alpha"], ["not", ["person", "empty"]]], [0]),
    ],
)
@pytest.mark.usefixtures("rows")
def test_answers(stored: Any, expected: list[int]) -> None:
    assert answer(stored) == expected


@pytest.mark.usefixtures("rows")
def test_nobody_is_not_everybody() -> None:
    assert answer(["person", "is", "me"], Reading(now=NOW)) == []


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (["nothing", "is", "x"], "unknown_field"),
        (["secret", "is", "x"], "unknown_field"),
        (["size", "contains", "x"], "unknown_operator"),
        (["size", "is", "x"], "bad_value"),
        (["size", "is", 10**30], "bad_value"),
        (["size", "is", True], "bad_value"),
        (["created", "after", "soon"], "bad_value"),
        (["created", "after", "9999-12-31"], "bad_value"),
        (["created", "after", "2026-02-30"], "bad_value"),
        (["person", "is", "Ana"], "bad_value"),
        (["person", "is", -1], "bad_value"),
        (["known", "is", "maybe"], "bad_value"),
        (["type", "is", "vanished"], "unknown_value"),
        (["name", "contains", "  "], "bad_value"),
    ],
)
def test_check_names_the_problem(stored: Any, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        check(parse(stored), UPLOADS, READING)
    assert caught.value.problem == problem


def test_check_gives_the_stored_form() -> None:
    checked = check(
        parse(["and", ["size", "in", ["1", 2]], ["known", "is", "sí"], ["name", "is", " x "]]), UPLOADS, READING
    )
    assert to_json(checked) == ["and", ["size", "in", [1, 2]], ["known", "is", True], ["name", "is", "x"]]


def test_far_distances_do_not_overflow() -> None:
    assert answer(["created", "after", "-99999w"]) == []
    assert answer(["created", "after", "+99999w"]) == []
    assert answer(["created", "within", "-99999w"]) == []


LEAVES = st.one_of(
    st.builds(Comparison, st.just("size"), st.sampled_from(["is", "not", "below", "above"]), st.integers(0, 5)),
    st.builds(Comparison, st.just("person"), st.sampled_from(["is", "not"]), st.sampled_from(["me", 8, 9])),
    st.builds(Comparison, st.just("person"), st.sampled_from(["empty", "filled"])),
    st.builds(Comparison, st.just("types"), st.sampled_from(["is", "not"]), st.sampled_from(["text", "image"])),
    st.builds(Comparison, st.just("name"), st.just("contains"), st.sampled_from(["alpha", "BETA", "%", "_"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Either(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)


def holds(condition: Condition, row: tuple[str, int | None, int, str, int]) -> bool:
    name, person, size, content_type, _hours = row
    match condition:
        case All(parts):
            return all(holds(part, row) for part in parts)
        case Either(parts):
            return any(holds(part, row) for part in parts)
        case Not(part):
            return not holds(part, row)
        case Comparison("size", operator, value):
            return {"is": size == value, "not": size != value, "below": size < value, "above": size > value}[operator]  # type: ignore[operator]
        case Comparison("person", operator, value):
            wanted = 7 if value == "me" else value
            tests = {
                "is": person == wanted,
                "not": person != wanted,
                "empty": person is None,
                "filled": person is not None,
            }
            return tests[operator]
        case Comparison("types", operator, value):
            is_it = content_type in {"text": ("text/plain",), "image": ("image/png", "image/jpeg")}[str(value)]
            return is_it == (operator == "is")
        case Comparison("name", _, value):
            return str(value).lower() in name.lower()
    raise AssertionError(condition)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(TREES)
def test_the_database_and_a_plain_reading_agree(rows: list[Upload], condition: Condition) -> None:
    found = Upload.objects.filter(compile_q(condition, UPLOADS, READING)).order_by("id")
    assert [int(upload.token) for upload in found] == [index for index, row in enumerate(ROWS) if holds(condition, row)]
