"""Indexed custom fields: built in the background, used by filters, gone with the tick, restored after a migration."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from tests.plugin import SETUP, People
from ventanilla.config.schema import ensure_schema
from ventanilla.fields import indexing
from ventanilla.fields.actions import change_field, create_field, delete_field
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import parse
from ventanilla.fields.indexing import index_name
from ventanilla.fields.kinds import Reading
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.registry import spec_of
from ventanilla.tickets.models import Ticket

# What is built concurrently is built in no transaction.
pytestmark = pytest.mark.django_db(transaction=True)
SITES = ({"key": "madrid", "label": {"en": "Madrid"}}, {"key": "lima", "label": {"en": "Lima"}})
ASKED = {
    "site": ("choice", ["custom.site", "is", "lima"]),
    "note": ("text", ["custom.note", "is", "Third floor"]),
    "amount": ("number", ["custom.amount", "above", 9.5]),
    "cost": ("money", ["custom.cost", "is", 1234.5]),
    "day": ("date", ["custom.day", "before", "2026-06-01"]),
    "at": ("moment", ["custom.at", "until", "2026-03-01"]),
    "ok": ("yes_no", ["custom.ok", "is", "1"]),
    "boss": ("person", ["custom.boss", "is", 7]),
    "customer": ("reference", ["custom.customer", "is", "1"]),
}


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    yield
    FieldDefinition.objects.all().delete()
    indexing.ensure()
    assert not standing()


def make(key: str, kind: str, **more: Any) -> FieldDefinition:
    options = {"options": SITES} if kind == "choice" else {}
    return create_field(by=SETUP, entity="ticket", key=key, kind=kind, label={"en": key}, **options, **more)


def set_indexed(row: FieldDefinition, indexed: bool, **more: Any) -> FieldDefinition:
    return change_field(by=SETUP, definition=row, label=row.label, options=row.options, indexed=indexed, **more)


def standing() -> set[str]:
    return indexing._present()


def explained(condition: list[Any]) -> str:
    return explained_query(Ticket.objects.filter(compile_q(parse(condition), spec_of("ticket"), Reading())))


def explained_query(found: Any) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
        try:
            return str(found.explain())
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("RESET enable_seqscan")


def test_a_filter_on_an_indexed_field_uses_its_index(people: People, run_background: Any):
    rows = {key: make(key, kind, indexed=key != "note") for key, (kind, _asked) in ASKED.items()}
    assert not standing() and {row.index_state for row in rows.values()} == {"building", ""}
    run_background()
    assert standing() == {index_name(row) for key, row in rows.items() if key != "note"}
    assert set(FieldDefinition.objects.exclude(key="note").values_list("index_state", "index_due_at")) == {
        ("ready", None)
    }
    assert "custom_field_" not in explained(ASKED["note"][1])
    set_indexed(rows["note"], True)
    run_background()
    for key, (_kind, asked) in ASKED.items():
        assert index_name(rows[key]) in explained(asked), key
    # Unticked or archived, it goes; what a migration has dropped comes back, and nothing else.
    set_indexed(rows["note"], False)
    set_indexed(rows["day"], True, archived=True)
    run_background()
    left = {index_name(row) for key, row in rows.items() if key not in ("note", "day")}
    assert standing() == left
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index_name(rows['cost'])}")
    ensure_schema()
    assert FieldDefinition.objects.get(key="cost").index_state == "building"
    run_background()
    assert standing() == left
    delete_field(by=SETUP, definition=rows["cost"])
    assert index_name(rows["cost"]) not in standing()


def test_a_list_in_order_of_an_indexed_field_uses_its_index(people: People, run_background: Any):
    rows = {key: make(key, kind, indexed=True) for key, (kind, _asked) in ASKED.items()}
    run_background()
    spec = spec_of("ticket")
    for key in ASKED:
        order = spec.sort(rows[key].name)
        if order is None or rows[key].kind == "choice":  # in the administrator's order, which no index has
            continue
        for fall in ("", "-"):
            found = Ticket.objects.annotate(value=order.value).filter(value__isnull=False)
            assert index_name(rows[key]) in explained_query(found.order_by(f"{fall}value", f"{fall}pk")[:50]), key


def test_what_cannot_be_indexed_and_what_fails(people: People, run_background: Any, sign_in: Any):
    with pytest.raises(ValidationError):
        create_field(
            by=SETUP, entity="ticket", kind="choices", key="sites", label={"en": "x"}, options=SITES, indexed=True
        )
    with pytest.raises(ValidationError):
        create_field(by=SETUP, entity="person", kind="text", key="number", label={"en": "x"}, indexed=True)
    row = make("amount", "number")
    client: Client = sign_in(people.administrator)
    typed = {"label_en": "Amount", "audience": "staff", "indexed": "on"}
    address = f"/settings/fields/ticket/{row.pk}/"
    assert client.post(address, typed).status_code == 302
    assert "being built" in client.get(address).content.decode()
    with connection.cursor() as cursor:  # something else has its name
        cursor.execute(f"CREATE TABLE {index_name(row)} (id integer)")
    run_background()
    row.refresh_from_db()
    assert (row.index_state, row.index_attempts) == ("failed", 1) and row.index_due_at is not None
    assert "could not be built" in client.get(address).content.decode()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {index_name(row)}")
    assert indexing.work_due(row.index_due_at) == 1
    row.refresh_from_db()
    assert row.index_state == "ready" and standing() == {index_name(row)}
    assert "The index is ready" in client.get(address).content.decode()
    assert client.post(address, {"label_en": "Amount", "audience": "staff"}).status_code == 302
    run_background()
    assert not standing() and "The index" not in client.get(address).content.decode()
