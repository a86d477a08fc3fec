"""Child processes that begin with the libraries loaded: a new interpreter for each would be half of the suite's time.

The standard library's fork server, started once for each process of the tests, has imported what does not depend on
settings, and of ours the little that is heavy. Each child is forked from it, takes the environment it is given, and
runs its code as `python -c` would.
"""

import atexit
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import IO, Any

_context = get_context("forkserver")
_context.set_forkserver_preload(
    [
        "asn1crypto.cms", "axes", "babel.dates", "cryptography.fernet", "cryptography.hazmat.primitives.twofactor.totp",
        "cryptography.x509", "csp.middleware", "dj_database_url", "django.contrib.auth.hashers",
        "django.contrib.messages", "django.core.handlers.asgi", "django.core.management.commands.migrate",
        "ventanilla.core.postgresql.base", "ventanilla.core.sqlite.base", "django.template.defaulttags",
        "django.test", "django_stubs_ext", "django_tasks.backends.base", "httptools", "httpx", "imap_tools",
        "markdown_it", "nh3", "packaging.version", "psycopg", "pydantic_settings", "redis.asyncio", "rich.progress",
        "segno", "Stemmer", "structlog", "template_partials", "uvicorn.server", "ventanilla.mail.parse",
        "tests.frozen",
    ]
)  # fmt: skip


class Child:
    """A child that runs, with those methods of `subprocess.Popen` that tests use; what it says is text."""

    def __init__(
        self,
        code: str,
        *arguments: str,
        environment: Mapping[str, str],
        stdin: bytes | None = b"",
        one_stream: bool = False,
    ) -> None:
        """Start it; it reads `stdin`, or with None what is written to the child's `stdin` until that is closed.

        With `one_stream` its errors are among what it says, as with `stderr=STDOUT`.
        """
        its_in, into = _context.Pipe(duplex=False)
        out, its_out = _context.Pipe(duplex=False)
        err, its_err = (None, its_out) if one_stream else _context.Pipe(duplex=False)
        self._process = _context.Process(
            target=_run, args=(code, list(arguments), dict(environment), (its_in, its_out, its_err))
        )
        self._process.start()
        for end in (its_in, its_out, its_err):
            end.close()
        self.stdin: IO[bytes] = _file(into, "wb")
        self.stdout: IO[str] = _file(out, "r")
        self.stderr: IO[str] | None = _file(err, "r") if err else None
        if stdin is not None:
            with self.stdin:
                self.stdin.write(stdin)

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int:
        """How it ended; negative for the signal that killed it."""
        assert self._process.exitcode is not None
        return self._process.exitcode

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Wait for its end, at most `timeout` seconds. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a child of a test", timeout)
        return self._process.exitcode

    def communicate(self, timeout: float = 60) -> tuple[str, str]:
        """Read all it says until it ends; one that does not end in `timeout` seconds is killed, and it raises."""
        with ThreadPoolExecutor(2) as readers:
            said = [readers.submit(stream.read) for stream in (self.stdout, self.stderr) if stream]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            out, err = (said[0].result(), said[1].result() if len(said) > 1 else "")
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it with -9."""
        self._process.kill()


def _file(end: Connection, mode: str) -> IO[Any]:
    """The end of a pipe as a file."""
    descriptor = os.dup(end.fileno())
    end.close()
    return os.fdopen(descriptor, mode)


def _run(code: str, arguments: list[str], environment: dict[str, str], ends: tuple[Connection, ...]) -> None:
    """In the child: become what `python -c code arguments` would be."""
    for number, end in enumerate(ends):
        os.dup2(end.fileno(), number)
    for end in ends:
        end.close()
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open as long as the child
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c", *arguments]
    try:
        exec(compile(code, "<test>", "exec"), {"__name__": "__main__"})
    finally:
        atexit._run_exitfuncs()
