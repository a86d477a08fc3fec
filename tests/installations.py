"""Whole installations of their own for tests of commands: a data folder and a database, on either engine."""

import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.nursery import Child

ITSELF = "from ventanilla.config.cli import main; main()"
_OWN = ("DATABASE_URL", "REDIS_URL", "VENTANILLA_URL", "VENTANILLA_DATA", "LANG", "LC_ALL", "LANGUAGE")
# Code for a child with Django set up, in the place of `ventanilla`.
SET_UP = (
    "import os, signal, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'ventanilla.config.settings'\ndjango.setup()\n"
)


@dataclass
class Installation:
    """One installation; `url` is empty for SQLite in the data folder."""

    data: Path
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be of this installation."""
        kept = {name: value for name, value in os.environ.items() if name not in _OWN}
        return kept | {"VENTANILLA_DATA": str(self.data)} | ({"DATABASE_URL": self.url} if self.url else {})

    def start(self, *arguments: str, code: str = ITSELF, one_stream: bool = False, **variables: str) -> Child:
        """`ventanilla ARGUMENTS` (or other code), running."""
        return Child(code, *arguments, environment=self.environment | variables, one_stream=one_stream)

    def run(self, *arguments: str, code: str = ITSELF, expect: int = 0, **variables: str) -> str:
        """The same to its end; returns all it said. It must end with `expect`, and without a traceback."""
        child = self.start(*arguments, code=code, **variables)
        out, err = child.communicate(timeout=180)
        assert child.returncode == expect, (child.returncode, out + err)
        assert expect < 0 or "Traceback" not in err, err
        return out + err

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as the engine tells them."""
        with closing(psycopg.connect(self.url) if self.url else sqlite3.connect(self.sqlite)) as database:
            question = _TABLES_POSTGRESQL if self.url else _TABLES_SQLITE
            names = [name for (name,) in database.cursor().execute(question).fetchall() if name not in _PASSING]
            return {
                name: sorted(
                    repr(row) for row in database.cursor().execute(f"SELECT {_columns(name)} FROM {name}").fetchall()
                )
                for name in names
            }

    @property
    def sqlite(self) -> Path:
        """The file of the database."""
        return self.data / "ventanilla.sqlite3"

    def neutral_rows(self) -> dict[str, list[str]]:
        """Every row of every table, in words that are the same on both engines."""
        shown = self.run(code=SET_UP + _ROWS)
        found: dict[str, list[str]] = {}
        for line in shown.splitlines():
            table, _, row = line.partition(" ")
            found.setdefault(table, []).append(row)
        return {table: sorted(rows) for table, rows in found.items()}


_TABLES_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'search_index%'"
)
_TABLES_POSTGRESQL = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_PASSING = ("events_beat", "cache_entry")


def _columns(table: str) -> str:
    # Every `migrate` raises the version of the configuration.
    return "id, identity, name, settings" if table == "installation_installation" else "*"


# The cache and the sign of life say nothing that lasts; applied migrations bear the moment they were applied.
_ROWS = """
import json
from django.apps import apps
for model in apps.get_models(include_auto_created=True):
    if model._meta.db_table == "events_beat":
        continue
    left_out = {("search_document", "words"), ("installation_installation", "config_version")}
    fields = [field.attname for field in model._meta.concrete_fields]
    names = [name for name in fields if (model._meta.db_table, name) not in left_out]
    for row in model._base_manager.values_list(*names):
        print(model._meta.db_table, json.dumps(row, sort_keys=True, default=str))
"""


def postgresql_server() -> str:
    """The URL of the PostgreSQL of the tests, or nothing."""
    engine = os.environ.get("DATABASE_URL", "")
    return os.environ.get("VENTANILLA_TEST_POSTGRES") or (engine if engine.startswith("postgres") else "")


@contextmanager
def postgresql(*, template: str | Callable[[], str] = "") -> Iterator[str]:
    """A new database on the PostgreSQL of the tests, empty or a copy of `template`; skips without a server."""
    server = postgresql_server()
    if not server:
        assert os.environ.get("CI") != "true"
        pytest.skip("needs PostgreSQL (VENTANILLA_TEST_POSTGRES)")
    name = f"ventanilla_{secrets.token_hex(5)}"
    with closing(psycopg.connect(server, autocommit=True)) as database:
        model = template if isinstance(template, str) else template()
        copied = f" TEMPLATE {model.rpartition('/')[2]}" if model else ""
        database.execute(f"CREATE DATABASE {name}{copied}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            database.execute(f"DROP DATABASE {name} WITH (FORCE)")


def prepared(data: Path) -> Installation:
    """A new installation on SQLite with its tables: a copy of one that was migrated once for all tests."""
    shutil.copytree(once("sqlite", _migrated) / "data", data)
    return Installation(data)


def once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder of what is made once for all workers, by the first that wants it."""
    shared = Path(os.environ["VENTANILLA_TEST_SHARED"])
    folder, unfinished = shared / name, shared / f"{name}.unfinished"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def _migrated(folder: Path) -> None:
    Installation(folder / "data").run("migrate", "--verbosity", "0")


def migrated_postgresql() -> str:
    """The URL of a database with its tables, to be a template; `forget` drops it. The server must be there."""
    return (once("postgresql", _migrated_postgresql) / "url").read_text(encoding="utf-8")


def _migrated_postgresql(folder: Path) -> None:
    server, name = postgresql_server(), f"ventanilla_{secrets.token_hex(5)}"
    with closing(psycopg.connect(server, autocommit=True)) as database:
        database.execute(f"CREATE DATABASE {name}")
    url = f"{server.rpartition('/')[0]}/{name}"
    (folder / "url").write_text(url, encoding="utf-8")
    Installation(folder / "data", url).run("migrate", "--verbosity", "0")


def forget() -> None:
    """Drop the template of `migrated_postgresql`, where one was made."""
    for url in Path(os.environ["VENTANILLA_TEST_SHARED"]).glob("postgresql*/url"):
        name = url.read_text(encoding="utf-8").rpartition("/")[2]
        with closing(psycopg.connect(postgresql_server(), autocommit=True)) as database:
            database.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def copied(model: Installation, data: Path) -> Iterator[Installation]:
    """A copy of an installation, on its engine, that a test may do to what it likes."""
    shutil.copytree(model.data, data)
    with postgresql(template=model.url) if model.url else nullcontext("") as url:
        yield Installation(data, url)
