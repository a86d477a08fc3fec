"""Declaring entities."""

import pytest

from ventanilla.fields import registry
from ventanilla.fields.kinds import CHOICE, TEXT, Reading
from ventanilla.fields.spec import Field, Sort
from ventanilla.fields.tests.sample import UPLOADS


def test_mistakes_are_told_at_start() -> None:
    with pytest.raises(ValueError, match="declared twice: name"):
        UPLOADS.extended([UPLOADS.fields[0]])
    with pytest.raises(ValueError, match="needs options"):
        Field(key="x", kind=CHOICE, label="X", path="x")
    with pytest.raises(ValueError, match="no such audience"):
        Field(key="x", kind=TEXT, label="X", path="x", audience="all")
    with pytest.raises(ValueError, match="no such column or sort: x"):
        UPLOADS.extended([Field(key="new", kind=TEXT, label="X", path="x", sort="x")])


def test_another_app_adds_fields() -> None:
    extended = UPLOADS.extended(
        [Field(key="new", kind=TEXT, label="New", path="name", sort="new")], [Sort("new", "New", ("name",))]
    )
    assert extended.field("new").label == "New"
    assert extended.sort("new") == Sort("new", "New", ("name",))
    assert UPLOADS.sort("new") is None


def test_labels_of_values() -> None:
    reading = Reading()
    assert UPLOADS.field("type").label_of("text", reading) == "Text"
    assert UPLOADS.field("type").label_of("vanished", reading) == "vanished"
    assert UPLOADS.field("size").label_of(3, reading) == "3"


def test_the_registry_is_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_specs", None)
    with pytest.raises(RuntimeError, match="not called"):
        registry.spec_of("upload")
    registry.set_specs([UPLOADS])
    registry.set_specs([UPLOADS])
    assert registry.spec_of("upload") is UPLOADS
    assert registry.entities() == ("upload",)
    with pytest.raises(RuntimeError, match="already set"):
        registry.set_specs([])
    with pytest.raises(KeyError):
        registry.spec_of("other")
