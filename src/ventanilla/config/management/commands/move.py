"""`ventanilla move`: from SQLite to PostgreSQL, or back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ventanilla.config.operation.move import move


class Command(BaseCommand):
    help = "Copy everything into another, empty database, with Ventanilla stopped"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--to URL`."""
        parser.add_argument("--to", required=True, metavar="URL", help="postgres://…, or sqlite:////path")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, and say what to set from now on. Files and keys stay where they are."""
        rows = move(options["to"], say=self.stdout.write)
        self.stdout.write(f"{rows} rows copied. From now on set DATABASE_URL to it; what was here stays as it was.")
