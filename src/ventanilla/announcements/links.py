"""The signed link in the mails of an announcement: one announcement, one person, no password."""

from datetime import timedelta

from django.core import signing

from ventanilla.core.addresses import reverse

LINK_DAYS = 30
_SALT = "ventanilla.announcement-link"


def join_link(join_id: int) -> str:
    """The path of the link, good for `LINK_DAYS` days."""
    return reverse("announcement-link", args=[signing.dumps(join_id, salt=_SALT)])


def read_join_link(token: str) -> int | None:
    """The id of the join, or `None` for a link that is forged or too old."""
    try:
        return int(signing.loads(token, salt=_SALT, max_age=timedelta(days=LINK_DAYS)))
    except (signing.BadSignature, ValueError, TypeError):
        return None
