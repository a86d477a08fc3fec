"""HTML to text: what a reader would see, from any input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ventanilla.core.htmltext import attributes, html_to_text, text_to_html, tokens

TABLE = {
    "<p>Hola</p><p>Adiós</p>": "Hola\n\nAdiós",
    "uno<br>dos<br/>tres": "uno\ndos\ntres",
    "<div>a</div><div><br></div><div>b</div>": "a\n\nb",
    "a  \n  b&nbsp;c": "a b c",
    "<ul><li>uno</li><li>dos</li></ul>": "- uno\n- dos",
    "<table><tr><th>x</th><td>y</td></tr><tr><td>z</td></tr></table>": "x y\nz",
    '<a href="https://a.example/x">aquí</a>': "aquí <https://a.example/x>",
    '<a href="https://a.example/">a.example</a>': "a.example",
    '<a href="javascript:alert(1)">aquí</a>': "aquí",
    '<a href="mailto:ana@x.example">ana@x.example</a>': "ana@x.example",
    '<img src="x" alt="logo"> <img src="y">': "[logo]",
    "<blockquote>uno<blockquote>dos</blockquote></blockquote>tres": "> uno\n>\n>> dos\n\ntres",
    "<pre>  a\n    b</pre>": "  a\n    b",
    "<h1>T</h1>x<hr>y": "T\n\nx\n---\ny",
    "<script>x</script><style>y</style><title>z</title>w": "w",
    "<style>sin cerrar": "sin cerrar",
    "<!-- fuera --><!DOCTYPE html><?xml?>dentro": "dentro",
    "<!-- sin cerrar": "<!-- sin cerrar",
    "2 < 3 > 1 & 4": "2 < 3 > 1 & 4",
    "<b": "<b",
    "&lt;b&gt; &eacute; &#233; &#xe9; &nada;": "<b> é é é &nada;",
    "": "",
}


@pytest.mark.parametrize("html", TABLE)
def test_html_reads_as_text(html: str) -> None:
    assert html_to_text(html) == TABLE[html]


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "</",
                "<a",
                "<p>",
                "</p>",
                '"',
                "'",
                "=",
                "<!--",
                "-->",
                "<pre>",
                "<style>",
                "</style>",
                "&",
                "#x",
                "9",
                ";",
                "\n",
            ]
        ),
        max_size=60,
    ).map("".join)
)
def test_any_text_is_tokenized_without_gap(html: str) -> None:
    position = 0
    for token in tokens(html):
        assert token.start == position
        position = token.end
    assert position == len(html)
    html_to_text(html)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=100))
def test_text_to_html_and_back(text: str) -> None:
    assert html_to_text(text_to_html(text)) == text


def test_attributes() -> None:
    tag = """<a HREF = 'x?a&amp;b' class="c d" id=e disabled data-x="1" id=f>"""
    assert attributes(tag) == {"href": "x?a&b", "class": "c d", "id": "e", "data-x": "1"}
    assert attributes("<a " + "b" * 100_000) == {}
