"""Who may use the data folder now: any number of processes together, or one that replaces everything. No Django here.

The lock is the kernel's: it is gone with the processes that hold it, however they end.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NAME: Final = ".lock"
_held: list[int] = []


class InUse(Exception):
    """Somebody else uses the folder in a way that excludes this one."""


def share(folder: Path) -> None:
    """Use the folder beside others until this process and its children end. Raises InUse while one has it alone."""
    _held.append(_lock(folder, fcntl.LOCK_SH))


def release() -> None:
    """Give up what this process shares."""
    while _held:
        os.close(_held.pop())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Inside this block nobody else uses the folder. Raises InUse at once when somebody does."""
    descriptor = _lock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path, kind: int) -> int:
    descriptor = os.open(folder / _NAME, os.O_CREAT | os.O_RDWR, 0o600)
    if os.geteuid() == 0:  # a lock that root made must not keep the service out
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUse from None
    return descriptor
