"""`ventanilla person`: the first administrator, and the way in for whoever lost their second step."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from ventanilla.people.actions import create_person, person_at
from ventanilla.people.author import Author
from ventanilla.people.models import Role, Team
from ventanilla.people.rights import REQUESTER_KEYS
from ventanilla.people.second_actions import reset_second_step


class Command(BaseCommand):
    help = "People from the command line: create, reset-second-step"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`create --email E --role R [--name N] [--password P] [--team KEY …]`; `reset-second-step --email E`."""
        commands = parser.add_subparsers(dest="command", required=True)
        create = commands.add_parser("create", help="make a person")
        create.add_argument("--email", required=True)
        create.add_argument("--role", required=True, help="the key of a role, such as agent")
        create.add_argument("--name", default="")
        create.add_argument("--password", help="without it a random one is made and printed")
        create.add_argument("--team", action="append", default=[], help="the key of a team; agents join the first one")

        reset = commands.add_parser("reset-second-step", help="let somebody in who lost their phone and their codes")
        reset.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked, and say so in one line."""
        if options["command"] == "create":
            self._create(options)
        else:
            self._reset(options)

    def _reset(self, options: dict[str, Any]) -> None:
        person = person_at(options["email"])
        if person is None or not person.is_active:
            raise CommandError(f"There is no active person with the address {options['email']}.")
        reset_second_step(by=Author.system("command"), person=person)
        self.stdout.write(f"{person.email} signs in without a second step now; open sessions have ended.")

    def _create(self, options: dict[str, Any]) -> None:
        """Make the person; an agent without teams joins the first team, so that they see its tickets."""
        role = Role.objects.filter(key=options["role"]).first()
        if role is None:
            known = ", ".join(Role.objects.values_list("key", flat=True))
            raise CommandError(f"There is no role {options['role']}. There are: {known}.")
        teams = list(Team.objects.filter(key__in=options["team"]))
        if len(teams) != len(set(options["team"])):
            raise CommandError(f"Some of these teams do not exist: {', '.join(options['team'])}.")
        if not teams and role.key not in REQUESTER_KEYS:
            teams = list(Team.objects.order_by("id")[:1])
        password = options["password"] or secrets.token_urlsafe(12)
        try:
            with override("en"):  # the language of all commands
                person = create_person(
                    by=Author.system("command"),
                    name=options["name"],
                    email=options["email"],
                    role=role,
                    teams=teams,
                    password_hash=make_password(password),
                    verified=True,
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{person.email} ({role.key})")
        if not options["password"]:
            self.stdout.write(f"password: {password}")
