"""Folded templates say the same as unfolded ones, in every language, and folding leaves out what it must."""

from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.template.base import TextNode
from django.utils import translation

from ventanilla.ui.folding import fold

BUILTINS = ["django.templatetags.i18n", "django.templatetags.static", "ventanilla.ui.templatetags.ui"]
SNIPPETS = [
    '{% comment %}said nowhere{% endcomment %}a{% translate "Close" %}b',
    '{% if who %}{% translate "Close" %}{{ who }}{% else %}{% mark %}{% endif %}',
    '{% for n in numbers %}{% icon "lock" size="sm" %}{{ n }}{% empty %}{% translate "Nothing found" %}{% endfor %}',
    '{% translate "Close" as word %}[{{ word }}]',
    '{% translate "open" context "key" %}',
    '{% icon name %}{% icon "close" label=who %}',
    '{% translate who %}{% translate "Close"|upper %}',
    '{% with word="x" %}{% translate "Close" %}{{ word }}{% endwith %}',
    '{% autoescape off %}{% translate "Search or go to…" %}{{ who }}{% endautoescape %}',
    '{% language "en" %}{% translate "Close" %}{% endlanguage %}{% translate "Close" %}',
    "{% blocktranslate trimmed with name=who %}Message from {{ name }}{% endblocktranslate %}",
    '{% spaceless %}<b>{% translate "Close" %}</b> <i>{% status_glyph "open" %}</i>{% endspaceless %}',
]
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"who": "Ana <b>", "name": "lock", "numbers": [1, 2]},
    {"other": True, "who": "", "name": "close", "numbers": []},
]


@pytest.fixture
def engine() -> Engine:
    return Engine(builtins=BUILTINS)


def _rendered(template: Template, context: dict[str, Any]) -> str:
    try:
        return template.render(Context(context))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("source", SNIPPETS)
def test_folding_changes_nothing_that_is_seen(engine: Engine, source: str, language: str) -> None:
    with translation.override(language):
        plain, folded = Template(source, engine=engine), Template(source, engine=engine)
        fold(folded.nodelist)
        for context in CONTEXTS:
            assert _rendered(folded, context) == _rendered(plain, context)


def test_what_the_language_decides_becomes_one_text(engine: Engine) -> None:
    with translation.override("es"):
        template = Template('{# no #}<b>{% translate "Close" %}</b>{% mark %}', engine=engine)
        fold(template.nodelist)
    (node,) = template.nodelist
    assert isinstance(node, TextNode) and node.s.startswith("<b>Cerrar</b><svg")


def test_each_language_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "word.html").write_text('{% translate "Close" %}')
    (tmp_path / "page.html").write_text(
        '{% include "word.html" %}{% language "en" %}{% include "word.html" %}{% endlanguage %}'
    )
    places = ["django.template.loaders.filesystem.Loader"]
    engine = Engine(dirs=[str(tmp_path)], loaders=[("ventanilla.ui.folding.Loader", places)], builtins=BUILTINS)
    for language, said in (("es", "CerrarClose"), ("en", "CloseClose"), ("es", "CerrarClose")):
        with translation.override(language):
            assert engine.get_template("page.html").render(Context()) == said
    with pytest.raises(TemplateDoesNotExist):
        engine.get_template("missing.html")
