import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler, OperationalError

from ventanilla.core.sqlite import base

pytestmark = pytest.mark.pure
# Less than whoever waits has patience for: a thread that takes longer stands still.
SOON_SECONDS = 10


@pytest.fixture
def databases(tmp_path: Path, django_db_blocker: Any) -> Iterator[ConnectionHandler]:
    """One database with a table; every thread has a connection of its own."""
    handler = ConnectionHandler(
        {
            "default": {
                "ENGINE": "ventanilla.core.sqlite",
                "NAME": tmp_path / "one.sqlite3",
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=0",
                },
            }
        }
    )
    with django_db_blocker.unblock():
        handler["default"].cursor().execute("CREATE TABLE lines (text)")
        yield handler
        handler["default"].close()


class Writer(threading.Thread):
    """Throws a cursor away, writes one line, and keeps what came of it."""

    def __init__(self, databases: ConnectionHandler) -> None:
        super().__init__(daemon=True)
        self.databases = databases
        self.writing = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        connection = self.databases["default"]
        cursor = connection.cursor().execute("SELECT 1 UNION SELECT 2")
        circle: list[Any] = [cursor]
        circle.append(circle)
        del cursor, circle
        connection.connection.set_trace_callback(lambda sql: self.writing.set() if "INSERT" in sql else None)
        try:
            connection.cursor().execute("INSERT INTO lines VALUES ('theirs')")
        except OperationalError as error:
            self.error = error
        finally:
            connection.close()


def test_a_write_waits_for_the_transaction_of_another(databases: ConnectionHandler) -> None:
    mine, other = databases["default"], Writer(databases)
    mine.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    mine.cursor().execute("INSERT INTO lines VALUES ('mine')")
    other.start()
    other.writing.wait()
    mine.commit()
    mine.set_autocommit(True)
    other.join(SOON_SECONDS)

    assert other.error is None
    assert mine.cursor().execute("SELECT text FROM lines ORDER BY rowid").fetchall() == [("mine",), ("theirs",)]


def test_who_waits_lets_other_threads_throw_its_cursors_away(databases: ConnectionHandler) -> None:
    mine, other = databases["default"], Writer(databases)
    mine.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    mine.cursor().execute("INSERT INTO lines VALUES ('mine')")
    other.start()
    other.writing.wait()
    collector = threading.Thread(target=gc.collect, daemon=True)
    collector.start()
    collector.join(SOON_SECONDS)
    assert not collector.is_alive()
    mine.rollback()
    mine.set_autocommit(True)
    other.join(SOON_SECONDS)
    assert other.error is None


def test_patience_ends(databases: ConnectionHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATIENCE_SECONDS", 0.01)
    mine, other = databases["default"], Writer(databases)
    mine.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    other.start()
    other.join(SOON_SECONDS)
    mine.rollback()
    mine.set_autocommit(True)

    assert "locked" in str(other.error)
    assert mine.cursor().execute("SELECT count(*) FROM lines").fetchall() == [(0,)]
