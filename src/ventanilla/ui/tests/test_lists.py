"""The list engine on a small entity: pages, orders, filters, links, counts."""

import base64
import contextlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ventanilla.fields.conditions import parse
from ventanilla.fields.kinds import TEXT, Reading
from ventanilla.fields.spec import Field, Sort
from ventanilla.fields.tests.sample import NOW, UPLOADS
from ventanilla.files.models import Blob, Upload
from ventanilla.ui import lists
from ventanilla.ui.lists import Asked, BadAddress, Count

READING = Reading(person_id=7, now=NOW)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def rows() -> list[Upload]:
    """Twenty-three uploads; names and moments repeat, so that only the id decides between some."""
    text = Blob.objects.create(sha256="t", size=10, content_type="text/plain")
    image = Blob.objects.create(sha256="i", size=20, content_type="image/png")
    return [
        Upload.objects.create(
            blob=image if number % 3 else text,
            name=f"name {number % 4}",
            token=str(number),
            person_id=7 if number % 2 else None,
            created_at=NOW - timedelta(hours=number // 2),
        )
        for number in range(23)
    ]


def ask(query: str = "", **more: Any) -> Asked:
    return lists.asked(QueryDict(query), UPLOADS, READING, **more)


def tokens(page: lists.Page) -> list[int]:
    return [int(row.token) for row in page.rows]


def show(query: str = "", **more: Any) -> lists.Page:
    return lists.page(Upload.objects.all(), UPLOADS, ask(query), READING, reads=("token",), **more)


ORDERS = {
    "created": lambda upload: (upload.created_at, upload.pk),
    "name": lambda upload: (upload.name, upload.pk),
    "newest": lambda upload: (upload.name, -upload.created_at.timestamp(), -upload.pk),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 4, 22, 23, 24])
def test_every_order_walks_through_all_rows_and_back(rows: list[Upload], order: str, reverse: bool, size: int) -> None:
    expected = [int(upload.token) for upload in sorted(rows, key=ORDERS[order], reverse=reverse)]
    query = f"sort={'-' if reverse else ''}{order}&size={size}"
    walked, page = [], show(query)
    assert page.previous_cursor == ""
    while True:
        walked.append(tokens(page))
        if not page.next_cursor:
            break
        page = show(f"{query}&cursor={page.next_cursor}")
    assert [row for part in walked for row in part] == expected
    back = [tokens(page)]
    while page.previous_cursor:
        page = show(f"{query}&cursor={page.previous_cursor}")
        back.insert(0, tokens(page))
    assert back[0] == expected[:size]
    assert [row for part in back[1:] for row in part] == expected[-sum(map(len, back[1:])) :] or len(back) == 1


@pytest.mark.usefixtures("rows")
def test_rows_that_come_in_between_neither_repeat_nor_hide_others() -> None:
    first = show("size=5")
    blob = Blob.objects.get(sha256="t")
    Upload.objects.create(blob=blob, name="new", token="99", created_at=NOW + timedelta(hours=1))
    second = show(f"size=5&cursor={first.next_cursor}")
    assert not set(tokens(first)) & set(tokens(second))
    again = show(f"size=5&cursor={second.previous_cursor}")
    assert tokens(again) == tokens(first)
    assert tokens(show(f"size=5&cursor={again.previous_cursor}"))[0] == 99


@pytest.mark.usefixtures("rows")
def test_filters_of_the_view_and_of_the_address_both_hold() -> None:
    page = show("type=text", base=parse(["person", "is", "me"]))
    assert sorted(tokens(page)) == [3, 9, 15, 21]
    assert tokens(show("type=text&person.empty=1&created.after=2026-11-23")) == [0, 6, 12, 18]


@pytest.mark.usefixtures("rows")
def test_a_page_is_one_query_and_reads_only_what_it_shows() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = lists.page(Upload.objects.all(), UPLOADS, ask(columns=["name", "size"]), READING)
    assert len(queries) == 1
    assert page.rows[0]._fields == ("pk", "created_at", "name", "blob__size")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "A" * 3000,
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
        *(
            base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
            for value in (
                ["-name", 0, ["a", 1]],
                ["-created", 2, ["2026-11-23T10:00:00+00:00", 1]],
                ["-created", 0, ["2026-11-23T10:00:00+00:00"]],
                ["-created", 0, ["2026-11-23T10:00:00", 1]],
                ["-created", 0, ["soon", 1]],
                ["-created", 0, [None, 1]],
                ["-created", 0, ["2026-11-23T10:00:00+00:00", "one"]],
                ["-created", 0, ["2026-11-23T10:00:00+00:00", 10**30]],
                ["-created", 0, ["2026-11-23T10:00:00+00:00", [1]]],
                ["-created", 0, [5, 1]],
            )
        ),
    ],
)
@pytest.mark.usefixtures("rows")
def test_a_cursor_of_elsewhere_is_refused(cursor: str) -> None:
    parameters = QueryDict(mutable=True)
    parameters["cursor"] = cursor
    asked = lists.asked(parameters, UPLOADS, READING)
    with pytest.raises(BadAddress) as caught:
        lists.page(Upload.objects.all(), UPLOADS, asked, READING)
    assert caught.value.sentence == "This page of the list no longer exists. Go back to its beginning."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_no_cursor_breaks_the_list(cursor: str) -> None:
    with contextlib.suppress(BadAddress):
        lists.page(Upload.objects.all(), UPLOADS, Asked(parse(["and"]), "-created", ("name",), cursor=cursor), READING)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red", "There is no field “colour” to filter by."),
        ("sort=price", "This list has no such order."),
        ("sort=--created", "This list has no such order."),
        ("size=0", "A page has 1 to 100 rows."),
        ("size=101", "A page has 1 to 100 rows."),
        ("size=99999999999", "A page has 1 to 100 rows."),
        ("size=²", "A page has 1 to 100 rows."),
        ("size=many", "A page has 1 to 100 rows."),
        ("type=vanished", "“vanished” is not one of the values of this field."),
    ],
)
def test_what_the_list_does_not_know_is_said(query: str, sentence: str) -> None:
    with pytest.raises(BadAddress) as caught:
        ask(query)
    assert caught.value.sentence == sentence


def test_stored_columns_follow_the_spec() -> None:
    assert ask().columns == ("name", "size", "created")
    assert ask(columns=["type", "gone", "day", "name", "type"]).columns == ("type", "name")
    assert ask(columns=["gone"]).columns == ("name", "size", "created")


def test_chips_say_the_filters_and_lead_without_them() -> None:
    asked = ask("view=mine&type=text,image&created.after=2026-11-01&person=me&known=no&size=10", keep=["view"])
    chips = lists.chips("/uploads", UPLOADS, asked, READING)
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Type", "Text or Image"),
        ("Created", "since 2026-11-01"),
        ("Person", "me"),
        ("Known", "no"),
    ]
    assert chips[1].remove_url == "/uploads?type=text,image&person=me&known=0&view=mine&size=10"
    assert lists.chips("/uploads", UPLOADS, ask(), READING) == []


def test_heads_turn_the_order_round() -> None:
    heads = lists.heads("/uploads", UPLOADS, ask())
    assert heads["created"] == lists.Head("/uploads?sort=created", "descending")
    assert heads["name"] == lists.Head("/uploads?sort=name", "")
    assert "size" not in heads
    heads = lists.heads("/uploads", UPLOADS, ask("sort=name&type=text"))
    assert heads["name"] == lists.Head("/uploads?type=text&sort=-name", "ascending")
    assert heads["created"] == lists.Head("/uploads?type=text", "")


def test_choices_add_and_take_out() -> None:
    choices = lists.choices("/uploads", UPLOADS, ask("type=text&person=me"), READING, "type")
    assert choices == [
        lists.Choice("Text", "/uploads?person=me", current=True),
        lists.Choice("Image", "/uploads?person=me&type=text,image", current=False),
    ]
    archived = lists.choices("/uploads", UPLOADS, ask("type=old"), READING, "type")
    assert [(choice.label, choice.current) for choice in archived] == [("Text", False), ("Image", False), ("Old", True)]


@pytest.mark.parametrize(
    "query", ["", "type=image", "type=image&size=3", "name.contains=1&sort=-newest", "type=text,image"]
)
def test_a_first_page_whose_query_is_kept_is_the_page_as_ever(rows: list[Upload], query: str) -> None:
    asked = ask(query)
    plain = show(query)
    assert plain.rows
    for _again in range(2):
        assert show(query, known_as="all") == plain
    newest = Upload.objects.latest("pk")
    newest.created_at, newest.pk = NOW + timedelta(days=1), None
    newest.token = "99"
    newest.save(force_insert=True)
    assert show(query, known_as="all") == show(query)
    if plain.next_cursor:
        assert show(f"{query}&cursor={plain.next_cursor}", known_as="all") == show(
            f"{query}&cursor={plain.next_cursor}"
        )
    base = parse(["name", "is", "name 1"])
    assert show(query, known_as="all", base=base) == show(query, base=base)
    fewer = Upload.objects.filter(person_id=7)
    assert lists.page(fewer, UPLOADS, asked, READING, reads=("token",), known_as="mine") == lists.page(
        fewer, UPLOADS, asked, READING, reads=("token",)
    )


@pytest.mark.usefixtures("rows")
def test_what_has_to_do_with_the_time_is_asked_anew() -> None:
    asked = ask("created.within=-1d")
    later = Reading(person_id=7, now=NOW + timedelta(days=3))
    every = Upload.objects.all()
    assert len(lists.page(every, UPLOADS, asked, READING, reads=("token",), known_as="all").rows) == 21
    assert not lists.page(every, UPLOADS, asked, later, reads=("token",), known_as="all").rows


@pytest.mark.usefixtures("rows")
def test_links_to_the_pages_beside() -> None:
    asked = ask("type=image&size=5&sort=name")
    page = lists.page(Upload.objects.all(), UPLOADS, asked, READING)
    pages = lists.pages("/uploads", UPLOADS, asked, page)
    assert pages.previous_url == ""
    assert pages.next_url == f"/uploads?type=image&sort=name&size=5&cursor={page.next_cursor}"


@pytest.mark.usefixtures("rows")
def test_counts_stop_at_the_cap_and_take_one_query() -> None:
    every = Upload.objects.all()
    with CaptureQueriesContext(connection) as queries:
        counts = lists.counts(
            {
                "all": every,
                "mine": every.filter(person_id=7).order_by("name"),
                "none": every.none(),
                "named": every.filter(name="100%s %"),
            },
            cap=20,
        )
    assert counts == {
        "all": Count(20, True),
        "mine": Count(11, False),
        "none": Count(0, False),
        "named": Count(0, False),
    }
    assert len(queries) == 1
    assert lists.count(every) == Count(23, False)


def test_an_order_by_something_that_may_be_missing_is_a_mistake() -> None:
    spec = UPLOADS.extended(
        [Field(key="who", kind=TEXT, label="Who", path="name")], [Sort("who", "Who", ("person_id",))]
    )
    with pytest.raises(ValueError, match="may be null"):
        lists.page(Upload.objects.all(), spec, Asked(parse(["and"]), "who", ("name",)), READING)


@pytest.mark.usefixtures("rows")
def test_orders_may_run_over_relations() -> None:
    spec = UPLOADS.extended(sorts=[Sort("size", "Size", ("blob__size", "name"))])
    seen: list[Any] = []
    cursor = ""
    while True:
        asked = Asked(parse(["and"]), "-size", ("name",), size=5, cursor=cursor)
        page = lists.page(Upload.objects.all(), spec, asked, READING)
        seen += [(-row.blob__size, row.name) for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == 23
    assert [size for size, _name in seen] == sorted(size for size, _name in seen)
