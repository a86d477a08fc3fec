"""The samples of docs/operate, as far as this computer can try them."""

import os
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.installations import prepared
from tests.test_serve import free_port, start, wait_until_ready

pytestmark = [pytest.mark.crash]
SAMPLES = Path(__file__).resolve().parent.parent / "docs" / "operate"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
NAME = "help.example.org"


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*form))


def configuration(folder: Path, http: int, https: int, pages: int, live: int) -> Path:
    """The sample with ports and files of this test; all else is as it is printed."""
    text = (SAMPLES / "nginx.conf").read_text()
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{http};"), ("listen [::]:80;", ""),
        ("listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;"), ("listen [::]:443 ssl;", ""),
        ("127.0.0.1:8000", f"127.0.0.1:{pages}"), ("127.0.0.1:8001", f"127.0.0.1:{live}"),
        (f"/etc/letsencrypt/live/{NAME}", str(folder)),
    ):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{text}\n}}\n"
    )
    return whole


@pytest.mark.skipif(not Path(NGINX).exists(), reason="needs nginx")
def test_everything_is_reached_through_nginx(tmp_path):
    http, https, pages, live = (free_port() for _ in range(4))
    certificate(tmp_path)
    sample = configuration(tmp_path, http, https, pages, live)
    checked = subprocess.run([NGINX, "-t", "-c", str(sample)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    data = prepared(tmp_path / "data").data
    given = {"VENTANILLA_URL": f"https://{NAME}", "VENTANILLA_TRUSTED_PROXIES": "127.0.0.1"}
    servers = [start(data, "--only", "pages", "--port", str(pages), **given)]
    servers.append(start(data, "--only", "live", "--port", str(live), **given))
    for server in servers:
        wait_until_ready(server)
    nginx = subprocess.Popen([NGINX, "-c", str(sample)], stderr=subprocess.DEVNULL)
    context = ssl._create_unverified_context()

    def get(path: str) -> tuple[int, str]:
        asked = urllib.request.Request(f"https://127.0.0.1:{https}{path}", headers={"Host": NAME})
        try:
            with urllib.request.urlopen(asked, context=context, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert get("/healthz") == (200, "ok\n")
                break
            except OSError:
                assert time.monotonic() < deadline
        status, page = get("/sign-in/")
        assert status == 200 and "csrfmiddlewaretoken" in page
        assert get("/live/")[0] in (401, 403)
        assert get("/metrics")[0] == 404
        # Not by the sample's own rule alone: whoever comes through a proxy is from elsewhere.
        text = sample.read_text().replace("location = /metrics", "location = /nothing")
        sample.write_text(text)
        os.kill(nginx.pid, signal.SIGHUP)
        assert get("/metrics")[0] == 404
    finally:
        nginx.terminate()
        nginx.wait(timeout=10)
        for server in servers:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=20)
