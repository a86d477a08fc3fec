"""Safe HTML: what may be stored of foreign mail, of our own editor and of Markdown. Pure, and linear in its input.

Two ideas carry the safety. nh3 (an HTML5 parser with allow-lists) decides what remains; nothing after it adds markup
that was not there. And because an HTML5 parser is quadratic on hostile nesting, `_tame` bounds the nesting first.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final
from urllib.parse import unquote, urlsplit

import nh3
from markdown_it import MarkdownIt


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LINK_REL: Final = "noopener noreferrer nofollow"
_LINK_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_DROPPED_WHOLE: Final = {*_words("script style title template iframe object svg math textarea select")}

_TEXT_TAGS: Final = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "a", "blockquote", "pre", "code"}
_RICH_TAGS: Final = _TEXT_TAGS | {"img", "h2", "h3"}
_MARKDOWN_TAGS: Final = (
    _TEXT_TAGS | {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "del"} | {"table", "thead", "tbody", "tr", "th", "td"}
)
_MAIL_TAGS: Final = (
    _MARKDOWN_TAGS
    | {"img", "div", "span", "center", "font", "strike", "small", "big", "sub", "sup", "tt", "kbd", "samp", "var", "q"}
    | {"ins", "mark", "abbr", "cite", "address", "dl", "dt", "dd", "tfoot", "caption", "col", "colgroup", "figure"}
    | {"figcaption", "section", "article", "header", "footer", "main", "aside", "details", "summary", "wbr"}
)

_BOX: Final = {"width", "height", "align", "valign", "bgcolor"}
_MAIL_ATTRIBUTES: Final = {
    "*": {"style", "class", "id", "dir", "lang", "title"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", "align", "border"},
    "table": _BOX | {"border", "cellpadding", "cellspacing", "role"},
    "td": _BOX | {"colspan", "rowspan", "nowrap"},
    "th": _BOX | {"colspan", "rowspan", "nowrap", "scope"},
    "tr": _BOX,
    "col": {"width", "span", "align"},
    "font": {"color", "face", "size"},
    "p": {"align"},
    "div": {"align"},
    "ol": {"start", "type", "reversed"},
    "blockquote": {"type"},
    "hr": {"width", "size", "align"},
    "details": {"open"},
}

# Inline styles that change how text looks but can neither load anything nor leave their box.
_STYLE_PROPERTIES: Final = _words(
    """
    color background-color font-size font-weight font-style font-family font-variant line-height letter-spacing
    text-align text-decoration text-decoration-line text-indent text-transform vertical-align white-space word-break
    overflow-wrap list-style-type direction width max-width min-width height max-height min-height display
    border border-top border-right border-bottom border-left border-color border-style border-width border-radius
    border-collapse border-spacing border-top-width border-right-width border-bottom-width border-left-width
    border-top-style border-right-style border-bottom-style border-left-style
    border-top-color border-right-color border-bottom-color border-left-color table-layout
    padding padding-top padding-right padding-bottom padding-left
    margin margin-top margin-right margin-bottom margin-left
    """
)
_STYLE_VALUE: Final = re.compile(
    r"(?:[^\x00-\x1f()\\<>{}@;]|rgba?\([\d\s.,%/]{1,60}\)|hsla?\([\d\s.,%/a-z]{1,60}\)){1,200}", re.I
)

# How mail programs mark quotes and signatures; kept because folding them relies on these names. Nothing else may carry
# a class or an id, so foreign markup can never dress up as our interface.
_QUOTE_NAMES: Final = re.compile(
    r"(?:x_)*(?:gmail_\w+|moz-[\w-]+|yahoo_\w+|ymail_\w+|yiv\w+|protonmail_\w+|tutanota_\w+|zmail_\w+|OutlookMessageHeader"
    r"|AppleMailSignature|Apple-[\w-]+|divRplyFwdMsg|appendonsend|Signature|ms-outlook-[\w-]+|mail-editor-[\w-]+"
    r"|reply-intro|isForwardContent|isReplyContent|stopSpelling|WordSection\d+)",
)
_DATA_IMAGE: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.I)
_CID: Final = re.compile(r"cid:[^\s\"'<>]{1,300}", re.I)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")

# nh3's output is regular: names in lower case, values in double quotes, "<" and ">" escaped everywhere else.
_TAG: Final = re.compile(r"<[^<>]*>")
_IMAGE: Final = re.compile(r"<img(?= )[^<>]*>")
_REMOTE_SRC: Final = re.compile(r' src="(?=https?://)', re.I)
_HELD_SRC: Final = re.compile(r' data-remote-src="(?=https?://)', re.I)
_CID_SRC: Final = re.compile(r' src="cid:([^"]*)"', re.I)

MAX_DEPTH: Final = 250
_HARMLESS_TAGS: Final = 500
_HARMLESS_PRODUCT: Final = 400_000
_RAW_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,40})[^<>]*>?")
_VOID: Final = _words("area base br col embed hr img input link meta source track wbr param frame")
_SELF_CLOSING: Final = _words("p li dt dd td th tr thead tbody tfoot colgroup")
_WALLS: Final = _words("table caption html template marquee object applet svg math button select")
_SPECIAL: Final = _words(
    """
    address article aside blockquote center details dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hgroup listing main menu nav ol pre section summary ul
    """
)
_FORMATTING: Final = _words("a b big code em font i nobr s small strike strong tt u")
_FORMATTING_TAG: Final = re.compile(rf"<(/?)({'|'.join(sorted(_FORMATTING, key=len, reverse=True))})(?=[\s/>])", re.I)
_CALM_PREFIX: Final = "v-"


def clean_html(html: str) -> str:
    """What may be stored of HTML that came from outside (mail).

    Guarantees: no script, no style sheet, no form, no frame, no address but http(s), mailto and tel in links; inline
    images as `cid:` or small `data:` addresses; a remote image's address stands in `data-remote-src`, so nothing is
    loaded until `show_remote_images`; links open in a new window with `rel="noopener noreferrer nofollow"`. Clean once:
    a second time would take the held-back images out. Never raises; linear time.
    """
    cleaned = _MAIL.clean(_tame(html.replace("\x00", "")))
    cleaned = _restore_calmed(cleaned)
    return _IMAGE.sub(lambda tag: _REMOTE_SRC.sub(' data-remote-src="', tag[0]), cleaned)


def has_remote_images(html: str) -> bool:
    """True when cleaned mail HTML holds back at least one remote image."""
    return any(_HELD_SRC.search(tag[0]) for tag in _IMAGE.finditer(html))


def show_remote_images(html: str) -> str:
    """Cleaned mail HTML with its remote images put back: what the reader sees after the click."""
    return _IMAGE.sub(lambda tag: _HELD_SRC.sub(' src="', tag[0]), html)


def place_inline_images(html: str, addresses: Mapping[str, str]) -> str:
    """Cleaned mail HTML with `cid:` images pointing at our own addresses.

    `addresses` maps a Content-ID (without angle brackets) to an address; an unknown one loses its source.
    """

    def address(match: re.Match[str]) -> str:
        cid = unquote(match[1].replace("&amp;", "&"))
        return f' src="{escape(addresses[cid])}"' if cid in addresses else ""

    return _IMAGE.sub(lambda tag: _CID_SRC.sub(address, tag[0]), html)


def clean_rich_text(html: str, *, image_prefixes: tuple[str, ...] = ("/files/",)) -> str:
    """What our own editor may send: paragraphs, emphasis, lists, links, quotes, code, and images of our own.

    An image stays only when its source is a path of this site below one of `image_prefixes`, or a `cid:`.
    """
    cleaner = _RICH if image_prefixes == ("/files/",) else _rich_cleaner(image_prefixes)
    cleaned: str = cleaner.clean(_tame(html.replace("\x00", "")))
    return _restore_calmed(cleaned)


def markdown_to_html(text: str) -> str:
    """CommonMark with tables and strike-through as safe HTML; markup inside the text is shown, not obeyed."""
    cleaned: str = _MARKDOWN.clean(_tame(_COMMONMARK.render(text.replace("\x00", ""))))
    return _restore_calmed(cleaned)


_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'\x00-\x1f]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")
_TRAILING: Final = ".,;:!?)]}»”’"


def text_to_html(text: str) -> str:
    """Plain text as HTML paragraphs with its line breaks kept and its web and mail addresses linked."""
    paragraphs = re.split(
        r"\n[ \t]*\n+", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip("\n")
    )
    return "".join(
        f"<p>{_link(paragraph).replace(chr(10), '<br>')}</p>" for paragraph in paragraphs if paragraph.strip()
    )


def _link(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for match in _ADDRESS.finditer(text):
        found = match[0].rstrip(_TRAILING)
        target = found if "://" in found else f"mailto:{found}"
        pieces += [
            escape(text[done : match.start()]),
            f'<a href="{escape(target)}" rel="{LINK_REL}">{escape(found)}</a>',
        ]
        done = match.start() + len(found)
    return "".join((*pieces, escape(text[done:])))


def _safe_style(value: str) -> str | None:
    kept: list[str] = []
    for declaration in value[:4000].split(";"):
        name, colon, wanted = declaration.partition(":")
        name, wanted = name.strip().lower(), wanted.strip()
        if colon and name in _STYLE_PROPERTIES and _STYLE_VALUE.fullmatch(wanted):
            kept.append(f"{name}: {wanted}")
    return "; ".join(kept) or None


def _safe_link(value: str, schemes: set[str] = _LINK_SCHEMES) -> str | None:
    address = (
        _CONTROLS.sub("", value[:4000]) if ":" in value[:40] and "mailto" not in value[:20] else value[:4000].strip()
    )
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return None
    return address if scheme in schemes else None


def _safe_mail_image(value: str) -> str | None:
    address = value.strip()
    if address.startswith("//"):
        address = f"https:{address}"
    if _CID.fullmatch(address) or (len(address) <= 200_000 and _DATA_IMAGE.fullmatch(address)):
        return address
    return _safe_link(address, {"http", "https"})


def _mail_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return _safe_style(value)
    if name in ("class", "id"):
        return " ".join(word for word in value[:500].split() if _QUOTE_NAMES.fullmatch(word)) or None
    if name == "href":
        return _safe_link(value)
    if name == "src":
        return _safe_mail_image(value)
    return value


def _text_attribute(tag: str, name: str, value: str) -> str | None:
    return _safe_link(value) if name == "href" else value


def _own_image(prefixes: tuple[str, ...]) -> Callable[[str, str, str], str | None]:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            path = value.strip()
            own = path.startswith(prefixes) and not path.startswith("//") and "\\" not in path and ".." not in path
            return path if own or _CID.fullmatch(path) else None
        return _text_attribute(tag, name, value)

    return attribute


def _rich_cleaner(image_prefixes: tuple[str, ...]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_allowed(_RICH_TAGS),
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}},
        attribute_filter=_own_image(image_prefixes),
        link_rel=LINK_REL,
        url_schemes=_LINK_SCHEMES | {"cid"},
    )


def _allowed(tags: set[str]) -> set[str]:
    return tags | {f"{_CALM_PREFIX}{tag}" for tag in tags & _FORMATTING}


_MAIL: Final = nh3.Cleaner(
    tags=_allowed(_MAIL_TAGS),
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_MAIL_ATTRIBUTES | {f"{_CALM_PREFIX}{tag}": _MAIL_ATTRIBUTES[tag] for tag in ("a", "font")},
    attribute_filter=_mail_attribute,
    link_rel=LINK_REL,
    url_schemes=_LINK_SCHEMES | {"cid", "data"},
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
_RICH: Final = _rich_cleaner(("/files/",))
_MARKDOWN: Final = nh3.Cleaner(
    tags=_allowed(_MARKDOWN_TAGS),
    clean_content_tags=_DROPPED_WHOLE,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}},
    attribute_filter=_text_attribute,
    link_rel=LINK_REL,
    url_schemes=_LINK_SCHEMES,
)
_COMMONMARK: Final = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 30}).enable(
    ["table", "strikethrough"]
)
_COMMONMARK.disable("image")


def _tame(html: str) -> str:
    """`html` as it is, unless it is built to make a parser slow; then with its deepest and heaviest markup taken out.

    Two known attacks on the HTML5 algorithm: thousands of open elements (every start tag walks all of them), and
    formatting elements that are never closed (each is opened anew in every later block). The first is answered by
    dropping start tags below MAX_DEPTH, the second by giving formatting elements a neutral name while parsing.
    """
    if html.count("<") < _HARMLESS_TAGS:
        return html
    formatting = sum(1 for _ in _FORMATTING_TAG.finditer(html))
    if formatting * html.count("<") > _HARMLESS_PRODUCT:
        html = _FORMATTING_TAG.sub(rf"<\1{_CALM_PREFIX}\2", html)
    return _bound_depth(html)


def _bound_depth(html: str) -> str:
    open_tags: list[str] = []
    specials: list[int] = []  # positions in open_tags that the end tag of an ordinary element cannot reach across
    walls: list[int] = []  # … and those that no end tag can, but a table's
    pieces: list[str] = []
    done = 0
    for match in _RAW_TAG.finditer(html):
        closing, name = match[1], match[2].lower()
        if name in _VOID or name in _SELF_CLOSING:
            continue
        if closing:
            barriers = walls if name in _SPECIAL or name in _WALLS else specials
            lowest = barriers[-1] if barriers and name != "table" else 0
            within = open_tags[lowest:][::-1]
            if name in within:
                del open_tags[len(open_tags) - 1 - within.index(name) :]
                while specials and specials[-1] >= len(open_tags):
                    specials.pop()
                while walls and walls[-1] >= len(open_tags):
                    walls.pop()
        elif len(open_tags) < MAX_DEPTH:
            if name in _WALLS:
                walls.append(len(open_tags))
            if name in _WALLS or name in _SPECIAL:
                specials.append(len(open_tags))
            open_tags.append(name)
        else:
            pieces.append(html[done : match.start()])
            done = match.end()
    return "".join((*pieces, html[done:])) if pieces else html


def _restore_calmed(html: str) -> str:
    if f"<{_CALM_PREFIX}" not in html:
        return html

    def restore(tag: re.Match[str]) -> str:
        plain = tag[0].replace(f"<{_CALM_PREFIX}", "<", 1).replace(f"</{_CALM_PREFIX}", "</", 1)
        if plain.startswith("<a ") or plain == "<a>":
            return f'{plain[:-1]} rel="{LINK_REL}" target="_blank">'
        return plain

    return _TAG.sub(restore, html)
