"""Who does something: a person, or the system in somebody's name. Every action takes one as `by`."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from ventanilla.people.models import Person
from ventanilla.people.rights import Right


@dataclass(frozen=True)
class Author:
    """`actor` is what the event says (`person:12`, `mail:77`, `system:ticker`); `person` whose rights count, if any."""

    actor: str
    person: Person | None = None
    trusted: bool = False

    @classmethod
    def of(cls, person: Person) -> "Author":
        """A person at a screen or with a token: the rights of their role decide. Whoever looks as somebody else is
        named themselves."""
        return cls(f"person:{(person.seen_through or person).pk}", person)

    @classmethod
    def mail(cls, raw: int, person: Person | None) -> "Author":
        """A mail that arrived, in the name of who sent it."""
        return cls(f"mail:{raw}", person, trusted=True)

    @classmethod
    def system(cls, name: str, person: Person | None = None) -> "Author":
        """Ventanilla itself (`ticker`, `demo`, `setup`), which may do everything."""
        return cls(f"system:{name}", person, trusted=True)

    def may(self, right: Right) -> bool:
        """Whether the author may do what needs this right."""
        return self.trusted or (self.person is not None and self.person.may(right))

    def require(self, right: Right) -> None:
        """Raise `PermissionDenied` (HTTP 403) unless the author has this right."""
        if not self.may(right):
            raise PermissionDenied(right)
