"""Indexes of custom fields: one expression index for each field that is to be fast to filter, built in the background.

The row of the definition says what is due: `index_due_at` is when the next step is, `index_state` how the index stands.
On PostgreSQL nobody waits (`CONCURRENTLY`); on SQLite writers wait while it is built, one to three seconds for a
million tickets. What a query must say to be served by it stands in `stored_kinds.py`, which both take it from.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection
from django.db.models import Model
from django.utils import timezone

from ventanilla.events import wake
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.registry import model_with_fields
from ventanilla.fields.stored_kinds import indexed_expression
from ventanilla.installation.actions import bump_config_version

log = structlog.get_logger("ventanilla.fields")

State = FieldDefinition.IndexState
DUE: Final = "field_indexes"
LEASE_SECONDS: Final = 60
LONGEST_PAUSE_SECONDS: Final = 3600
# A number of our own beside that of the definition: PostgreSQL keeps advisory locks by pairs.
_LOCKS: Final = 18_273


def wanted(row: FieldDefinition) -> bool:
    """Whether there is to be an index for this field."""
    return row.indexed and row.archived_at is None and model_with_fields(row.entity) is not None


def index_name(row: FieldDefinition) -> str:
    """How the database calls the index."""
    return f"custom_field_{row.pk}"


def plan_index(row: FieldDefinition) -> None:
    """Set on an unsaved change what is to become of the index, and have it done once that has committed."""
    stands = row.index_state != State.NONE
    if wanted(row) is stands:
        return
    row.index_state = State.BUILDING  # one that is to go is called so too, until it is gone
    row.index_due_at, row.index_attempts = timezone.now(), 0
    wake.wake_on_commit(DUE)


def work_due(now: datetime) -> int:
    """Build or drop one index that is due; returns how many were taken (0 or 1).

    A row is claimed by moving its due time one lease ahead: killed in between, another goes on when it runs out. Not to
    be called inside a transaction: PostgreSQL builds none concurrently there.
    """
    row = FieldDefinition.objects.filter(index_due_at__lte=now).order_by("index_due_at", "pk").first()
    if row is None:
        return 0
    lease = now + timedelta(seconds=LEASE_SECONDS)
    if not FieldDefinition.objects.filter(pk=row.pk, index_due_at=row.index_due_at).update(index_due_at=lease):
        return 0
    mine = FieldDefinition.objects.filter(pk=row.pk, index_due_at=lease)
    try:
        with _alone(row) as free:
            if not free:
                return 1  # another process is at it still: look again when the lease has run out
            state = _build(row) if wanted(row) else _drop(row)
    except DatabaseError as error:
        log.warning("index of a custom field failed", field=row.name, error=repr(error))
        attempts = row.index_attempts + 1
        pause = timedelta(seconds=min(LONGEST_PAUSE_SECONDS, 30 * 2 ** min(attempts, 10)))
        done = {"index_state": State.FAILED, "index_attempts": attempts, "index_due_at": timezone.now() + pause}
        mine.update(**done)
    else:
        mine.update(index_state=state, index_attempts=0, index_due_at=None)
    bump_config_version()
    return 1


def ensure() -> int:
    """Have every index built again that ought to be there and is not; returns how many. What belongs to no field any
    more goes. After every migration: Django rebuilds SQLite tables and drops what it does not know of."""
    present, rows = _present(), list(FieldDefinition.objects.all())
    with connection.cursor() as cursor:
        for name in sorted(present - {index_name(row) for row in rows}):
            cursor.execute(f"DROP INDEX IF EXISTS {name}")
    missing = [row.pk for row in rows if not row.index_due_at and wanted(row) and index_name(row) not in present]
    again = {"index_state": State.BUILDING, "index_attempts": 0, "index_due_at": timezone.now()}
    FieldDefinition.objects.filter(pk__in=missing).update(**again)
    return len(missing)


def drop_now(row: FieldDefinition) -> None:
    """Drop the index of a field that is being deleted, inside its transaction; such a field has no values."""
    if row.index_state != State.NONE:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {index_name(row)}")


def _build(row: FieldDefinition) -> str:
    table, expression = connection.ops.quote_name(_model(row)._meta.db_table), indexed_expression(row)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {index_name(row)} ON {table} ({expression})")
            return State.READY
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index_name(row)])
        found = cursor.fetchone()
        if found is not None and not found[0]:  # what a killed build has left
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index_name(row)}")
        if found is None or not found[0]:
            cursor.execute(f"CREATE INDEX CONCURRENTLY {index_name(row)} ON {table} ({expression})")
            cursor.execute(f"ANALYZE {table}")
    return State.READY


def _drop(row: FieldDefinition) -> str:
    concurrently = "CONCURRENTLY " if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {concurrently}IF EXISTS {index_name(row)}")
    return State.NONE


def _model(row: FieldDefinition) -> type[Model]:
    model = model_with_fields(row.entity)
    assert model is not None  # `wanted` has seen to it
    return model


def _present() -> set[str]:
    """The names of our indexes that stand and are whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'custom_field_%'")
        else:
            cursor.execute(
                "SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid"
                " WHERE relname LIKE 'custom_field_%' AND indisvalid"
            )
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def _alone(row: FieldDefinition) -> Iterator[bool]:
    """Keep the index of this row to oneself, however long it takes; yields whether nobody else has it.

    SQLite has one writer; on PostgreSQL a build may outlast any lease, so a lock of the session says who is at it.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    key: list[Any] = [_LOCKS, row.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        free = bool(cursor.fetchone()[0])
    try:
        yield free
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
