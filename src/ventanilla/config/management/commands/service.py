"""`ventanilla service install`: Ventanilla as a service of systemd."""

import os
import pwd
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ventanilla.config.operation.units import Place, settings_file, units


class Command(BaseCommand):
    help = "Ventanilla as a service of systemd: install"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`install [--print] [--split] [--user U] [--home DIR] [--url URL] [--host H] [--port N] [--into DIR]`."""
        commands = parser.add_subparsers(dest="command", required=True)
        install = commands.add_parser("install", help="write the units, make the user, and start them (as root)")
        install.add_argument("--print", action="store_true", help="only show the units")
        install.add_argument(
            "--split", action="store_true", help="pages, live, worker and ticker as units of their own"
        )
        install.add_argument("--user", default="ventanilla", help="who it runs as; made when missing")
        install.add_argument("--home", type=Path, default=Path("/var/lib/ventanilla"), help="the data folder")
        install.add_argument("--url", default="", help="the address that people type")
        install.add_argument("--host", default="127.0.0.1")
        install.add_argument("--port", type=int, default=8000)
        install.add_argument("--into", type=Path, default=Path("/etc/systemd/system"), help="where units stand")
        install.add_argument(
            "--environment", type=Path, default=Path("/etc/ventanilla.env"), help="the file of settings"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Show the units, or install them as root. A file of settings that is there already is left alone."""
        program = Path(sys.prefix) / "bin" / "ventanilla"
        place = Place(
            program, options["home"].absolute(), options["environment"].absolute(), options["user"], options["host"],
            options["port"],
        )  # fmt: skip
        found = units(place, split=options["split"])
        if options["print"]:
            for name, text in found.items():
                self.stdout.write(f"# {options['into'] / name}\n{text}")
            return
        if os.geteuid() != 0:
            raise CommandError(
                "Only root installs a service. Type it with sudo, or look at the units:"
                "  ventanilla service install --print"
            )
        self._install(place, found, options["into"], options["url"])

    def _install(self, place: Place, found: dict[str, str], into: Path, url: str) -> None:
        _make_user(place)
        place.data.mkdir(parents=True, exist_ok=True)
        place.data.chmod(0o700)
        shutil.chown(place.data, place.user, place.user)
        if not place.settings.exists():
            place.settings.touch(mode=0o640)
            place.settings.write_text(settings_file(place, url), encoding="utf-8")
            shutil.chown(place.settings, "root", place.user)
        for name, text in found.items():
            (into / name).write_text(text, encoding="utf-8")
            self.stdout.write(str(into / name))
        first = "ventanilla.target" if "ventanilla.target" in found else "ventanilla.service"
        parts = [name for name in found if name != "ventanilla-upgrade.service"]
        if not Path("/run/systemd/system").is_dir():
            self.stdout.write(f"systemd does not run here. Where it does:  systemctl enable --now {first}")
            return
        for order in (["daemon-reload"], ["enable", *parts], ["restart", first]):
            subprocess.run(["systemctl", *order], check=True)  # noqa: S603, S607 - the system's own program
        self.stdout.write(f"It runs. Look at it:  systemctl status {first}")


def _make_user(place: Place) -> None:
    try:
        pwd.getpwnam(place.user)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, "--home-dir", str(place.data), place.user], check=True)  # noqa: S603 - as typed by root
