"""Sections of the configuration: rows that administrators keep in an order, each section declared once.

A declaration feeds the list, the form, the order, the safe deletion, the sentences on the audit list and the bundle.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeVar

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ventanilla.core.addresses import reverse
from ventanilla.core.models import Configurable
from ventanilla.events.registry import Kind
from ventanilla.installation.modules import is_on

Said = str | Promise
Row = TypeVar("Row", bound=Configurable)
SETTINGS: Final = "settings.manage"


@dataclass(frozen=True)
class Attribute:
    """What a row of a section says besides its key, its name, its place and whether it is archived.

    `words` is a text in both languages, `rich` one with formats, `row` a row of the section `section` (that of the
    attribute's own: a tree), `agent` an active agent, `choice` one of `choices` and `choices` a list of them. `data`
    are plain values that the section's `check` knows and its `page` shows. `once`: chosen when the row is made and
    never again.
    """

    name: str
    kind: Literal["words", "rich", "text", "number", "yes_no", "choice", "choices", "row", "agent", "data"]
    label: Said
    help: Said = ""
    none: Said = ""
    required: bool = False
    choices: Sequence[tuple[Any, Said]] = ()
    section: str = ""
    once: bool = False
    column: bool = True
    most: int = 120

    @property
    def by_language(self) -> bool:
        """Whether the value is a text in each language."""
        return self.kind in ("words", "rich")

    @property
    def points(self) -> bool:
        """Whether the value is another row."""
        return self.kind in ("row", "agent")


@dataclass(frozen=True)
class Column:
    """A column of a section's list that is no attribute: what it says of each row, by id."""

    label: Said
    values: Callable[[], Mapping[int, Said]]


@dataclass(frozen=True)
class Use:
    """Something that uses a row: what it is called, and where it is looked at."""

    label: Said
    url: str = ""


Uses = Callable[["Section[Any]", Configurable], Iterable[Use]]


def _accepts(_row: Any) -> None:
    """The check of a section that refuses nothing more."""


def _goes_alone(_row: Any) -> None:
    """What is kept with a row of a section that keeps nothing more."""


def _allows(_by: Any, _before: Any, _after: Any) -> None:
    """The guard of a section whose right is enough."""


@dataclass(frozen=True)
class Section(Generic[Row]):
    """A kind of configurable rows. `key` names it in addresses and bundles, `noun` its rows in topics and events.

    `check` sees a row as it is to be kept and raises `ValidationError`. `guard` gets the author, the row as it is (or
    nothing) and as it is to be, and raises `PermissionDenied` where the right is not enough. `needed` says why the last
    row in use, or the last one that `alike` calls the same, cannot go; those with the keys `relied_on` never can.
    `keep` is called with a row that was written, in the same transaction, and keeps what goes with it.
    `place` is a number column that follows the order, counted from 1. `page` is the name of the address of a row's own
    page, where the section's form is not enough (`<page>-new` makes one); `hint` says what a form's reader has to know;
    `beside` is the key of a section to go to from the list; `audit` the subject of its events on the audit list.
    Without its `module` nothing of it is shown.
    """

    key: str
    noun: str
    model: type[Row]
    title: Said
    one: Said
    new: Said
    text: Said
    icon: str
    attributes: tuple[Attribute, ...] = ()
    check: Callable[[Row], None] = _accepts
    guard: Callable[[Any, Row | None, Row], None] = _allows
    keep: Callable[[Row], None] = _goes_alone
    needed: Said = ""
    relied_on: frozenset[str] = frozenset()
    alike: tuple[str, ...] = ()
    place: str = ""
    columns: tuple[Column, ...] = ()
    page: str = ""
    hint: Callable[[], str] | None = None
    beside: str = ""
    right: str = SETTINGS
    module: str = ""
    audit: str = "settings"

    @property
    def tree(self) -> str:
        """The attribute by which rows stand below each other, if there is one."""
        return next((a.name for a in self.attributes if a.kind == "row" and a.section == self.key), "")

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of this name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    @property
    def list_url(self) -> str:
        """Where the rows are listed."""
        return reverse("studio-rows", args=[self.key])

    @property
    def new_url(self) -> str:
        """Where a row is made."""
        return reverse(f"{self.page}-new") if self.page else reverse("studio-new", args=[self.key])

    def url_of(self, pk: int) -> str:
        """Where the row with this id is changed."""
        return reverse(self.page, args=[pk]) if self.page else reverse("studio-row", args=[self.key, pk])

    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of event about this section's rows."""
        happened = {
            f"{self.noun}.created": _("created"),
            f"{self.noun}.changed": _("changed"),
            f"{self.noun}.deleted": _("deleted"),
            f"{self.noun}.ordered": _("put in order"),
        }
        return tuple(
            Kind(name, audience="admin", audit=self.audit, sentence=format_lazy("{}: {}", self.one, what))
            for name, what in happened.items()
        )


@dataclass
class _Store:
    sections: Mapping[str, Section[Any]] = field(default_factory=dict)
    uses: tuple[Uses, ...] = ()


_store = _Store()


def set_sections(sections: Sequence[Section[Any]], uses: Sequence[Uses]) -> None:
    """Declare the sections, each after those that its rows name, and who can say what uses a row. Once, at start."""
    by_key = {section.key: section for section in sections}
    if len(by_key) != len(sections):
        raise ValueError("two sections share a key")
    _store.sections, _store.uses = MappingProxyType(by_key), tuple(uses)


def sections() -> Mapping[str, Section[Any]]:
    """Every section by key, in the order of the wiring."""
    return _store.sections


def shown_sections() -> Mapping[str, Section[Any]]:
    """Those of modules that are on."""
    return {key: section for key, section in _store.sections.items() if not section.module or is_on(section.module)}


def section_of(noun: str) -> Section[Any] | None:
    """The section whose rows have this noun in topics."""
    return next((section for section in _store.sections.values() if section.noun == noun), None)


def uses_of(section: Section[Any], row: Configurable) -> list[Use]:
    """Everything that uses a row, as far as anybody knows."""
    return [use for asked in _store.uses for use in asked(section, row)]
