"""Inserting rows by SQL that is made once: every ticket is a dozen rows, and making an INSERT costs more than its run."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models


@dataclass(frozen=True, slots=True)
class _Insert:
    """How the rows of a model are inserted; `key` names the column that the database fills in, if any."""

    sql: str
    fields: tuple["models.Field[Any, Any]", ...]
    key: str


def insert(*rows: models.Model) -> None:
    """Insert new rows as `save(force_insert=True)` does, one statement each, and give them their ids.

    For plain values, no expressions, and tables that inherit from none. Raises `IntegrityError` as the database does.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        for row in rows:
            made = _made(type(row))
            cursor.execute(made.sql, [f.get_db_prep_save(f.pre_save(row, True), connection) for f in made.fields])
            if made.key:
                setattr(row, made.key, cursor.fetchone()[0])
            row._state.adding, row._state.db = False, connection.alias


@cache
def _made(model: type[models.Model]) -> _Insert:
    meta, quote = model._meta, connections[DEFAULT_DB_ALIAS].ops.quote_name
    key = meta.pk.attname if isinstance(meta.pk, models.AutoField) else ""
    fields = tuple(field for field in meta.local_concrete_fields if field.attname != key)
    names = ", ".join(quote(field.column) for field in fields)
    sql = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608 - names of our own models
    return _Insert(f"{sql} RETURNING {quote(key)}" if key else sql, fields, key)
