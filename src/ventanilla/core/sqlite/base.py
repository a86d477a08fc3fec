"""Django's SQLite, but whoever waits to write does so here, looking every millisecond whether it is their turn.

SQLite lets one transaction write at a time. Two things speak against leaving the waiting to SQLite:

- It sleeps longer each time, up to a tenth of a second, while a transaction of ours takes two milliseconds.
- It sleeps with the connection's lock in hand. When Python's garbage collector, in another thread, then throws away a
  cursor of that connection, it waits for that lock and lets no thread run, not even the one whose transaction is being
  waited for: the whole process stood still until the patience was over.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db.backends.sqlite3 import base

LOOKS_EVERY_SECONDS = 0.001
PATIENCE_SECONDS = 30.0

Answer = TypeVar("Answer")


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


class DatabaseWrapper(base.DatabaseWrapper):
    """Named by `DATABASES["default"]["ENGINE"]`; in everything else Django's own."""

    def create_cursor(self, name: str | None = None) -> Cursor:
        """A cursor that waits as this module says."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        return cursor


def _patiently(ask: Callable[[], Answer]) -> Answer:
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
