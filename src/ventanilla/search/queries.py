"""Finding. The rights of the reader are part of the look-up, never a filter after it.

The SQL is put together from constants of this file; whatever a person typed travels as a parameter.
"""
# ruff: noqa: S608

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection, transaction

from ventanilla.core.asking import ask
from ventanilla.search.audience import Audience, index_tokens
from ventanilla.search.query import Query, Term
from ventanilla.search.stem import stems

MAX_LIMIT: Final = 2_000
_COLUMNS: Final = "d.id, d.group_key, d.source, d.key"
_AFTER_ALL: Final = 2**63 - 1
# PostgreSQL: how many of the newest documents are looked at one by one before the index is asked, how many the index
# may deliver before they are sorted, and how far the look one by one goes for a word too frequent for that.
_GLANCE: Final = 1_000
_SORTABLE: Final = 4_000
_LONG_WALK: Final = 40_000


@dataclass(frozen=True)
class Hit:
    """The newest matching text of one group: which ticket to show and where in it the words stand."""

    id: int
    group_key: int
    source: str
    key: int


@dataclass(frozen=True)
class Found:
    """Groups newest first, each once, and where to go on: pass `next_before` as `before`; None at the end."""

    hits: tuple[Hit, ...]
    next_before: int | None

    @property
    def group_keys(self) -> list[int]:
        """The groups (ticket ids) in order."""
        return [hit.group_key for hit in self.hits]


Fetch = Callable[[int, int], list[Hit]]


def find(
    audience: Audience,
    query: Query,
    *,
    sources: Iterable[str] | None = None,
    limit: int = 25,
    before: int | None = None,
) -> Found:
    """The groups in which `query` matches a text that `audience` may find, newest matching text first.

    All terms must stand in one and the same text. `sources` narrows to kinds of texts; `limit` (at most MAX_LIMIT)
    groups a call; `before` is `next_before` of the page before, and no group comes twice. A query without words, or an
    audience that may find nothing, finds nothing. Filters of the query are the caller's business.
    """
    if audience.nothing or not query.has_words:
        return Found((), None)
    narrowed = index_tokens(f"source_{source}" for source in sources) if sources is not None else []
    barred = index_tokens(audience.without)
    fetches: list[Fetch] = []
    if audience.alternatives:
        look_up = _indexed_postgresql if connection.vendor == "postgresql" else _indexed_sqlite
        fetches.append(look_up(query, audience.alternatives, narrowed, barred))
    if audience.ids:
        fetches.append(_among(query, (audience.within,), narrowed, barred, audience.ids))
    start = _AFTER_ALL if before is None else before
    seen = _seen_since(audience, query, narrowed, barred, before) if before is not None else lambda groups: set()
    return _collect(fetches, seen, start=start, limit=min(max(limit, 1), MAX_LIMIT))


def _collect(fetches: Sequence[Fetch], seen: Callable[[Iterable[int]], set[int]], *, start: int, limit: int) -> Found:
    """Merge what the roads deliver, newest first, until `limit` groups are together."""
    hits: dict[int, Hit] = {}
    skipped: set[int] = set()
    while True:
        wanted = limit - len(hits) + 5
        batches = [fetch(start, wanted) for fetch in fetches]
        # Beyond the end of a road that was cut short nothing is known yet.
        horizon = max((batch[-1].id for batch in batches if len(batch) >= wanted), default=0)
        merged = sorted({hit for batch in batches for hit in batch if hit.id >= horizon}, key=lambda hit: -hit.id)
        skipped |= seen({hit.group_key for hit in merged} - hits.keys() - skipped)
        for hit in merged:
            if hit.group_key in hits or hit.group_key in skipped:
                continue
            if len(hits) == limit:
                return Found(tuple(hits.values()), next_before=list(hits.values())[-1].id)
            hits[hit.group_key] = hit
        if not horizon:
            return Found(tuple(hits.values()), next_before=None)
        start = horizon


def _seen_since(
    audience: Audience, query: Query, narrowed: Sequence[str], barred: Sequence[str], since: int
) -> Callable[..., set[int]]:
    """Which of some groups an earlier page has shown, because a newer text of theirs matches too."""

    def seen(groups: Iterable[int]) -> set[int]:
        candidates = tuple(groups)
        if not candidates:
            return set()
        roads = [(audience.alternatives, candidates)] if audience.alternatives else []
        reached = tuple(set(candidates) & set(audience.ids))
        if reached:
            roads.append(((audience.within,), reached))
        return {
            hit.group_key
            for alternatives, asked in roads
            for hit in _among(query, alternatives, narrowed, barred, asked, since=since)(_AFTER_ALL, 1_000_000)
        }

    return seen


def _rows(sql: str, parameters: Sequence[Any]) -> list[Hit]:
    return [Hit(*row) for row in ask(sql, *parameters)]


# On SQLite the index is an FTS5 table.


def _indexed_sqlite(
    query: Query, alternatives: Sequence[frozenset[str]], narrowed: Sequence[str], barred: Sequence[str]
) -> Fetch:
    expression = " AND ".join([*map(_match_term, query.wanted), *_match_audience(alternatives, narrowed)])
    unwanted = [*map(_match_term, query.unwanted), *(f'"{token}"' for token in barred)]
    if unwanted:
        expression = f"({expression}) NOT ({' OR '.join(unwanted)})"

    def fetch(before: int, wanted: int) -> list[Hit]:
        return _rows(
            f"SELECT {_COLUMNS} FROM search_index AS i CROSS JOIN search_document AS d ON d.id = i.rowid "
            "WHERE i.search_index MATCH %s AND i.rowid < %s ORDER BY i.rowid DESC LIMIT %s",
            [expression, before, wanted],
        )

    return fetch


def _match_term(term: Term) -> str:
    if len(term.words) > 1 or term.exact:
        return f'"{" ".join(term.words)}"' + ("*" if term.prefix else "")
    alternatives = [f'"{stem}"' for stem in stems(term.words[0])]
    if term.prefix:
        alternatives.append(f'"{term.words[0]}"*')
    return f"({' OR '.join(alternatives)})"


def _match_audience(alternatives: Sequence[frozenset[str]], narrowed: Sequence[str]) -> list[str]:
    parts = []
    if all(alternatives):
        choices = ["(" + " AND ".join(f'"{token}"' for token in index_tokens(tokens)) + ")" for tokens in alternatives]
        parts.append(f"({' OR '.join(choices)})")
    if narrowed:
        parts.append("(" + " OR ".join(f'"{token}"' for token in narrowed) + ")")
    return parts


# On PostgreSQL it is a tsvector with a GIN index.


def _tsquery(
    query: Query, alternatives: Sequence[frozenset[str]], narrowed: Sequence[str], barred: Sequence[str]
) -> str:
    parts = [*map(_ts_term, query.wanted), *(f"!{_ts_term(term)}" for term in query.unwanted)]
    parts += [f"!{token}" for token in barred]
    if all(alternatives):
        parts.append("(" + " | ".join("(" + " & ".join(index_tokens(tokens)) + ")" for tokens in alternatives) + ")")
    if narrowed:
        parts.append(f"({' | '.join(narrowed)})")
    return " & ".join(parts)


def _ts_term(term: Term) -> str:
    if len(term.words) > 1 or term.exact:
        return "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*)" if term.prefix else ")")
    alternatives = [f"'{stem}'" for stem in stems(term.words[0])]
    if term.prefix:
        alternatives.append(f"'{term.words[0]}':*")
    return f"({' | '.join(alternatives)})"


def _indexed_postgresql(
    query: Query, alternatives: Sequence[frozenset[str]], narrowed: Sequence[str], barred: Sequence[str]
) -> Fetch:
    """Newest first without sorting a whole result.

    A frequent word turns up among the newest documents at once; a rare one gives the index little to deliver. Only a
    word between the two, or one frequent long ago, needs a longer walk. Left to itself the planner walks the whole
    primary key for a rare word (2.5 s measured at 4 million texts).
    """
    tsquery = _tsquery(query, alternatives, narrowed, barred)
    # The index knows words, not their order: it delivers what has all words of a phrase, and the order is looked at
    # only when these are few.
    loose = _tsquery(replace(query, wanted=_loosened(query.wanted)), alternatives, narrowed, barred)

    def walk(before: int, wanted: int, far: int) -> list[Hit]:
        return _rows(
            f"SELECT {_COLUMNS} FROM (SELECT * FROM search_document WHERE id < %s ORDER BY id DESC LIMIT %s) AS d "
            'WHERE d."index" @@ %s::tsquery ORDER BY d.id DESC LIMIT %s',
            [before, far, tsquery, wanted],
        )

    def by_index(before: int, wanted: int, at_most: int) -> list[Hit] | None:
        """None when the index has more than `at_most`. The last row tells how many it delivered."""
        # `id + 0` keeps the primary key out of it, the setting keeps the planner from reading the whole table.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            *hits, delivered = _rows(
                f'WITH d AS MATERIALIZED (SELECT id, group_key, source, key, "index" FROM search_document '
                f'WHERE "index" @@ %s::tsquery AND id + 0 < %s LIMIT %s) '
                f'(SELECT {_COLUMNS} FROM d WHERE d."index" @@ %s::tsquery ORDER BY d.id DESC LIMIT %s) '
                "UNION ALL SELECT 0, count(*), '', 0 FROM d",
                [loose, before, at_most, tsquery, wanted],
            )
        return hits if delivered.group_key < at_most else None

    def fetch(before: int, wanted: int) -> list[Hit]:
        newest = walk(before, wanted, _GLANCE)
        if len(newest) >= wanted:
            return newest
        found = by_index(before, wanted, _SORTABLE)
        if found is None:
            newest = walk(before, wanted, _LONG_WALK)
            found = newest if len(newest) >= wanted else by_index(before, wanted, _AFTER_ALL)
        return found or []

    return fetch


def _loosened(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Each word of a phrase as a term of its own."""
    return tuple(
        Term(words=(word,), prefix=term.prefix and position == len(term.words), exact=True) if term.words[1:] else term
        for term in terms
        for position, word in enumerate(term.words, start=1)
    )


# Both: the documents of a few groups


def _among(
    query: Query,
    alternatives: Sequence[frozenset[str]],
    narrowed: Sequence[str],
    barred: Sequence[str],
    groups: Sequence[int],
    *,
    since: int = 0,
) -> Fetch:
    """Read the documents of these groups and test each: cheaper than any index when there are few of them."""
    if connection.vendor == "postgresql":
        tsquery = _tsquery(query, alternatives, narrowed, barred)

        def fetch_postgresql(before: int, wanted: int) -> list[Hit]:
            return _rows(
                "WITH d AS MATERIALIZED (SELECT * FROM search_document "
                "WHERE group_key = ANY(%s) AND id >= %s AND id < %s) "
                f'SELECT {_COLUMNS} FROM d WHERE d."index" @@ %s::tsquery ORDER BY d.id DESC LIMIT %s',
                [list(groups), since, before, tsquery, wanted],
            )

        return fetch_postgresql

    conditions: list[str] = []
    needles: list[str] = []

    def stands(column: str, choices: Iterable[str]) -> str:
        tests = []
        for needle in choices:
            tests.append(f"instr(d.{column}, %s) > 0")
            needles.append(needle)
        return f"({' OR '.join(tests)})"

    conditions += [stands("words", _needles(term)) for term in query.wanted]
    conditions += [f"NOT {stands('words', _needles(term))}" for term in query.unwanted]
    if all(alternatives):
        choices = [
            " AND ".join(stands("audience", [f" {token} "]) for token in index_tokens(tokens))
            for tokens in alternatives
        ]
        conditions.append(f"({' OR '.join(f'({choice})' for choice in choices)})")
    if narrowed:
        conditions.append(stands("audience", [f" {token} " for token in narrowed]))
    if barred:
        conditions.append(f"NOT {stands('audience', [f' {token} ' for token in barred])}")

    def fetch_sqlite(before: int, wanted: int) -> list[Hit]:
        return _rows(
            f"SELECT {_COLUMNS} FROM search_document AS d WHERE d.group_key IN (SELECT value FROM json_each(%s)) "
            f"AND d.id >= %s AND d.id < %s AND {' AND '.join(conditions)} ORDER BY d.id DESC LIMIT %s",
            [json.dumps(list(groups)), since, before, *needles, wanted],
        )

    return fetch_sqlite


def _needles(term: Term) -> list[str]:
    if len(term.words) > 1 or term.exact:
        return [f" {' '.join(term.words)}" + ("" if term.prefix else " ")]
    return [f" {stem} " for stem in stems(term.words[0])] + ([f" {term.words[0]}"] if term.prefix else [])
