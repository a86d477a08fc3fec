"""Bringing a backup back: looked through, unpacked, brought up to date in a new place, then put in place of the old."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, connections

from ventanilla.config.environment import OperatorError
from ventanilla.config.operation import engines
from ventanilla.config.operation.alone import InUse, alone
from ventanilla.config.operation.archive import DATABASES, Manifest, read_manifest, unpack
from ventanilla.config.operation.health import known_migrations
from ventanilla.config.operation.swap import INTERRUPTED, Move, finish, is_unfinished, write_down
from ventanilla.files.queries import folder_of_files

_COMPANIONS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Restored:
    """A backup that was brought back. `kept` says where what was there before is now; empty when nothing was."""

    manifest: Manifest
    rows: int
    files: int
    kept: str


def check_backup(path: Path) -> Manifest:
    """Look through a whole backup and change nothing. Raises OperatorError when it is damaged, foreign or too new."""
    manifest = _understood(path)
    unpack(path, manifest, None)
    return manifest


def restore_backup(path: Path, *, replace: bool, say: Callable[[str], None]) -> Restored:
    """Bring the backup `path` back. Whatever goes wrong, what was there before is there still.

    Raises OperatorError for a damaged, foreign or newer backup, for an installation that is not empty unless `replace`,
    and while anything of Ventanilla runs. Nothing is deleted: what was there is kept beside, under a name that says so.
    """
    manifest = _understood(path)
    with only_one():
        empty = _is_empty()
        if not (empty or replace):
            raise OperatorError(
                "There is an installation already, and nothing was changed.\n"
                "To put the backup in its place, type the same with  --replace"
            )
        if empty and not manifest.whole:
            raise OperatorError(f"{path} holds the database alone: it goes back only into the installation it is of.")
        return _restore(path, manifest, keep=not empty, update=_is_older(manifest), say=say)


def go_back(path: Path, *, say: Callable[[str], None]) -> None:
    """Put the backup `path`, just written by this very program, in the place of what failed, which is not kept.

    For who holds `only_one` already. Raises OperatorError.
    """
    connections.close_all()
    _restore(path, _understood(path), keep=False, update=False, say=say)


@contextmanager
def only_one() -> Iterator[None]:
    """Inside this block nothing else of Ventanilla uses the data folder. Raises OperatorError while something does."""
    connections.close_all()
    caches.close_all()
    try:
        with alone(Path(settings.DATA)):
            yield
    except InUse as error:
        raise OperatorError(
            f"Ventanilla is running from {settings.DATA}. Stop it first, then type the same again."
        ) from error


def finish_interrupted() -> None:
    """Bring a restore into PostgreSQL that was killed to an end: forward once it was decided, else back.

    Nothing happens when there is none. Raises OperatorError while anything of Ventanilla runs.
    """
    data = Path(settings.DATA)
    interrupted = data / INTERRUPTED
    if not interrupted.exists():
        return
    with only_one():
        if is_unfinished(data):
            engines.settle(interrupted.read_text(encoding="utf-8"))
            finish(data)
        else:
            engines.put_back()
        interrupted.unlink()


def _understood(path: Path) -> Manifest:
    manifest = read_manifest(path)
    known = {f"{app}.{name}" for app, name in known_migrations()}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise OperatorError(
            f"{path} was made by a newer Ventanilla ({manifest.ventanilla}; this one does not know {unknown[0]}).\n"
            "Nothing was changed. Update this one first."
        )
    if manifest.engine != connection.vendor:
        there = "PostgreSQL (set DATABASE_URL)" if manifest.engine == "postgresql" else "SQLite (without DATABASE_URL)"
        raise OperatorError(
            f"{path} is a backup of another engine, and nothing was changed.\n"
            f"Restore it into {there}, then bring everything here:  ventanilla move --to URL"
        )
    return manifest


def _is_older(manifest: Manifest) -> bool:
    """Whether this version has migrations that the backup's database has not had."""
    return {f"{app}.{name}" for app, name in known_migrations()} != set(manifest.migrations)


def _is_empty() -> bool:
    if connection.vendor == "postgresql":
        return engines.is_empty_postgresql()
    return engines.is_empty_sqlite(str(connection.settings_dict["NAME"]))


def _restore(path: Path, manifest: Manifest, *, keep: bool, update: bool, say: Callable[[str], None]) -> Restored:
    """`keep` what is there; `update` the database to this version before it takes its place."""
    data = Path(settings.DATA)
    for left in data.glob(".restore-*"):  # by one that was killed
        shutil.rmtree(left)
    place = data / f".restore-{secrets.token_hex(4)}"
    place.mkdir(mode=0o700)
    stamp = f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    try:
        say("· Looking through the backup")
        unpack(path, manifest, place)
        for name in ("files", "keys"):
            (place / name).mkdir(exist_ok=True, mode=0o700)
        _give_to_owner(place, data)
        say("· Loading the database")
        _put_into_bucket(manifest, place)
        load = _into_postgresql if connection.vendor == "postgresql" else _into_sqlite
        load(manifest, place, data, stamp, update)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    _put_away_sign_ins(manifest, data, stamp)
    if not keep:
        _forget(data, stamp)
    files = sum(name.startswith("files/") for name in manifest.parts)
    return Restored(manifest, sum(manifest.tables.values()), files, str(data / stamp) if keep else "")


def _forget(data: Path, stamp: str) -> None:
    shutil.rmtree(data / stamp, ignore_errors=True)
    if connection.vendor == "postgresql":
        engines.forget(stamp.replace("-", "_"))
    else:
        name = Path(connection.settings_dict["NAME"]).resolve()
        for suffix in ("", *_COMPANIONS):
            name.with_name(f"{name.name}.{stamp}{suffix}").unlink(missing_ok=True)


def _put_away_sign_ins(manifest: Manifest, data: Path, stamp: str) -> None:
    """The passwords of a demo that is no longer here would mislead whoever reads them at the next start."""
    stale = data / "demo-sign-ins.txt"
    if manifest.whole and stale.exists() and stale.name not in manifest.parts:
        (data / stamp).mkdir(exist_ok=True, mode=0o700)
        stale.rename(data / stamp / stale.name)


def _give_to_owner(place: Path, data: Path) -> None:
    """What root restores belongs to whoever owns the data folder: the service runs as its own user."""
    if os.geteuid() == 0:
        owner = data.stat()
        for path in (place, *place.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)


def _into_sqlite(manifest: Manifest, place: Path, data: Path, stamp: str, update: bool) -> None:
    staged = place / DATABASES["sqlite"]
    _compare(manifest, engines.look_into_sqlite(staged))
    if update:
        bring_up_to_date(f"sqlite:///{staged}", place)
    engines.close_sqlite(staged)
    _give_to_owner(place, data)
    target = Path(connection.settings_dict["NAME"]).resolve()
    if target.parent.stat().st_dev != data.stat().st_dev:  # on its own disk before the swap, which only renames
        elsewhere = target.with_name(f"{place.name}.sqlite3")
        shutil.copyfile(staged, elsewhere)
        staged = elsewhere
    kept = data / stamp / target.name if target.parent == data else target.with_name(f"{target.name}.{stamp}")
    write_down(data, [Move(str(staged), str(target), str(kept), _COMPANIONS), *_others(manifest, place, data, stamp)])
    finish(data)


def _into_postgresql(manifest: Manifest, place: Path, data: Path, stamp: str, update: bool) -> None:
    interrupted = data / INTERRUPTED
    kept = "" if engines.is_empty_postgresql() else stamp.replace("-", "_")
    interrupted.write_text(kept, encoding="utf-8")
    try:
        engines.put_aside()
    except BaseException:
        interrupted.unlink()
        raise
    try:
        engines.load_postgresql(place / DATABASES["postgresql"])
        _compare(manifest, engines.look_into_postgresql())
        if update:
            bring_up_to_date("", place)
    except BaseException:
        engines.put_back()
        interrupted.unlink()
        raise
    # Decided with this line: a kill before it goes back, a kill after it goes forward.
    write_down(data, _others(manifest, place, data, stamp))
    engines.settle(kept)
    finish(data)
    interrupted.unlink()


def _put_into_bucket(manifest: Manifest, place: Path) -> None:
    """Give the files back to the bucket, where there is one, before the rows that name them: none there is touched."""
    if folder_of_files():
        return
    for name in manifest.parts:
        if name.startswith("files/") and not default_storage.exists(name.removeprefix("files/")):
            with (place / name).open("rb") as file:
                default_storage.save(name.removeprefix("files/"), File(file))


def _others(manifest: Manifest, place: Path, data: Path, stamp: str) -> list[Move]:
    if not manifest.whole:
        return []
    names = [
        *(["files"] if folder_of_files() else []),
        "keys",
        *(["demo-sign-ins.txt"] if (place / "demo-sign-ins.txt").exists() else []),
    ]
    return [Move(str(place / name), str(data / name), str(data / stamp / name)) for name in names]


def _compare(manifest: Manifest, found: engines.Snapshot) -> None:
    if found.tables != manifest.tables or found.migrations != manifest.migrations:
        raise OperatorError("The backup is damaged: its database does not hold what its manifest says.")


def bring_up_to_date(database_url: str, place: Path) -> None:
    """`ventanilla migrate` as a process of its own on the new place: this one has the old keys and connections."""
    environment = os.environ | {"VENTANILLA_DATA": str(place)}
    if database_url:
        environment["DATABASE_URL"] = database_url
    code = "from ventanilla.config.cli import main; main()"
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-c", code, "migrate", "--verbosity", "0"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise OperatorError(
            f"The backup could not be brought up to date, and nothing was changed:\n{done.stderr.strip()}"
        )
