"""Statements that a connection has prepared, carried out with as few steps of Python as there can be.

A cursor of Django around a cursor of psycopg takes 60 µs of processor time for a statement whose answer the server
gives in 30, and a ticket's page asks two dozen of them. Here psycopg's own adapters write the values, libpq carries
them, and psycopg's own loaders read the answer: 12 µs.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg._preparing import PrepareManager
from psycopg.adapt import PyFormat, Transformer

# What it would give back has been changed by somebody else, or the server has forgotten it: next time it is made anew.
_STALE = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)


class _Bookkeeping(PrepareManager):
    """psycopg's own, which lets the server forget all statements, ours among them, after a rollback and whenever a
    table may have changed."""

    def __init__(self, kept: PrepareManager, ours: dict[Any, bytes]) -> None:
        super().__init__()
        self.prepare_threshold, self.prepared_max = kept.prepare_threshold, kept.prepared_max
        self._ours = ours

    def clear(self) -> bool:
        """Whether the server is told to forget."""
        told = super().clear()
        if told:
            self._ours.clear()
        return told


class Statements:
    """What one connection has prepared here, each statement once for each kinds of values it is given."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._transformer = Transformer.from_context(connection)
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._numbers = count()
        # The one place that knows when it happens; psycopg offers no other.
        connection._prepared = _Bookkeeping(connection._prepared, self._names)

    def may_ask(self) -> bool:
        """Whether a statement can be sent as it is: no transaction is broken. One that psycopg would begin with it is
        begun here."""
        connection = self._connection
        status = connection.pgconn.transaction_status
        if status != pq.TransactionStatus.IDLE:
            return bool(status == pq.TransactionStatus.INTRANS)
        if not connection.autocommit:
            if (connection.isolation_level, connection.read_only, connection.deferrable) != (None, None, None):
                return False  # then there is more to say than BEGIN
            begun = connection.pgconn.exec_(b"BEGIN")
            return bool(begun.status == pq.ExecStatus.COMMAND_OK)
        return True

    def ask(self, sql: str, values: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows of the answer, and how many were found or changed. `sql` marks its values by `%s`; raises psycopg's
        errors."""
        transformer = self._transformer
        sent: Any = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        key = (sql, transformer.types or ())
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = self._prepare(*key)
        answer = self._connection.pgconn.exec_prepared(name, sent, transformer.formats, pq.Format.TEXT)
        if answer.status == pq.ExecStatus.TUPLES_OK:
            transformer.set_pgresult(answer)
            return transformer.load_rows(0, answer.ntuples, tuple), answer.ntuples
        if answer.status == pq.ExecStatus.COMMAND_OK:
            return [], answer.command_tuples or 0
        error = self._error(answer)
        if isinstance(error, _STALE):
            del self._names[key]
        raise error

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        name = f"ventanilla_{next(self._numbers)}".encode()
        made = self._connection.pgconn.prepare(name, _numbered(sql).encode(), types)
        if made.status != pq.ExecStatus.COMMAND_OK:
            raise self._error(made)
        return name

    def _error(self, answer: "pq.abc.PGresult") -> psycopg.Error:
        """What went wrong; where the connection itself is gone, the server has said no more."""
        error = errors.error_from_result(answer)
        gone = self._connection.pgconn.status == pq.ConnStatus.BAD
        return psycopg.OperationalError(str(error)) if gone else error


@cache
def _numbered(sql: str) -> str:
    """The statement with its values marked as the server wants it: `$1`, `$2` …"""
    numbers = count(1)
    return re.sub("%%|%s", lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)
