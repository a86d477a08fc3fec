"""`ventanilla serve`: pages, live streams, worker and ticker in one go."""

import os
import shlex
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections

from ventanilla.config.environment import OperatorError
from ventanilla.config.operation.alone import release, share
from ventanilla.config.operation.health import unapplied
from ventanilla.config.operation.upgrade import upgrade
from ventanilla.config.serving import Supervisor, bind
from ventanilla.core.addresses import reverse
from ventanilla.demo.load import load_demo
from ventanilla.demo.sign_ins import keep_sign_ins, sign_in_file
from ventanilla.demo.trial import begin_trial
from ventanilla.events import doorbell
from ventanilla.people.author import Author
from ventanilla.people.queries import has_administrator
from ventanilla.welcome.actions import renew_code


class Command(BaseCommand):
    help = "Serve Ventanilla: pages, live streams, worker and ticker"
    requires_migrations_checks = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of `./start`."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this computer only)")
        parser.add_argument("--port", type=_port, default=8000)
        parser.add_argument("--data", type=Path, help="where database, files and keys are kept")
        parser.add_argument("--demo", choices=["small", "full"], default="small")
        begin = parser.add_mutually_exclusive_group()
        begin.add_argument("--empty", action="store_true", help="load no demo company: set up in the browser")
        begin.add_argument("--trial", action="store_true", help="load it and count 14 days; nothing is locked")
        parser.add_argument("--only", choices=["pages", "live", "worker", "ticker"], default="", help="one part alone")
        parser.add_argument("--install-only", action="store_true", help="prepare everything and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database up to date, load the demo into a new one, serve until told to stop."""
        say, only = self.stdout.write, options["only"]
        heard = only not in ("worker", "ticker") and not options["install_only"]
        listener = bind(options["host"], options["port"]) if heard else None
        carrier = doorbell.carrier()
        if carrier is not None and not carrier.answers():
            raise OperatorError("REDIS_URL: no Redis answers there. Start it, mend the address, or leave it out.")
        new = not connection.introspection.table_names()
        if only:
            if new or unapplied():
                raise OperatorError("The database is not prepared for this version. Type:  ventanilla upgrade")
            self._supervise(listener, options)
            return
        say("· Preparing the database")
        if new or not unapplied():
            _in_a_child(lambda: self._prepare(new=new, options=options))
        else:
            release()  # an upgrade has the installation to itself
            _in_a_child(lambda: upgrade(None, say=say))
            share(Path(settings.DATA))
        if listener is None:
            return
        self._supervise(listener, options)

    def _prepare(self, *, new: bool, options: dict[str, Any]) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if new and not options["empty"]:
            self.stdout.write("· Loading the demo company")
            sign_ins = load_demo(options["demo"], say=self.stdout.write)
            keep_sign_ins(Path(settings.DATA), sign_ins)
            if options["trial"]:
                begin_trial(by=Author.system("demo"))

    def _supervise(self, listener: socket.socket | None, options: dict[str, Any]) -> None:
        pages = settings.ENVIRONMENT.ventanilla_page_processes
        heard = options["only"] in ("", "pages")
        first_steps = "" if not heard or has_administrator() else _first_steps(_address(options), options["data"])
        supervisor = Supervisor(listener, page_processes=pages, only=options["only"])
        supervisor.run(ready=lambda: self._welcome(_address(options), options["only"], first_steps))

    def _welcome(self, address: str, only: str, first_steps: str) -> None:
        if only:
            if first_steps:
                self.stdout.write(first_steps)
            self.stdout.write(f"Ventanilla serves ({only}). Stop it with Ctrl+C.")
            self.stdout.flush()
            return
        self.stdout.write(self.style.SUCCESS(f"\nVentanilla is ready: {address}\n"))
        path = sign_in_file(Path(settings.DATA))
        if path.exists():
            self.stdout.write(path.read_text(encoding="utf-8"))
        elif first_steps:
            self.stdout.write(first_steps)
        self.stdout.write("Stop it with Ctrl+C.")
        self.stdout.flush()


def _address(options: dict[str, Any]) -> str:
    return settings.PUBLIC_URL or f"http://localhost:{options['port']}"


def _first_steps(address: str, data: Path | None) -> str:
    """What to do when there is no administrator, with a fresh one-time code for the first run."""
    code = renew_code(by=Author.system("serve"))
    where = f"VENTANILLA_DATA={shlex.quote(str(data.resolve()))} " if data else ""
    command = f"{where}.venv/bin/ventanilla person create --email you@example.org --role administrator"
    return (
        "There is no administrator yet. Set Ventanilla up in five questions:\n"
        f"  {address}{reverse('welcome')}?code={code}\n"
        f"  The code {code} opens once, within an hour; a new start prints another.\n"
        f"Or make yourself the first person here; it prints a password:\n  {command}\n"
    )


def _in_a_child(work: Callable[[], object]) -> None:
    """Do `work` in a process of its own: what it leaves in memory would stay with every process that is forked later.

    When it raises, the child ends as a command does, having said why, and this process ends as it did.
    """
    connections.close_all()
    caches.close_all()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        work()
        sys.stdout.flush()
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    if status:
        sys.exit(max(1, os.waitstatus_to_exitcode(status)))


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise ArgumentTypeError(f"{text} is no port: choose a number from 1 to 65535, such as 8000")
    return int(text)
