"""Everything that must hold after the tables stand: triggers, search tables, the cache table, a working desk."""

from django.core.management import call_command

from ventanilla.brands.setup import ensure_brand
from ventanilla.events import schema as events_schema
from ventanilla.fields import indexing
from ventanilla.mail.setup import ensure_mailbox
from ventanilla.people.calendar_versions import ensure_calendar
from ventanilla.search import schema as search_schema
from ventanilla.sla.setup import ensure_agreement
from ventanilla.tickets.setup import ensure_desk


def ensure_schema() -> None:
    """Restore what `migrate` cannot keep (SQLite's table rebuild drops triggers silently). Idempotent."""
    call_command("createcachetable", verbosity=0)
    events_schema.ensure()
    search_schema.ensure()
    indexing.ensure()


def ensure_all() -> None:
    """The schema, and the rows without which nobody can work. Idempotent."""
    ensure_schema()
    ensure_desk()
    ensure_calendar()
    ensure_agreement()
    ensure_mailbox()
    ensure_brand()
