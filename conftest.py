"""The ground the tests stand on: a data folder of their own, a desk, and six people with fixed roles."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before Django reads its settings: every test process has a data folder of its own, and nothing of the operator's.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
_DATA = Path(tempfile.mkdtemp(prefix=f"ventanilla-test-{_WORKER}-"))
os.environ["VENTANILLA_DATA"] = str(_DATA)
os.environ.setdefault("VENTANILLA_URL", "http://desk.example")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ.pop("REDIS_URL", None)

pytest_plugins = ["tests.plugin"]


@pytest.fixture(scope="session", autouse=True)
def _data_folder() -> Iterator[None]:
    yield
    for path in sorted(_DATA.rglob("*"), reverse=True):
        path.unlink() if not path.is_dir() else path.rmdir()
    _DATA.rmdir()
