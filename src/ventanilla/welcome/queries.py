"""Questions about the first run."""

import hmac
from datetime import timedelta

from django.utils import timezone

from ventanilla.mail.models import Mailbox
from ventanilla.mail.queries import catch_all
from ventanilla.mail.setup import STAND_IN
from ventanilla.people.models import Organization, Person, Role
from ventanilla.people.queries import has_administrator
from ventanilla.people.rights import Right
from ventanilla.tickets.models import Ticket, TicketType
from ventanilla.welcome.models import FirstRun

OPEN_SECONDS = 3600


def holds_wizard(token: str) -> bool:
    """Whether the session with this token opened the wizard by code, less than an hour ago, and is still needed."""
    row = FirstRun.objects.filter(pk=1).first()
    if row is None or row.opened_at is None or not hmac.compare_digest(row.code_digest, token):
        return False
    return timezone.now() - row.opened_at < timedelta(seconds=OPEN_SECONDS) and not has_administrator()


def is_unfinished() -> bool:
    """Whether the wizard was begun and its last page not left yet."""
    return FirstRun.objects.filter(pk=1, finished_at=None).exists()


def own_organization() -> Organization:
    """The row of the company itself."""
    return Organization.objects.filter(own=True).order_by("pk")[0]


def roles_for_colleagues(person: Person) -> list[Role]:
    """The roles that open the desk and give no more than the person has."""
    roles = Role.objects.filter(archived_at=None)
    return [role for role in roles if Right.DESK in role.rights and set(role.rights) <= set(person.role.rights)]


def first_mailbox() -> Mailbox | None:
    """The mailbox that takes what no other claims: the one the wizard connects."""
    return catch_all()


def connected_mailbox() -> Mailbox | None:
    """The same, once it has an address of the company's own."""
    mailbox = first_mailbox()
    return mailbox if mailbox is not None and mailbox.address != STAND_IN else None


def newest_ticket(person: Person) -> Ticket | None:
    """The newest ticket that the person may see."""
    return Ticket.objects.visible_to(person).select_related("requester").order_by("-pk").first()


def first_door() -> str:
    """The key of the first type that the portal offers: whose form makes the first ticket without a mailbox."""
    usable = TicketType.objects.filter(archived_at=None).order_by("-portal", "position", "id")
    return str(usable.values_list("key", flat=True)[0])
