"""Django's SQLite, but whoever waits to write does so here, looking every millisecond whether it is their turn.

SQLite lets one transaction write at a time. Two things speak against leaving the waiting to SQLite:

- It sleeps longer each time, up to a tenth of a second, while a transaction of ours takes two milliseconds.
- It sleeps with the connection's lock in hand. When Python's garbage collector, in another thread, then throws away a
  cursor of that connection, it waits for that lock and lets no thread run, not even the one whose transaction is being
  waited for: the whole process stood still until the patience was over.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations

from ventanilla.core.asking import Answer, by_cursor, is_plain

LOOKS_EVERY_SECONDS = 0.001
PATIENCE_SECONDS = 30.0

Result = TypeVar("Result")


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for another's transaction, each for `PATIENCE_SECONDS` at the most.

    After that they raise `sqlite3.OperationalError` ("database is locked"). Only a first statement ever waits: every
    transaction of ours begins as one that may write.
    """

    def execute(self, query: str, params: Any = None) -> Any:
        """Run a statement as Django's cursor does."""
        ask = super().execute
        return _patiently(lambda: ask(query, params))

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        """Run a statement for each of several parameters."""
        ask, given = super().executemany, list(param_list)
        return _patiently(lambda: ask(query, given))


class Operations(DatabaseOperations):
    """Django's, with a shorter way to a moment that was read: every row of a list has some."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The moment with its zone: all that is stored is UTC."""
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    """Named by `DATABASES["default"]["ENGINE"]`; in everything else Django's own."""

    ops_class = Operations

    def create_cursor(self, name: str | None = None) -> Cursor:
        """A cursor that waits as this module says."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        return cursor

    def ask(self, sql: str, values: Sequence[Any]) -> Answer:
        """The rows of a statement's answer, and how many were found or changed; errors as a cursor raises them."""
        if not is_plain(self):
            return by_cursor(self, sql, values)
        with self.wrap_database_errors:
            cursor = _patiently(lambda: self.connection.execute(_marked(sql), values))
            rows = cursor.fetchall()
        return rows, len(rows) if cursor.description else cursor.rowcount


@cache
def _marked(sql: str) -> str:
    """The statement with its values marked as SQLite wants it, `?`."""
    return re.sub("%%|%s", lambda found: "%" if found[0] == "%%" else "?", sql)


def _patiently(ask: Callable[[], Result]) -> Result:
    deadline = 0.0
    while True:
        try:
            return ask()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            deadline = deadline or time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > deadline:
                raise
        time.sleep(LOOKS_EVERY_SECONDS)
