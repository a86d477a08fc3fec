"""What the wiring told the log: kinds of events and who reacts to them. Set once at start, then frozen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise

if TYPE_CHECKING:
    from ventanilla.events.record import Cause, Happening


# What the audit list is about. A kind belongs to one of these, or is no matter of the audit.
AUDITS: Final = ("sign_in", "account", "rights", "settings", "exports", "tokens", "restricted")


@dataclass(frozen=True)
class Kind:
    """A kind of event: its dotted name, and who may see it (`requester`, `staff` or `admin`).

    `audit` (one of `AUDITS`) puts it on the audit list, where `sentence` says what happened.
    """

    name: str
    audience: str = "staff"
    audit: str = ""
    sentence: str | Promise = ""

    def __post_init__(self) -> None:
        if self.audit and (self.audit not in AUDITS or not self.sentence):
            raise ValueError(f"{self.name}: the audit needs a subject it knows and a sentence")


@dataclass(frozen=True)
class Reaction:
    """Something that answers events of some kinds: inside the transaction, or handed over to the background."""

    name: str
    kinds: frozenset[str]
    run: Callable[["Happening", "Cause"], None]


@dataclass(frozen=True)
class Due:
    """A table with due times. `take(now)` claims and carries out a batch, and returns how many rows it took."""

    name: str
    take: Callable[[datetime], int]
    every_seconds: float = 1.0


@dataclass
class _Store:
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    before_commit: tuple[Reaction, ...] = ()
    after_commit: tuple[Reaction, ...] = ()
    due: tuple[Due, ...] = ()
    frozen: bool = False


_store = _Store()


class AlreadyWired(RuntimeError):
    """The wiring was set a second time."""


def install(
    *,
    kinds: Sequence[Kind],
    before_commit: tuple[Reaction, ...],
    after_commit: tuple[Reaction, ...],
    due: tuple[Due, ...],
) -> None:
    """Take over the wiring; a second call raises `AlreadyWired`, a name used twice raises `ValueError`."""
    if _store.frozen:
        raise AlreadyWired
    by_name = {kind.name: kind for kind in kinds}
    if len(by_name) != len(kinds):
        raise ValueError("two kinds of event share a name")
    names = [reaction.name for reaction in (*before_commit, *after_commit)]
    if len(set(names)) != len(names):
        raise ValueError("two reactions share a name")
    unknown = {name for r in (*before_commit, *after_commit) for name in r.kinds} - by_name.keys()
    if unknown:
        raise ValueError(f"reactions to unknown kinds: {sorted(unknown)}")
    _store.kinds, _store.before_commit, _store.after_commit, _store.due = by_name, before_commit, after_commit, due
    _store.frozen = True


def kinds() -> Mapping[str, Kind]:
    """Every kind of event by name."""
    return _store.kinds


def before_commit() -> tuple[Reaction, ...]:
    """Reactions that run inside the transaction, in this order."""
    return _store.before_commit


def after_commit() -> tuple[Reaction, ...]:
    """Reactions that are handed over to the background."""
    return _store.after_commit


def due() -> tuple[Due, ...]:
    """Everything that the ticker looks after."""
    return _store.due
