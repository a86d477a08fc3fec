"""Putting things in order without dragging them. Pure."""

from collections.abc import Sequence


def moved(keys: Sequence[str], *, up: str = "", down: str = "") -> list[str]:
    """The keys with one of them a place further up or down; as they are where that one is not among them, or at the
    end already."""
    order, key = list(keys), up or down
    if key in order:
        place = order.index(key)
        other = place - 1 if up else place + 1
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
    return order
