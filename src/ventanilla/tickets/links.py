"""The signed link in every mail: it opens one ticket for one person, without a password, until it expires."""

from datetime import timedelta

from django.core import signing

from ventanilla.core.addresses import reverse
from ventanilla.people.models import Person
from ventanilla.tickets.models import Ticket

LINK_DAYS = 30
_SALT = "ventanilla.ticket-link"


def ticket_link(ticket: Ticket, person: Person) -> str:
    """The path of the link for this person and ticket, good for `LINK_DAYS` days."""
    token = signing.dumps([ticket.pk, person.pk], salt=_SALT)
    return reverse("ticket-link", args=[token])


def read_link(token: str) -> tuple[int, int] | None:
    """The ids of ticket and person, or `None` for a link that is forged or too old."""
    return _read(token, timedelta(days=LINK_DAYS))


def read_old_link(token: str) -> tuple[int, int] | None:
    """The ids in a link that was once ours, however old; `None` for a forged one. It opens nothing by itself."""
    return _read(token, None)


def _read(token: str, max_age: timedelta | None) -> tuple[int, int] | None:
    try:
        ticket, person = signing.loads(token, salt=_SALT, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(ticket), int(person)
