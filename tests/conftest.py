"""Whole installations that several files of tests begin with."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.installations import Installation, copied, migrated_postgresql, postgresql, prepared


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def administered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One with an administrator, on each engine: a model to be copied."""
    with postgresql(template=migrated_postgresql) if request.param == "postgresql" else nullcontext("") as url:
        made = Installation(prepared(tmp_path_factory.mktemp("administered") / "data").data, url)
        made.run("person", "create", "--email", "ada@here.example", "--role", "administrator")
        yield made


@pytest.fixture
def installation(administered: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the model that a test may do to what it likes."""
    with copied(administered, tmp_path / "data") as made:
        yield made
