"""The processes of `ventanilla serve`: forked after everything is loaded, so that they share their memory."""

import errno
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connections

from ventanilla.config.asgi import application
from ventanilla.config.environment import OperatorError
from ventanilla.core.addresses import reverse
from ventanilla.desk.hub import hub
from ventanilla.events import queue, ticker
from ventanilla.mail.fetch import FetchLoop

log = structlog.get_logger("ventanilla.serve")

STOP_SECONDS = 10
# A page makes some ten thousand objects, nearly all of them gone by reference count when it is sent. Measured: 50,000
# cost 9 MiB more in each process, and took as long.
GARBAGE_AFTER_OBJECTS = 5_000
QUEUE = 512


class Listener(socket.socket):
    """A listening socket that several page processes share.

    Asyncio accepts as many connections at once as its backlog says: one process would take all that wait while the
    others idle. So each is told a backlog of one, and the kernel's queue stays long whatever it is told.
    """

    def listen(self, _backlog: int = QUEUE) -> None:
        """Listen with the long queue."""
        super().listen(QUEUE)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OperatorError when the port is taken or not allowed, or the host is not this one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by name: asyncio sets TCP_NODELAY only then, and without it every answer waits 40 ms for an ACK.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OperatorError(_why_not(error, host, port)) from error
    listener.listen()
    listener.set_inheritable(True)
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        said = f"Port {port} on {host} is taken by another program.\nStop it, or choose another port:"
        return f"{said}  ./start --port {port + 1 if port < 65535 else 8000}"
    if error.errno == errno.EACCES:
        return f"Port {port} may be opened by root alone.\nChoose one above 1023:  ./start --port 8000"
    return (
        f"This computer cannot listen on {host}: {error.strerror}.\n"
        "Use 127.0.0.1 (this computer only) or 0.0.0.0 (every network of this computer):  ./start --host 0.0.0.0"
    )


class Supervisor:
    """Keeps the children running: a child that dies is started anew, with growing patience.

    `only` (`pages`, `live`, `worker`, `ticker`) starts that part alone, for whoever spreads them over units or
    computers; pages and live streams need a `listener`. Any number of each may run beside others of its kind.
    """

    def __init__(self, listener: socket.socket | None, *, page_processes: int, only: str = "") -> None:
        self._listener = listener
        parts: dict[str, dict[str, Callable[[], None]]] = {
            "pages": {f"pages-{n}": self._pages for n in range(1, page_processes + 1)},
            "live": {"live": self._pages},
            "worker": {"worker": _worker},
            "ticker": {"ticker": _ticker},
            "": {f"pages-{n}": self._pages for n in range(1, page_processes + 1)} | {"background": _background},
        }
        self._jobs = parts[only]
        self._serves_pages = only in ("", "pages")
        self._children: dict[int, str] = {}
        self._started: dict[str, float] = {}
        self._stopping = False

    def run(self, *, ready: Callable[[], None]) -> None:
        """Fork the children, say that all is ready, and supervise until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if self._serves_pages:
            reverse("home")  # reads every address with its views, which page processes then share
        connections.close_all()
        caches.close_all()
        # What is loaded by now stays for good: nobody need look through it for garbage, and its memory stays shared.
        gc.collect()
        gc.freeze()
        for name in self._jobs:
            self._fork(name)
        ready()
        while self._children:
            try:
                pid, _status = os.wait()
            except InterruptedError:
                continue
            except ChildProcessError:
                break
            name = self._children.pop(pid, "")
            if name and not self._stopping:
                log.warning("a process ended and is started anew", name=name)
                if time.monotonic() - self._started[name] < 2:
                    time.sleep(1)
                self._fork(name)

    def _fork(self, name: str) -> None:
        self._started[name] = time.monotonic()
        pid = os.fork()
        if pid:
            self._children[pid] = name
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = 0
        try:
            self._jobs[name]()
        except Exception:
            log.exception("process failed", name=name)
            code = 1
        finally:
            os._exit(code)

    def _pages(self) -> None:
        gc.set_threshold(GARBAGE_AFTER_OBJECTS)
        config = uvicorn.Config(
            application, log_level="warning", access_log=False, lifespan="on", backlog=1, timeout_graceful_shutdown=2,
            server_header=False, proxy_headers=bool(settings.TRUSTED_PROXIES),
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
        )  # fmt: skip
        _Pages(config).run(sockets=[self._listener] if self._listener else None)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._children:
            os.kill(pid, signal.SIGTERM)
        # A child that does not go in time is killed; a daemon thread, so that this process ends with its children.
        patience = threading.Timer(STOP_SECONDS, self._kill)
        patience.daemon = True
        patience.start()

    def _kill(self) -> None:
        for pid in tuple(self._children):
            os.kill(pid, signal.SIGKILL)


class _Pages(uvicorn.Server):
    """Ends the open streams when it is told to stop. They would hold it up until it cancels them, with a complaint."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        hub.end()
        await super().shutdown(sockets)


def _background() -> None:
    """Worker, ticker and mail fetching: threads of one process. What a kill interrupts, due rows bring back."""
    fetching = FetchLoop(threading.Event())
    _stay(
        {"worker": _work, "ticker": lambda: ticker.run_for_ever(threading.Event()), "fetch": fetching.run},
        at_the_end=fetching.give_up,
    )


def _worker() -> None:
    """Carry out what a wake-up asks for."""
    _stay({"worker": _work}, at_the_end=lambda: None)


def _ticker() -> None:
    """Look at everything that is due, and fetch mail."""
    fetching = FetchLoop(threading.Event())
    _stay(
        {"ticker": lambda: ticker.run_for_ever(threading.Event()), "fetch": fetching.run},
        at_the_end=fetching.give_up,
    )


def _stay(parts: dict[str, Callable[[], None]], *, at_the_end: Callable[[], None]) -> None:
    """Run the parts in threads until SIGTERM, or until one of them fails: then the process ends and is started anew.

    None is waited for: whatever an end interrupts, due rows bring back.
    """
    signal.signal(signal.SIGTERM, _told_to_stop)
    threads = [threading.Thread(target=part, name=name, daemon=True) for name, part in parts.items()]
    try:
        for thread in threads:
            thread.start()
        while all(thread.is_alive() for thread in threads):
            time.sleep(1)
    except _Stopped:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        at_the_end()


class _Stopped(BaseException):
    """SIGTERM: raised in the main thread, which does nothing but wait."""


def _told_to_stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _work() -> None:
    """Take wake-ups from the queue for as long as the process lives; what is away only delays them."""
    while True:
        try:
            queue.chosen().work()
        except (DatabaseError, ConnectionError) as error:
            log.warning("wake-ups could not be read", error=repr(error))
        connections.close_all()
        time.sleep(1)
