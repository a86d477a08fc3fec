"""`ventanilla sla simulate`: what calendars and clocks would say, line by line."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ventanilla.sla.simulate import answer


class Command(BaseCommand):
    help = "Service levels from the command line: simulate"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`simulate`."""
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("simulate", help="what calendars and clocks say: JSON lines in, one line out each")

    def handle(self, *args: Any, **options: Any) -> None:
        """One answer a line, `{"error": …}` for a question that has none; empty lines are passed over."""
        for line in sys.stdin.buffer:
            if line.strip():
                found = answer(line.decode("utf-8", "replace"))
                sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
                sys.stdout.flush()
