"""Contrast of colors as WCAG 2.2 measures it, and the nearest color that has enough of it. Pure.

Colors are texts like `#17594d`. Formulas: WCAG 2.2, definitions of “relative luminance” and “contrast ratio”.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

# WCAG 2.2, 1.4.3 (text) and 1.4.11 (edges and rings).
TEXT: Final = 4.5
EDGE: Final = 3.0
BLACK: Final = "#000000"
WHITE: Final = "#ffffff"

_HEX: Final = re.compile(r"#?(?:([0-9a-f]{3})|([0-9a-f]{6}))", re.I)
_STEPS: Final = 256


def normal_color(text: str) -> str:
    """A color as `#rrggbb` in lower case, from `#RRGGBB` or `#RGB`, with or without `#`. Raises ValueError."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ValueError("no color")
    digits = found[2] or "".join(digit * 2 for digit in found[1])
    return f"#{digits.lower()}"


def luminance(color: str) -> float:
    """The relative luminance of `#rrggbb`: 0 for black, 1 for white."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors: 1 for the same, 21 for black on white, in whichever order."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(color: str, other: str, share: float) -> str:
    """`color` with a share (0 to 1) of another, channel by channel."""
    parts = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def nearest(color: str, towards: str, passes: Callable[[str], bool]) -> str:
    """The color that passes with the least of `towards` mixed into it: the color itself when it passes.

    `towards` where not even that passes. Its hue stays, as far as mixing with black or white leaves it.
    """
    for step in range(_STEPS):
        tried = mixed(color, towards, step / _STEPS)
        if passes(tried):
            return tried
    return towards


def least(color: str, grounds: Sequence[str]) -> float:
    """The contrast of a color on that of the grounds where it has least."""
    return min(contrast(color, ground) for ground in grounds)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
