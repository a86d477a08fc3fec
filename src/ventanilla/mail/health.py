"""Whether mail goes in and out: one answer for the light, and behind it what is wrong and what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from ventanilla.mail.models import Grant, Mailbox, Outgoing, RawMail

LATE = timedelta(minutes=10)
# Shorter than this, a server was only away for a moment.
AWAY = timedelta(minutes=5)
# How long before access ends it is said.
AHEAD = timedelta(days=14)
NOT_SETTLED = "not_settled"
_ANY_TROUBLE = """
SELECT EXISTS (
    SELECT 1 FROM mail_mailbox WHERE enabled AND imap_host <> '' AND (
        next_fetch_at <= %s OR (fetch_error <> '' AND (fetched_at IS NULL OR fetched_at <= %s OR fetch_found = %s))
    )
) OR EXISTS (
    SELECT 1 FROM mail_outgoing WHERE state = %s AND (next_attempt_at <= %s OR (error <> '' AND created_at <= %s))
) OR EXISTS (
    SELECT 1 FROM mail_outgoing WHERE state = %s
) OR EXISTS (
    SELECT 1 FROM mail_rawmail WHERE state = %s
) OR EXISTS (
    SELECT 1 FROM mail_grant JOIN mail_oauthclient ON mail_oauthclient.id = mail_grant.client_id
    JOIN mail_mailbox ON mail_mailbox.id = mail_grant.mailbox_id
    WHERE enabled AND (next_renewal_at IS NULL OR refresh_expires_at <= %s OR secret_expires_on <= %s)
)
"""


@dataclass(frozen=True)
class Trouble:
    """Something that keeps mail from going in or out. `said`: what a server or we said of it, if anything.

    `found` and `data`: the doctor's finding behind it, where it is one. `until`: the day on which something ends.
    """

    kind: Literal["fetching", "not_watched", "sending", "failed", "unread", "refused", "secret_ends", "access_ends"]
    mailbox: str = ""
    mailbox_id: int | None = None
    count: int = 0
    said: str = ""
    found: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None


@dataclass(frozen=True)
class Queue:
    """What waits to be sent, since when, and what was held or failed on either road."""

    waiting: int
    oldest: datetime | None
    failed: int
    held: int
    quarantined: int
    unread: int


def is_well() -> bool:
    """Whether `troubles` is empty: one query, for the light on every page of an administrator."""
    now = timezone.now()
    values: list[Any] = [
        now - LATE, now - AWAY, NOT_SETTLED, Outgoing.State.DUE.value, now - LATE, now - LATE,
        Outgoing.State.FAILED.value, RawMail.State.FAILED.value, now + AHEAD, _last_day(now),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ANY_TROUBLE, [_adapted(value) for value in values])
        return not cursor.fetchone()[0]


def _adapted(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _last_day(now: datetime) -> date:
    """The day by which an end is warned of."""
    return timezone.localdate(now) + AHEAD


def troubles() -> list[Trouble]:
    """What is wrong with mail now, the road in first."""
    now = timezone.now()
    found = _of_accounts(now)
    refused = {trouble.mailbox_id for trouble in found if trouble.kind == "refused"}
    for box in Mailbox.objects.filter(enabled=True).exclude(imap_host="").order_by("address"):
        lasting = box.fetched_at is None or box.fetched_at <= now - AWAY or box.fetch_found == NOT_SETTLED
        if box.pk in refused:
            continue  # what follows from it is not said a second time
        if box.fetch_error and lasting:
            found.append(Trouble("fetching", box.address, box.pk, found=box.fetch_found, data=fetch_data(box)))
        elif box.next_fetch_at <= now - LATE:
            found.append(Trouble("not_watched", box.address, box.pk))
    unread = RawMail.objects.filter(state=RawMail.State.FAILED).count()
    if unread:
        found.append(Trouble("unread", count=unread))
    due = Outgoing.objects.filter(state=Outgoing.State.DUE).filter(
        Q(next_attempt_at__lte=now - LATE) | (~Q(error="") & Q(created_at__lte=now - LATE))
    )
    stuck = due.values("mailbox__address", "mailbox").annotate(count=Count("pk"), said=Max("error"))
    for row in stuck.order_by("mailbox__address"):
        found.append(Trouble("sending", row["mailbox__address"] or "", row["mailbox"], row["count"], row["said"]))
    failed = Outgoing.objects.filter(state=Outgoing.State.FAILED)
    count = failed.count()
    if count:
        said = failed.order_by("-pk").values_list("error", flat=True).first() or ""
        found.append(Trouble("failed", count=count, said=said))
    return found


def _of_accounts(now: datetime) -> list[Trouble]:
    """Accounts that no longer let us in, and those that soon will not."""
    found = []
    grants = Grant.objects.filter(mailbox__enabled=True).select_related("mailbox", "client")
    for grant in grants.order_by("mailbox__address"):
        box, secret_ends, access_ends = grant.mailbox, grant.client.secret_expires_on, grant.refresh_expires_at
        if grant.next_renewal_at is None:
            data = fetch_data(box) | {"said": grant.error}
            found.append(Trouble("refused", box.address, box.pk, found=grant.found, data=data))
        if secret_ends is not None and secret_ends <= _last_day(now):
            found.append(Trouble("secret_ends", box.address, box.pk, until=secret_ends))
        if access_ends is not None and access_ends <= now + AHEAD:
            found.append(Trouble("access_ends", box.address, box.pk, until=timezone.localdate(access_ends)))
    return found


def fetch_data(mailbox: Mailbox) -> dict[str, str]:
    """What the sentence about a failure to fetch is filled with."""
    return {"host": mailbox.imap_host, "port": str(mailbox.imap_port), "said": mailbox.fetch_error}


def queue() -> Queue:
    """What waits, was held or failed, as numbers."""
    out = Outgoing.objects.exclude(state__in=[Outgoing.State.SENT, Outgoing.State.DROPPED]).aggregate(
        waiting=Count("pk", filter=Q(state=Outgoing.State.DUE)),
        oldest=Min("created_at", filter=Q(state=Outgoing.State.DUE)),
        failed=Count("pk", filter=Q(state=Outgoing.State.FAILED)),
        held=Count("pk", filter=Q(state=Outgoing.State.HELD)),
    )
    into = RawMail.objects.filter(state__in=[RawMail.State.QUARANTINED, RawMail.State.FAILED]).aggregate(
        quarantined=Count("pk", filter=Q(state=RawMail.State.QUARANTINED)),
        unread=Count("pk", filter=Q(state=RawMail.State.FAILED)),
    )
    return Queue(**out, **into)
