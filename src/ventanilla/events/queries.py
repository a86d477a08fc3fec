"""Questions to the log."""

from django.db import connection
from django.db.models import QuerySet

from ventanilla.core.prepared import Given, Prepared
from ventanilla.events.models import Event


def history(topic: str | Given) -> QuerySet[Event]:
    """The events of one topic (`ticket:12`), oldest first, with their personal text."""
    return Event.objects.filter(topic=topic).select_related("payload").order_by("id")


_HISTORY = Prepared(lambda: history(Given("topic")))


def whole_history(topic: str) -> list[Event]:
    """All of `history`, read at once."""
    return _HISTORY.objects(topic=topic)


def newest_event() -> int:
    """The id of the newest event: as long as it stays, no action has changed anything."""
    # Asked by every page with counts: plain SQL costs a tenth of building the same query.
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM events_event")
        row = cursor.fetchone()
    return int(row[0] or 0)
