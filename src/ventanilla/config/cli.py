"""The command `ventanilla`: Django's commands and our own, under one name."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence

from django.core.management import execute_from_command_line
from django.db.utils import DatabaseError, OperationalError

from ventanilla.config.environment import OperatorError, data_folder, read_environment
from ventanilla.config.operation.alone import InUse, alone, share
from ventanilla.config.operation.swap import INTERRUPTED, finish, is_unfinished
from ventanilla.config.own_hosts import own_hosts
from ventanilla.config.translations import compile_catalogs

# These replace everything, and take the data folder for themselves; `help` and `doctor` disturb nobody.
ALONE = ("restore", "upgrade", "move", "help", "doctor", "--help", "-h", "--version", "version")
TEMPORARY_FAILURE = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the mail and tries again


def main() -> None:
    """Run `ventanilla <command>`. What settings must know before they load is read from the options here.

    What the operator can mend ends with a sentence instead of a traceback, and with 1; `mail deliver` with 75, so that
    the mail server does not return a mail because our database is away.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
    data = _option(sys.argv, "--data")
    if data:
        os.environ["VENTANILLA_DATA"] = data
    if sys.argv[1:2] == ["serve"] and not os.environ.get("VENTANILLA_URL"):
        os.environ["VENTANILLA_LISTEN"] = listen = _option(sys.argv, "--host")
        host = next(iter(own_hosts(listen)), "localhost")
        os.environ["VENTANILLA_URL"] = f"http://{host}:{_option(sys.argv, '--port') or 8000}"
    if sys.argv[1:2] == ["serve"]:
        # Read once, when the library of the figures is loaded: page processes count in files that they share.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters = tempfile.mkdtemp(prefix="ventanilla-metrics-")
        atexit.register(shutil.rmtree, counters, ignore_errors=True)
    # Before Django is set up: whatever it translates on its way would keep a catalog that is not there yet.
    compile_catalogs()
    try:
        _enter(sys.argv[1:2])
        execute_from_command_line(sys.argv)
    except OperatorError as error:
        _stop(str(error))
    except DatabaseError as error:
        sentence = _about_database(error)
        if not sentence and not _delivers_mail():
            raise
        _stop(sentence or f"{type(error).__name__}: {error}")


def _enter(command: Sequence[str]) -> None:
    """Use the data folder beside others, unless somebody has it alone. What a killed restore decided is finished."""
    folder = read_environment().data
    try:
        if (folder / INTERRUPTED).exists() and command != ["restore"]:
            raise OperatorError("A restore was interrupted. Bring it to an end first:  ventanilla restore --finish")
        if is_unfinished(folder) and not (folder / INTERRUPTED).exists():
            with alone(folder):
                finish(folder)
        if command and command[0] not in ALONE:
            share(data_folder(read_environment()))
    except InUse:
        raise OperatorError("Ventanilla is being restored, moved or upgraded just now. Try again later.") from None


def _stop(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(TEMPORARY_FAILURE if _delivers_mail() else 1)


def _delivers_mail() -> bool:
    return sys.argv[1:3] == ["mail", "deliver"]


def _about_database(error: DatabaseError) -> str:
    """What to do about a database that cannot be used; empty for an error that is ours."""
    said = str(error).strip()
    if "no such table" in said or ("relation" in said and "does not exist" in said):
        return "The database is not prepared yet. Type:  .venv/bin/ventanilla migrate"
    where = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "the data folder (--data, VENTANILLA_DATA)"
    if "malformed" in said:
        return f"The database is damaged: {said}\nBring the last backup back:  ventanilla restore --replace FILE"
    if isinstance(error, OperationalError) or "not a database" in said:
        return f"The database cannot be used: {said}\nIs it running, and is {where} right?"
    return ""


def _option(arguments: Sequence[str], name: str) -> str:
    """The value of an option as argparse will read it later (`--name VALUE` or `--name=VALUE`); empty without one."""
    for index, argument in enumerate(arguments):
        if argument == name and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return ""
