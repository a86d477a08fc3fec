"""`ventanilla doctor`: one line for everything that can be wrong, and what to type."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from ventanilla.config.operation.doctor import examine
from ventanilla.core.terminal import callers_language


class Command(BaseCommand):
    help = "Look at everything that can be wrong, and say what to type"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """One line each, in the language of whoever asks; ends with 1 when something is to be mended."""
        wrong = 0
        with override(callers_language()):
            for finding in examine():
                wrong += bool(finding.remedy)
                self.stdout.write(f"{'✗' if finding.remedy else '✓'} {finding.about}: {finding.said}")
                if finding.remedy:
                    self.stdout.write(f"    → {finding.remedy}")
        if wrong:
            sys.exit(1)
