"""Many open browsers on one live process: what they cost, and how long a change takes to reach all of them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async

from ventanilla.bench.memory import pss_mib

PATIENCE_SECONDS = 60
_AT_ONCE = 20
_SETTLE_SECONDS = 6  # what happened just before a stream opened rings in it too


async def measure(port: int, cookies: list[str], *, pid: int, act: Callable[[], Any]) -> dict[str, Any]:
    """Open a stream for each cookie, let `act` change something that all of them show; returns the figures.

    `pid` is the process that serves them; memory is its own and of all below it. Raises TimeoutError when not everybody
    is rung within a minute.
    """
    before = await sync_to_async(pss_mib)(pid)
    gate = asyncio.Semaphore(_AT_ONCE)
    began = time.monotonic()
    streams = await asyncio.gather(*(_open(port, cookie, gate) for cookie in cookies))
    opened = time.monotonic() - began
    await asyncio.sleep(_SETTLE_SECONDS)
    after = await sync_to_async(pss_mib)(pid)
    rung = [asyncio.create_task(_ring(reader)) for reader, _writer in streams]
    await sync_to_async(act)()
    acted = time.monotonic()
    moments = await asyncio.wait_for(asyncio.gather(*rung), PATIENCE_SECONDS)
    for _reader, writer in streams:
        writer.close()
    return {
        "label": f"{len(cookies)} open browsers", "pss_mib": after, "pss_mib_before": before,
        "opened_seconds": round(opened, 2), "all_rung_seconds": round(max(moments) - acted, 2),
    }  # fmt: skip


async def _open(port: int, cookie: str, gate: asyncio.Semaphore) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b": welcome"), PATIENCE_SECONDS)
        return reader, writer


async def _ring(reader: asyncio.StreamReader) -> float:
    await reader.readuntil(b"event: ring")
    return time.monotonic()
