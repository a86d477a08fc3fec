"""`ventanilla demo load|wipe`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ventanilla.demo.load import load_demo
from ventanilla.demo.sign_ins import keep_sign_ins, sign_in_file
from ventanilla.demo.wipe import wipe_demo
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.tickets.models import Ticket


class Command(BaseCommand):
    help = "The demo company: load or wipe it"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`load [--size small|full]` and `wipe`."""
        commands = parser.add_subparsers(dest="command", required=True)
        load = commands.add_parser("load", help="load the demo company into an installation without tickets")
        load.add_argument("--size", choices=["small", "full"], default="small")
        commands.add_parser("wipe", help="in a demo installation, delete every ticket and mail and the demo's people")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load or wipe."""
        if options["command"] == "wipe":
            if not installation().demo:
                raise CommandError("This installation is no demo: nothing was deleted. Only a demo can be wiped.")
            gone = wipe_demo(by=Author.system("demo"))
            sign_in_file(Path(settings.DATA)).unlink(missing_ok=True)
            self.stdout.write(f"Wiped {gone['tickets']} tickets and {gone['people']} people. Settings were kept.")
            return
        if Ticket.objects.exists():
            raise CommandError("There are tickets here already. The demo is for an empty installation.")
        sign_ins = load_demo(options["size"], say=self.stdout.write)
        self.stdout.write(keep_sign_ins(Path(settings.DATA), sign_ins))
