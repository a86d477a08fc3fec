"""`ventanilla migrate`: Django's migrations, then everything that makes an empty database a working desk."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from ventanilla.config.schema import ensure_all


class Command(DjangoMigrate):
    """Django's `migrate`, followed by `ensure_all()` when all apps were brought up to date."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; a partial run (one app, a plan, a check) leaves the rest alone."""
        super().handle(*args, **options)
        if not (options["app_label"] or options["plan"] or options["check_unapplied"] or options["prune"]):
            ensure_all()
