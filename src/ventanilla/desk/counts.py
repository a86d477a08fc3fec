"""How many tickets each view has, remembered for as long as nothing can have changed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ventanilla.events.queries import newest_event
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.kinds import Reading
from ventanilla.fields.registry import spec_of
from ventanilla.installation.queries import config_version
from ventanilla.people.models import Person
from ventanilla.tickets.default_views import VIEWS, tickets_in
from ventanilla.ui import lists

REMEMBERED_SECONDS = 10.0
_MOST_PERSONS = 2_000


@dataclass(frozen=True)
class _Counted:
    newest: int
    version: int
    at: float
    counts: Mapping[str, lists.Count]


_remembered: dict[int, _Counted] = {}


def view_counts(person: Person, reading: Reading) -> Mapping[str, lists.Count]:
    """The count of each counted view for a person, each capped.

    Tickets change by actions alone and every action records an event: while the newest event and the configuration
    stay the same, so do the counts. The limit in time is for views in which «now» has a part.
    """
    newest, version, now = newest_event(), config_version(), time.monotonic()
    found = _remembered.get(person.pk)
    if found and (found.newest, found.version) == (newest, version) and now - found.at < REMEMBERED_SECONDS:
        return found.counts
    spec = spec_of("ticket")
    counts = lists.counts(
        {
            view.key: tickets_in(view, person).filter(compile_q(view.condition, spec, reading))
            for view in VIEWS
            if view.counted
        }
    )
    if len(_remembered) >= _MOST_PERSONS:
        _remembered.clear()
    _remembered[person.pk] = _Counted(newest, version, now, counts)
    return counts


def forget_counts() -> None:
    """Empty this process's memory: for tests, whose databases come and go under one process."""
    _remembered.clear()
