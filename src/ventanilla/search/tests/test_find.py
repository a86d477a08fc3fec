"""Finding, with the rights of the reader inside the look-up, on the engine under test."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ventanilla.search import queries, schema
from ventanilla.search.actions import Document, put, put_all, regroup, remove, set_audience
from ventanilla.search.audience import Audience
from ventanilla.search.models import SearchDocument
from ventanilla.search.query import parse
from ventanilla.search.stem import stems, words

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYTHING = Audience(alternatives=[frozenset()])
pytestmark = pytest.mark.django_db


def write(
    key: int, text: str, *, ticket: int | None = None, audience: Iterable[str] = ("public",), day: int = 0
) -> None:
    put(
        source="message",
        key=key,
        group_key=ticket or key,
        text=text,
        audience=audience,
        at=NOON + timedelta(days=day or key),
    )


def found(text: str, audience: Audience = EVERYTHING, *, typing: bool = False, **more: object) -> list[int]:
    return queries.find(audience, parse(text, typing=typing), **more).group_keys  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("He perdido la contraseña", "contrasena"),
        ("He perdido la contraseña", "CONTRASEÑAS"),
        ("Las impresoras no imprimen", "impresora"),
        ("The printers are offline", "printer"),
        ("Vea INC-12 por favor", "inc-12"),
        ("Escriba a ana@acme.example", "ana@acme.example"),
        ("Escriba a ana@acme.example", "acme"),
        ("El servidor de correo falla", '"servidor de correo"'),
        ("El servidor de correo falla", "correo servidor"),
        ("日本語 のテキスト", "日本語"),
        ("año 2026", "ano"),
    ],
)
def test_found(text: str, search: str) -> None:
    write(1, text)
    write(2, "otra cosa distinta")
    assert found(search) == [1]
    assert found(search, Audience(ids=[1, 2])) == [1]


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("Vea INC-12 por favor", "inc-13"),
        ("El correo del servidor", '"servidor correo"'),
        ("El correo del servidor", "correo -servidor"),
        ("servidores", '"servidor de"'),
        ("nada", ""),
        ("nada", "-otra"),
        ("nada", "estado:abierto"),
    ],
)
def test_not_found(text: str, search: str) -> None:
    write(1, text)
    assert found(search) == []
    assert found(search, Audience(ids=[1])) == []


def test_while_typing_beginnings_are_found() -> None:
    write(1, "La impresora de la entrada")
    assert found("impr") == []
    assert found("impr", typing=True) == [1]
    assert found("entrada impr", typing=True) == [1]
    assert found("impr", Audience(ids=[1]), typing=True) == [1]
    assert found("inc-1", typing=True) == []


def test_newest_first_each_ticket_once_page_by_page() -> None:
    for key in range(1, 31):
        write(key, "correo", ticket=key % 10 + 1, day=key)
    pages, before = [], None
    while True:
        page = queries.find(EVERYTHING, parse("correo"), limit=4, before=before)
        pages.append(page.group_keys)
        before = page.next_before
        if before is None:
            break
    assert pages == [[1, 10, 9, 8], [7, 6, 5, 4], [3, 2]]


def test_pages_of_a_mixed_audience_join_without_repeating() -> None:
    for key in range(1, 41):
        write(key, "correo", ticket=key % 13 + 1, audience=("public", f"department_{key % 2}"), day=key)
    audience = Audience(alternatives=[frozenset({"department_0"})], ids=[1, 2, 3], within=frozenset({"public"}))
    together, before = [], None
    while True:
        page = queries.find(audience, parse("correo"), limit=3, before=before)
        together += page.group_keys
        before = page.next_before
        if before is None:
            break
    assert together == queries.find(audience, parse("correo"), limit=100).group_keys
    assert sorted(together) == list(range(1, 14))


def test_only_what_the_reader_may_see() -> None:
    write(1, "correo", audience=("public", "department_3"))
    write(2, "correo", audience=("internal", "department_3"))
    write(3, "correo", audience=("public", "department_4"))
    write(4, "correo", audience=("internal", "department_4", "organization_7"))
    assert found("correo", Audience(alternatives=[frozenset({"department_3"})])) == [2, 1]
    assert found("correo", Audience(alternatives=[frozenset({"department_3", "public"})])) == [1]
    assert found("correo", Audience(alternatives=[frozenset({"organization_7", "department_4"})])) == [4]
    assert found("correo", Audience(ids=[1, 2, 3], within=frozenset({"public"}))) == [3, 1]
    assert found("correo", Audience(ids=[2], within=frozenset({"public"}))) == []
    both = Audience(alternatives=[frozenset({"department_4", "public"})], ids=[1, 2], within=frozenset({"public"}))
    assert found("correo", both) == [3, 1]
    assert found("correo", Audience()) == []


def test_nobody_writes_himself_into_an_audience() -> None:
    write(1, "secreto _public public department_3 source_ticket", audience=("internal",))
    assert found("secreto", Audience(alternatives=[frozenset({"public"})])) == []
    assert found("secreto", Audience(alternatives=[frozenset({"department_3"})])) == []
    assert found("secreto", sources=["ticket"]) == []
    assert found("_internal") == []
    with pytest.raises(ValueError, match="not an audience token"):
        write(2, "x", audience=("public) OR (x",))
    assert SearchDocument.objects.count() == 1


def test_sources_narrow() -> None:
    put(source="ticket", key=1, group_key=1, text="correo", audience=["public"], at=NOON)
    put(source="message", key=1, group_key=2, text="correo", audience=["public"], at=NOON)
    assert found("correo", sources=["ticket"]) == [1]
    assert found("correo", Audience(ids=[1, 2]), sources=["message"]) == [2]
    assert sorted(found("correo", sources=["ticket", "message"])) == [1, 2]


def test_a_changed_text_is_found_by_its_new_words_only() -> None:
    write(1, "correo")
    identifier = SearchDocument.objects.get().id
    write(1, "teclado", ticket=9, day=20)
    assert found("correo") == []
    assert found("teclado") == [9]
    assert SearchDocument.objects.get().id == identifier


def test_a_removed_text_is_gone() -> None:
    write(1, "correo")
    write(2, "correo")
    remove("message", 1)
    remove("message", 77)
    assert found("correo") == [2]
    assert found("correo", Audience(ids=[1, 2])) == [2]


def test_a_moved_ticket_is_found_by_others() -> None:
    write(1, "correo", ticket=5, audience=("public", "department_3"))
    write(2, "correo", ticket=5, audience=("internal", "department_3"))
    write(3, "correo", ticket=6, audience=("public", "department_3"))
    set_audience(5, {"public": {"public", "department_4"}, "internal": {"internal", "department_4"}})
    three, four = (
        Audience(alternatives=[frozenset({"department_3"})]),
        Audience(alternatives=[frozenset({"department_4"})]),
    )
    assert found("correo", three) == [6]
    assert found("correo", four) == [5]
    assert found("correo", Audience(alternatives=[frozenset({"department_4", "public"})])) == [5]
    assert found('"correo"', four, sources=["message"]) == [5]


def test_merged_texts_show_as_the_other_ticket() -> None:
    write(1, "correo", ticket=5)
    write(2, "correo", ticket=6)
    regroup(source="message", keys=[1], group_key=6)
    assert found("correo") == [6]


def test_texts_of_one_instant_all_find_a_place() -> None:
    put_all(Document("message", key, key, "correo", frozenset({"public"}), NOON) for key in range(1, 1500))
    assert SearchDocument.objects.count() == 1499
    assert len(found("correo", limit=2000)) == 1499


def test_a_very_long_text_is_cut_not_refused() -> None:
    write(1, "inicio " + "palabra " * 50_000 + "x" * 5_000)
    assert found("inicio palabra") == [1]


def test_the_schema_is_repaired_and_the_index_rebuilt() -> None:
    write(1, "correo")
    assert schema.ensure() is False
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP INDEX search_document_index")
        else:
            cursor.execute("DROP TRIGGER search_document_added")
            cursor.execute("DROP TABLE search_index")
    assert schema.ensure() is True
    assert schema.ensure() is False
    write(2, "correo")
    assert found("correo") == [2, 1]


def test_postgresql_reaches_the_same_hits_by_every_road(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in range(1, 101):
        write(key, "correo" if key % 3 else "teclado", day=key)
    expected = [key for key in range(100, 0, -1) if key % 3]
    for glance, sortable, long_walk in ((1000, 1000, 1000), (1, 1000, 1000), (1, 5, 1000), (1, 5, 1)):
        monkeypatch.setattr(queries, "_GLANCE", glance)
        monkeypatch.setattr(queries, "_SORTABLE", sortable)
        monkeypatch.setattr(queries, "_LONG_WALK", long_walk)
        assert found("correo", limit=200) == expected
        assert found("correo", limit=10) == expected[:10]


WORDS = ["correo", "correos", "servidor", "red", "printer", "printers", "inc-12", "ñu", "o'neil", "50%"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=6),
    st.one_of(
        st.text(max_size=30), st.lists(st.sampled_from([*WORDS, '"', "-", "*", "AND"]), max_size=5).map(" ".join)
    ),
    st.booleans(),
)
def test_both_roads_and_a_plain_reading_agree(texts: list[str], search: str, typing: bool) -> None:
    SearchDocument.objects.all().delete()
    for key, text in enumerate(texts, start=1):
        write(key, text)
    query = parse(search, typing=typing)
    by_index = queries.find(EVERYTHING, query).group_keys
    assert by_index == queries.find(Audience(ids=list(range(1, 10))), query).group_keys
    if not any(term.prefix for term in query.wanted):
        assert by_index == [key for key in range(len(texts), 0, -1) if _reads(texts[key - 1], query)]


def _reads(text: str, query: object) -> bool:
    in_order = words(text)
    known = {stem for word in in_order for stem in (word, *stems(word))}

    def stands(term: object) -> bool:
        parts = list(term.words)  # type: ignore[attr-defined]
        if len(parts) == 1 and not term.exact:  # type: ignore[attr-defined]
            return bool(known & set(stems(parts[0])))
        if len(parts) == 1:
            return parts[0] in known
        return any(in_order[i : i + len(parts)] == parts for i in range(len(in_order)))

    return bool(query.wanted) and all(map(stands, query.wanted)) and not any(map(stands, query.unwanted))  # type: ignore[attr-defined]
