"""`ventanilla doctor`: one line for everything that can be wrong, and what to type."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from ventanilla.config.operation.doctor import examine


class Command(BaseCommand):
    help = "Look at everything that can be wrong, and say what to type"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """One line each, in the language of whoever asks; ends with 1 when something is to be mended."""
        wrong = 0
        with override(_callers_language()):
            for finding in examine():
                wrong += bool(finding.remedy)
                self.stdout.write(f"{'✗' if finding.remedy else '✓'} {finding.about}: {finding.said}")
                if finding.remedy:
                    self.stdout.write(f"    → {finding.remedy}")
        if wrong:
            sys.exit(1)


def _callers_language() -> str:
    """The language of the terminal, in the order in which GNU gettext looks for it."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "es" if os.environ[name].startswith("es") else "en"
    return "en"
