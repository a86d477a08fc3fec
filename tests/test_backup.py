"""Backup and restore as the operator types them, on real engines."""

import json
import os
import signal
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from tests.installations import ITSELF, SET_UP, Installation, copied, postgresql
from ventanilla.config.operation.swap import INTERRUPTED

pytestmark = [pytest.mark.crash]

TICKET = (
    SET_UP
    + """
import sys
from ventanilla.files.actions import store
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.tickets.actions import open_ticket
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.models import Ticket
person = Person.objects.order_by("pk").first()

def open_one(subject):
    raw = b"\\x89PNG " + subject.encode()
    return open_ticket(by=Author.of(person), requester=person, subject=subject, channel=Ticket.Channel.PORTAL,
                       content=Content.of_text("It hums", [File(store(raw, name="p.png"), "p.png", "image/png")]))
"""
)


@pytest.fixture(scope="module")
def model(administered: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One with a ticket with a file besides, made once and copied for each test."""
    with copied(administered, tmp_path_factory.mktemp("model") / "data") as made:
        made.run(code=TICKET + "open_one('One')")
        yield made


@pytest.fixture
def installation(model: Installation, tmp_path: Path) -> Iterator[Installation]:
    with copied(model, tmp_path / "data") as made:
        yield made


def files(installation: Installation) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((installation.data / "files").rglob("*")) if path.is_file()}


def keys(installation: Installation) -> dict[str, str]:
    return {name: (installation.data / "keys" / name).read_text() for name in ("signing", "sealing")}


def everything(installation: Installation) -> dict:
    return installation.rows() | {"files": files(installation), "keys": keys(installation)}


def test_what_was_backed_up_is_what_comes_back(tmp_path, installation):
    archive = tmp_path / "backup.zip"
    before = everything(installation)
    said = installation.run("backup", str(archive))
    assert "1 files" in said and oct(archive.stat().st_mode)[-3:] == "600"
    assert f"{archive} is whole" in installation.run("restore", "--check", str(archive))

    installation.run(code=TICKET + "open_one('Two')")
    assert everything(installation) != before
    refused = installation.run("restore", str(archive), expect=1)
    assert "--replace" in refused and "tickets_ticket" in installation.rows() and len(files(installation)) == 2
    assert "kept beside" in installation.run("restore", "--replace", str(archive))
    assert everything(installation) == before

    # It runs on: numbers, search and the append-only log are as they were made.
    installation.run(code=TICKET + "assert open_one('Three').number == 'INC-2', Ticket.objects.values('number')")
    look = """
from django.db import DatabaseError, connection
from ventanilla.events.models import Event
with connection.cursor() as cursor:
    cursor.execute("SELECT COUNT(*) FROM search_index WHERE search_index MATCH 'humm OR hum OR hums'"
                   if connection.vendor == "sqlite" else
                   "SELECT COUNT(*) FROM search_document WHERE \\"index\\" @@ 'hums'::tsquery")
    assert cursor.fetchone()[0] == 2
try:
    Event.objects.update(kind="x")
except DatabaseError as error:
    print("refused:", error)
"""
    assert "append-only" in installation.run(code=SET_UP + look)


def test_a_new_computer_takes_a_backup_without_being_asked_to_replace(tmp_path, installation):
    installation.run("backup", str(tmp_path / "b.zip"))
    with postgresql() if installation.url else nullcontext("") as url:
        new = Installation(tmp_path / "new", url)
        new.run("restore", str(tmp_path / "b.zip"))
        assert everything(new) == everything(installation)
    assert not list(new.data.glob("before-restore-*")), "there was nothing to keep"


@pytest.mark.parametrize("administered", ["postgresql"], indirect=True)  # going back takes ten seconds on either
def test_a_backup_of_an_older_version_is_brought_up_to_date_before_it_takes_its_place(tmp_path, installation):
    now = sorted(installation.rows())
    installation.run("migrate", "tickets", "0002", "--verbosity", "0")
    assert sorted(installation.rows()) != now
    installation.run("backup", str(tmp_path / "b.zip"))
    installation.run("restore", "--replace", str(tmp_path / "b.zip"))
    assert sorted(installation.rows()) == now


def test_a_backup_under_writes_is_of_one_moment(tmp_path, installation):
    """A writer opens tickets all the while: the copy has whole tickets, with their events, files and search texts."""
    writer = installation.start(
        code=TICKET + "n = 0\nwhile True:\n    n += 1\n    open_one(f'Busy {n}')\n    print(n, flush=True)"
    )
    try:
        assert writer.stdout is not None
        for _ in range(5):
            writer.stdout.readline()
        for n in range(3):
            installation.run("backup", str(tmp_path / f"{n}.zip"))
            writer.stdout.readline()
        assert writer.poll() is None
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    for n in range(3):
        with zipfile.ZipFile(tmp_path / f"{n}.zip") as archive:
            manifest = json.loads(archive.read("manifest.json"))
        rows = manifest["tables"]
        assert rows["tickets_ticket"] == rows["tickets_message"] == rows["tickets_attachment"] >= 6
    assert rows["files_blob"] <= sum(name.startswith("files/") for name in manifest["parts"])
    installation.run("restore", "--replace", str(tmp_path / "2.zip"))
    found = installation.rows()
    assert len(found["tickets_ticket"]) == rows["tickets_ticket"] == len(found["search_document"]) // 2


def damaged(kind: str, source: Path, target: Path) -> None:
    """A copy of the archive with one thing wrong."""
    raw = bytearray(source.read_bytes())
    if kind == "cut":
        target.write_bytes(raw[: len(raw) // 2])
        return
    if kind == "flipped":
        with zipfile.ZipFile(source) as archive:
            entry = next(e for e in archive.infolist() if e.filename.startswith("database/"))
        raw[entry.header_offset + 200 + entry.compress_size // 2] ^= 0x40
        target.write_bytes(raw)
        return
    if kind == "foreign":
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("holiday.jpg", b"x")
        return
    if kind == "text":
        target.write_text("not an archive")
        return
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "manifest.json":
                manifest = json.loads(content)
                if kind == "newer":
                    manifest["migrations"].append("tickets.9999_from_the_future")
                    manifest["ventanilla"] = "99.0"
                if kind == "newer format":
                    manifest["format_version"] = 99
                if kind == "other counts":
                    manifest["tables"]["tickets_ticket"] += 1
                if kind == "escape":
                    manifest["parts"]["keys/../../evil"] = manifest["parts"]["keys/signing"]
                content = json.dumps(manifest)
            if kind == "other key" and entry.filename == "keys/signing":
                content = b"x" * len(content)
            new.writestr(entry, content)
            if kind == "escape" and entry.filename == "keys/signing":
                new.writestr("keys/../../evil", content)
        if kind == "one too many":
            new.writestr("keys/stranger", b"x")


REFUSED = {
    "cut": "is damaged",
    "flipped": "is damaged",
    "foreign": "no backup of Ventanilla",
    "text": "no backup of Ventanilla",
    "newer": "newer Ventanilla (99.0",
    "newer format": "newer Ventanilla",
    "other counts": "does not hold what its manifest says",
    "other key": "keys/signing",
    "one too many": "does not hold what its manifest names",
    "escape": "is no part of one",
}
# Command after command in one process: starting it anew for each would take a minute.
ONE_BY_ONE = """
import sys
from ventanilla.config.cli import main
for archive in sys.argv[1:]:
    sys.argv = ["ventanilla", "restore", "--replace", archive]
    try:
        main()
        raise AssertionError(archive)
    except SystemExit as end:
        assert end.code == 1
        print("--", file=sys.stderr)
"""


def test_what_cannot_be_trusted_is_refused_before_anything_is_touched(tmp_path, installation):
    good = tmp_path / "good.zip"
    installation.run("backup", str(good))
    archives = [tmp_path / f"{kind}.zip" for kind in REFUSED]
    for kind, archive in zip(REFUSED, archives, strict=True):
        damaged(kind, good, archive)
    before = everything(installation)
    said = installation.run(*map(str, archives), code=ONE_BY_ONE).split("--\n")
    for (kind, named), sentence in zip(REFUSED.items(), said, strict=False):
        assert named in sentence, kind
    assert everything(installation) == before
    assert not [path.name for path in installation.data.iterdir() if "restor" in path.name]
    assert not (tmp_path / "evil").exists() and not (installation.data / "evil").exists()


def test_nothing_is_restored_while_it_runs(tmp_path, installation):
    archive = tmp_path / "b.zip"
    installation.run("backup", str(archive))
    before = everything(installation)
    holder = installation.start(
        code="import os, sys\nfrom pathlib import Path\nfrom ventanilla.config.operation.alone import share\n"
        "share(Path(os.environ['VENTANILLA_DATA']))\nprint('there', flush=True)\nimport time\ntime.sleep(600)"
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "there\n"
        assert "Stop it first" in installation.run("restore", "--replace", str(archive), expect=1)
        assert everything(installation) == before
    finally:
        holder.kill()
        holder.communicate()
    installation.run("restore", "--replace", str(archive))


@pytest.mark.parametrize("administered", ["postgresql"], indirect=True)
def test_a_restore_waits_for_a_session_that_is_just_leaving(tmp_path, installation):
    installation.run("backup", str(tmp_path / "b.zip"))
    looking = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%backend_type%'"
        " AND state = 'idle in transaction'"
    )
    leaving = psycopg.connect(installation.url, autocommit=True)
    restoring = installation.start("restore", "--replace", str(tmp_path / "b.zip"))
    deadline = time.monotonic() + 30
    while not leaving.execute(f"{looking} AND pid <> pg_backend_pid()").fetchall():
        assert time.monotonic() < deadline
    leaving.close()
    out, err = restoring.communicate()
    assert restoring.returncode == 0, out + err


def test_a_mail_that_arrives_meanwhile_is_kept_by_the_mail_server(tmp_path, installation):
    code = (
        "import os\nfrom pathlib import Path\nfrom ventanilla.config.operation.alone import alone\n"
        "with alone(Path(os.environ['VENTANILLA_DATA'])):\n    print('alone', flush=True)\n"
        "    import time\n    time.sleep(600)"
    )
    restoring = installation.start(code=code)
    try:
        assert restoring.stdout is not None and restoring.stdout.readline() == "alone\n"
        assert "Try again later" in installation.run("mail", "deliver", expect=75)
    finally:
        restoring.kill()
        restoring.communicate()


DIE = (
    SET_UP
    + """
from ventanilla.config.operation import engines, restore, swap
def die(*_args):
    os.kill(os.getpid(), signal.SIGKILL)
"""
)
# Where a restore is killed: what to replace by `die`, and whether the old or the new is there afterwards.
MOMENTS = [
    ("restore._compare = die", "old"),
    ("restore.write_down = die", "old"),
    ("restore.finish = die", "new"),
    ("engines.settle = die", "new"),
    ("whole = swap._carry_out\ndef once(move):\n    whole(move)\n    die()\nswap._carry_out = once", "new"),
]


@pytest.mark.parametrize(("kill", "left"), MOMENTS)
def test_a_restore_that_is_killed_leaves_the_old_or_the_new_and_nothing_between(tmp_path, installation, kill, left):
    archive = tmp_path / "b.zip"
    new = everything(installation)
    installation.run("backup", str(archive))
    installation.run(code=TICKET + "open_one('Later')")
    old = everything(installation)
    # SQLite has nothing to settle: it never comes to that moment, and the restore ends well.
    dies = bool(installation.url) or "settle" not in kill
    code = DIE + kill + "\n" + ITSELF
    installation.run("restore", "--replace", str(archive), code=code, expect=-signal.SIGKILL if dies else 0)
    if installation.url:
        assert "restore --finish" in installation.run("migrate", expect=1)
    installation.run("restore", "--finish")
    assert not (installation.data / INTERRUPTED).exists()
    assert everything(installation) == (old if left == "old" else new)


def test_lost_and_altered_files_are_named_and_the_rest_is_saved(tmp_path, installation):
    installation.run(code=TICKET + "open_one('Two')")
    altered, lost = sorted(path for path in (installation.data / "files").rglob("*") if path.is_file())
    altered.write_bytes(b"rot")
    lost.unlink()
    said = installation.run("backup", str(tmp_path), expect=1)
    assert f"altered on the disk: {altered.name}" in said and f"missing on the disk: {lost.name}" in said
    assert len(list(tmp_path.glob("ventanilla-*.zip"))) == 1


def test_a_backup_that_fails_leaves_what_was_there(tmp_path, installation):
    target = tmp_path / "b.zip"
    target.write_text("yesterday's")
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    installation.run("backup", str(target), code=full + ITSELF, expect=1)
    if installation.url:
        said = installation.run("backup", str(target), expect=1, PATH="/nowhere")
        assert "postgresql-client" in said
    else:
        with sqlite3.connect(installation.data / "ventanilla.sqlite3") as database:
            database.execute("PRAGMA journal_mode=DELETE")
        with (installation.data / "ventanilla.sqlite3").open("r+b") as file:
            file.seek(4096 * 5)
            file.write(os.urandom(4096 * 60))
        assert "ventanilla.sqlite3" in installation.run("backup", str(target), expect=1)
    assert target.read_text() == "yesterday's"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
