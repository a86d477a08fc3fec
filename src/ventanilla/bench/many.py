"""Measuring what concerns thousands of tickets at once: an export, and one change of many beside ordinary work."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from ventanilla.bench.memory import pss_mib

LOOKS_EVERY_SECONDS = 0.25
PAUSE_SECONDS = 0.1
PIECE_BYTES = 64 * 1024
MOST_SECONDS = 600

Do = Callable[[Any, int], tuple[bool, int]]


def measure_export(port: int, path: str, headers: Mapping[str, str], *, file_type: str, pid: int) -> dict[str, Any]:
    """Take one list as a file; how long it took from the first byte sent to the last received, and how much the
    processes below `pid` grew meanwhile. Raises RuntimeError when no file comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=MOST_SECONDS)
    before, began, size = pss_mib(pid), time.perf_counter(), 0
    with _watching(pid) as seen:
        connection.request(
            "POST", path, f"file_type={file_type}", {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        while piece := answer.read(PIECE_BYTES):
            size += len(piece)
        seconds = time.perf_counter() - began
    connection.close()
    return {"seconds": round(seconds, 2), "bytes": size, "pss_mib_more": round(max(seen, default=before) - before, 1)}


@contextmanager
def _watching(pid: int) -> Iterator[list[float]]:
    """The memory of the processes below `pid`, again and again."""
    seen: list[float] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOKS_EVERY_SECONDS):
            seen.append(pss_mib(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def measure_bulk(
    loadgen: ModuleType,
    api: Any,
    numbers: Sequence[str],
    effect: Mapping[str, Any],
    meanwhile: Mapping[str, tuple[Any, Do]],
) -> dict[str, Any]:
    """Change these tickets in the background and wait for the end; how long that took, and how long the others had to
    wait for their answers meanwhile, each with a client of their own and a pause after each request. `meanwhile` has a
    client and what it does by name. Raises RuntimeError when the run does not begin or fails."""
    body = json.dumps({"tickets": list(numbers), "effects": [effect]})
    done, waited, failed = threading.Event(), {name: list[float]() for name in meanwhile}, dict.fromkeys(meanwhile, 0)

    def work(name: str, client: Any, do: Do) -> None:
        i = 0
        while not done.wait(PAUSE_SECONDS):
            began = time.perf_counter()
            well, _size = do(client, i)
            waited[name].append(time.perf_counter() - began)
            failed[name] += not well
            i += 1

    threads = [threading.Thread(target=work, args=(name, *how)) for name, how in meanwhile.items()]
    for thread in threads:
        thread.start()
    try:
        began = time.perf_counter()
        status, headers, answer = api.req("POST", "/api/v1/bulk", body, {"Content-Type": "application/json"})
        if status != 202:
            raise RuntimeError(f"the change of many did not begin: {answer[:200]!r}")
        while (run := json.loads(api.get(headers["location"])[2]))["state"] == "running":
            if time.perf_counter() - began > MOST_SECONDS:
                raise RuntimeError("the change of many does not end")
            time.sleep(LOOKS_EVERY_SECONDS)
        seconds = time.perf_counter() - began
    finally:
        done.set()
        for thread in threads:
            thread.join()
    figures = {"seconds": round(seconds, 2), **{name: run[name] for name in ("state", "changed", "same", "left")}}
    for name, times in waited.items():
        p50, p95, most = (round(1000 * loadgen.pct(times, p), 1) for p in (50, 95, 100))
        figures[name] = {"n": len(times), "p50_ms": p50, "p95_ms": p95, "max_ms": most, "errors": failed[name]}
    return figures
