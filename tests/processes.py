"""Child processes on the database of the running test, to be killed with -9."""

import os
import signal
import textwrap
from collections.abc import Sequence
from subprocess import CompletedProcess

from django.conf import settings
from django.db import connection

from tests.installations import ITSELF
from tests.nursery import Child

_PREAMBLE = """
import os, signal, sys
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")
django.setup()

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def environment() -> dict[str, str]:
    """What a child needs to use the same database, keys and files."""
    connection.ensure_connection()
    parameters = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{parameters['NAME']}"
    else:
        url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{parameters['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "VENTANILLA_DATA": str(settings.DATA)}


def start(code: str, *arguments: str) -> Child:
    """Start Python code with Django set up; `die()` in it kills the process with -9."""
    return Child(_PREAMBLE + textwrap.dedent(code), *arguments, environment=environment())


def run(code: str, *arguments: str) -> str:
    """Run code to its end; returns what it printed."""
    child = start(code, *arguments)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, err
    return out


def run_until_killed(code: str, *arguments: str) -> None:
    """Run code that kills itself with -9; anything else is an error of the test."""
    child = start(code, *arguments)
    _out, err = child.communicate(timeout=120)
    assert child.returncode == -signal.SIGKILL, err


def ventanilla(arguments: Sequence[str], *, stdin: bytes = b"") -> CompletedProcess[str]:
    """The command `ventanilla` on the database of the running test."""
    child = Child(ITSELF, *arguments, environment=environment(), stdin=stdin)
    out, err = child.communicate(timeout=120)
    return CompletedProcess(arguments, child.returncode, out, err)
