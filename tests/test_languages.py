"""The interface is whole in both languages."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from ventanilla.config.translations import compile_catalogs

pytestmark = pytest.mark.pure


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs GNU gettext (sudo apt-get install gettext)")
def test_every_string_has_spanish_and_none_is_fuzzy():
    root = Path(settings.PACKAGE).parent.parent
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "translations.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_catalog_compiles_without_gettext_and_is_used():
    assert compile_catalogs() == 0, "compiled before the first test"
    with override("es"):
        assert gettext("replied") == "respondió"
    with override("en"):
        assert gettext("replied") == "replied"
