"""`ventanilla backup`: everything in one file, while Ventanilla runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ventanilla.config.operation.backup import write_backup


class Command(BaseCommand):
    help = "Write database, files and keys into one file, while Ventanilla runs"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`FILE`: a file, which is replaced, or a folder, where a new one is made."""
        parser.add_argument("file", type=Path, metavar="FILE", help="the file to write, or a folder for a new one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say what it holds. Ends with 1 when stored files are lost or damaged: the rest is saved."""
        written = write_backup(options["file"].expanduser().resolve())
        size = written.size_bytes / 1_000_000
        self.stdout.write(f"{written.path}: {written.rows} rows, {written.files} files, {size:.1f} MB")
        self.stdout.write("It holds the keys of this installation: keep it where nobody else reads it.")
        for digest in written.missing:
            self.stderr.write(f"A stored file is missing on the disk: {digest}")
        for digest in written.changed:
            self.stderr.write(f"A stored file was altered on the disk: {digest}")
        if written.missing or written.changed:
            raise SystemExit(1)
