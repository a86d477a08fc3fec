"""Writing the index. It mirrors what other rows say, so nothing here records an event."""

import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ventanilla.core.asking import run
from ventanilla.search.audience import index_tokens
from ventanilla.search.models import SearchDocument
from ventanilla.search.stem import index_words

_IDS_PER_MILLISECOND: Final = 1024
_FEW: Final = 8  # rows below which one statement each is faster than a batch
_LAST_POSITION: Final = 16_383  # of a tsvector
_POSITIONS_PER_WORD: Final = 255

_ADD_SQLITE: Final = """
INSERT INTO search_document (words, group_key, audience, source, key, id)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_REPLACE_SQLITE: Final = """
UPDATE search_document SET words = %s, group_key = %s, audience = %s WHERE source = %s AND key = %s
"""
_ADD_POSTGRESQL: Final = """
INSERT INTO search_document ("index", words, group_key, audience, source, key, id)
VALUES (%s::tsvector, '', %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_REPLACE_POSTGRESQL: Final = """
UPDATE search_document SET "index" = %s::tsvector, group_key = %s, audience = %s WHERE source = %s AND key = %s
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


def put_all(documents: Iterable[Document]) -> None:
    """Make texts findable, replacing those already there; all or none.

    Texts for different readers (a public message, an internal note) must be different documents. Raises ValueError for
    an audience token of another form than `department_3`, before anything is written.
    """
    rows = [_row(document) for document in documents]
    add = _ADD_POSTGRESQL if connection.vendor == "postgresql" else _ADD_SQLITE
    # On the road of every ticket: a savepoint would cost as much as the write itself.
    with transaction.atomic(savepoint=False):
        if len(rows) > _FEW:
            with connection.cursor() as cursor:
                cursor.executemany(add, rows)
                if cursor.rowcount == len(rows):
                    return
        elif rows and run(_several(add, len(rows)), *chain.from_iterable(rows)) == len(rows):
            return
        for row in rows:
            _put_again(row)


@transaction.atomic
def remove(source: str, key: int) -> None:
    """Forget one text (redacted, deleted). Nothing happens when it was not there."""
    SearchDocument.objects.filter(source=source, key=key).delete()


@transaction.atomic
def set_audience(group_key: int, by_token: Mapping[str, Iterable[str]], *, keep: str = "") -> None:
    """Let others find the texts of one group: the ticket moved to another department, say.

    `by_token` says for each kind of text, recognized by a token it carries, the whole new audience:
    `set_audience(4711, {"public": {"public", "department_4"}, "internal": {"internal", "department_4"}})`. Texts that
    carry none of these tokens keep theirs; tokens that begin with `keep` stay with their text in any case.
    """
    for document in SearchDocument.objects.filter(group_key=group_key).only("id", "source", "audience"):
        present = set(document.audience.split())
        for token, audience in by_token.items():
            if not present.isdisjoint(index_tokens([token])):
                own = [token for token in present if keep and token.startswith(f"_{keep}")]
                _change_audience(document, present, sorted({*_tokens(document.source, audience), *own}))
                break


@transaction.atomic
def regroup(*, source: str, keys: Iterable[int], group_key: int) -> None:
    """Show these texts as another ticket: the one they were merged into, or back."""
    SearchDocument.objects.filter(source=source, key__in=list(keys)).update(group_key=group_key)


@cache
def _several(add: str, rows: int) -> str:
    """The statement that adds one row, for several."""
    one = add[add.index("(%s") : add.index(" ON CONFLICT")]
    return add.replace(one, ", ".join([one] * rows))


def _put_again(row: tuple[Any, ...]) -> None:
    """Put a row that may be there already (replace it) or whose id may belong to another text (take a later one)."""
    postgresql = connection.vendor == "postgresql"
    *content, source, key, wished = row
    room = _IDS_PER_MILLISECOND
    while True:
        if run(_REPLACE_POSTGRESQL if postgresql else _REPLACE_SQLITE, *content, source, key):
            return
        add = _ADD_POSTGRESQL if postgresql else _ADD_SQLITE
        if run(add, *content, source, key, wished + secrets.randbelow(room)):
            return
        room *= 4


def _row(document: Document) -> tuple[Any, ...]:
    in_order, extra = index_words(document.text)
    tokens = _tokens(document.source, document.audience)
    if connection.vendor == "postgresql":
        words = f"{_positions(in_order)} {_lexemes(extra)} {_lexemes(tokens)}"
    else:
        words = _spaced((*in_order, *extra))
    milliseconds = int(document.at.timestamp() * 1000)
    # Texts of one instant get different ids because their keys differ; _put_again is for when this is not enough.
    tie = (document.key + zlib.crc32(document.source.encode())) % _IDS_PER_MILLISECOND
    identifier = milliseconds * _IDS_PER_MILLISECOND + tie
    return (words, document.group_key, _spaced(tokens), document.source, document.key, identifier)


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


_CARRY_BATCH: Final = 500
_POSITIONS_POSTGRESQL: Final = (
    'SELECT id, source, key, group_key, audience, lexeme, positions FROM search_document, unnest("index")'
    " ORDER BY id, lexeme"
)


def carry(source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> int:
    """Copy the whole index to the database of another engine or the same one, which has none; returns how many texts.

    SQLite keeps the words of a text in order, PostgreSQL the places of each word. Inside the caller's transaction.
    """
    add = _ADD_POSTGRESQL if target.vendor == "postgresql" else _ADD_SQLITE
    count = 0
    with target.cursor() as cursor:
        documents = _documents(source)
        while batch := list(islice(documents, _CARRY_BATCH)):
            count += len(batch)
            cursor.executemany(add, [_carried(target.vendor, *document) for document in batch])
    return count


def _carried(vendor: str, words: list[str], audience: str, *rest: Any) -> tuple[Any, ...]:
    group_key, *name = rest
    indexed = f"{_positions(words)} {_lexemes(audience.split())}" if vendor == "postgresql" else _spaced(words)
    return (indexed, group_key, audience, *name)


def _documents(source: BaseDatabaseWrapper) -> Iterator[tuple[Any, ...]]:
    """Words in order, audience, group_key, source, key and id of every text."""
    with source.chunked_cursor() as cursor:
        if source.vendor != "postgresql":
            cursor.execute("SELECT words, audience, group_key, source, key, id FROM search_document ORDER BY id")
            for words, *rest in cursor:
                yield (words.split(), *rest)
            return
        cursor.execute(_POSITIONS_POSTGRESQL)
        for (identifier, name, key, group_key, audience), rows in groupby(cursor, itemgetter(0, 1, 2, 3, 4)):
            tokens = set(audience.split())
            places: list[tuple[int, str]] = []
            for *_same, lexeme, positions in rows:
                if positions or lexeme not in tokens:  # stems stand nowhere: after all words, as SQLite has them
                    places += [(position, lexeme) for position in positions or (_LAST_POSITION + 1,)]
            yield ([lexeme for _place, lexeme in sorted(places)], audience, group_key, name, key, identifier)
