"""How much memory a running Ventanilla takes: PSS, where what several processes share counts once (Linux)."""

from pathlib import Path


def pss_mib(pid: int) -> float:
    """The PSS of a process and all below it, in MiB. What ends while it is read counts nothing."""
    return round(sum(_pss_kib(one) for one in _family(pid)) / 1024, 1)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
