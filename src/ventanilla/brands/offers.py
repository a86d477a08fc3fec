"""What a brand may offer of what higher layers have: types, categories, fields. Set by the wiring, frozen at start."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise


@dataclass(frozen=True)
class Offer:
    """A list that brands choose from: `rows` gives what there is now, as (key, name in the reader's language)."""

    key: str
    title: str | Promise
    help: str | Promise
    rows: Callable[[], Sequence[tuple[str, str]]]


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
