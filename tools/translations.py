"""Extract every translatable string into the Spanish catalog, and say what is missing.

    .venv/bin/python tools/translations.py            bring src/ventanilla/locale/es/LC_MESSAGES/django.po up to date
    .venv/bin/python tools/translations.py --check    only say what is missing, fuzzy or no longer used (exit 1)

Needs GNU gettext (sudo apt-get install gettext). English is the language of the strings themselves.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ventanilla"
CATALOG = PACKAGE / "locale" / "es" / "LC_MESSAGES" / "django.po"


def extract() -> Catalog:
    """The strings of the sources as they stand, without translations."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "ventanilla"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("locale", "static", "__pycache__", "tests"))
        target = copy / "locale" / "es" / "LC_MESSAGES"
        target.mkdir(parents=True)
        command = [sys.executable, "-m", "django", "makemessages", "-l", "es", "--no-wrap", "--no-location", "-v0"]
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, check=True, env=environment)
        with (target / "django.po").open("rb") as file:
            return read_po(file, locale="es")


def committed() -> Catalog:
    """The catalog in the repository."""
    if not CATALOG.exists():
        return Catalog(locale="es")
    with CATALOG.open("rb") as file:
        return read_po(file, locale="es")


def problems(fresh: Catalog, known: Catalog) -> list[str]:
    """What keeps the interface from being whole in Spanish, one line each."""
    found = []
    for message in fresh:
        if not message.id:
            continue
        ours = known.get(message.id, message.context)
        texts = () if ours is None else (ours.string if isinstance(ours.string, tuple) else (ours.string,))
        if not texts or not all(texts):
            found.append(f"not translated: {message.id!r}")
        elif ours is not None and ours.fuzzy:
            found.append(f"fuzzy: {message.id!r}")
    for message in known:
        if message.id and fresh.get(message.id, message.context) is None:
            found.append(f"no longer used: {message.id!r}")
    return found


def bring_up_to_date(fresh: Catalog, known: Catalog) -> Catalog:
    """The fresh strings with the translations that are known."""
    # Fixed moments: a catalog that says when it was made would differ at every run.
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    catalog = Catalog(
        locale="es",
        header_comment="# Spanish for Ventanilla. Written by hand, brought up to date by tools/translations.py.",
        project="Ventanilla",
        creation_date=moment,
        revision_date=moment,
        last_translator="",
        language_team="",
        fuzzy=False,
    )
    for message in fresh:
        if not message.id:
            continue
        ours = known.get(message.id, message.context)
        texts = ours.string if ours is not None else ""
        if isinstance(message.id, tuple):
            texts = tuple(texts)[: catalog.num_plurals] if isinstance(texts, tuple) else ()
        catalog.add(message.id, texts, flags=message.flags - {"fuzzy"}, context=message.context)
    return catalog


def main() -> int:
    """Extract, compare, write."""
    parser = argparse.ArgumentParser(description="Bring the Spanish catalog up to date")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if shutil.which("xgettext") is None:
        print("GNU gettext is missing. On Debian or Ubuntu type:\n    sudo apt-get install gettext", file=sys.stderr)
        return 1
    fresh, known = extract(), committed()
    if not options.check:
        known = bring_up_to_date(fresh, known)
        with CATALOG.open("wb") as file:
            write_po(file, known, width=0, sort_output=True, omit_header=False, no_location=True)
    missing = problems(fresh, known)
    print("\n".join(missing) if missing else "Every string is translated.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
