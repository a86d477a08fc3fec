"""Bringing the database up to this version, with the way back open."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from ventanilla.config.environment import OperatorError
from ventanilla.config.operation.backup import write_backup
from ventanilla.config.operation.health import unapplied
from ventanilla.config.operation.restore import go_back, only_one


def upgrade(folder: Path | None, *, say: Callable[[str], None]) -> Path | None:
    """Back up into `folder` (default: `backups` in the data folder), migrate, check; returns the backup.

    When anything fails, the installation is what it was before, and OperatorError says what failed. None, and no
    backup, when the database is new or up to date. Raises OperatorError while anything runs and there is work to do.
    """
    if not unapplied() or not connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)
        say("The database is up to date.")
        return None
    with only_one():
        waiting = unapplied()
        target = folder or Path(settings.DATA) / "backups"
        target.mkdir(exist_ok=True, mode=0o700)
        written = write_backup(target / f"before-upgrade-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip", whole=False)
        say(f"· Backed up: {written.path}")
        try:
            say(f"· Migrating: {', '.join(f'{app}.{name}' for app, name in waiting)}")
            call_command("migrate", verbosity=0, interactive=False)
            _check()
        except Exception as error:
            say("· It failed. Going back to the backup")
            go_back(written.path, say=say)
            raise OperatorError(
                f"The upgrade failed, and everything is as it was before: {type(error).__name__}: {error}\n"
                f"Go back to the version that ran until now. The backup stays: {written.path}"
            ) from error
        say("Upgraded. Start Ventanilla again.")
        return written.path


def _check() -> None:
    """Raise when what stands after migrating cannot be worked with."""
    left = unapplied()
    if left:
        raise OperatorError(f"{left[0][0]}.{left[0][1]} was not applied.")
    call_command("check", databases=["default"], fail_level="ERROR", verbosity=0)
    connection.check_constraints()
