"""Everything the first run writes. Until there is an administrator, the console's code stands for one."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from enum import Enum

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from ventanilla.events.record import record
from ventanilla.fields.bundles import imported
from ventanilla.fields.sectors import sector_with
from ventanilla.people.actions import (
    change_installation,
    change_organization,
    create_person,
    invite_person,
    person_at,
)
from ventanilla.people.author import Author
from ventanilla.people.models import Person, Role, Team
from ventanilla.people.queries import has_administrator
from ventanilla.people.rights import Right
from ventanilla.welcome.models import FirstRun
from ventanilla.welcome.pasted import Colleague
from ventanilla.welcome.queries import own_organization

CODE_SECONDS = 3600
MOST_ATTEMPTS = 10
# Without letters and digits that are taken for each other; twelve of them are 58 bits.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_TOPIC = "installation:1"


class Opening(Enum):
    """What became of a typed code."""

    OPENED = "opened"
    WRONG = "wrong"
    SPENT = "spent"


@transaction.atomic
def renew_code(*, by: Author) -> str:
    """A new one-time code of the form `XXXX-XXXX-XXXX`, good for an hour; whatever the last one opened is closed.

    Empty when there is an administrator. Only the console may show it. Records `welcome.code_made`.
    """
    by.require(Right.SETTINGS)
    if has_administrator():
        return ""
    code = "-".join("".join(secrets.choice(_ALPHABET) for _place in range(4)) for _group in range(3))
    until = timezone.now() + timedelta(seconds=CODE_SECONDS)
    values = {"code_digest": _digest(code), "attempts": 0, "expires_at": until, "opened_at": None, "finished_at": None}
    FirstRun.objects.update_or_create(pk=1, defaults=values)
    record("welcome.code_made", _TOPIC, actor=by.actor)
    return code


@transaction.atomic
def open_wizard(*, typed: str) -> tuple[Opening, str]:
    """Try a typed code; with the right one the wizard is the caller's, who keeps the returned token in the session.

    The code opens once, within its hour, and is spent after `MOST_ATTEMPTS` wrong ones. Records `welcome.opened`.
    """
    row = FirstRun.objects.select_for_update().filter(pk=1).first()
    spent = row is None or row.opened_at is not None or row.attempts >= MOST_ATTEMPTS
    if row is None or spent or row.expires_at <= timezone.now() or has_administrator():
        return Opening.SPENT, ""
    if not hmac.compare_digest(row.code_digest, _digest(typed)):
        row.attempts += 1
        row.save(update_fields=["attempts"])
        return Opening.SPENT if row.attempts >= MOST_ATTEMPTS else Opening.WRONG, ""
    row.opened_at = timezone.now()
    row.save(update_fields=["opened_at"])
    record("welcome.opened", _TOPIC, actor="system:welcome")
    return Opening.OPENED, row.code_digest


def _digest(code: str) -> str:
    """The same for a code however it is spaced and whichever its case."""
    letters = "".join(character for character in code.upper()[:100] if character.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


@transaction.atomic
def name_organization(*, by: Author, name: str, domains: Iterable[str], time_zone: str, sector: str = "") -> None:
    """Name the installation and its own organization, whose mail domains and time zone these are, and carry in what is
    ready for its sector, if one is chosen.

    Records `installation.changed`, `organization.changed` and what carrying in a bundle records.
    """
    change_installation(by=by, name=name[:120], time_zone=time_zone)
    change_organization(by=by, organization=own_organization(), name=name, domains=domains)
    ready = sector_with(sector)
    if ready is not None:
        imported(ready.bundle, by=by)


@transaction.atomic
def make_administrator(*, by: Author, name: str, email: str, password_hash: str, language: str) -> Person:
    """The first administrator, in the first team. Records `person.created`.

    Raises `PermissionDenied` when there is an administrator already, `ValidationError` for an address that is taken.
    """
    FirstRun.objects.select_for_update().get(pk=1)
    if has_administrator():
        raise PermissionDenied
    return create_person(
        by=by,
        name=name,
        email=email,
        role=Role.objects.get(key="administrator"),
        teams=_first_team(),
        password_hash=password_hash,
        organization=own_organization(),
        language=language,
        verified=True,  # whoever reads the console is believed, as by `ventanilla person create`
    )


@transaction.atomic
def invite_colleagues(*, by: Author, colleagues: Iterable[Colleague], role: Role) -> list[Person]:
    """Make those colleagues who are not here yet, in the first team, and invite them; returns them.

    Who is here already stays as they are. Records `person.created` and `person.invited` for each.
    """
    by.require(Right.PEOPLE)
    made = []
    for colleague in colleagues:
        if person_at(colleague.address) is not None:
            continue
        person = create_person(
            by=by,
            name=colleague.name,
            email=colleague.address,
            role=role,
            teams=_first_team(),
            organization=own_organization(),
        )
        invite_person(by=by, person=person)
        made.append(person)
    return made


def _first_team() -> list[Team]:
    return list(Team.objects.filter(archived_at=None).order_by("pk")[:1])


@transaction.atomic
def finish(*, by: Author) -> None:
    """Close the wizard for good. Records `welcome.finished`."""
    by.require(Right.SETTINGS)
    if FirstRun.objects.filter(pk=1, finished_at=None).update(finished_at=timezone.now()):
        record("welcome.finished", _TOPIC, actor=by.actor)
