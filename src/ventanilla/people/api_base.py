"""What resources of the REST API share, wherever they stand."""

from typing import Final

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict

from ventanilla.people.author import Author
from ventanilla.people.rights import Right

HIGHEST_ID: Final = 2**63 - 1


class Input(Schema):
    """A request body: a field it does not know is an error, never silently dropped."""

    model_config = ConfigDict(extra="forbid")


def author_with(request: HttpRequest, right: Right) -> Author:
    """The person of the token, who must have a right before anything is said about what there is; else raises
    `PermissionDenied`."""
    by = Author.of(request.auth)  # type: ignore[attr-defined]
    by.require(right)
    return by
