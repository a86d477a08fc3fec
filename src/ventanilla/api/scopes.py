"""What a token may be limited to: `tickets:read`, `tickets:write`, …; `*` is all that its person may do."""

from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

EVERYTHING: Final = "*"
# One line per resource and way of using it. To write includes to read.
SCOPES: Final = {
    "tickets:read": gettext_lazy("Read tickets, messages, events, files and saved views, and search"),
    "tickets:write": gettext_lazy("Open and change tickets, write messages, tasks and time, upload files, keep views"),
    "hours:read": gettext_lazy("Read hours: sums, entries and closed months"),
    "hours:write": gettext_lazy("Close months of hours, and open them again"),
    "settings:read": gettext_lazy("Read the configuration"),
    "settings:write": gettext_lazy("Change the configuration"),
    "mail:read": gettext_lazy("Read what became of a mail"),
}
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def needed(resource: str, method: str) -> str:
    """The scope that a request of this method on a resource needs."""
    return f"{resource}:{'read' if method in READING else 'write'}"


def allowed(scopes: Iterable[str], wanted: str) -> bool:
    """Whether a token with these scopes may do what needs the scope `wanted`."""
    held = set(scopes)
    return bool(held & {EVERYTHING, wanted, wanted.replace(":read", ":write")})


def checked(scopes: Iterable[str]) -> list[str]:
    """The scopes in order and once each; `*` swallows the others. Raises `ValidationError` for none or an unknown."""
    given = set(scopes)
    unknown = given - {EVERYTHING, *SCOPES}
    if unknown:
        raise ValidationError(
            _("There is no scope %(scope)s. There are: %(known)s.")
            % {"scope": min(unknown), "known": ", ".join([EVERYTHING, *SCOPES])}
        )
    if not given:
        raise ValidationError(_("Choose what the token may do."))
    return [EVERYTHING] if EVERYTHING in given else [scope for scope in SCOPES if scope in given]
