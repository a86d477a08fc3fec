"""Questions to the log."""

from django.db.models import QuerySet

from ventanilla.events.models import Event


def history(topic: str) -> QuerySet[Event]:
    """The events of one topic (`ticket:12`), oldest first, with their personal text."""
    return Event.objects.filter(topic=topic).select_related("payload").order_by("id")
