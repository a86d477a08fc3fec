"""Putting a new set of files in the place of the old one, so that a kill at any moment leaves one or the other.

What is to be moved is written down first; whoever comes next finishes what was begun. No Django here: this runs before
keys or database are opened.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ventanilla.config.operation.archive import sync_folder

_MARKER: Final = ".swap.json"
# While it stands, a database on a server is being replaced, which only `ventanilla restore --finish` may end.
INTERRUPTED: Final = ".restoring"


@dataclass(frozen=True)
class Move:
    """`staged` takes the place of `target`, which goes to `kept`; `companions` (suffixes) go with the target."""

    staged: str
    target: str
    kept: str
    companions: tuple[str, ...] = ()


def write_down(folder: Path, moves: list[Move]) -> None:
    """Decide the moves: from here on `finish` carries out all of them, whoever calls it."""
    marker = folder / _MARKER
    fresh = marker.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump([asdict(move) for move in moves], file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(marker)
    sync_folder(folder)


def is_unfinished(folder: Path) -> bool:
    """Whether moves in this folder were written down and are not yet carried out."""
    return (folder / _MARKER).exists()


def finish(folder: Path) -> None:
    """Carry out what was written down, as far as it is not done. For one process at a time."""
    marker = folder / _MARKER
    if not marker.exists():
        return
    for entry in json.loads(marker.read_text(encoding="utf-8")):
        _carry_out(Move(**entry))
    marker.unlink()


def _carry_out(move: Move) -> None:
    staged, target, kept = Path(move.staged), Path(move.target), Path(move.kept)
    if not staged.exists():
        return  # done before the kill: what stands at the target is the new one
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for suffix in move.companions:
        companion = Path(f"{target}{suffix}")
        if companion.exists():
            companion.rename(f"{kept}{suffix}")
    if target.exists() and not kept.exists():
        target.rename(kept)
    staged.rename(target)
