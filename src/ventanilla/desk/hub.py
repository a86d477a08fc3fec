"""The hub of one process: open streams by scope key, and the tail that hears what other processes recorded."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections

from ventanilla.events import doorbell
from ventanilla.events.doorbell import Ring
from ventanilla.events.models import Event
from ventanilla.tickets.presence import tail as presence_tail

log = structlog.get_logger("ventanilla.live")

TAIL_EVERY_SECONDS = 0.5
MOST_WAITING = 200
_REMEMBERED = 20_000


@dataclass(eq=False)
class Stream:
    """One open connection: its scopes, and the rings that wait to be written."""

    scopes: frozenset[str]
    rings: asyncio.Queue[Ring] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))


class Hub:
    """Streams of this process. All of it lives on the event loop; `hear` may be called from any thread."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Stream]] = defaultdict(set)
        self._tail: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._seen: dict[int, None] = {}

    def join(self, stream: Stream) -> None:
        """Begin to ring a stream; the first one starts the tail."""
        for scope in stream.scopes:
            self._streams[scope].add(stream)
        if self._tail is None:
            self._loop = asyncio.get_running_loop()
            self._stop_listening = doorbell.listen(self.hear)
            # Kept here: the loop itself holds only a weak reference to a task.
            self._tail = self._loop.create_task(self._follow())

    def leave(self, stream: Stream) -> None:
        """Stop ringing a stream; the last one stops the tail."""
        for scope in stream.scopes:
            self._streams[scope].discard(stream)
            if not self._streams[scope]:
                del self._streams[scope]
        if not self._streams and self._tail is not None:
            self._tail.cancel()
            self._tail = None
            if self._stop_listening is not None:
                self._stop_listening()
                self._stop_listening = None

    def hear(self, rings: Sequence[Ring]) -> None:
        """Rings of this process, from whichever thread committed."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closing: nobody is left to tell
                self._loop.call_soon_threadsafe(self._ring, list(rings), True)

    def _ring(self, rings: Iterable[Ring], remember: bool) -> None:
        for ring in rings:
            if remember and ring.event:
                self._seen[ring.event] = None
            for stream in tuple(self._streams.get(ring.scope, ())):
                if stream.rings.full():
                    continue  # a reader that slow re-reads everything when it reconnects
                stream.rings.put_nowait(ring)

    async def _follow(self) -> None:
        """Hear of other processes' events until cancelled. A database that is away only delays it."""
        known = await _events()
        self._seen.update((event.pk, None) for event in known)
        last_presence = 0.0
        while True:
            await asyncio.sleep(TAIL_EVERY_SECONDS)
            try:
                fresh = [event for event in await _events() if event.pk not in self._seen]
                present, last_presence = await _presence(last_presence)
            except DatabaseError as error:
                log.warning("the tail could not be read", error=repr(error))
                continue
            self._ring(doorbell.rings_of(fresh), True)
            self._ring(present, False)
            while len(self._seen) > _REMEMBERED:
                for event in list(itertools.islice(self._seen, _REMEMBERED // 2)):
                    del self._seen[event]


@sync_to_async
def _events() -> list[Event]:
    close_old_connections()
    return doorbell.tail()


@sync_to_async
def _presence(since: float) -> tuple[list[Ring], float]:
    return presence_tail(since)


hub = Hub()
