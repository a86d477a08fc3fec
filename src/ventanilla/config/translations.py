"""Compiling the translations at start: a bare Debian has no `msgfmt`, Babel does the same."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_catalogs() -> int:
    """Compile every `.po` that is newer than its `.mo`; returns how many. A read-only folder keeps what it has."""
    compiled = 0
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        if not os.access(source.parent, os.W_OK):
            continue
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        temporary = target.with_suffix(f".{os.getpid()}")
        with temporary.open("wb") as file:
            write_mo(file, catalog)
        temporary.replace(target)
        compiled += 1
    return compiled
