"""`ventanilla restore`: a backup brought back, or only looked through."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ventanilla.config.operation.restore import check_backup, finish_interrupted, restore_backup


class Command(BaseCommand):
    help = "Bring a backup back, with Ventanilla stopped"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`FILE [--replace] [--check]`, or `--finish` after an interruption."""
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?", help="what `ventanilla backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="put it in the place of the installation that is here"
        )
        parser.add_argument("--check", action="store_true", help="only look through the whole file")
        parser.add_argument("--finish", action="store_true", help="bring an interrupted restore to an end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring it back and say where everything is. Ends with 1, and nothing changed, when it cannot be done."""
        finish_interrupted()
        if options["file"] is None:
            if options["finish"]:
                return
            raise CommandError("Which backup? Type:  ventanilla restore FILE")
        path = options["file"].expanduser().resolve()
        if options["check"]:
            manifest = check_backup(path)
            rows = sum(manifest.tables.values())
            said = f"{rows} rows, {len(manifest.parts)} parts, {manifest.engine}, Ventanilla {manifest.ventanilla}"
            self.stdout.write(f"{path} is whole: of {manifest.made_at:%Y-%m-%d %H:%M} UTC, {said}.")
            return
        done = restore_backup(path, replace=options["replace"], say=self.stdout.write)
        self.stdout.write(
            f"Restored: the installation of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC,"
            f" {done.rows} rows, {done.files} files."
        )
        if done.kept:
            self.stdout.write(f"What was here before is kept beside: {done.kept}. Delete it when all is well.")
