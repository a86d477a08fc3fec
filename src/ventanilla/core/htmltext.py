"""HTML read as tokens and as plain text, in time linear in its length.

`html.parser` of the standard library backtracks on hostile input and `html2text` is GPL, so this is a small tokenizer
of our own. It never decides whether HTML is safe: cleaning is done elsewhere, before anything is shown.
"""

import html as stdlib_html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
SILENT = frozenset({"script", "style", "title", "noembed", "noframes", "template"})

_TAG_NAME = re.compile(r"</?([a-zA-Z][^\s/<>]{0,60})")
_MARKUP = re.compile(r"<[a-zA-Z/!?]")
_TAG_STOP = re.compile(r"[>\"']")
_ATTRIBUTE = re.compile(r"(?<![\w:-])([\w:-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}+;?")
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")
_MAX_ATTRIBUTE_TEXT = 8_192
_MAX_QUOTE_DEPTH = 9


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an HTML text: `html[start:end]`. The tokens of a text cover it without gap or overlap."""

    kind: Literal["text", "open", "close", "other"]
    start: int
    end: int
    name: str = ""


def unescape(text: str) -> str:
    """Character references replaced. Absurdly long numeric ones, on which `html.unescape` raises, become U+FFFD."""
    return stdlib_html.unescape(_LONG_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))


def attributes(tag: str) -> dict[str, str]:
    """The attributes of one tag's source text, names in lower case, the first of each name; at most 8 KiB are read."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag[:_MAX_ATTRIBUTE_TEXT]):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match.group(1).lower(), unescape(value))
    return found


def tokens(html: str) -> Iterator[Token]:
    """The tokens of `html`, in order; never raises, linear time.

    The contents of script, style and the like are one token of kind "other", as are comments and declarations. What is
    never closed (a comment, a style, a tag) is text: nothing is hidden by leaving out its end.
    """
    position, length = 0, len(html)
    endless: set[str] = set()  # ends that do not occur in the rest: looking for them again would be quadratic
    while position < length:
        markup = _MARKUP.search(html, position)
        if markup is None:
            yield Token("text", position, length)
            return
        start = markup.start()
        if start > position:
            yield Token("text", position, start)
        name = _TAG_NAME.match(html, start)
        if name:
            end = _tag_end(html, name.end())
            if end < 0:
                yield Token("text", start, length)
                return
            word = name.group(1).lower()
            if html[start + 1] == "/":
                yield Token("close", start, end, word)
            elif word in SILENT and word not in endless and not html.endswith("/>", start, end):
                closing = re.compile(rf"</{word}[\s/>]", re.IGNORECASE).search(html, end)
                if closing:
                    yield Token("other", start, closing.start(), word)
                    end = closing.start()
                else:
                    endless.add(word)
                    yield Token("other", start, end, word)
            else:
                yield Token("open", start, end, word)
            position = end
            continue
        end = -1
        if html.startswith("<!--", start):
            if "-->" not in endless:
                end = html.find("-->", start + 2)
                end = end + 3 if end >= 0 else -1
                if end < 0:
                    endless.add("-->")
        elif html.startswith(("<!", "<?", "</"), start) and ">" not in endless:
            end = html.find(">", start)
            end = end + 1 if end >= 0 else -1
            if end < 0:
                endless.add(">")
        if end < 0:
            yield Token("text", start, start + 1)
            position = start + 1
        else:
            yield Token("other", start, end)
            position = end


def _tag_end(html: str, position: int) -> int:
    """The index after the ">" that ends the tag, quotes respected; -1 when there is none."""
    while True:
        stop = _TAG_STOP.search(html, position)
        if stop is None:
            return -1
        if stop.group() == ">":
            return stop.end()
        closing = html.find(stop.group(), stop.end())
        # A lone quote is an ordinary character; as no other follows, this look to the end happens once per kind.
        position = closing + 1 if closing >= 0 else stop.end()


class _Writer:
    """Collects text into lines: collapses white space, puts quote prefixes, bounds blank lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.depth = 0
        self.last_depth = 0
        self.pre = 0
        self.pending_blank = False

    def add(self, text: str) -> None:
        """Append text to the present line; in `pre`, line ends are kept."""
        if self.pre:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for piece in rest:
                self.break_line(keep_empty=True)
                self.line.append(piece)
        else:
            self.line.append(text)

    def break_line(self, *, keep_empty: bool = False) -> None:
        """End the present line; an empty one is dropped unless `keep_empty`."""
        text = "".join(self.line)
        self.line = []
        text = text.replace("\xa0", " ").rstrip() if self.pre else _SPACES.sub(" ", text).strip()
        prefix = ">" * min(self.depth, _MAX_QUOTE_DEPTH)
        if text:
            if self.pending_blank and self.lines:
                self.lines.append(">" * min(self.depth, self.last_depth, _MAX_QUOTE_DEPTH))
            self.pending_blank = False
            self.last_depth = self.depth
            self.lines.append(f"{prefix} {text}" if prefix else text)
        elif keep_empty:
            self.pending_blank = True

    def blank(self) -> None:
        """End the line and put an empty one before the next text."""
        self.break_line()
        self.pending_blank = True


def html_to_text(html: str) -> str:
    """Readable plain text of `html`, safe or not: paragraphs, lists, quotes (">"), link targets and image texts kept.

    Never raises; linear in the length. The result has no markup meaning and must be escaped like any text when shown.
    """
    writer = _Writer()
    link, link_text = "", 0
    for token in tokens(html):
        name = token.name
        if token.kind == "text":
            writer.add(unescape(html[token.start : token.end]))
        elif token.kind == "open":
            if name == "br":
                writer.break_line(keep_empty=True)
            elif name == "hr":
                writer.break_line()
                writer.add("---")
                writer.break_line()
            elif name == "img":
                label = attributes(html[token.start : token.end]).get("alt", "").strip()
                if label:
                    writer.add(f"[{label[:200]}]")
            elif name == "a":
                link = attributes(html[token.start : token.end]).get("href", "").strip()
                link_text = len(writer.line)
            elif name in ("td", "th"):
                writer.add(" ")
            elif name in ("p", "blockquote", "pre", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"):
                writer.blank()
                writer.depth += name == "blockquote"
                writer.pre += name == "pre"
            elif name == "li":
                writer.break_line()
                writer.add("- ")
            elif name in BLOCKS:
                writer.break_line()
        elif token.kind == "close":
            if name == "a" and link:
                said = "".join(writer.line[link_text:])
                shown = link.lower().startswith(("http://", "https://", "mailto:"))
                if shown and link.partition(":")[2].strip("/") not in said:
                    writer.add(f" <{link[:2000]}>")
                link = ""
            elif name in ("p", "blockquote", "pre", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"):
                writer.blank()
                writer.depth = max(0, writer.depth - (name == "blockquote"))
                writer.pre = max(0, writer.pre - (name == "pre"))
            elif name in BLOCKS:
                writer.break_line()
    writer.break_line()
    return "\n".join(writer.lines)


def text_to_html(text: str) -> str:
    """Plain text as HTML that looks the same: escaped, line ends as `<br>`."""
    return stdlib_html.escape(text, quote=False).replace("\n", "<br>\n")
