"""Django's PostgreSQL, its connections kept from page to page in a way that costs a page nothing.

- Before a kept connection is used for the next page, Django asks the server `SELECT 1`. A server that went away has
  closed the connection, and the closing, like whatever else it has to say, waits to be read: only then is it asked.
- A statement that is made already goes to the server past the cursors (`asking.py`).
- A connection forgets all but the hundred statements it prepared last, each with a journey of its own, and prepares
  what it forgot anew. A process here has some hundreds.
"""

import select
from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base

from ventanilla.core.asking import Answer, by_cursor, is_plain
from ventanilla.core.postgresql.asking import Statements

PREPARED_MOST = 500


class DatabaseWrapper(base.DatabaseWrapper):
    """Named by `DATABASES["default"]["ENGINE"]`; in everything else Django's own."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that remembers `PREPARED_MOST` statements."""
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = PREPARED_MOST
        self._statements = Statements(connection)
        return connection

    def ask(self, sql: str, values: Sequence[Any]) -> Answer:
        """The rows of a statement's answer, and how many were found or changed; errors as a cursor raises them."""
        if not is_plain(self) or not self._statements.may_ask():
            return by_cursor(self, sql, values)
        with self.wrap_database_errors:
            return self._statements.ask(sql, values)

    def is_usable(self) -> bool:
        """Whether the connection still stands; the server is asked only where it has something to say, or where
        something has failed before."""
        if self.connection is None or self.connection.closed:
            return False
        if self.errors_occurred:
            return bool(super().is_usable())
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not waiting.poll(0) or bool(super().is_usable())
