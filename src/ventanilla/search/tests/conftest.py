"""The index exists in every test of this folder."""

import pytest

from ventanilla.search import schema


@pytest.fixture(autouse=True)
def index(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        schema.ensure()
