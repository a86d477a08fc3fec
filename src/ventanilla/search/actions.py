"""Writing the index. It mirrors what other rows say, so nothing here records an event."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from ventanilla.search.audience import index_tokens
from ventanilla.search.models import SearchDocument
from ventanilla.search.stem import index_words

_IDS_PER_MILLISECOND: Final = 1024
_LAST_POSITION: Final = 16_383  # of a tsvector
_POSITIONS_PER_WORD: Final = 255

# The id that was wished for, or the next free one after it. A document already there keeps its own.
_FREE_ID: Final = """
(WITH RECURSIVE candidate(id) AS (
    SELECT CAST(%s AS bigint)
    UNION ALL
    SELECT candidate.id + 1 FROM candidate
    WHERE EXISTS (SELECT 1 FROM search_document AS taken WHERE taken.id = candidate.id)
) SELECT max(id) FROM candidate)
"""
_PUT_SQLITE: Final = f"""
INSERT INTO search_document (id, source, key, group_key, audience, words)
SELECT {_FREE_ID}, %s, %s, %s, %s, %s WHERE true
ON CONFLICT (source, key) DO UPDATE
SET group_key = excluded.group_key, audience = excluded.audience, words = excluded.words
"""
_PUT_POSTGRESQL: Final = f"""
INSERT INTO search_document (id, source, key, group_key, audience, words, "index")
SELECT {_FREE_ID}, %s::text, %s::bigint, %s::bigint, %s::text, '', %s::tsvector
ON CONFLICT (source, key) DO UPDATE
SET group_key = excluded.group_key, audience = excluded.audience, "index" = excluded."index"
"""


@dataclass(frozen=True)
class Document:
    """One text to be found. `source` and `key` name it ('message', 12); `group_key` is the ticket it is shown as;
    `audience` are the tokens of who may find it; `at` orders the results and is fixed by the first `put`."""

    source: str
    key: int
    group_key: int
    text: str
    audience: frozenset[str]
    at: datetime


def put(*, source: str, key: int, group_key: int, text: str, audience: Iterable[str], at: datetime) -> None:
    """Make one text findable, or replace what stood under the same source and key."""
    put_all([Document(source, key, group_key, text, frozenset(audience), at)])


@transaction.atomic
def put_all(documents: Iterable[Document]) -> None:
    """Make texts findable, replacing those already there.

    Texts for different readers (a public message, an internal note) must be different documents. Raises ValueError for
    an audience token of another form than `dep_3`.
    """
    rows = [_row(document) for document in documents]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_PUT_POSTGRESQL if connection.vendor == "postgresql" else _PUT_SQLITE, rows)


@transaction.atomic
def remove(source: str, key: int) -> None:
    """Forget one text (redacted, deleted). Nothing happens when it was not there."""
    SearchDocument.objects.filter(source=source, key=key).delete()


@transaction.atomic
def set_audience(group_key: int, by_token: Mapping[str, Iterable[str]]) -> None:
    """Let others find the texts of one group: the ticket moved to another department, say.

    `by_token` says for each kind of text, recognized by a token it carries, the whole new audience:
    `set_audience(4711, {"public": {"public", "department_4"}, "internal": {"internal", "department_4"}})`. Texts that
    carry none of these tokens keep theirs.
    """
    for document in SearchDocument.objects.filter(group_key=group_key).only("id", "source", "audience"):
        present = set(document.audience.split())
        for token, audience in by_token.items():
            if not present.isdisjoint(index_tokens([token])):
                _change_audience(document, present, _tokens(document.source, audience))
                break


@transaction.atomic
def regroup(*, source: str, keys: Iterable[int], group_key: int) -> None:
    """Show these texts as another ticket: the one they were merged into, or back."""
    SearchDocument.objects.filter(source=source, key__in=list(keys)).update(group_key=group_key)


def _row(document: Document) -> tuple[Any, ...]:
    in_order, extra = index_words(document.text)
    tokens = _tokens(document.source, document.audience)
    milliseconds = int(document.at.timestamp() * 1000)
    tie = zlib.crc32(f"{document.source}:{document.key}".encode()) % _IDS_PER_MILLISECOND
    named = (milliseconds * _IDS_PER_MILLISECOND + tie, document.source, document.key, document.group_key)
    if connection.vendor == "postgresql":
        return (*named, _spaced(tokens), f"{_positions(in_order)} {_lexemes(extra)} {_lexemes(tokens)}")
    return (*named, _spaced(tokens), _spaced((*in_order, *extra)))


def _change_audience(document: SearchDocument, present: set[str], wanted: list[str]) -> None:
    if present == set(wanted):
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE search_document SET audience = %s, "index" = ts_delete("index", %s::text[]) || %s::tsvector '
                "WHERE id = %s",
                [_spaced(wanted), sorted(present), _lexemes(wanted), document.id],
            )
    else:
        SearchDocument.objects.filter(id=document.id).update(audience=_spaced(wanted))


def _tokens(source: str, audience: Iterable[str]) -> list[str]:
    return index_tokens((*audience, f"source_{source}"))


def _spaced(words: Iterable[str]) -> str:
    """Words with spaces at both ends too, so that a whole word is found by looking for it between spaces."""
    return f" {' '.join(words)} "


def _lexemes(words: Sequence[str]) -> str:
    """Index words as a tsvector literal without positions; they are letters, digits and underscores only."""
    return " ".join(f"'{word}'" for word in words)


def _positions(words: Sequence[str]) -> str:
    """Index words as a tsvector literal with their positions, which phrases need."""
    found: dict[str, list[str]] = {}
    for position, word in enumerate(words[:_LAST_POSITION], start=1):
        positions = found.setdefault(word, [])
        if len(positions) < _POSITIONS_PER_WORD:
            positions.append(str(position))
    return " ".join(f"'{word}':{','.join(positions)}" for word, positions in found.items())
