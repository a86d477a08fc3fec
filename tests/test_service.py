"""`ventanilla service install`: units that systemd accepts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installations import Installation

pytestmark = [pytest.mark.crash]
SPLIT = {f"ventanilla-{part}.service" for part in ("pages", "live", "worker", "ticker", "upgrade")} | {
    "ventanilla.target"
}


def printed(said: str) -> dict[str, str]:
    """The units of what was printed, by file name."""
    parts = said.split("# /etc/systemd/system/")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("options", [[], ["--split"]], ids=["one", "split"])
def test_the_units_hold_before_systemd(tmp_path: Path, options: list[str]):
    found = printed(Installation(tmp_path / "data").run("service", "install", "--print", *options))
    assert set(found) == (SPLIT if options else {"ventanilla.service"})
    for name, text in found.items():
        (tmp_path / name).write_text(text)
        if name.endswith(".service"):
            assert "\nUser=ventanilla\n" in text and "\nProtectSystem=strict\n" in text
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    paths = [str(tmp_path / name) for name in found]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    # What is said of other units of this computer is not ours.
    ours = [line for line in done.stderr.splitlines() if "ventanilla" in line and "not executable" not in line]
    assert ours == []


def test_root_installs_and_leaves_settings_alone(tmp_path: Path):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    into, environment, home = tmp_path / "units", tmp_path / "ventanilla.env", tmp_path / "home"
    into.mkdir()
    options = ["--user", "nobody", "--into", str(into), "--environment", str(environment), "--home", str(home)]
    if Path("/run/systemd/system").is_dir():
        pytest.skip("would start a service on this computer")
    if subprocess.run(["getent", "group", "nobody"], capture_output=True, check=False).returncode:
        options[1] = "daemon"
    own = Installation(tmp_path / "data")
    own.run("service", "install", *options, "--url", "https://help.example.org")
    assert "VENTANILLA_URL=https://help.example.org" in environment.read_text()
    assert oct(environment.stat().st_mode)[-3:] == "640" and oct(home.stat().st_mode)[-3:] == "700"
    assert home.stat().st_uid != 0
    environment.write_text("VENTANILLA_URL=https://mine.example.org\n")
    own.run("service", "install", *options)
    assert environment.read_text() == "VENTANILLA_URL=https://mine.example.org\n"
    assert f"ReadWritePaths={home}" in (into / "ventanilla.service").read_text()
