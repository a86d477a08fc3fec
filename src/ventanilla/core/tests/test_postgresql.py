"""Kept connections to PostgreSQL: one that the server has closed is noticed without asking it."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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
