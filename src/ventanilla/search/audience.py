"""Who may find a text, as words of the index. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

IDS_AT_MOST: Final = 5_000
_TOKEN: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Audience:
    """What one person may find: any document that carries all tokens of one of the `alternatives`, and any document of
    the groups (tickets) `ids` that carries all tokens of `within`; none that carries one of `without`.

    `Audience(alternatives=[frozenset()])` finds everything. An agent of departments 3 and 4 is
    `Audience(alternatives=[{"department_3"}, {"department_4"}])`; a requester is
    `Audience(ids=their tickets, within={"public"})`. At most IDS_AT_MOST ids: a larger circle needs a token of its own.
    Raises ValueError for a token of another form than `department_3`.
    """

    alternatives: Sequence[frozenset[str]] = ()
    ids: Sequence[int] = ()
    within: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.ids) > IDS_AT_MOST:
            raise ValueError(f"more than {IDS_AT_MOST} ids; give these documents a token instead")
        for tokens in (self.within, self.without, *self.alternatives):
            index_tokens(tokens)

    @property
    def nothing(self) -> bool:
        """True when nothing at all can be found."""
        return not self.alternatives and not self.ids


def index_tokens(tokens: Iterable[str]) -> list[str]:
    """`tokens` as they stand in the index, sorted and each once.

    The underscore before each keeps them apart from the words of a text, which never contain one: nobody can write
    himself into an audience. Raises ValueError for a token of another form than `department_3`.
    """
    distinct = sorted(set(tokens))
    for token in distinct:
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"not an audience token: {token!r}")
    return [f"_{token}" for token in distinct]
