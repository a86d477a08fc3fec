"""`ventanilla upgrade`: the database brought up to a new version, with the way back open."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ventanilla.config.operation.upgrade import upgrade


class Command(BaseCommand):
    help = "Back up, bring the database up to this version, check; on failure go back to the backup"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`[--backup DIR]`."""
        parser.add_argument("--backup", type=Path, metavar="DIR", help="where the backup goes (default: DATA/backups)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with 0 when the database is up to date, with 1 and the database as it was when that failed."""
        folder = options["backup"]
        upgrade(folder.expanduser().resolve() if folder else None, say=self.stdout.write)
