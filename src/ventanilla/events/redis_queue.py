"""Wake-ups by RQ on Redis, where the operator chose it. What Redis loses, the ticker finds a second later."""

import structlog
from django.conf import settings
from django.db import close_old_connections
from rq import Queue, SimpleWorker
from rq.timeouts import TimerDeathPenalty

from ventanilla.events import jobs
from ventanilla.events.redis_link import Away, Client, Link, own, waiting

log = structlog.get_logger("ventanilla.queue")

# An unread wake-up is as good as two; one that a killed worker took with it keeps no other away for longer than this.
_UNREAD_SECONDS = 5
_KEPT_SECONDS = 60
_FOR_EVER = -1


class RedisQueue:
    """The `queue.Queue` of an installation with VENTANILLA_QUEUE=redis. Connects when used, and anew when it must."""

    def __init__(self) -> None:
        self._link = Link(settings.REDIS_URL)

    def enqueue(self, name: str) -> None:
        """Put one wake-up on the queue unless an unread one is there. Redis away costs a log line: the rows are due."""
        try:
            if self._link.ask(lambda client: client.set(_unread(name), 1, nx=True, ex=_UNREAD_SECONDS)):
                self._link.ask(lambda client: _put(client, name))
        except Away as error:
            log.warning("no worker was woken", name=name, error=str(error))

    def work(self) -> None:
        """Carry out wake-ups in this very thread: no process for each. Raises ConnectionError when Redis is away."""
        with waiting(settings.REDIS_URL) as connection:
            _Worker([own("work")], connection=connection).work(logging_level="WARNING")

    def take(self, name: str) -> None:
        """Note that the wake-up `name` was read: what is committed from now on wakes anew."""
        try:
            self._link.ask(lambda client: client.delete(_unread(name)))
        except Away as error:
            log.warning("a wake-up could not be marked as read", name=name, error=repr(error))


def carry_out(name: str) -> int:
    """What a wake-up does: drain the due rows called `name`; returns how many were taken."""
    RedisQueue().take(name)
    close_old_connections()
    return jobs.drain(name)


def _put(client: Client, name: str) -> None:
    queue = Queue(own("work"), connection=client)
    queue.enqueue(carry_out, name, job_timeout=_FOR_EVER, ttl=_KEPT_SECONDS, result_ttl=0, failure_ttl=_KEPT_SECONDS)


def _unread(name: str) -> str:
    return own(f"wake.{name}")


class _Worker(SimpleWorker):
    """Runs in a thread: signals are the main thread's affair, and limits of time need none."""

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 4  # seconds; the ticker does the work meanwhile

    def _install_signal_handlers(self) -> None:
        """None: signals belong to the main thread."""
