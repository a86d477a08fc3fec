"""Raw mails in the REST API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from ventanilla.mail.queries import raw_for

router = Router(tags=["mail"])


class RawMailOut(Schema):
    """What became of a mail that came in."""

    raw: int
    mailbox: str
    received_at: datetime
    size: int
    sha256: str
    outcome: str
    verdict: str
    reason: str
    ticket: str | None


@router.get("/mail/{raw}", response=RawMailOut, summary="What became of a mail")
def read_mail(request: HttpRequest, raw: int) -> dict[str, Any]:
    """A mail that came in, by the `raw` id that `ventanilla mail deliver` reports."""
    row = raw_for(request.auth, raw)  # type: ignore[attr-defined]
    return {
        "raw": row.pk,
        "mailbox": row.mailbox.address,
        "received_at": row.received_at,
        "size": row.size,
        "sha256": row.digest,
        "outcome": row.outcome or "new",
        "verdict": row.verdict,
        "reason": row.reason,
        "ticket": row.ticket.number if row.ticket else None,
    }
