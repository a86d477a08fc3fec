"""`ventanilla config export | diff | import`: the configuration as one readable text."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from ventanilla.core.terminal import callers_language
from ventanilla.fields.bundles import BundleProblem, compared, exported, imported
from ventanilla.people.author import Author
from ventanilla.studio.telling import lines

_SIGNS = {"new": "+", "changed": "~", "ordered": "↕", "gone": "-"}


class Command(BaseCommand):
    help = "The configuration as one readable text: export, diff, import"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`export [FILE]`, `diff FILE [--exact]`, `import FILE [--exact]`."""
        commands = parser.add_subparsers(dest="command", required=True)
        export = commands.add_parser("export", help="write the configuration to a file, or to standard output")
        export.add_argument("file", nargs="?", type=Path, metavar="FILE")
        for name, text in (
            ("diff", "say what carrying in FILE (- for standard input) would change; change nothing"),
            ("import", "carry in FILE (- for standard input): all of it or, with a problem anywhere, nothing"),
        ):
            command = commands.add_parser(name, help=text)
            command.add_argument("file", metavar="FILE")
            command.add_argument("--exact", action="store_true", help="also take away what FILE does not have")

    def handle(self, *args: Any, **options: Any) -> None:
        """What the chosen command does."""
        if options["command"] == "export":
            self._export(options["file"])
            return
        text = self._text(options["file"])
        by = Author.system("command")
        with override(callers_language()):
            try:
                carry = compared if options["command"] == "diff" else imported
                for line in lines(carry(text, by=by, exact=options["exact"])):
                    self.stdout.write(f"{_SIGNS[line['what']]} {line['chapter']} · {line['name']}")
                    for change in line["changes"]:
                        self.stdout.write(f"    {change}")
            except BundleProblem as error:
                raise CommandError(str(error)) from None

    def _export(self, file: Path | None) -> None:
        text = exported()
        if file is None:
            self.stdout.write(text, ending="")
        else:
            file.write_text(text, encoding="utf-8")

    def _text(self, name: str) -> str:
        try:
            return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{name} cannot be read: {error}") from None
