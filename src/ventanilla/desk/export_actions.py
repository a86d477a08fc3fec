"""What is noted when tickets or hours are taken away."""

from django.db import transaction

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right


@transaction.atomic
def note_tickets_export(*, by: Author, count: int, file_type: str, view: str, name: str, query: str) -> None:
    """Note that `count` tickets were taken away as a file: of which view (its key, and its `name`), under which filters
    (the `query` of the address). Name and filters may hold words of persons: they stand in the payload.

    Records `tickets.exported`.
    """
    by.require(Right.DESK)
    data = {"count": count, "file_type": file_type, "view": view}
    record("tickets.exported", "installation:1", actor=by.actor, data=data, personal={"view": name, "query": query})


@transaction.atomic
def note_hours_export(*, by: Author, count: int, file_type: str, query: str) -> None:
    """Note that `count` entries of hours were taken away as a file, under which filters (the `query` of the address).

    Records `hours.exported`.
    """
    by.require(Right.DESK)
    data = {"count": count, "file_type": file_type, "query": query}
    record("hours.exported", "installation:1", actor=by.actor, data=data)
