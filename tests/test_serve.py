"""`ventanilla serve` as a person runs it: real processes, a real port."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("crash")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, *options: str) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "VENTANILLA_URL", "REDIS_URL")}
    command = [sys.executable, "-c", "from ventanilla.config.cli import main; main()", "serve", "--data", str(data)]
    return subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_until_ready(server: subprocess.Popen[str]) -> str:
    lines = []
    assert server.stdout is not None
    for line in server.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def get(port: int, path: str) -> http.client.HTTPResponse:
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path, headers={"Host": f"localhost:{port}"})
            return connection.getresponse()
        except ConnectionError:
            if time.monotonic() > deadline:
                raise


def test_first_start_loads_the_demo_prints_sign_ins_and_stops_at_once(tmp_path):
    port = free_port()
    server = start(tmp_path / "data", "--port", str(port))
    try:
        said = wait_until_ready(server)
        assert f"http://localhost:{port}" in said
        assert "administrator" in said and "@arrizabal.example" in said
        assert get(port, "/api/v1/openapi.json").status == 200
        assert get(port, "/api/v1/tickets").status == 401
        taken = start(tmp_path / "other", "--port", str(port), "--empty")
        out, _ = taken.communicate(timeout=60)
        assert taken.returncode == 1 and "taken" in out and f"--port {port + 1}" in out
    finally:
        server.send_signal(signal.SIGTERM)
        began = time.monotonic()
        server.wait(timeout=20)
    assert time.monotonic() - began < 9, "it must not wait out its own patience"
    assert oct((tmp_path / "data" / "demo-sign-ins.txt").stat().st_mode)[-3:] == "600"
    assert oct((tmp_path / "data" / "keys" / "signing").stat().st_mode)[-3:] == "600"


def test_what_is_larger_than_any_form_is_not_read(tmp_path):
    port = free_port()
    server = start(tmp_path / "data", "--port", str(port), "--empty")
    try:
        wait_until_ready(server)
        assert get(port, "/sign-in/").status == 200
        for path, length, status in (("/sign-in/", 200 << 20, 413), ("/live/", 200 << 20, 405), ("/live/", 1, 405)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            # Only the length is sent: an answer before the body shows that nobody waits for it.
            connection.putrequest("POST", path)
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            assert connection.getresponse().status == status
            connection.close()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


def test_a_page_process_that_is_killed_comes_back(tmp_path):
    port = free_port()
    server = start(tmp_path / "data", "--port", str(port), "--empty")
    try:
        wait_until_ready(server)
        assert get(port, "/api/v1/openapi.json").status == 200
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        assert len(children) == 3
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        assert get(port, "/api/v1/openapi.json").status == 200
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
