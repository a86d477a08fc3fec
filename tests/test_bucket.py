"""Files in a bucket instead of the data folder, with a server that speaks S3."""

import hashlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.installations import SET_UP, prepared
from tests.test_serve import free_port

pytestmark = [pytest.mark.crash]

CONTENT = b"%PDF-1.4 in a bucket" * 200_000  # more than is kept in memory
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WHERE = f"desk/{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"
STORE = (
    SET_UP
    + """
from ventanilla.files.actions import store
from ventanilla.files.queries import read_blob
blob = store(b"%PDF-1.4 in a bucket" * 200_000, name="a.pdf")
print(blob.sha256, read_blob(blob) == b"%PDF-1.4 in a bucket" * 200_000, blob.content_type)
"""
)
REFUSED = (
    SET_UP
    + """
from ventanilla.files.actions import store
try:
    store(b"x")
except OSError as error:
    print("as a disk:", error)
"""
)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, str], subprocess.Popen[bytes]]]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    given = {
        "VENTANILLA_S3_BUCKET": "mesa", "VENTANILLA_S3_ENDPOINT": f"http://127.0.0.1:{port}",
        "VENTANILLA_S3_KEY": "key", "VENTANILLA_S3_SECRET": "secret",
        "VENTANILLA_S3_REGION": "us-east-1", "VENTANILLA_S3_PREFIX": "desk",
    }  # fmt: skip
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(given["VENTANILLA_S3_ENDPOINT"] + "/moto-api/", timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < deadline and server.poll() is None
            time.sleep(0.05)
    yield given, server
    server.kill()
    server.wait(10)


def test_files_live_in_a_bucket_and_are_saved_and_brought_back_with_it(bucket, tmp_path):
    given, server = bucket
    endpoint = given["VENTANILLA_S3_ENDPOINT"]
    account = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    objects = boto3.resource("s3", endpoint_url=endpoint, **account).Bucket("mesa")
    own = prepared(tmp_path / "data")
    said = own.run("doctor", expect=1, **given, LANG="en_US.UTF-8")
    assert "✗ Files" in said and "NoSuchBucket" in said
    objects.create()
    said = own.run("doctor", expect=1, **given, LANG="en_US.UTF-8")
    assert "✓ Files" in said and not list(objects.objects.all())

    assert own.run(code=STORE, **given).split() == [DIGEST, "True", "application/pdf"]
    assert [o.key for o in objects.objects.all()] == [WHERE]
    assert not list((own.data / "files").iterdir())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{endpoint}/mesa/{WHERE}", timeout=10)
    assert refused.value.code == 403, "nobody reads it past us"

    own.run("backup", str(tmp_path / "b.zip"), **given)
    objects.objects.all().delete()
    said = own.run("backup", str(tmp_path / "c.zip"), expect=1, **given)
    assert DIGEST in said
    own.run("restore", "--replace", str(tmp_path / "b.zip"), **given)
    assert [o.key for o in objects.objects.all()] == [WHERE]
    assert objects.Object(WHERE).get()["Body"].read() == CONTENT
    # The same backup without a bucket: into the folder.
    elsewhere = prepared(tmp_path / "elsewhere")
    elsewhere.run("restore", "--replace", str(tmp_path / "b.zip"))
    assert (elsewhere.data / "files" / WHERE.removeprefix("desk/")).read_bytes() == CONTENT

    server.kill()
    assert "as a disk" in own.run(code=REFUSED, **given)
