"""The command `ventanilla`: Django's commands and our own, under one name."""

import os
import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line

from ventanilla.config.own_hosts import own_hosts
from ventanilla.config.translations import compile_catalogs


def main() -> None:
    """Run `ventanilla <command>`. What settings must know before they load is read from the options here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
    data = _option(sys.argv, "--data")
    if data:
        os.environ["VENTANILLA_DATA"] = data
    if sys.argv[1:2] == ["serve"] and not os.environ.get("VENTANILLA_URL"):
        os.environ["VENTANILLA_LISTEN"] = listen = _option(sys.argv, "--host")
        host = next(iter(own_hosts(listen)), "localhost")
        os.environ["VENTANILLA_URL"] = f"http://{host}:{_option(sys.argv, '--port') or 8000}"
    # Before Django is set up: whatever it translates on its way would keep a catalog that is not there yet.
    compile_catalogs()
    execute_from_command_line(sys.argv)


def _option(arguments: Sequence[str], name: str) -> str:
    """The value of an option as argparse will read it later (`--name VALUE` or `--name=VALUE`); empty without one."""
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return ""
