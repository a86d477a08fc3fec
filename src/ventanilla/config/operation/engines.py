"""Copying a whole database, where the engines differ: SQLite's online backup, PostgreSQL's own programs."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

from ventanilla.config.environment import OperatorError

KEPT_SCHEMA: Final = "ventanilla_before"
# Tables that SQLite's full-text search keeps for itself.
_SHADOWS: Final = ("sqlite_", "search_index")


@dataclass(frozen=True)
class Snapshot:
    """What a copied database holds: whose it is, rows of each table, migrations (`app.name`), digests of files."""

    installation: str
    tables: dict[str, int]
    migrations: list[str]
    blobs: set[str]


def copy_sqlite(source: str, target: Path) -> Snapshot:
    """A consistent copy of a SQLite database that others may write to meanwhile. Raises OperatorError when damaged."""
    try:
        with closing(_opened(source)) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy)  # in one step: one moment, and no writer waits (WAL)
            copy.execute("PRAGMA journal_mode=DELETE")
            said = copy.execute("PRAGMA quick_check").fetchone()[0]
            if said != "ok":
                raise OperatorError(f"The database {source} is damaged: {said}")
            return _ask_sqlite(copy)
    except sqlite3.Error as error:
        raise OperatorError(f"The database {source} cannot be copied: {error}") from error


def look_into_sqlite(path: Path) -> Snapshot:
    """What a SQLite file holds. Raises OperatorError when it is damaged."""
    try:
        with closing(_opened(str(path))) as database:
            said = database.execute("PRAGMA integrity_check").fetchone()[0]
            if said != "ok":
                raise OperatorError(f"The database in the backup is damaged: {said}")
            return _ask_sqlite(database)
    except sqlite3.Error as error:
        raise OperatorError(f"The database in the backup is damaged: {error}") from error


def is_empty_sqlite(name: str) -> bool:
    """Whether there is no SQLite database by this name, or one without a table. A damaged one is not empty."""
    if not Path(name).exists():
        return True
    try:
        with closing(_opened(name)) as database:
            return not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        return False


def _opened(name: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{Path(name).resolve().as_uri()}?mode=rw", uri=True, timeout=30)


def _ask_sqlite(database: sqlite3.Connection) -> Snapshot:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    wanted = sorted(name for name in names if not name.startswith(_SHADOWS))
    tables = {name: database.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for name in wanted}  # noqa: S608 - names of tables, of the database itself
    migrations = [f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")]
    blobs = {sha for (sha,) in database.execute("SELECT sha256 FROM files_blob")}
    owner = database.execute("SELECT identity FROM installation_installation").fetchone()
    return Snapshot(str(UUID(owner[0])), tables, sorted(migrations), blobs)


def copy_postgresql(target: Path) -> Snapshot:
    """A dump of the PostgreSQL database of the settings by `pg_dump`, of one moment, while others write to it.

    Raises OperatorError when the program is missing, older than the server, or says no.
    """
    with session(at_once=True) as database:
        database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        moment = _answer(database, "SELECT pg_export_snapshot()")
        found = _ask_postgresql(database)
        options = ["--format=custom", "--schema=public", "--no-owner", "--no-privileges", f"--snapshot={moment}"]
        run_program("pg_dump", [*options, f"--file={target}"])
    return found


def look_into_postgresql() -> Snapshot:
    """What the PostgreSQL database of the settings holds now."""
    with session() as database:
        return _ask_postgresql(database)


def is_empty_postgresql() -> bool:
    """Whether the PostgreSQL database of the settings has no table of ours."""
    with session() as database:
        return not _tables(database)


def _ask_postgresql(database: CursorWrapper) -> Snapshot:
    counted = "SELECT COUNT(*) FROM {}"
    tables = {name: _answer(database, counted.format(_quoted(name))) for name in _tables(database)}
    database.execute("SELECT app, name FROM django_migrations")
    migrations = [f"{app}.{name}" for app, name in database.fetchall()]
    database.execute("SELECT sha256 FROM files_blob")
    blobs = {str(sha) for (sha,) in database.fetchall()}
    owner = _answer(database, "SELECT identity FROM installation_installation")
    return Snapshot(str(owner or ""), tables, sorted(migrations), blobs)


def _tables(database: CursorWrapper) -> list[str]:
    database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [str(name) for (name,) in database.fetchall()]


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


@contextmanager
def session(*, at_once: bool = False) -> Iterator[CursorWrapper]:
    """A session of its own with the PostgreSQL database of the settings; `at_once`: all of it is one transaction.

    Raises OperatorError when the database cannot be reached.
    """
    own = connection.copy()
    try:
        own.ensure_connection()
        own.set_autocommit(not at_once)
        with own.cursor() as cursor:
            yield cursor
        if at_once:
            own.commit()
    except OperationalError as error:
        raise OperatorError(
            f"The database cannot be used: {error}\nIs it running, and is DATABASE_URL right?"
        ) from error
    finally:
        own.close()  # what is not committed by now is taken back


def _answer(database: CursorWrapper, question: str, *given: str) -> Any:
    """The first value of the first row; None without one."""
    database.execute(question, given)
    row = database.fetchone()
    return row[0] if row else None


def load_postgresql(dump: Path) -> None:
    """Load a dump into the empty schema `public`: all of it or nothing. Raises OperatorError."""
    listed = run_program("pg_restore", ["--list", str(dump)])
    # The schema stands already: it is only taken aside and made anew, and a dump may want to make it again.
    wanted = [line for line in listed.splitlines() if " SCHEMA - public " not in line]
    listing = dump.with_suffix(".list")
    listing.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--use-list={listing}"]
    database = str(connection.settings_dict["NAME"])
    run_program("pg_restore", [*options, f"--dbname={database}", str(dump)])


# A session outlives its killed program by as long as the server needs to notice.
_LEAVING_SECONDS = 3
_STEP_SECONDS = 0.1
_OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


def put_aside() -> None:
    """Rename the schema `public`, with everything in it, and make an empty one. Raises OperatorError while others work.

    What an interrupted restore left aside is put back first.
    """
    with session(at_once=True) as database:
        until = time.monotonic() + _LEAVING_SECONDS
        while (others := _answer(database, _OTHERS)) and time.monotonic() < until:
            time.sleep(_STEP_SECONDS)
            database.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees for ever what it saw first
        if others:
            raise OperatorError(
                f"{others} other sessions use the database. Stop Ventanilla on every computer, and other programs too."
            )
        _put_back(database)
        database.execute(f"ALTER SCHEMA public RENAME TO {KEPT_SCHEMA}")
        database.execute("CREATE SCHEMA public")


def put_back() -> None:
    """Undo `put_aside`: what was aside is `public` again, what stood there is gone. Nothing happens without it."""
    with session(at_once=True) as database:
        _put_back(database)


def _put_back(database: CursorWrapper) -> None:
    if _is_aside(database):
        database.execute("DROP SCHEMA IF EXISTS public CASCADE")
        database.execute(f"ALTER SCHEMA {KEPT_SCHEMA} RENAME TO public")


def _is_aside(database: CursorWrapper) -> bool:
    return bool(_answer(database, "SELECT 1 FROM pg_namespace WHERE nspname = %s", KEPT_SCHEMA))


def settle(kept: str) -> None:
    """End what `put_aside` began: what was aside is kept as the schema `kept`, or dropped when that is empty.

    Idempotent: without anything aside nothing happens.
    """
    with session(at_once=True) as database:
        if not _is_aside(database):
            return
        if kept:
            database.execute(f"ALTER SCHEMA {KEPT_SCHEMA} RENAME TO {_quoted(kept)}")
        else:
            database.execute(f"DROP SCHEMA {KEPT_SCHEMA} CASCADE")


def forget(kept: str) -> None:
    """Drop a schema that `settle` kept. Nothing happens when there is none."""
    with session() as database:
        database.execute(f"DROP SCHEMA IF EXISTS {_quoted(kept)} CASCADE")


def run_program(name: str, arguments: list[str]) -> str:
    """Run one of PostgreSQL's programs on the database of the settings; returns what it printed. Raises OperatorError.

    The password goes by the environment: a command line can be read by everybody on the computer.
    """
    program = shutil.which(name)
    if program is None:
        raise OperatorError(f"{name} is missing. On Debian or Ubuntu type:  sudo apt-get install postgresql-client")
    settings = connection.settings_dict
    given = {
        "PGDATABASE": settings["NAME"], "PGHOST": settings["HOST"], "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"], "PGPASSWORD": settings["PASSWORD"],
        "PGSSLMODE": settings["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": settings["OPTIONS"].get("sslrootcert", ""),
    }  # fmt: skip
    environment = os.environ | {name: str(value) for name, value in given.items() if value}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - found by name, with arguments of ours
    if done.returncode != 0:
        raise OperatorError(f"{name} could not do it:\n{done.stderr.strip()}")
    return done.stdout


def close_sqlite(path: Path) -> None:
    """Make one file of a SQLite database that nobody has open, so that it can be renamed."""
    with closing(_opened(str(path))) as database:
        database.execute("PRAGMA journal_mode=DELETE")
