"""The hub of one process: open streams by scope key, and the tail that hears what other processes recorded."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from ventanilla.events import doorbell
from ventanilla.events.doorbell import Carrier, Ring
from ventanilla.events.models import Event
from ventanilla.notify.queries import Change as Notice
from ventanilla.notify.queries import changes_since as notices_since
from ventanilla.notify.queries import rings_of as notice_rings
from ventanilla.tickets.presence import Change, changes_since
from ventanilla.tickets.presence import rings_of as presence_rings

log = structlog.get_logger("ventanilla.live")

TAIL_EVERY_SECONDS = 0.5
TAIL_BESIDE_REDIS_SECONDS = 5.0
LOOK_BACK_SECONDS = 5
MOST_WAITING = 200
_REMEMBERED = 20_000


@dataclass(eq=False)
class Stream:
    """One open connection: its scopes, and the rings that wait to be written; None ends it."""

    scopes: frozenset[str]
    rings: asyncio.Queue[Ring | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    overrun: bool = False


class Hub:
    """Streams of this process. All of it lives on the event loop; `hear` may be called from any thread."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Stream]] = defaultdict(set)
        self._tail: asyncio.Task[None] | None = None
        self._carried: asyncio.Task[None] | None = None
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
            # Kept here: the loop itself holds only a weak reference to a task. In a context of their own, for they
            # outlive the request of the first stream.
            self._tail = self._loop.create_task(self._follow(), context=Context())
            carrier = doorbell.carrier()
            if carrier is not None:
                self._carried = self._loop.create_task(self._subscribe(carrier), context=Context())

    def leave(self, stream: Stream) -> None:
        """Stop ringing a stream; the last one stops the tail."""
        for scope in stream.scopes:
            self._streams[scope].discard(stream)
            if not self._streams[scope]:
                del self._streams[scope]
        if not self._streams and self._tail is not None:
            self._tail.cancel()
            self._tail = None
            if self._carried is not None:
                self._carried.cancel()
                self._carried = None
            if self._stop_listening is not None:
                self._stop_listening()
                self._stop_listening = None

    def end(self) -> None:
        """End every stream: the process is about to stop, and browsers connect anew by themselves."""
        for stream in set(itertools.chain.from_iterable(self._streams.values())):
            stream.overrun = True
            if not stream.rings.full():
                stream.rings.put_nowait(None)

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
                    stream.overrun = True  # ends the stream: the browser connects anew and reads everything again
                else:
                    stream.rings.put_nowait(ring)

    async def _subscribe(self, carrier: Carrier) -> None:
        """Hear the carrier until cancelled, connecting anew when it goes away. Own rings come back and are known."""
        while True:
            try:
                async for rings in carrier.rings():
                    fresh = [ring for ring in rings if not ring.event or ring.event not in self._seen]
                    self._ring(fresh, True)
            except OSError as error:
                log.warning("the doorbell is away", error=repr(error))
            await asyncio.sleep(1)

    async def _follow(self) -> None:
        """Hear of other processes' events until cancelled. A database that is away only delays it."""
        # What happened just before the stream opened may be younger than the page it belongs to: it rings too.
        begun = timezone.now() - timedelta(seconds=LOOK_BACK_SECONDS)
        self._seen.update((event.pk, None) for event in await _events(self._seen) if event.recorded_at < begun)
        known: set[Change] = set()
        told: set[Notice] = set()
        pause = TAIL_BESIDE_REDIS_SECONDS if doorbell.carrier() else TAIL_EVERY_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                fresh = await _events(self._seen)
                present, notices = await _presence(pause + LOOK_BACK_SECONDS)
            except DatabaseError as error:
                log.warning("the tail could not be read", error=repr(error))
                continue
            self._ring(doorbell.rings_of(fresh), True)
            self._ring(presence_rings(present - known), False)
            self._ring(notice_rings(notices - told), False)
            known, told = present, notices
            while len(self._seen) > _REMEMBERED:
                for event in list(itertools.islice(self._seen, _REMEMBERED // 2)):
                    del self._seen[event]


@sync_to_async
def _events(known: Container[int]) -> list[Event]:
    close_old_connections()
    return doorbell.tail(known)


@sync_to_async
def _presence(seconds: float) -> tuple[set[Change], set[Notice]]:
    """What is no event and rings all the same: who is where, and what somebody was told or has read."""
    since = timezone.now() - timedelta(seconds=seconds)
    return changes_since(since), notices_since(since)


hub = Hub()
