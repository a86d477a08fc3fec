"""The colors of a brand: checked for contrast, completed, and written as a stylesheet. Pure.

A theme is its two colors, so its address says all of it (`/theme/1-17594d-7cc9b3.css`): nothing is asked of the
database, and what an address once gave it gives for ever. `SHAPE` rises when the sheet is made otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ventanilla.core.contrast import BLACK, EDGE, TEXT, WHITE, least, mixed, nearest

SHAPE: Final = 1
# What colored text stands on (ui: tokens.css): sheet, paper, wall, hover; light and dark.
GROUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("#fffefb", "#f6f4ee", "#ebe7dd", "#efece4"),
    "dark": ("#24231f", "#1b1a17", "#151411", "#2b2a25"),
}
_SOFT_SHARE: Final = 0.86
_STRONGER_SHARE: Final = 0.25
_VERSION: Final = re.compile(rf"{SHAPE}-([0-9a-f]{{6}})-([0-9a-f]{{6}})")


@dataclass(frozen=True)
class Colors:
    """The accent of a mode with all that is drawn from it."""

    accent: str
    stronger: str
    soft: str
    on_accent: str


@dataclass(frozen=True)
class Theme:
    """The accent in light and in dark, both with contrast enough."""

    light: str
    dark: str

    @property
    def version(self) -> str:
        """What names it in its address."""
        return f"{SHAPE}-{self.light[1:]}-{self.dark[1:]}"


def colors(accent: str, mode: str) -> Colors:
    """What is drawn from an accent in a mode (`light`, `dark`)."""
    ground, far = GROUNDS[mode][0], BLACK if mode == "light" else WHITE
    on_accent = WHITE if mode == "light" else mixed(accent, BLACK, 0.82)
    return Colors(accent, mixed(accent, far, _STRONGER_SHARE), mixed(accent, ground, _SOFT_SHARE), on_accent)


def contrast_of(accent: str, mode: str) -> float:
    """The least contrast that text with this accent, or on it, has anywhere in a mode."""
    made = colors(accent, mode)
    return min(least(accent, (*GROUNDS[mode], made.soft)), least(made.on_accent, (accent, made.stronger)))


def passes(accent: str, mode: str) -> bool:
    """Whether text in this accent, and on it, can be read everywhere (WCAG 2.2, 1.4.3)."""
    return contrast_of(accent, mode) >= TEXT


def suggested(accent: str, mode: str) -> str:
    """The nearest accent that passes: darker in light mode, lighter in dark mode; itself when it does."""
    return nearest(accent, BLACK if mode == "light" else WHITE, lambda tried: passes(tried, mode))


def theme(light: str, dark: str = "") -> Theme | None:
    """The theme of two accents, the second made from the first unless given; `None` where one fails."""
    if not light:
        return None
    dark = dark or suggested(light, "dark")
    return Theme(light, dark) if passes(light, "light") and passes(dark, "dark") else None


def theme_named(version: str) -> Theme | None:
    """The theme of an address, or `None`: of another shape, or with colors that do not pass."""
    found = _VERSION.fullmatch(version)
    return theme(f"#{found[1]}", f"#{found[2]}") if found else None


def stylesheet(chosen: Theme) -> str:
    """The theme as CSS: the tokens that follow from the accent, and no others."""
    light, dark = colors(chosen.light, "light"), colors(chosen.dark, "dark")
    ledge = nearest(mixed(chosen.dark, GROUNDS["dark"][0], 0.4), WHITE, lambda c: least(c, GROUNDS["dark"]) >= EDGE)
    pairs = {
        "accent": (light.accent, dark.accent),
        "accent-2": (light.stronger, dark.stronger),
        "accent-soft": (light.soft, dark.soft),
        "on-accent": (light.on_accent, dark.on_accent),
        "focus": (light.accent, dark.accent),
        "ledge": (light.accent, ledge),
    }
    lines = "".join(f"  --v-{name}: light-dark({one}, {other});\n" for name, (one, other) in pairs.items())
    return f":root {{\n{lines}}}\n"
