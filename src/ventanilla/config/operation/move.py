"""Taking everything to another database, of whichever engine: row by row, with the same keys and numbers."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ventanilla.config.environment import Environment, OperatorError, database
from ventanilla.config.operation.engines import close_sqlite
from ventanilla.config.operation.health import unapplied
from ventanilla.config.operation.restore import bring_up_to_date, only_one
from ventanilla.search.actions import carry
from ventanilla.search.models import SearchDocument

_TARGET: Final = "target"
_BATCH: Final = 1_000


def move(url: str, *, say: Callable[[str], None]) -> int:
    """Copy every row to the empty database `url` names (`postgres://…`, `sqlite:////…`); returns how many.

    What is here stays as it is. Raises OperatorError while anything of Ventanilla runs, when this database is not up to
    date, when the other one is not empty, and for whatever it refuses; nothing stands there then.
    """
    if url.startswith("sqlite") and not url.startswith("sqlite:////"):
        raise OperatorError("Write the whole path:  --to sqlite:////srv/ventanilla/ventanilla.sqlite3")
    with only_one():
        if unapplied():
            raise OperatorError("This database is not up to date. Type:  ventanilla upgrade")
        with _target(url) as (target, there):
            say("· Preparing the database")
            with tempfile.TemporaryDirectory(dir=settings.DATA, prefix=".restore-") as place:
                bring_up_to_date(there, Path(place))
            say("· Copying")
            with transaction.atomic(using=_TARGET):
                return _copy(target)


@contextmanager
def _target(url: str) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
    """The other database, and the address it has until it is complete; what was made there goes when anything fails."""
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    growing = file.with_name(f".{file.name}.growing") if file else None
    there = f"sqlite:///{growing}" if growing else url
    entry = database(Environment(database_url=there))
    connections.settings[_TARGET] = connections.configure_settings({"default": entry})["default"]
    target = connections[_TARGET]
    try:
        if (file and file.exists()) or (not file and target.introspection.table_names()):
            raise OperatorError("The other database is not empty, and nothing was changed.")
        try:
            if growing:
                growing.unlink(missing_ok=True)
            yield target, there
        except BaseException as error:
            _empty(target, growing)
            if isinstance(error, DatabaseError):
                raise OperatorError(f"The other database refuses what is here, and is empty again: {error}") from error
            raise
        target.close()
        if file and growing:
            close_sqlite(growing)
            growing.replace(file)
    except DatabaseError as error:
        raise OperatorError(f"The other database cannot be used: {error}") from error
    finally:
        target.close()
        del connections[_TARGET], connections.settings[_TARGET]


def _empty(target: BaseDatabaseWrapper, growing: Path | None) -> None:
    if growing:
        target.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{growing}{suffix}").unlink(missing_ok=True)
        return
    with target.cursor() as cursor:
        for table in target.introspection.table_names():
            cursor.execute(f"DROP TABLE {target.ops.quote_name(table)} CASCADE")


def _copy(target: BaseDatabaseWrapper) -> int:
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    with target.cursor() as cursor:
        for model in tables:  # what every new database begins with
            cursor.execute(f"DELETE FROM {target.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - names of the models
    rows = 0
    for model in tables:
        copied = carry(connection, target) if model is SearchDocument else _copy_table(model, target)
        if copied != model._base_manager.using(_TARGET).count():
            raise OperatorError(
                f"Not every row of {model._meta.db_table} has arrived; the other database is empty again."
            )
        rows += copied
        _go_on_counting(model, target)
    return rows


def _copy_table(model: type[models.Model], target: BaseDatabaseWrapper) -> int:
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(target.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    add = f"INSERT INTO {target.ops.quote_name(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of the models
    found = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    rows: Iterator[Any] = iter(found.iterator(chunk_size=_BATCH))
    count = 0
    with target.cursor() as cursor:
        while batch := list(islice(rows, _BATCH)):
            count += len(batch)
            cursor.executemany(
                add,
                [[f.get_db_prep_save(v, target) for f, v in zip(fields, row, strict=True)] for row in batch],
            )
    return count


def _go_on_counting(model: type[models.Model], target: BaseDatabaseWrapper) -> None:
    """Let the next row get the number it would have got here: one that was deleted must never name another row."""
    key = model._meta.pk
    if not isinstance(key, models.AutoField):
        return
    table, column = model._meta.db_table, str(key.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [connection.ops.quote_name(table), column])
            cursor.execute(f"SELECT last_value, is_called FROM {cursor.fetchone()[0]}")  # noqa: S608 - named by PostgreSQL
            last, called = cursor.fetchone()
            last = last if called else 0
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = (cursor.fetchone() or [0])[0]
    with target.cursor() as cursor:
        if target.vendor == "postgresql":
            sequence = [target.ops.quote_name(table), column, max(last, 1), last > 0]
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", sequence)
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
