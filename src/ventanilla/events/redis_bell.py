"""The doorbell between processes by Redis, where there is one. The tail of events stays the safety net."""

import json
from collections.abc import AsyncIterator, Sequence

import structlog

from ventanilla.events.doorbell import Ring
from ventanilla.events.redis_link import Away, Link, heard, own

log = structlog.get_logger("ventanilla.doorbell")


class RedisBell:
    """The `doorbell.Carrier` of an installation with Redis at `url`. Connects when it is first used, and anew after."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._link = Link(url)

    def answers(self) -> bool:
        """Whether Redis can be used just now."""
        try:
            return bool(self._link.ask(lambda client: client.ping()))
        except Away as error:
            log.warning("Redis does not answer", error=repr(error))
            return False

    def publish(self, rings: Sequence[Ring]) -> None:
        """Ring in all processes. A Redis that is away costs a log line: the tail of events finds what was missed."""
        if not rings:
            return
        said = json.dumps([[ring.scope, ring.event] for ring in rings])
        try:
            self._link.ask(lambda client: client.publish(own("rings"), said))
        except Away as error:
            log.warning("rings were not published", error=repr(error))

    async def rings(self) -> AsyncIterator[list[Ring]]:
        """Rings of all processes, until the connection breaks (`ConnectionError`); the caller connects anew."""
        async for said in heard(self._url, own("rings")):
            yield [Ring(scope, event) for scope, event in json.loads(said)]
