"""Whole pages and parts."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.template import engines
from django.test import RequestFactory

from ventanilla.ui.htmx import render

PAGE = "{% load partials %}<h1>{{ title }}</h1>{% partialdef rows inline %}<p>{{ title }}</p>{% endpartialdef %}"


@pytest.fixture(autouse=True)
def _page(tmp_path: Path, settings: object) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    templates = [{**django_settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    templates[0]["OPTIONS"] = {**templates[0]["OPTIONS"], "context_processors": []}
    settings.TEMPLATES = templates  # type: ignore[attr-defined]
    engines.__dict__.pop("templates", None)


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"HX-Request": "true", "HX-Target": "rows"}, False),
        ({"HX-Request": "true", "HX-Target": "other"}, True),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Target": "rows", "HX-Boosted": "true"}, True),
        ({"HX-Request": "true", "HX-Target": "rows", "HX-History-Restore-Request": "true"}, True),
        ({"HX-Target": "rows"}, True),
    ],
)
def test_the_part_is_sent_only_when_asked_for(headers: dict[str, str], whole: bool) -> None:
    response = render(RequestFactory().get("/", headers=headers), "page.html", {"title": "A & B"}, "rows")
    expected = "<p>A &amp; B</p>"
    assert response.content.decode() == (f"<h1>A &amp; B</h1>{expected}" if whole else expected)
    assert response["Vary"] == "HX-Request, HX-Target"


def test_target_and_status() -> None:
    request = RequestFactory().get("/", headers={"HX-Request": "true", "HX-Target": "v-rows"})
    response = render(request, "page.html", {"title": "x"}, "rows", target="v-rows", status=422)
    assert (response.status_code, response.content) == (422, b"<p>x</p>")
    assert "Vary" not in render(request, "page.html", {"title": "x"}).headers
