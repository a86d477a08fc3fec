"""`ventanilla token create`: an API token from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from ventanilla.api.actions import create_token
from ventanilla.api.scopes import EVERYTHING, SCOPES
from ventanilla.people.author import Author
from ventanilla.people.models import Person


class Command(BaseCommand):
    help = "API tokens from the command line: create"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`create --person EMAIL [--name N] [--scope S …]`."""
        commands = parser.add_subparsers(dest="command", required=True)
        create = commands.add_parser("create", help="print a new token of a person; it is shown this once")
        create.add_argument("--person", required=True, help="the person's address")
        create.add_argument("--name", default="", help="what the token is for")
        scopes = ", ".join(SCOPES)
        create.add_argument("--scope", action="append", help=f"limit it to a scope, may be repeated: {scopes}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token and nothing else."""
        person = Person.objects.active().filter(email=options["person"].lower()).first()
        if person is None:
            raise CommandError(f"There is no active person with the address {options['person']}.")
        scopes, by = options["scope"] or [EVERYTHING], Author.system("command")
        try:
            with override("en"):  # the language of all commands
                self.stdout.write(create_token(by=by, person=person, name=options["name"], scopes=scopes))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
