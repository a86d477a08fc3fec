"""The command `ventanilla`: Django's commands and our own, under one name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run `ventanilla <command>`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
    execute_from_command_line(sys.argv)
