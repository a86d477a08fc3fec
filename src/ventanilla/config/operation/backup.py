"""Writing a backup while Ventanilla runs: database, stored files and keys, as they were at one moment."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from ventanilla import __version__
from ventanilla.config.environment import OperatorError
from ventanilla.config.operation.archive import DATABASES, Manifest, Writer, writing
from ventanilla.config.operation.engines import Snapshot, copy_postgresql, copy_sqlite
from ventanilla.files.actions import address_of
from ventanilla.files.queries import folder_of_files

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Written:
    """A backup that was written. `missing` and `changed` are digests of files that the disk lost or altered."""

    path: Path
    size_bytes: int
    rows: int
    files: int
    missing: list[str]
    changed: list[str]


def write_backup(path: Path, *, whole: bool = True) -> Written:
    """Write a backup to the file `path`, or with a name of its own into the folder `path`. Raises OperatorError.

    Safe while Ventanilla runs. The database is copied first: the bytes of a file are always on the disk before the row
    that names it, so whatever the copy names is found afterwards. One that is not `whole` holds the database alone.
    """
    if path.is_dir():
        path = path / f"ventanilla-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    if not path.parent.is_dir():
        raise OperatorError(f"There is no folder {path.parent}.")
    try:
        return _write(path, whole=whole)
    except OSError as error:
        raise OperatorError(f"The backup could not be written: {error.strerror or error}.") from error


def _write(path: Path, *, whole: bool) -> Written:
    with writing(path) as archive, tempfile.TemporaryDirectory(dir=path.parent, prefix=".ventanilla-") as folder:
        engine = "postgresql" if connection.vendor == "postgresql" else "sqlite"
        manifest, found = _database(archive, Path(folder), engine)
        stored: set[str] = set()
        changed: list[str] = []
        if whole:
            root = folder_of_files()
            stored, changed = _files(archive, root) if root else _objects(archive, found.blobs, Path(folder))
            _keys(archive, Path(settings.DATA))
        archive.finish(manifest.model_copy(update={"whole": whole}))
    rows = sum(found.tables.values())
    return Written(path, path.stat().st_size, rows, len(stored), sorted(found.blobs - stored) if whole else [], changed)


def _database(archive: Writer, folder: Path, engine: str) -> tuple[Manifest, Snapshot]:
    copy = folder / "database"
    made_at = datetime.now(UTC)
    found = (
        copy_postgresql(copy) if engine == "postgresql" else copy_sqlite(str(connection.settings_dict["NAME"]), copy)
    )
    archive.add(DATABASES[engine], copy, compress=engine == "sqlite")  # a dump is compressed already
    manifest = Manifest.model_validate(
        {
            "ventanilla": __version__, "made_at": made_at, "installation": found.installation, "engine": engine,
            "migrations": found.migrations, "tables": found.tables,
        }
    )  # fmt: skip
    return manifest, found


def _files(archive: Writer, root: Path) -> tuple[set[str], list[str]]:
    """The stored files; returns their digests, and those whose bytes are no longer what the digest says."""
    stored: set[str] = set()
    changed = []
    for path in _stored(root):
        try:
            part = archive.add(f"files/{path.relative_to(root).as_posix()}", path, compress=False)
        except FileNotFoundError:
            continue  # collected as garbage since the folder was read
        stored.add(path.name)
        if part.sha256 != path.name:
            changed.append(path.name)
    return stored, changed


def _objects(archive: Writer, digests: set[str], folder: Path) -> tuple[set[str], list[str]]:
    """The same from a bucket: what the database names, one after the other through a file in `folder`."""
    stored: set[str] = set()
    changed = []
    passing = folder / "object"
    for digest in sorted(digests):
        try:
            with default_storage.open(address_of(digest), "rb") as source, passing.open("wb") as target:
                shutil.copyfileobj(source, target)
        except FileNotFoundError:
            continue
        part = archive.add(f"files/{address_of(digest)}", passing, compress=False)
        stored.add(digest)
        if part.sha256 != digest:
            changed.append(digest)
    return stored, changed


def _stored(root: Path) -> Iterator[Path]:
    for folder in sorted(root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]")):
        yield from sorted(path for path in folder.iterdir() if _DIGEST.fullmatch(path.name))


def _keys(archive: Writer, data: Path) -> None:
    for path in sorted((data / "keys").iterdir()):
        if path.is_file() and not path.suffix:
            archive.add(f"keys/{path.name}", path, compress=False)
    sign_ins = data / "demo-sign-ins.txt"
    if sign_ins.exists():
        archive.add(sign_ins.name, sign_ins, compress=False)
