"""Questions to the log."""

from django.db.models import QuerySet

from ventanilla.events.models import Event


def history(topic: str) -> QuerySet[Event]:
    """The events of one topic (`ticket:12`), oldest first, with their personal text."""
    return Event.objects.filter(topic=topic).select_related("payload").order_by("id")


def newest_event() -> int:
    """The id of the newest event: as long as it stays, no action has changed anything."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
