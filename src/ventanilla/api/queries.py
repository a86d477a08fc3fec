"""Who calls."""

from ventanilla.api.actions import digest
from ventanilla.api.models import Token


def usable_token(secret: str) -> Token | None:
    """The row of a token that is not revoked and whose person is active, with person and role; else `None`."""
    rows = Token.objects.select_related("person__role")
    return rows.filter(digest=digest(secret), revoked_at=None, person__is_active=True).first()
