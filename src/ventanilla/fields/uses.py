"""What uses a field, told before it is archived or deleted. Every app says what of its own does (`config.wiring`)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ventanilla.fields.models import FieldDefinition


@dataclass(frozen=True)
class Use:
    """Something that uses a field: what it is and how it is called, in the reader's language, and where it is changed.

    A use that `stands` would be left with a hole, so the field cannot be deleted; a form just no longer asks for it.
    """

    what: str
    name: str
    url: str = ""
    stands: bool = True


Finder = Callable[[FieldDefinition], Iterable[Use]]

_finders: tuple[Finder, ...] | None = None


def set_finders(finders: Iterable[Finder]) -> None:
    """Declare who looks. Once, at start; a second, different call is an error."""
    global _finders
    given = tuple(finders)
    if _finders is not None and _finders != given:
        raise RuntimeError("the finders are already set")
    _finders = given


def uses_of(row: FieldDefinition) -> list[Use]:
    """Everything that uses a field, in the order of the wiring."""
    return [use for finder in _finders or () for use in finder(row)]
