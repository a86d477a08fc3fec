"""What a brand says and shows: its shape, and what is refused before it is kept.

It is stored as plain values without what is empty: `BrandContent.of` reads them, `checked` is the only way in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.offers import offers
from ventanilla.brands.theme import Theme, contrast_of, passes, suggested, theme
from ventanilla.core.contrast import TEXT, normal_color
from ventanilla.core.htmlclean import clean_rich_text
from ventanilla.core.htmltext import html_to_text
from ventanilla.core.labels import LANGUAGES
from ventanilla.fields import plain

Words = Mapping[str, str]
Plain = Mapping[str, Any]

MOST_PAGES: Final = 30
MOST_LINKS: Final = 20
MOST_NAME: Final = 120
MOST_LINE: Final = 160
MOST_ADDRESS: Final = 500
MOST_RICH: Final = 50_000
# The blocks of the portal's first page, in the order they have until somebody says otherwise.
BLOCKS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "notices": _("Announcements"),
        "search": _("Greeting and search"),
        "text": _("Your own text"),
        "doors": _("Buttons to ask for help"),
        "pages": _("Your own pages"),
        "tickets": _("My tickets"),
    }
)
NAV, FOOTER = "nav", "footer"
PLACES: Final[Mapping[str, str | Promise]] = MappingProxyType({NAV: _("On top"), FOOTER: _("At the foot")})
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SCHEMES: Final = ("http", "https", "mailto")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Page:
    """A page of one's own. `public`: whoever is not signed in reads it too."""

    slug: str
    title: Words
    html: Words
    place: str = NAV
    public: bool = False


@dataclass(frozen=True)
class Link:
    """A way out, at the foot of every page."""

    label: Words
    url: str


@dataclass(frozen=True)
class BrandContent:
    """All that a brand says. What is empty is as the product has it; `types`, `categories` and `fields` are keys, or
    `None` where everything is offered. `logo` and `logo_dark` are ids of the brand's pictures.
    """

    name: Words
    accent: str
    accent_dark: str
    logo: int | None
    logo_dark: int | None
    welcome: Words
    text: Words
    sign_in: Words
    blocks: tuple[tuple[str, bool], ...]
    types: tuple[str, ...] | None
    categories: tuple[str, ...] | None
    fields: tuple[str, ...] | None
    pages: tuple[Page, ...]
    links: tuple[Link, ...]
    sender: Words
    signature: Words

    @classmethod
    def of(cls, stored: Plain) -> "BrandContent":
        """What is stored, with everything that it does not say."""
        return cls(
            **{name: stored.get(name) or {} for name in _WORDS},
            accent=stored.get("accent", ""),
            accent_dark=stored.get("accent_dark", ""),
            logo=stored.get("logo"),
            logo_dark=stored.get("logo_dark"),
            blocks=tuple(_all_blocks(stored.get("blocks") or [])),
            types=_keys(stored.get("types")),
            categories=_keys(stored.get("categories")),
            fields=_keys(stored.get("fields")),
            pages=tuple(Page(**page) for page in stored.get("pages") or []),
            links=tuple(Link(**link) for link in stored.get("links") or []),
        )

    @property
    def theme(self) -> Theme | None:
        """Its colors, or `None` for the product's own."""
        return theme(self.accent, self.accent_dark)

    def offers(self, what: str, key: str) -> bool:
        """Whether a row of the list `what` (`types`, `categories`, `fields`) is offered."""
        chosen: tuple[str, ...] | None = getattr(self, what)
        return chosen is None or key in chosen

    def page(self, slug: str) -> Page | None:
        """The page with this name in its address."""
        return next((page for page in self.pages if page.slug == slug), None)


_PLAIN_WORDS: Final = {"name": MOST_NAME, "welcome": MOST_LINE, "sender": MOST_NAME}
_RICH_WORDS: Final = ("text", "sign_in", "signature")
_WORDS: Final = (*_PLAIN_WORDS, *_RICH_WORDS)
_LISTS: Final = ("types", "categories", "fields")


def _keys(stored: Any) -> tuple[str, ...] | None:
    return None if stored is None else tuple(stored)


def _all_blocks(stored: Sequence[Sequence[Any]]) -> Iterator[tuple[str, bool]]:
    """Those that were put in order, then those that have come since, which are on."""
    known = [(key, bool(on)) for key, on in stored if key in BLOCKS]
    yield from known
    yield from ((key, True) for key in BLOCKS if key not in dict(known))


def checked(given: Plain) -> dict[str, Any]:
    """The content as it is kept: cleaned, without what is empty. Says nothing of whose pictures it shows.

    Raises `ValidationError`, naming the field, for colors without contrast, addresses that lead elsewhere than to the
    web or a mailbox, texts that are too long, and names of rows or blocks that there are not.
    """
    plain.only(given, NAMES)
    found: dict[str, Any] = {}
    for name, most in _PLAIN_WORDS.items():
        found[name] = line(given, name, most)
    for name in _RICH_WORDS:
        found[name] = rich(given, name)
    found["accent"], found["accent_dark"] = _colors(given)
    for name in ("logo", "logo_dark"):
        found[name] = plain.number(given, name) or None
    found["blocks"] = _blocks(given)
    for name in _LISTS:
        found[name] = _offered(given, name)
    found["pages"] = [_named("pages", page, _page) for page in _few(given, "pages", MOST_PAGES)]
    slugs = [page["slug"] for page in found["pages"]]
    if len(set(slugs)) < len(slugs):
        raise ValidationError({"slug": gettext("There is another page with this address.")})
    found["links"] = [_named("links", link, _link) for link in _few(given, "links", MOST_LINKS)]
    return {name: value for name, value in found.items() if value is not None and (value or name in _LISTS)}


NAMES: Final = (*_WORDS, "accent", "accent_dark", "logo", "logo_dark", "blocks", *_LISTS, "pages", "links")


def line(given: Plain, name: str, most: int) -> dict[str, str]:
    """A text of one line by language: nothing in it can begin another line, in a header or anywhere."""
    said = {code: " ".join(_CONTROLS.sub(" ", text).split()) for code, text in plain.words(given, name).items()}
    for code, text in said.items():
        if len(text) > most:
            raise ValidationError({f"{name}_{code}": gettext("At most %(most)d characters.") % {"most": most}})
    return _ordered({code: text for code, text in said.items() if text})


def rich(given: Plain, name: str) -> dict[str, str]:
    """A text with formats by language, cleaned."""
    said = {code: clean_rich_text(text) for code, text in plain.words(given, name).items()}
    for code, text in said.items():
        if len(text) > MOST_RICH:
            raise ValidationError({f"{name}_{code}": gettext("That is longer than allowed.")})
    return _ordered({code: text for code, text in said.items() if html_to_text(text).strip() or "<img" in text})


def _ordered(said: Words) -> dict[str, str]:
    return {code: said[code] for code in LANGUAGES if code in said}


def _colors(given: Plain) -> tuple[str, str]:
    accent, dark = (_color(given, name) for name in ("accent", "accent_dark"))
    if dark and not accent:
        raise ValidationError({"accent": gettext("A color for the dark mode needs one for the light mode too.")})
    for name, color, mode in (("accent", accent, "light"), ("accent_dark", dark, "dark")):
        if color and not passes(color, mode):
            said = {
                "has": f"{contrast_of(color, mode):.1f}",
                "needs": TEXT,
                "near": suggested(color, mode),
            }
            raise ValidationError(
                {
                    name: gettext(
                        "Texts in this color cannot be read well: their contrast is %(has)s to 1, and %(needs)s to 1 is"
                        " needed. The nearest that has it is %(near)s."
                    )
                    % said
                }
            )
    return accent, dark


def _color(given: Plain, name: str) -> str:
    text = plain.text(given, name)
    if not text.strip():
        return ""
    try:
        return normal_color(text)
    except ValueError:
        raise ValidationError({name: gettext("Write a color like #17594d.")}) from None


def _blocks(given: Plain) -> list[list[Any]] | None:
    blocks = plain.items(given, "blocks")
    if not blocks:
        return None
    for block in blocks:
        if not isinstance(block, list | tuple) or len(block) != 2 or block[0] not in BLOCKS:
            raise ValidationError(gettext("There is no such block: %(block)s") % {"block": str(block)[:60]})
    if len({key for key, _on in blocks}) < len(blocks):
        raise ValidationError(gettext("A block stands here twice."))
    whole = [[key, on] for key, on in _all_blocks(blocks)]
    return None if whole == [[key, True] for key in BLOCKS] else whole


def _offered(given: Plain, name: str) -> list[str] | None:
    if given.get(name) is None:
        return None
    chosen = plain.items(given, name)
    there = offers()[name].keys()
    for key in chosen:
        if key not in there:
            raise ValidationError(
                gettext("“%(name)s” names “%(key)s”, which is not there.") % {"name": name, "key": str(key)[:60]}
            )
    if name == "types" and not chosen:
        raise ValidationError({name: gettext("Offer at least one: nobody could ask for anything.")})
    return [key for key in there if key in chosen]


def _few(given: Plain, name: str, most: int) -> list[Any]:
    rows = plain.items(given, name)
    if len(rows) > most:
        raise ValidationError(gettext("There are at most %(most)d.") % {"most": most})
    return rows


def _named(name: str, row: Any, read: Callable[[Plain], dict[str, Any]]) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValidationError(gettext("“%(name)s” must be %(wanted)s.") % {"name": name, "wanted": gettext("a list")})
    return read(row)


def _page(row: Plain) -> dict[str, Any]:
    plain.only(row, ("slug", "title", "html", "place", "public"))
    slug, place = plain.text(row, "slug").strip().lower(), plain.text(row, "place", NAV)
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        raise ValidationError({"slug": gettext("Use small letters, digits and hyphens: privacy-notice.")})
    if place not in PLACES:
        raise ValidationError(gettext("“%(name)s” cannot be “%(value)s”.") % {"name": "place", "value": place[:60]})
    title = line(row, "title", MOST_LINE)
    if not title:
        raise ValidationError({"title_es": gettext("Write it in at least one language.")})
    html = rich(row, "html")
    return {"slug": slug, "title": title, "html": html, "place": place, "public": plain.yes_no(row, "public")}


def _link(row: Plain) -> dict[str, Any]:
    plain.only(row, ("label", "url"))
    label, url = line(row, "label", MOST_NAME), plain.text(row, "url").strip()
    if not label:
        raise ValidationError({"label_es": gettext("Write it in at least one language.")})
    if not safe_address(url):
        raise ValidationError({"url": gettext("Write an address that begins with https://, http:// or mailto:.")})
    return {"label": label, "url": url}


def safe_address(url: str) -> bool:
    """Whether an address leads to the web or to a mailbox, and nowhere else."""
    if len(url) > MOST_ADDRESS or _CONTROLS.search(url) or any(sign in url for sign in " \\<>\"'`"):
        return False
    try:
        parts = urlsplit(url)
        there = parts.hostname if parts.scheme in ("http", "https") else parts.path
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(there) and (parts.scheme != "mailto" or "@" in parts.path)
