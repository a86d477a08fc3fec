"""Folded templates say the same as unfolded ones, in every language, and folding leaves out what it must."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.template.base import TextNode
from django.urls import NoReverseMatch
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

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
    '{% url "sign-in" %} {% url "sign-in" as there %}{{ there }} {% url name %}{% static "a/b.css" %}',
    "{{ who }}{{ who|upper }}{{ who|safe }}{{ numbers }}{{ numbers.0 }}{{ numbers.7 }}{{ missing }}{{ who.missing }}",
    "{% autoescape off %}{{ who }}{{ safe }}{% endautoescape %}{{ safe }}{{ count }}{{ price }}{{ day }}{{ lazy }}",
    "{{ thing.name }}{{ thing.call }}{{ thing.method }}{{ thing.method.real }}",
    "{{ thing.kept.key }}{{ thing.kept.items }}",
    "{% if thing.kept.key == who or not missing %}{{ thing.kept.none }}{% endif %}{{ 7 }}{{ 'text' }}{{ _('Close') }}",
    "{% with x=thing.name %}{{ x }}{% endwith %}{% for n in thing.kept.list %}{{ forloop.last }}{{ n }}{% endfor %}",
    "{% firstof missing who %}{% with x=thing %}{% icon x.icon label=who %}{% endwith %}{{ thing.refuses }}",
    '{% spaceless %}<b>{% translate "Close" %}</b> <i>{% status_glyph "open" %}</i>{% endspaceless %}',
]


class Thing:
    """Something that templates look into."""

    name, icon = "<Ana>", "lock"

    def __init__(self) -> None:
        self.kept = {"key": "Ana <b>", "items": "an entry, not the method", "none": None, "list": ["<", 2]}

    def method(self) -> int:
        """Called by templates."""
        return 1234

    def call(self, wanted: str) -> str:
        """Cannot be called by templates."""
        return wanted

    @property
    def refuses(self) -> str:
        """An error of ours is not hidden."""
        raise ValueError("refused")


CONTEXTS: list[dict[str, Any]] = [
    {
        "thing": Thing(),
        "who": "Ana <b>",
        "safe": mark_safe("<b>"),
        "count": 1234,
        "price": 1234.5,
        "name": "sign-in",
        "day": datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
        "lazy": gettext_lazy("Close"),
        "numbers": (1, 2),
    },
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
    except (ValueError, NoReverseMatch) as error:
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


def test_an_include_sees_what_it_saw_before(tmp_path: Path) -> None:
    (tmp_path / "name.html").write_text('[{{ name }} {{ who }}]{% translate "Close" as who %}{{ who }}')
    (tmp_path / "gone.html").write_text('{% include "nowhere.html" %}')
    (tmp_path / "page.html").write_text(
        '{% for name in numbers %}{% include "name.html" with who=name %}{% endfor %}{% include file %}'
        '{% include "name.html" with name="x" only %}{% include "./name.html" %}{{ who }}'
    )
    places = ["django.template.loaders.filesystem.Loader"]
    folded, plain = (
        Engine(dirs=[str(tmp_path)], loaders=[(kind, places)], builtins=BUILTINS)
        for kind in ("ventanilla.ui.folding.Loader", "django.template.loaders.cached.Loader")
    )
    for context in ({"who": "<b>", "numbers": [1, 2], "file": "name.html"}, {"file": "name.html"}):
        said = [engine.get_template("page.html").render(Context(context)) for engine in (folded, plain)]
        assert said[0] == said[1]
    for engine in (folded, plain):
        with pytest.raises(TemplateDoesNotExist, match=r"nowhere\.html"):
            engine.get_template("gone.html").render(Context())


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
