"""Questions to the log."""

from collections.abc import Collection

from django.db.models import QuerySet

from ventanilla.core.asking import ask
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
    ((newest,),) = ask("SELECT MAX(id) FROM events_event")
    return newest or 0


def event_by_id(pk: int) -> Event | None:
    """The event with this id."""
    return Event.objects.filter(pk=pk).first()


def newest_by(actor: str, topic: str) -> Event | None:
    """The newest event about a topic, if this actor caused it."""
    event = Event.objects.filter(topic=topic).order_by("-id").first()
    return event if event is not None and event.actor == actor else None


def newest_of(kinds: Collection[str], most: int) -> list[Event]:
    """The newest events of these kinds, newest first, at most so many, each with its payload."""
    return list(Event.objects.filter(kind__in=kinds).select_related("payload").order_by("-recorded_at")[:most])
