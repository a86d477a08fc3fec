"""Rows that many tests begin with: made once, kept in tables beside the real ones, copied by the database itself."""

from functools import cache

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# What `migrate` writes for Django's own apps and no test changes.
_NEVER_EMPTIED = {"django_content_type", "auth_permission"}


@cache
def _tables() -> dict[str, str]:
    """The table of each model, and its key."""
    models = apps.get_models(include_auto_created=True)
    keys = {model._meta.db_table: model._meta.pk.column for model in models if model._meta.managed}
    return {table: key for table, key in keys.items() if table not in _NEVER_EMPTIED}


_kept: dict[str, list[str]] = {}


def _filled(cursor: CursorWrapper) -> list[str]:
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in _tables()))
    return [table for (table,) in cursor.fetchall()]


def keep(name: str, *, beside: str = "") -> None:
    """Keep a copy of every row that is there now, but for those of `beside`, to be given again by this name."""
    _kept[name] = []
    with connection.cursor() as cursor:
        for table in _filled(cursor):
            key, known = _tables()[table], beside and table in _kept[beside]
            others = f" WHERE {key} NOT IN (SELECT {key} FROM kept_{beside}_{table})" if known else ""
            cursor.execute(f"DROP TABLE IF EXISTS kept_{name}_{table}")
            cursor.execute(f"CREATE TABLE kept_{name}_{table} AS SELECT * FROM {table}{others}")
            _kept[name].append(table)


def give(name: str) -> None:
    """Put the rows of this name into their tables, with the keys they had; inside a transaction."""
    with connection.cursor() as cursor:
        for table in _kept[name]:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{name}_{table}")


def empty() -> None:
    """Take away every row and put those called "desk" in their place. SQLite's triggers on events are gone then.

    Django's own way truncates tables that hold nothing, too, and writes the rows of its apps anew: ten times the work.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS events_event_no_{verb}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")  # past the triggers
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {table}")
        give("desk")
