"""How many tickets each view and each list has, remembered for as long as nothing can have changed."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ventanilla.events.queries import newest_event
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.kinds import Reading
from ventanilla.installation.queries import config_version
from ventanilla.people.models import Person
from ventanilla.people.viewer import viewer
from ventanilla.tickets.default_views import View, tickets_in
from ventanilla.tickets.known_views import sound_condition
from ventanilla.tickets.queries import only_bulk_since
from ventanilla.tickets.spec import spec_for
from ventanilla.ui import lists

REMEMBERED_SECONDS = 10.0
# Of the saved views, the first of these have a number: one person's hundred must not cost a hundred counts a page.
MOST_SAVED_COUNTED = 20
_WHILE_MANY_SECONDS = 1.0
_MOST = 2_000

Counts = TypeVar("Counts")


@dataclass(frozen=True)
class _Counted:
    newest: int
    version: int
    at: float
    counts: Any


_remembered: dict[Hashable, _Counted] = {}


def while_nothing_happens(key: Hashable, count: Callable[[], Counts]) -> Counts:
    """What `count` returns, remembered under `key` (which names the reader too) while nothing can have changed.

    Tickets change by actions alone and every action records an event: while the newest event and the configuration
    stay the same, so do the counts. The limit in time is for lists in which «now» has a part.

    While thousands of tickets are changed in the background, counts that are a second old will do: else every page of
    everybody would count again, for as long as that takes. Whatever else happens meanwhile is counted at once.
    """
    newest, version, now = newest_event(), config_version(), time.monotonic()
    found = _remembered.get(key)
    if found and found.version == version:
        age, same = now - found.at, found.newest == newest
        if (same and age < REMEMBERED_SECONDS) or (age < _WHILE_MANY_SECONDS and only_bulk_since(found.newest)):
            kept: Counts = found.counts
            return kept
    counts = count()
    if len(_remembered) >= _MOST:
        _remembered.clear()
    _remembered[key] = _Counted(newest, version, now, counts)
    return counts


def view_counts(person: Person, reading: Reading, views: Sequence[View]) -> Mapping[str, lists.Count]:
    """The count of each counted view of `views`, all those of a person, each capped."""
    return while_nothing_happens(("views", viewer(person)), lambda: _view_counts(person, reading, views))


def _view_counts(person: Person, reading: Reading, views: Sequence[View]) -> Mapping[str, lists.Count]:
    spec = spec_for(viewer(person))
    counted = [view for view in views if view.counted]
    saved = [view for view in counted if view.saved][:MOST_SAVED_COUNTED]
    return lists.counts(
        {
            view.key: tickets_in(view, person).filter(compile_q(sound_condition(view, spec, reading), spec, reading))
            for view in counted
            if not view.saved or view in saved
        }
    )


def forget_counts() -> None:
    """Empty this process's memory: for tests, whose databases come and go under one process."""
    _remembered.clear()
