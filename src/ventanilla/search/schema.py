"""The parts of the index that Django's migrations cannot express."""

from typing import Final

from django.db import connection, transaction

_SQLITE_TABLE: Final = """
CREATE VIRTUAL TABLE search_index USING fts5(
    words, audience, content='search_document', content_rowid='id', columnsize=0, tokenize="ascii tokenchars '_'"
)
"""
# One row out, one row in: with external content FTS5 must be told the words it is to forget.
_FORGET: Final = (
    "INSERT INTO search_index(search_index, rowid, words, audience) VALUES ('delete', old.id, old.words, old.audience);"
)
_LEARN: Final = "INSERT INTO search_index(rowid, words, audience) VALUES (new.id, new.words, new.audience);"
_SQLITE_TRIGGERS: Final = {
    "search_document_added": f"AFTER INSERT ON search_document BEGIN {_LEARN} END",
    "search_document_removed": f"AFTER DELETE ON search_document BEGIN {_FORGET} END",
    "search_document_changed": (
        "AFTER UPDATE OF words, audience ON search_document "
        "WHEN old.words <> new.words OR old.audience <> new.audience "
        f"BEGIN {_FORGET} {_LEARN} END"
    ),
}
_POSTGRESQL: Final = (
    'ALTER TABLE search_document ADD COLUMN IF NOT EXISTS "index" tsvector',
    # A short pending list: writing stays cheap, and a search never wades through megabytes of it.
    'CREATE INDEX IF NOT EXISTS search_document_index ON search_document USING gin ("index") '
    "WITH (fastupdate = on, gin_pending_list_limit = 512)",
)


@transaction.atomic
def ensure() -> bool:
    """Create or repair the full-text index, its triggers and columns. True when something was missing.

    Idempotent; called after every migration, because Django rebuilds SQLite tables and silently drops their triggers.
    When a trigger was gone the index may be stale and is built anew from the documents.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass('search_document_index') IS NULL")
            missing = bool(cursor.fetchone()[0])
            if missing:
                for statement in _POSTGRESQL:
                    cursor.execute(statement)
            return missing
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'search\\_%' ESCAPE '\\'")
        present = {name for (name,) in cursor.fetchall()}
        table_missing = "search_index" not in present
        triggers_missing = [name for name in _SQLITE_TRIGGERS if name not in present]
        if table_missing:
            cursor.execute(_SQLITE_TABLE)
        for name in triggers_missing:
            cursor.execute(f"CREATE TRIGGER {name} {_SQLITE_TRIGGERS[name]}")
        if table_missing or triggers_missing:
            cursor.execute("INSERT INTO search_index(search_index) VALUES ('rebuild')")
        return table_missing or bool(triggers_missing)
