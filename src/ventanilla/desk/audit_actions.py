"""What is done with the audit list."""

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right


def note_export(*, by: Author, count: int, query: str) -> None:
    """Note that `count` lines of the audit list were taken away, and under which filters: the `query` of
    the address, which names people by number, for the log forgets no name.

    Records `audit.exported`.
    """
    by.require(Right.SETTINGS)
    record("audit.exported", "installation:1", actor=by.actor, data={"count": count, "query": query})
