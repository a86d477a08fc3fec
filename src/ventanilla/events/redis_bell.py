"""The doorbell between processes by Redis, where there is one. The tail of events stays the safety net."""

import json
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache

import redis
import redis.asyncio
import structlog
from django.conf import settings

from ventanilla.events.doorbell import Ring

log = structlog.get_logger("ventanilla.doorbell")

CHANNEL = "ventanilla.rings"
_TIMEOUT_SECONDS = 2


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS)


def answers() -> bool:
    """Whether the Redis of the settings can be used just now; true when none is set."""
    if not settings.REDIS_URL:
        return True
    try:
        return bool(_client().ping())
    except redis.RedisError as error:
        log.warning("Redis does not answer", error=repr(error))
        return False


def publish(rings: Sequence[Ring]) -> None:
    """Ring in all processes. A Redis that is away costs a log line: the tail of events finds what was missed."""
    if not settings.REDIS_URL or not rings:
        return
    try:
        _client().publish(CHANNEL, json.dumps([[ring.scope, ring.event] for ring in rings]))
    except redis.RedisError as error:
        log.warning("rings were not published", error=repr(error))


async def rings() -> AsyncIterator[list[Ring]]:
    """Rings of all processes, until the connection breaks (`ConnectionError`); the caller connects anew."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    try:
        async with client.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            async for message in channel.listen():
                if message["type"] == "message":
                    yield [Ring(scope, event) for scope, event in json.loads(message["data"])]
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error
    finally:
        await client.aclose()
