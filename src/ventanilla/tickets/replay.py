"""From the events of a ticket back to what it was after each of them: snapshots, for whatever judges the past. Pure.

A snapshot holds values under the keys that conditions use (`tickets/spec.py`), as `compile_predicate` wants them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

# Where the names of a ticket's columns differ from the keys of its Spec.
_KEYS: Final = {"due_at": "due", "pending_until": "waits_until"}
_MOMENTS: Final = frozenset(_KEYS.values())
# What the names of custom fields begin with (`fields.definitions.PREFIX`, which is not pure).
_CUSTOM: Final = "custom."
_SETS: Final = frozenset({"tags", "participants", "watchers"})
_CHANGES: Final = frozenset({"ticket.changed", "ticket.change_undone"})

# The last of the status categories that counts as open (`tickets.models.StatusCategory.PENDING`).
LAST_OPEN: Final = 3

# What a replay reads; every other kind leaves the ticket as it was.
KINDS: Final = frozenset(
    {
        "ticket.opened",
        *_CHANGES,
        "ticket.replied",
        "ticket.requester_replied",
        "ticket.merged",
        "ticket.unmerged",
        "ticket.split_undone",
    }
)
# Answers of machines tell nobody anything.
SPOKEN: Final = frozenset({"ticket.replied", "ticket.requester_replied"})


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says, as far as a replay asks."""

    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ticket right after an event. `kind` is the event's, "" for one that changed nothing that is asked for here;
    `merged`: it is part of another ticket."""

    at: datetime
    kind: str
    values: Mapping[str, Any]
    merged: bool = False


@dataclass(frozen=True)
class Lens:
    """How stored values become those of snapshots: the category of each status by id, and the value of a custom field
    (`custom.<key>`) as conditions compare it."""

    categories: Mapping[int, int]
    held: Callable[[str, Any], Any]


def snapshots(told: Iterable[Told], lens: Lens) -> Iterator[Snapshot]:
    """What the ticket was after each event, oldest first; nothing before `ticket.opened`, which tells its whole state.

    Events are in the order in which they were recorded. One that says it happened before the one it follows (imports,
    clocks put back) counts from that one's moment on: time never runs backwards.
    """
    values: dict[str, Any] | None = None
    merged = False
    latest: datetime | None = None
    for event in told:
        data = event.data
        if event.kind == "ticket.opened":
            values = _whole(data, lens)
        if values is None:
            continue
        latest = event.at if latest is None else max(latest, event.at)
        if event.kind in _CHANGES:
            values = _changed(values, data.get("changes", {}), lens)
        elif event.kind == "ticket.unmerged" and data["direction"] == "to":
            merged = False
        elif event.kind in ("ticket.merged", "ticket.split_undone") and data["direction"] == "to":
            merged = True
        kind = "" if event.kind in SPOKEN and data.get("automatic") else event.kind
        yield Snapshot(latest, kind, values, merged)


def _whole(data: Mapping[str, Any], lens: Lens) -> dict[str, Any]:
    values: dict[str, Any] = {"tags": tuple(data.get("tags", ())), "stage": "ticket"}
    for name, value in data["state"].items():
        _put(values, name, value, lens)
    return values


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any], lens: Lens) -> dict[str, Any]:
    values = dict(before)
    for name, change in changes.items():
        if name in _SETS:
            kept = set(values.get(name, ())) - set(change["removed"])
            values[name] = tuple(sorted(kept | set(change["added"])))
        else:
            _put(values, name, change[1], lens)
    return values


def _put(values: dict[str, Any], name: str, stored: Any, lens: Lens) -> None:
    key = _KEYS.get(name, name)
    if key in _MOMENTS:
        values[key] = datetime.fromisoformat(stored) if stored else None
        return
    if name.startswith(_CUSTOM):
        values[key] = lens.held(name, stored)
        return
    values[key] = stored
    if name == "status":
        category = lens.categories.get(stored, 0)
        values["status.category"], values["open"] = category, category <= LAST_OPEN
