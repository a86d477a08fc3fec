"""Storing, uploading and collecting."""

import hashlib
import io
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.utils.timezone import now

from ventanilla.files import registry
from ventanilla.files.actions import TooLarge, address_of, discard_upload, store, upload, write_ahead
from ventanilla.files.jobs import Collected, collect_garbage
from ventanilla.files.models import Blob, Upload
from ventanilla.files.queries import read_blob, take_upload, take_uploads

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_references", ())
    monkeypatch.setattr(registry, "_OWN", registry.known_relations())


@pytest.mark.django_db
def test_bytes_come_back_with_their_true_type(media: Path) -> None:
    blob = store(PNG, name="photo.html")
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert (blob.sha256, blob.size, blob.content_type) == (sha256, 108, "image/png")
    assert read_blob(blob) == PNG
    assert [path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()] == [address_of(sha256)]


@pytest.mark.django_db
def test_a_stream_gives_the_same_blob_as_its_bytes() -> None:
    content = os.urandom(5 * 1024 * 1024)
    assert store(io.BytesIO(content)) == store(content)
    assert Blob.objects.count() == 1


@pytest.mark.django_db
def test_the_same_content_is_stored_once_and_asked_for_anew() -> None:
    first = store(b"hola", name="a.txt")
    Blob.objects.update(last_asked_at=now() - timedelta(days=30))
    again = store(b"hola", name="b.bin")
    assert again == first
    assert again.content_type == "text/plain"
    assert again.last_asked_at > now() - timedelta(minutes=1)


@pytest.mark.django_db
def test_too_large_stores_nothing(media: Path) -> None:
    with pytest.raises(TooLarge):
        store(io.BytesIO(b"x" * 101), max_bytes=100)
    assert Blob.objects.count() == 0
    assert not media.exists()
    assert store(b"x" * 100, max_bytes=100).size == 100


@pytest.mark.django_db
def test_lost_bytes_are_written_again(media: Path) -> None:
    blob = store(b"hola")
    (media / address_of(blob.sha256)).unlink()
    assert read_blob(store(b"hola")) == b"hola"


@pytest.mark.django_db
def test_bytes_written_ahead_of_their_row_are_not_written_again(media: Path) -> None:
    write_ahead(b"hola")
    assert Blob.objects.count() == 0
    path = media / address_of(hashlib.sha256(b"hola").hexdigest())
    written = path.stat().st_ino
    assert read_blob(store(b"hola")) == b"hola"
    write_ahead(b"hola")
    assert path.stat().st_ino == written
    assert [file for file in media.rglob("*") if file.is_file()] == [path]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_blob() -> None:
    made: list[int] = []

    def work() -> None:
        try:
            while True:
                try:
                    made.append(store(b"the same").id)
                    return
                except OperationalError as error:
                    # Tests share one SQLite database in memory, which answers at once instead of waiting like a file.
                    if "table is locked" not in str(error):
                        raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1


@pytest.mark.django_db
def test_an_upload_belongs_to_the_person_who_made_it() -> None:
    mine = upload(b"hola", name="../nota.txt", person_id=7)
    assert mine.name == "nota.txt"
    assert take_upload(mine.token, 7) == mine
    assert take_upload(mine.token, 7) == mine
    assert take_upload(mine.token, 8) is None
    assert take_upload(mine.token, None) is None
    assert take_upload("", 7) is None
    anonymous = upload(b"x", name="x", person_id=None)
    assert take_upload(anonymous.token, None) == anonymous
    assert take_uploads([mine.token, "unknown", anonymous.token, mine.token], 7) == [mine]


@pytest.mark.django_db
def test_only_its_person_discards_an_upload() -> None:
    mine = upload(b"hola", name="a", person_id=7)
    assert not discard_upload(token=mine.token, person_id=8)
    assert Upload.objects.count() == 1
    assert discard_upload(token=mine.token, person_id=7)
    assert Upload.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("wired")
def test_the_collector_takes_only_what_is_old_and_unused(media: Path) -> None:
    long_ago = now() - timedelta(days=8)
    fresh, stale = store(b"fresh"), store(b"stale")
    kept = upload(b"kept", name="a", person_id=1)
    forgotten = upload(b"forgotten", name="b", person_id=1)
    Blob.objects.exclude(id=fresh.id).update(last_asked_at=long_ago)
    Upload.objects.filter(id=forgotten.id).update(created_at=long_ago)
    assert collect_garbage() == Collected(uploads=1, blobs=2, size_bytes=14)
    assert set(Blob.objects.all()) == {fresh, kept.blob}
    assert {path.name for path in media.rglob("*") if path.is_file()} == {fresh.sha256, kept.blob.sha256}
    assert collect_garbage() == Collected(uploads=0, blobs=0, size_bytes=0)
    assert read_blob(store(b"stale")) == b"stale"
    assert stale.sha256 in {path.name for path in media.rglob("*")}


@pytest.mark.django_db
def test_without_wiring_nothing_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_references", None)
    blob = store(b"precious")
    Blob.objects.update(last_asked_at=now() - timedelta(days=30))
    with pytest.raises(registry.NotWired):
        collect_garbage()
    assert read_blob(blob) == b"precious"


@pytest.mark.django_db
def test_a_forgotten_reference_stops_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_references", ())
    monkeypatch.setattr(registry, "_OWN", ())
    with pytest.raises(registry.NotWired, match="refers to blobs but is not declared"):
        collect_garbage()
