"""Questions about the installation, and the one way to cache what only configuration can change."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import DatabaseError

from ventanilla.core.asking import ask
from ventanilla.installation.models import Installation

Built = TypeVar("Built")

# The key in `Installation.settings` of when a trial is over (ISO 8601).
TRIAL: Final = "trial_until"

_cache: dict[Hashable, tuple[int, Any]] = {}
_MOST_ENTRIES = 5_000
_seen = [0]  # the newest configuration version this process has heard of
_held: ContextVar[int | None] = ContextVar("configuration version of the work at hand", default=None)


@contextmanager
def one_configuration() -> Iterator[None]:
    """Inside this block the configuration version is read once: a piece of work sees one configuration throughout."""
    if _held.get() is not None:
        yield
        return
    token = _held.set(config_version())
    try:
        yield
    finally:
        _held.reset(token)


@contextmanager
def as_it_changes() -> Iterator[None]:
    """Inside this block the configuration is read as it stands at each moment: for work that changes it on its way."""
    token = _held.set(None)
    try:
        yield
    finally:
        _held.reset(token)


def config_version() -> int:
    """The number that every change of configuration raises, in the same transaction as the change."""
    held = _held.get()
    if held is not None:
        return held
    # Asked several times a request: plain SQL costs a tenth of building the same query.
    found = ask("SELECT config_version FROM installation_installation WHERE id = 1")
    _seen[0] = int(found[0][0]) if found else 0
    return _seen[0]


def by_config_version(key: Hashable, build: Callable[[], Built]) -> Built:
    """What `build` returns, remembered in this process until the configuration changes.

    Costs one tiny query. Only for what follows from configuration alone; `key` names the question.
    """
    version = config_version()
    found = _cache.get(key)
    if found is not None and found[0] == version:
        kept: Built = found[1]
        return kept
    built = build()
    if len(_cache) >= _MOST_ENTRIES:
        _cache.clear()
    _cache[key] = (version, built)
    return built


def forget_cached() -> None:
    """Empty this process's cache: for tests, whose databases come and go under one process."""
    _cache.clear()
    _seen[0] = 0


def installation() -> Installation:
    """The installation's row, cached by configuration version."""
    return by_config_version("installation", lambda: Installation.objects.get(pk=1))


def installation_as_known() -> Installation | None:
    """The installation's row as far as this process knows, without asking for news: for what is also needed where there
    is no database yet. Nothing where nothing of the configuration has been read; read again once it is known to differ.
    """
    version = _held.get() or _seen[0]
    if not version:
        return None
    found = _cache.get("installation")
    if found is None or found[0] < version:
        try:
            return installation()
        except DatabaseError:
            # Whoever says that the database is away says it in the words known last.
            pass
    kept: Installation | None = found[1] if found else None
    return kept


def trial_days_left(row: Installation, now: datetime) -> int | None:
    """How many days of a trial are left, counting the one that has begun; 0 when it is over, `None` without a trial."""
    until = row.settings.get(TRIAL)
    if not until:
        return None
    return max(0, (datetime.fromisoformat(until) - now).days + 1)
