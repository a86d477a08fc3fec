"""A connection to Redis for those who can do without it: they never wait long, nor again and again."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from ventanilla.core.crypto import sign

_TIMEOUT_SECONDS = 2
_AWAY_SECONDS = 1

Client = redis.Redis


def own(name: str) -> str:
    """A name of this installation's own, in a Redis that others may use too: channels know no database numbers."""
    return f"ventanilla.{sign('redis', '', settings.SECRET_KEY)[:12]}.{name}"


class Away(Exception):
    """Redis does not answer, or did not a moment ago."""


class Link:
    """Redis at `url`. Connects when it is first used, and anew when it must; safe in threads and after a fork."""

    def __init__(self, url: str) -> None:
        # One more try at once: the first may find that a restarted server has forgotten the connection. The library
        # alone would wait for seconds, and whoever asks is a page.
        self.client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 1)
        )
        self._away_until = 0.0

    def ask(self, question: Callable[[Client], Any]) -> Any:
        """What Redis answers. Raises `Away`, at once if it was away within the last second."""
        if time.monotonic() < self._away_until:
            raise Away("it was away a moment ago")
        try:
            return question(self.client)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            raise Away(repr(error)) from error


@contextmanager
def waiting(url: str) -> Iterator[Client]:
    """A client at `url` that waits as long as it must, for a thread with nothing else to do.

    Raises ConnectionError when Redis goes away meanwhile.
    """
    try:
        yield redis.Redis.from_url(url)
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error


async def heard(url: str, channel: str) -> AsyncIterator[bytes]:
    """What is published on `channel` from now on, until the connection breaks (ConnectionError)."""
    client = redis.asyncio.Redis.from_url(url)
    try:
        async with client.pubsub() as subscription:
            await subscription.subscribe(channel)
            async for message in subscription.listen():
                if message["type"] == "message":
                    yield message["data"]
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error
    finally:
        await client.aclose()
