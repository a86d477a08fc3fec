"""A bundle of configuration as text: YAML of plain values, read without trusting it and always written the same. Pure.

Only mappings, lists, texts, whole numbers, yes and no and nothing are read: no tags, no anchors, no key twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ventanilla.core.late import Late
from ventanilla.fields.conditions import storable

if TYPE_CHECKING:
    import yaml
else:
    yaml = Late("yaml")

FORMAT: Final = 1
FORMAT_KEY: Final = "ventanilla"
MOST_BYTES: Final = 4_000_000
MOST_NODES: Final = 200_000
MOST_DEPTH: Final = 30
_KINDS: Final = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:seq",
    "tag:yaml.org,2002:map",
}


class UnreadableBundle(ValueError):
    """A text that is no bundle: `problem` is a fixed word, `line` where (from 1; 0 for the whole), `subject` what."""

    def __init__(self, problem: str, line: int = 0, subject: str = "") -> None:
        super().__init__(f"{problem} in line {line}: {subject}")
        self.problem = problem
        self.line = line
        self.subject = subject


def written(chapters: Mapping[str, Any]) -> str:
    """The text of a bundle with these chapters, in their order. The same chapters always give the same text."""
    whole = {FORMAT_KEY: FORMAT, **chapters}
    text: str = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120)
    return text


def read(text: str) -> dict[str, Any]:
    """The chapters of a bundle, by key. Raises `UnreadableBundle`."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise UnreadableBundle("too_big")
    try:
        _check(text)
        whole = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableBundle("no_yaml", mark.line + 1 if mark else 0, str(getattr(error, "problem", ""))) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, UnreadableBundle):
            raise
        raise UnreadableBundle("no_yaml") from None
    if not isinstance(whole, dict) or FORMAT_KEY not in whole:
        raise UnreadableBundle("no_bundle")
    version = whole.pop(FORMAT_KEY)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UnreadableBundle("no_bundle")
    if version > FORMAT:
        raise UnreadableBundle("newer", 1, str(version))
    return whole


@dataclass
class _Level:
    """A mapping or list that is open: the keys so far (none for a list), and whether the next thing is a key."""

    keys: set[str] | None
    at_key: bool


def _check(text: str) -> None:
    """Refuse what plain data never has, before anything is built from it."""
    levels: list[_Level] = []
    events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
    for count, event in enumerate(events):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UnreadableBundle("alias", line)
        if getattr(event, "tag", None):
            raise UnreadableBundle("tag", line, str(event.tag))
        if count > MOST_NODES:
            raise UnreadableBundle("too_big", line)
        if isinstance(event, yaml.NodeEvent) and levels:
            _check_place(event, levels[-1], line)
        if isinstance(event, yaml.CollectionStartEvent):
            mapping = isinstance(event, yaml.MappingStartEvent)
            levels.append(_Level(set() if mapping else None, mapping))
            if len(levels) > MOST_DEPTH:
                raise UnreadableBundle("too_deep", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            levels.pop()
        elif isinstance(event, yaml.ScalarEvent):
            _check_scalar(event, line)


def _check_place(event: Any, level: _Level, line: int) -> None:
    """Refuse a key that is no text, or stands in its mapping already."""
    if level.keys is None:
        return
    if level.at_key:
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableBundle("no_yaml", line)
        if _kind_of(event) != "tag:yaml.org,2002:str":
            raise UnreadableBundle("quote", line, event.value)
        if event.value in level.keys:
            raise UnreadableBundle("twice", line, event.value)
        level.keys.add(event.value)
    level.at_key = not level.at_key


def _check_scalar(event: Any, line: int) -> None:
    """Refuse what is no value here. Dates, fractions and bytes of YAML are texts or nothing: each engine would read
    them differently."""
    if not storable(event.value):
        raise UnreadableBundle("characters", line)
    if _kind_of(event) not in _KINDS:
        raise UnreadableBundle("quote", line, event.value)


def _kind_of(event: Any) -> Any:
    """What YAML takes a scalar for; whatever stands between quotes is a text."""
    if not event.implicit[0] or event.style:
        return "tag:yaml.org,2002:str"
    resolver: Any = yaml.resolver.Resolver()
    return resolver.resolve(yaml.ScalarNode, event.value, (True, False))
