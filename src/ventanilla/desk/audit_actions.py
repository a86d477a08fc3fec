"""What is done with the audit list."""

from ventanilla.events.record import record
from ventanilla.people.author import Author
from ventanilla.people.rights import Right


def note_export(*, by: Author, count: int, filters: str) -> None:
    """Note that `count` lines of the audit list were taken away, and under which filters (in the words of whoever did).

    Records `audit.exported`.
    """
    by.require(Right.SETTINGS)
    record("audit.exported", "installation:1", actor=by.actor, data={"count": count, "filters": filters})
