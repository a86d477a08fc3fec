"""Carrying out statements that are made already, in fewer steps than a cursor of Django takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction

Answer = tuple[list[tuple[Any, ...]], int]
# PostgreSQL: the transaction at hand does not wait for the disk at its end.
HURRY: Final = "set_config('synchronous_commit', 'off', true)"


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement gives back: a question, or a change with `RETURNING`. `sql` marks its values by `%s`;
    moments are given as `datetime`."""
    return _carried_out(sql, values)[0]


def run(sql: str, *values: Any) -> int:
    """Run a statement that changes rows, and return how many it changed; values as for `ask`."""
    return _carried_out(sql, values)[1]


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """A transaction that does not wait for the disk at its end (PostgreSQL): for what may be forgotten when the server
    falls over within the second, or comes about again by itself. Inside another one it waits as that one does."""
    alone = may_hurry()
    with transaction.atomic():
        if alone:
            ask(f"SELECT {HURRY}")
        yield


def may_hurry() -> bool:
    """Whether a transaction that begins now would be one that can do without waiting, and no part of another."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def _carried_out(sql: str, values: Sequence[Any]) -> Answer:
    # Once: each look at `django.db.connection` finds out whose thread asks.
    connection: Any = connections[DEFAULT_DB_ALIAS]
    adapt = connection.ops.adapt_datetimefield_value
    answer: Answer = connection.ask(sql, [adapt(value) if isinstance(value, datetime) else value for value in values])
    return answer


def is_plain(connection: Any) -> bool:
    """Whether nothing stands between a statement and the engine: the connection is open and known to stand, nobody
    listens, and no transaction is lost already. Otherwise a cursor has to do it, with all that Django does about it."""
    return (
        connection.connection is not None
        and (connection.health_check_done or not connection.health_check_enabled)
        and not connection.execute_wrappers
        and not connection.queries_logged
        and not (connection.in_atomic_block and connection.needs_rollback)
    )


def by_cursor(connection: Any, sql: str, values: Sequence[Any]) -> Answer:
    """The rows of the answer, and how many were found or changed, as a cursor of Django finds them."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return (cursor.fetchall() if cursor.description else []), cursor.rowcount
