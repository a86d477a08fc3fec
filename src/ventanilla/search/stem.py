"""From text to the words of the index. Pure.

Accents are folded first and words stemmed after (the other way round splits «avería» from «averia»). The index of a
text holds its folded words in order, for phrases, and after them their Spanish and English stems, so that a word is
found whatever the language of the text; a query word is looked up by its stems.
"""

import re
import unicodedata
from threading import Lock
from typing import Final

import Stemmer

MAX_WORDS: Final = 10_000
MAX_WORD_LENGTH: Final = 40
_WORD: Final = re.compile(r"[^\W_]+")
_MARKS: Final = re.compile(r"[\u0300-\u036f]+")
_STEMMABLE: Final = re.compile(r"[a-z]{3,30}")
_UNCACHED: Final = 0  # a third of a microsecond a word: remembering them would cost more than it saves
_SPANISH: Final = Stemmer.Stemmer("spanish", _UNCACHED)
_ENGLISH: Final = Stemmer.Stemmer("english", _UNCACHED)
_STEMMERS_IN_USE: Final = Lock()  # a stemmer keeps the word at hand in itself

# So frequent that asking for them says nothing; left out of a query that has other words.
_STOP_WORDS: Final = (
    "a al an and are as at be by con de del el en es for from he in is it la las lo los me mi my no o of on or para por"
    " que se si sin su the this to un una was we with y you yo"
)
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())


def fold(text: str) -> str:
    """`text` in lower case without accents: «Avería en el Baño» gives «averia en el bano»."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())


def words(text: str) -> list[str]:
    """The folded words of `text` in order. An identifier or address falls into its parts: INC-12 gives inc, 12."""
    return [word[:MAX_WORD_LENGTH] for word in _WORD.findall(fold(text))]


def stems(word: str) -> tuple[str, ...]:
    """The Spanish and the English stem of a folded word, each once; what is no word of letters stays as it is."""
    if not _STEMMABLE.fullmatch(word):
        return (word,)
    with _STEMMERS_IN_USE:
        spanish, english = _SPANISH.stemWord(word), _ENGLISH.stemWord(word)
    return (spanish,) if spanish == english else (spanish, english)


def index_words(text: str) -> tuple[list[str], list[str]]:
    """(words in order, stems that are none of these words). At most MAX_WORDS words of a text are indexed."""
    in_order = words(text[: MAX_WORDS * 20])[:MAX_WORDS]
    distinct = dict.fromkeys(in_order)
    extra = dict.fromkeys(stem for word in distinct for stem in stems(word) if stem not in distinct)
    return in_order, list(extra)
