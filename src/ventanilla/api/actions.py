"""Making and revoking API tokens."""

import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from ventanilla.api.models import Token
from ventanilla.api.scopes import EVERYTHING, checked
from ventanilla.events.record import record
from ventanilla.people.actions import check_rank
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right

PREFIX = "vtn_"


def digest(token: str) -> str:
    """What is stored of a token. Plain SHA-256 suffices: a token is 256 random bits, not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_token(*, by: Author, person: Person, name: str = "", scopes: Iterable[str] = (EVERYTHING,)) -> str:
    """A new token of a person, returned once and never again, for all they may do or for `scopes` only.

    One's own, or with the right to manage people and no fewer rights than the person has: a token acts as its person.
    Records `token.created`. Raises `ValidationError` for a scope that does not exist.
    """
    if by.person is None or by.person.pk != person.pk:
        by.require(Right.PEOPLE)
        check_rank(by, person.role)
    given = checked(scopes)
    token = PREFIX + secrets.token_urlsafe(32)
    row = Token.objects.create(
        person=person, name=name[:80], start=token[:12], digest=digest(token), scopes=" ".join(given)
    )
    data = {"token": row.pk, "scopes": given}
    record("token.created", f"person:{person.pk}", actor=by.actor, data=data, personal=_called(row))
    return token


@transaction.atomic
def revoke_token(*, by: Author, token: Token) -> None:
    """End a token. Records `token.revoked`."""
    if by.person is None or by.person.pk != token.person_id:
        by.require(Right.PEOPLE)
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        topic, data = f"person:{token.person_id}", {"token": token.pk}
        record("token.revoked", topic, actor=by.actor, data=data, personal=_called(token))


def _called(token: Token) -> dict[str, str]:
    return {"token": f"{token.name} {token.start}…".strip()}
