"""Loaded before everything else (`-p tests.environment`): the settings must find a data folder of the tests' own."""

import atexit
import os
import shutil
import tempfile

from ventanilla.config.translations import compile_catalogs

_DATA = tempfile.mkdtemp(prefix=f"ventanilla-test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-")
os.environ["VENTANILLA_DATA"] = _DATA
# Workers have it from whom they work for, and the tests on both engines from ./test.
SHARES = "VENTANILLA_TEST_SHARED" not in os.environ
if SHARES:
    os.environ["VENTANILLA_TEST_SHARED"] = tempfile.mkdtemp(prefix="ventanilla-test-shared-")
    atexit.register(shutil.rmtree, os.environ["VENTANILLA_TEST_SHARED"], ignore_errors=True)
os.environ.setdefault("VENTANILLA_URL", "http://desk.example")
os.environ.pop("REDIS_URL", None)
compile_catalogs()  # as every start does, before anything is translated
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
