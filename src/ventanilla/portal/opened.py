"""A ticket in front of somebody outside the desk, behind whatever door they came in by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.http import HttpResponseBase

from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket
from ventanilla.ui.shell import Shell


class Address(Protocol):
    """Where a part of the ticket's page is: `ticket`, `reply`, `confirm`, `rating`, `file`, `body`, `images`, `data` or
    `data-fields`."""

    def __call__(self, part: str, *more: int) -> str:
        """The path of a part; `more` is the id of its message or file."""


@dataclass(frozen=True)
class Opened:
    """A ticket in front of a person, and where the parts of its page are found."""

    person: Person
    ticket: Ticket
    shell: Shell
    address: Address
    upload_url: str
    back_url: str = ""
    by_link: bool = False

    @property
    def page_url(self) -> str:
        """The page itself."""
        return self.address("ticket")


View = Callable[..., HttpResponseBase]
