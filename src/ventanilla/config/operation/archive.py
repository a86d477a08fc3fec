"""A backup as one file: a ZIP with the database, the stored files, the keys, and a manifest that says what they are.

Any ZIP program opens it. Every part has its SHA-256 in the manifest, so damage is found before anything is restored.
"""

import hashlib
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal

from pydantic import BaseModel, ValidationError

from ventanilla.config.environment import OperatorError

FORMAT: Final = "ventanilla-backup"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DATABASES: Final = {"sqlite": "database/ventanilla.sqlite3", "postgresql": "database/ventanilla.pgdump"}
_CHUNK_BYTES: Final = 1024 * 1024
_MOST_MANIFEST_BYTES: Final = 1024 * 1024 * 1024
# The only names an archive may hold: none leads out of the folder it is unpacked into.
_NAME = re.compile(
    r"database/ventanilla\.(sqlite3|pgdump)|files/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}|keys/[a-z][a-z0-9_-]{0,40}"
    r"|demo-sign-ins\.txt"
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)


class Part(BaseModel):
    """One file of the archive: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Manifest(BaseModel):
    """What an archive holds. `migrations` are `app.name`, sorted; `tables` the number of rows of each table.

    One that is not `whole` holds the database alone: what an upgrade needs to go back.
    """

    format: Literal["ventanilla-backup"] = FORMAT
    format_version: int = FORMAT_VERSION
    ventanilla: str
    made_at: datetime
    installation: str
    engine: Literal["sqlite", "postgresql"]
    migrations: list[str]
    tables: dict[str, int]
    whole: bool = True
    parts: dict[str, Part] = {}


class Writer:
    """Takes the parts of an archive one by one."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: dict[str, Part] = {}

    def add(self, name: str, source: Path, *, compress: bool) -> Part:
        """Add a file under a name; returns what was read of it. Raises OSError when it cannot be read."""
        entry = zipfile.ZipInfo.from_file(source, name, strict_timestamps=False)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        entry.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as file, self._archive.open(entry, "w", force_zip64=True) as target:
            for chunk in _chunks(file):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        self.parts[name] = part = Part(size=size, sha256=digest.hexdigest())
        return part

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest, which then names every part."""
        complete = manifest.model_copy(update={"parts": self.parts})
        self._archive.writestr(MANIFEST, complete.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive at `path`: readable by its owner alone, there as a whole or not at all, also after a power cut.

    What stood there before is replaced once the new one is complete. Raises OperatorError when nothing can be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise OperatorError(f"Nothing can be written to {path.parent}: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", allowZip64=True, compresslevel=3) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_manifest(path: Path) -> Manifest:
    """What the archive at `path` says of itself.

    Raises OperatorError for what is no backup of Ventanilla, is damaged, or has a format that only later versions read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
                raise OperatorError(f"{path} is no backup of Ventanilla: its manifest is too large.")
            manifest = _parsed(archive.read(MANIFEST), path)
            names = sorted(set(archive.namelist()) - {MANIFEST})
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror or error}.") from error
    except _BROKEN as error:
        raise OperatorError(f"{path} is damaged, or no backup of Ventanilla: {error}.") from error
    if names != sorted(manifest.parts) or DATABASES[manifest.engine] not in manifest.parts:
        raise OperatorError(f"{path} is damaged: it does not hold what its manifest names.")
    strange = [name for name in names if not _NAME.fullmatch(name)]
    if strange:
        raise OperatorError(f"{path} is no backup of Ventanilla: {strange[0]!r} is no part of one.")
    return manifest


def _parsed(raw: bytes, path: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise OperatorError(f"{path} is no backup of Ventanilla: its manifest says something else.") from error
    if manifest.format_version > FORMAT_VERSION:
        raise OperatorError(f"{path} was made by a newer Ventanilla ({manifest.ventanilla}). Update this one first.")
    return manifest


def unpack(path: Path, manifest: Manifest, folder: Path | None) -> None:
    """Read every part, compare it with the manifest, and write it below `folder` (None: only compare), synced.

    Raises OperatorError for the first part that is not as it was; what was written until then is for the caller to
    remove.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for name, part in manifest.parts.items():
                with archive.open(name) as source:
                    found = _copy(source, folder / name if folder else None)
                if found != part:
                    raise OperatorError(f"{path} is damaged: {name} is not what was backed up.")
    except _BROKEN as error:
        raise OperatorError(f"{path} is damaged: {error}.") from error
    except OSError as error:
        raise OperatorError(f"{path} could not be unpacked: {error.strerror or error}.") from error


def _copy(source: IO[bytes], target: Path | None) -> Part:
    digest, size = hashlib.sha256(), 0
    descriptor = None
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        for chunk in _chunks(source):
            digest.update(chunk)
            size += len(chunk)
            if descriptor is not None:
                os.write(descriptor, chunk)
        if descriptor is not None:
            os.fsync(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return Part(size=size, sha256=digest.hexdigest())


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK_BYTES):
        yield chunk


def sync_folder(folder: Path) -> None:
    """Make sure that a rename in `folder` survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
