"""Who calls."""

from ventanilla.api.actions import digest
from ventanilla.api.models import Token
from ventanilla.core.prepared import Given, Prepared

_USABLE = Prepared(
    lambda: Token.objects.select_related("person__role").filter(
        digest=Given("digest"), revoked_at=None, person__is_active=True
    )
)


def usable_token(secret: str) -> Token | None:
    """The row of a token that is not revoked and whose person is active, with person and role; else `None`."""
    return next(iter(_USABLE.objects(digest=digest(secret))), None)
