"""What migrations cannot keep: the triggers that make the log append-only. Run after every migrate."""

from django.db import connection

_SQLITE = """
CREATE TRIGGER IF NOT EXISTS events_event_no_{verb} BEFORE {VERB} ON events_event
WHEN NOT EXISTS (SELECT 1 FROM events_gate)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
"""

_POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION events_event_append_only() RETURNS trigger AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM events_gate) THEN
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$ LANGUAGE plpgsql
""",
    """
CREATE OR REPLACE TRIGGER events_event_append_only BEFORE UPDATE OR DELETE ON events_event
FOR EACH ROW EXECUTE FUNCTION events_event_append_only()
""",
    "CREATE INDEX IF NOT EXISTS event_at_brin ON events_event USING brin (at)",
)


def ensure() -> None:
    """Put the triggers (and PostgreSQL's BRIN index) in place; does nothing where they stand already."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                cursor.execute(_SQLITE.format(verb=verb, VERB=verb.upper()))
        else:
            for statement in _POSTGRESQL:
                cursor.execute(statement)
