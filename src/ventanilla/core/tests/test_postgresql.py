"""Kept connections to PostgreSQL: one that the server has closed is noticed without asking it, and statements that are
made already go past the cursors."""

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, NotSupportedError, OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ventanilla.core.asking import ask, run
from ventanilla.core.postgresql.base import PREPARED_MOST

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="of PostgreSQL"),
]


def _backend() -> int:
    connection.ensure_connection()
    raw: psycopg.Connection = connection.connection
    return raw.info.backend_pid


def _end(backend: int) -> None:
    """What a restart of the server does to a connection."""
    info = connection.connection.info
    with psycopg.connect(info.dsn, password=info.password or None, autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend]).fetchone() == (True,)


def test_a_connection_that_stands_is_not_asked() -> None:
    backend = _backend()
    assert connection.connection.prepared_max == PREPARED_MOST
    with CaptureQueriesContext(connection) as queries:
        for _page in range(3):
            connection.close_if_unusable_or_obsolete()
            connection.health_check_enabled, connection.health_check_done = True, False
            assert connection.is_usable() and _backend() == backend
    assert not queries.captured_queries


def test_one_that_the_server_closed_is_made_anew_before_it_is_used() -> None:
    backend = _backend()
    _end(backend)
    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert _backend() != backend


def test_one_that_failed_while_in_use_is_asked() -> None:
    backend = _backend()
    _end(backend)
    with pytest.raises(Exception, match=r"terminat|closed|connection"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close_if_unusable_or_obsolete()
    assert _backend() != backend


def test_what_was_prepared_survives_rollbacks_and_changed_tables() -> None:
    """psycopg lets the server forget every statement then; whoever asks next must not notice."""
    question = "SELECT label FROM people_department WHERE id > %s ORDER BY id"

    def asked() -> list[tuple[Any, ...]]:
        return ask(question, 0)

    before = asked()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # psycopg has something of its own to forget
    with transaction.atomic():
        assert asked() == before
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert asked() == before
            raise ZeroDivisionError
        assert asked() == before
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        asked()
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE passing (a integer)")
        cursor.execute("DROP TABLE passing")
    assert asked() == before
    with transaction.atomic():
        assert asked() == before


def test_a_statement_whose_answer_another_has_changed_fails_once() -> None:
    """As while a migration runs beside processes of the version before."""
    run("CREATE TABLE stale (name varchar(10))")
    assert ask("SELECT name FROM stale") == []
    info = connection.connection.info
    with psycopg.connect(info.dsn, password=info.password or None, autocommit=True) as other:
        other.execute("ALTER TABLE stale ALTER name TYPE bigint USING 1")
        try:
            with pytest.raises(NotSupportedError):
                ask("SELECT name FROM stale")
            assert ask("SELECT name FROM stale") == []
        finally:
            other.execute("DROP TABLE stale")


def test_an_error_is_djangos_and_spoils_only_its_transaction() -> None:
    with pytest.raises(ProgrammingError):
        ask("SELECT nothing_like_it FROM people_department WHERE id > %s", 0)
    assert ask("SELECT %s::int + 1", 1) == [(2,)]
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            run("INSERT INTO people_membership (person_id, team_id) VALUES (%s, %s)", None, None)
        assert ask("SELECT %s::int + 1", 1) == [(2,)]


def test_a_connection_that_is_gone_is_an_operational_error_and_then_made_anew() -> None:
    assert ask("SELECT %s::int", 1) == [(1,)]
    _end(_backend())
    with pytest.raises(OperationalError):
        ask("SELECT %s::int", 1)
    connection.close_if_unusable_or_obsolete()
    assert ask("SELECT %s::int", 1) == [(1,)]
