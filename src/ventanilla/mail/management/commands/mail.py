"""`ventanilla mail deliver`, the pipe for an MTA, and `ventanilla mail doctor`, which says why mail does not go."""

import gc
import json
import sys
import time
from argparse import ArgumentParser
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from ventanilla.core.terminal import callers_language
from ventanilla.files.actions import write_ahead
from ventanilla.mail.doctor_wording import tell
from ventanilla.mail.examining import examine_here
from ventanilla.mail.models import Mailbox
from ventanilla.mail.parsing import parse_bounded
from ventanilla.mail.receive import Given, NoMailbox, Outcome, receive_together

# Files of a folder that are read, synced and parsed while those before them become tickets: a disk syncs many at once.
AHEAD = 16
TOGETHER = 8
_SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "skipped": "–"}
GARBAGE_AFTER_OBJECTS = 50_000
TEMPORARY_FAILURE = 75  # EX_TEMPFAIL of sysexits.h: the MTA keeps the mail and tries again


class Command(BaseCommand):
    help = "Mail from the command line: deliver, doctor"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`deliver [--mailbox ADDRESS] [--dir DIR]`, `doctor [MAILBOX]`."""
        commands = parser.add_subparsers(dest="command", required=True)
        deliver = commands.add_parser("deliver", help="take one message from standard input, or every file of a folder")
        deliver.add_argument("--mailbox", help="the mailbox it is for (default: the one it is addressed to)")
        deliver.add_argument("--dir", type=Path, help="deliver every file of this folder, in the order of names")
        deliver.add_argument("--sender", default="", help="the envelope sender, where the MTA tells it")
        doctor = commands.add_parser("doctor", help="try a mailbox step by step, and say what to do where it fails")
        doctor.add_argument("address", nargs="?", metavar="MAILBOX", help="its address (default: every one in use)")

    def handle(self, *args: Any, **options: Any) -> None:
        """What the chosen command does."""
        if options["command"] == "doctor":
            self._doctor(options["address"])
        else:
            self._take(options)

    def _doctor(self, address: str | None) -> None:
        """A line for each step as it is found, in the caller's language; ends with 1 when something is to be mended."""
        chosen = Mailbox.objects.order_by("address")
        chosen = chosen.filter(address=address.lower()) if address else chosen.filter(enabled=True)
        mailboxes = list(chosen)
        if not mailboxes:
            raise CommandError(f"There is no mailbox {address}." if address else "There is no mailbox in use.")
        bad = 0
        with override(callers_language()):
            for mailbox in mailboxes:
                self.stdout.write(mailbox.address)
                for step in examine_here(mailbox, pause=time.sleep):
                    bad += step.state == "bad"
                    told = tell(step)
                    self.stdout.write(f"  {_SIGNS[step.state]} {told.road} · {told.what}: {told.said}")
                    if told.remedy:
                        self.stdout.write(f"      → {told.remedy}")
                    self.stdout.flush()
        if bad:
            sys.exit(1)

    def _take(self, options: dict[str, Any]) -> None:
        """One JSON line a message. Exit 0 once safely stored, 75 when it could not be stored.

        What the database says against it is for `ventanilla` itself to put into words, with the same 75.
        """
        mails: Iterator[tuple[str | None, Given]] = ((None, Given(source.read())) for source in (sys.stdin.buffer,))
        if options["dir"]:
            folder = Path(options["dir"])
            if not folder.is_dir():
                raise CommandError(f"There is no folder {folder}.")
            mails = _read_ahead(sorted(path for path in folder.iterdir() if path.is_file()))
        # What is loaded by now stays: the collector need not walk it again and again, nor come by for every mail.
        gc.freeze()
        gc.set_threshold(GARBAGE_AFTER_OBJECTS)
        try:
            self._deliver(mails, options["mailbox"], options["sender"])
        except (OSError, NoMailbox) as error:
            self.stderr.write(f"not stored: {type(error).__name__}: {error}")
            sys.exit(TEMPORARY_FAILURE)

    def _deliver(self, mails: Iterator[tuple[str | None, Given]], address: str | None, sender: str) -> None:
        mailbox = _mailbox(address)
        for few in _few_at_a_time(mails):
            outcomes = receive_together([given for _name, given in few], mailbox=mailbox, envelope_from=sender)
            for (name, _given), outcome in zip(few, outcomes, strict=True):
                self.stdout.write(json.dumps(_line(name, outcome), ensure_ascii=False))


def _few_at_a_time(mails: Iterator[tuple[str | None, Given]]) -> Iterator[list[tuple[str | None, Given]]]:
    """Up to `TOGETHER` mails at a time; those before one that cannot be read come before its error."""
    few: list[tuple[str | None, Given]] = []
    try:
        for mail in mails:
            few.append(mail)
            if len(few) == TOGETHER:
                yield few
                few = []
    except OSError:
        if few:
            yield few
        raise
    if few:
        yield few


def _read_ahead(paths: Iterable[Path]) -> Iterator[tuple[str, Given]]:
    """Name and content of each file in this order, its bytes in our storage already; a file that fails, in its turn."""
    with ThreadPoolExecutor(AHEAD) as pool:
        waiting: deque[tuple[str, Future[Given]]] = deque()
        for path in paths:
            waiting.append((path.name, pool.submit(_read_and_sync, path)))
            if len(waiting) == AHEAD:
                name, given = waiting.popleft()
                yield name, given.result()
        for name, given in waiting:
            yield name, given.result()


def _read_and_sync(path: Path) -> Given:
    raw = path.read_bytes()
    write_ahead(raw)
    return Given(raw, parse_bounded(raw))


def _mailbox(address: str | None) -> Mailbox | None:
    """The mailbox with this address. Raises NoMailbox: a mail is kept until somebody has set it up."""
    if not address:
        return None
    found = Mailbox.objects.filter(address=address.lower(), enabled=True).select_related("team", "type").first()
    if found is None:
        raise NoMailbox(f"there is no mailbox {address}; mailboxes are set up in the browser (Mail, Mailboxes)")
    return found


def _line(name: str | None, outcome: Outcome) -> dict[str, Any]:
    line: dict[str, Any] = {"file": name} if name is not None else {}
    return line | {
        "raw": outcome.raw,
        "outcome": outcome.outcome,
        "ticket": outcome.ticket.number if outcome.ticket else None,
        "reason": outcome.reason,
    }
