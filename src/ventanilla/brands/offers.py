"""What a brand may offer of what higher layers have: types, categories, fields. Set by the wiring, frozen at start."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise


@dataclass(frozen=True)
class Offer:
    """A list that brands choose from: `rows` gives what may be chosen now, as (key, name in the reader's language).

    `keys` are those of all rows in their order. A brand may name one that is not offered for the time being: archived,
    or no longer meant for the portal.
    """

    key: str
    title: str | Promise
    help: str | Promise
    rows: Callable[[], Sequence[tuple[str, str]]]
    keys: Callable[[], Collection[str]]


@dataclass
class _Store:
    offers: Mapping[str, Offer]


_store = _Store({})


def set_offers(offers: Sequence[Offer]) -> None:
    """Declare what may be offered. Once, at start."""
    _store.offers = MappingProxyType({offer.key: offer for offer in offers})


def offers() -> Mapping[str, Offer]:
    """Every list by its key."""
    return _store.offers
