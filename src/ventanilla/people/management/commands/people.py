"""`ventanilla people import FILE`: people, organizations or departments from CSV or XLSX."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import override

from ventanilla.core.sheets import Unreadable
from ventanilla.files.actions import TooLarge
from ventanilla.people.author import Author
from ventanilla.people.import_actions import begin_check, discard_import, keep_file, run_due, start_import
from ventanilla.people.import_custom import all_fields
from ventanilla.people.import_fields import MOST_BYTES, NEEDED, sentence, trouble_sentence
from ventanilla.people.models import PeopleImport
from ventanilla.people.queries import refused_lines

BY = Author.system("command")
State = PeopleImport.State


class Command(BaseCommand):
    help = "People from a file: import"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`import FILE [--kind K] [--column HEADING=FIELD …] [--dry-run] [--known-organizations]`."""
        commands = parser.add_subparsers(dest="command", required=True)
        importing = commands.add_parser("import", help="import a CSV or XLSX file; importing it again changes nothing")
        importing.add_argument("file", type=Path)
        importing.add_argument(
            "--kind", choices=list(PeopleImport.Kind.values), default="people", help="what a line is"
        )
        importing.add_argument(
            "--column", action="append", default=[], metavar="HEADING=FIELD",
            help="what a column is, where its heading does not say; FIELD empty: leave it out",
        )  # fmt: skip
        importing.add_argument("--dry-run", action="store_true", help="only say what would happen")
        importing.add_argument(
            "--known-organizations", action="store_true", help="refuse lines of organizations that do not exist yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file, say what is wrong with it line by line, and import the rest. Refused lines end with 1."""
        with override("en"):  # the language of all commands
            run = self._kept(options["file"], options["kind"])
            try:
                mapping = _mapping(run, options["column"])
            except CommandError:
                discard_import(by=BY, run=run)
                raise
            begin_check(by=BY, run=run, mapping=mapping, make_organizations=not options["known_organizations"])
            self._wait(run, "checked")
            for line in refused_lines(run):
                said = " ".join(sentence(problem) for problem in line.problems)
                self.stderr.write(f"line {line.number}: {said}")
            self.stdout.write(_counts(run, " would be" if options["dry_run"] else " to be"))
            if options["dry_run"]:
                discard_import(by=BY, run=run)
                return
            start_import(by=BY, run=run)
            self._wait(run, "imported")
            self.stdout.write(_counts(run, ""))
        if run.counts.get("refused"):
            raise CommandError("Some lines were refused: put them right and import the file again.")

    def _kept(self, path: Path, kind: str) -> PeopleImport:
        try:
            with path.open("rb") as file:
                return keep_file(by=BY, file=file, name=path.name, kind=kind)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except TooLarge as error:
            raise CommandError(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.") from error
        except Unreadable as error:
            raise CommandError(trouble_sentence(error.trouble, error.line)) from error

    def _wait(self, run: PeopleImport, done: str) -> None:
        """Carry out what is due until this import is through, saying how far it is every thousand lines."""
        told = 0
        while True:
            taken = run_due(timezone.now())
            run.refresh_from_db()
            if run.state == State.FAILED:
                raise CommandError(trouble_sentence(run.trouble, run.trouble_line))
            if run.state in (State.CHECKED, State.DONE):
                return
            through = sum(count for count in run.counts.values())
            if through >= told + 1000:
                told = through
                self.stdout.write(f"  {through} of {run.total} {done}")
            if not taken:
                _pause()


def _pause() -> None:
    """Another process has this import at hand just now."""
    time.sleep(0.2)


def _mapping(run: PeopleImport, columns: list[str]) -> list[str]:
    mapping, fields = list(run.mapping), all_fields(run.kind)
    for column in columns:
        heading, _equals, field = column.partition("=")
        if heading not in run.heading or (field and field not in fields):
            raise CommandError(
                f"--column {column}: the file has {', '.join(run.heading)}; fields are {', '.join(fields)}."
            )
        mapping = ["" if known == field else known for known in mapping]
        mapping[run.heading.index(heading)] = field
    if not any(needed in mapping for needed in NEEDED[run.kind]):
        needed = NEEDED[run.kind]
        raise CommandError(f"No column is the {' or '.join(needed)}. Say which one: --column HEADING={needed[0]}")
    return mapping


def _counts(run: PeopleImport, would: str) -> str:
    found = run.counts
    words = (("new", "new"), ("changed", "changed"), ("same", "left as they are"), ("refused", "refused"))
    return (
        f"{run.total} lines {would}".rstrip() + ": " + ", ".join(f"{found.get(key, 0)} {word}" for key, word in words)
    )
