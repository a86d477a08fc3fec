"""Browser push: what is queued for a person's devices, and how it leaves (RFC 8030, 8291, 8292)."""

import json
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ventanilla.core import webpush
from ventanilla.core.asking import run
from ventanilla.core.crypto import seal, unseal
from ventanilla.core.outbound import NoAnswer, NotAsked, post_bytes
from ventanilla.events import wake
from ventanilla.mail.keys import public_url
from ventanilla.mail.queries import mailbox_of
from ventanilla.notify.models import Device, Push, PushKey
from ventanilla.people.models import Person

log = structlog.get_logger("ventanilla.push")

BATCH = 50
LEASE_SECONDS = 120
TIMEOUT_SECONDS = 10
# What nobody could deliver within a day is no news any more; a device that is off gets it within a day, too.
LIFE_SECONDS = 24 * 3600
_LONGEST_PAUSE_SECONDS = 3600
_TOKEN_SECONDS = 12 * 3600  # RFC 8292 2: no more than 24 hours
_CLAIM = "UPDATE notify_push SET next_attempt_at = %s, attempts = attempts + 1 WHERE id = %s AND next_attempt_at <= %s"
# 403: made with another key than ours (RFC 8292 4.2); 404 and 410: the subscription is gone (RFC 8030 7.3).
_GONE = frozenset({403, 404, 410})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def push_to(person: Person, *, title: str, body: str, address: str, tag: str) -> int:
    """Queue a push for every device on which the person asked for it; returns how many, 0 when they asked on none.

    Guarantees: one due row per device in the caller's transaction, tried for a day, dropped with the device when that
    no longer listens; encrypted for that device alone. Whether the person wants to hear of this, now, and may see it
    is the caller's matter. `title` and `body` are shown on locked screens: no secrets, in the person's language (cut to
    160 and 400 characters). `address` is a path of ours that opens on a touch. A later push with the same `tag` (up to
    80 characters, such as `ticket:12`) takes the place of an earlier one.
    """
    rows = [
        Push(device=device, title=title[:160], body=body[:400], address=address[:300], tag=tag[:80])
        for device in Device.objects.filter(person=person)
    ]
    if rows:
        Push.objects.bulk_create(rows)
        wake.wake_on_commit("push")
    return len(rows)


@transaction.atomic
def push_key() -> PushKey:
    """The key of this installation, made when it is first asked for; of two who ask at once one makes it."""
    found = PushKey.objects.filter(pk=1).first()
    if found is None:
        private = webpush.new_key()
        sealed = seal(private, settings.SEALING_KEYS)
        found, _made = PushKey.objects.get_or_create(
            pk=1, defaults={"private": sealed, "public": webpush.public_key(private)}
        )
    return found


def send_due(now: datetime) -> int:
    """Hand a batch of due pushes to their services; returns how many were taken. Safe with any number of workers."""
    due = Push.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    unreachable: dict[str, str] = {}
    return sum(_claim_and_send(pk, now, unreachable) for pk in ids)


def _claim_and_send(pk: int, now: datetime, unreachable: dict[str, str]) -> int:
    if not run(_CLAIM, timezone.now() + timedelta(seconds=LEASE_SECONDS), pk, now):
        return 0
    row = Push.objects.select_related("device__person").filter(pk=pk).first()
    if row is None:
        return 0
    device = row.device
    if timezone.now() - row.created_at >= timedelta(seconds=LIFE_SECONDS) or not device.person.is_active:
        row.delete()
        return 1
    host = urlsplit(device.endpoint).netloc
    if host in unreachable:  # a service that is away is asked once per batch
        _try_again(row, unreachable[host])
        return 1
    try:
        status = _send(row)
    except NotAsked as error:
        log.warning("push address refused", device=device.pk, error=str(error)[:200])
        device.delete()
    except NoAnswer as error:
        unreachable[host] = str(error)
        _try_again(row, str(error))
    else:
        _answered(row, status)
    return 1


def _send(row: Push) -> int:
    """Encrypt, sign and post one push; returns the HTTP status. Raises `NotAsked` and `NoAnswer`."""
    device, key = row.device, push_key()
    said = {"title": row.title, "body": row.body, "address": row.address, "tag": row.tag}
    expires_at = int(time.time()) + _TOKEN_SECONDS
    headers = {
        "TTL": str(LIFE_SECONDS),
        "Urgency": "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "Authorization": webpush.authorization(
            device.endpoint,
            private=unseal(key.private, settings.SEALING_KEYS),
            contact=_contact(),
            expires_at=expires_at,
        ),
    }
    content = webpush.encrypt(json.dumps(said, ensure_ascii=False).encode(), p256dh=device.p256dh, auth=device.auth)
    answer = post_bytes(
        device.endpoint, content, headers=headers, private_nets=settings.PRIVATE_NETS, timeout_seconds=TIMEOUT_SECONDS
    )
    return answer.status


def _contact() -> str:
    """Where whoever runs a push service finds whoever runs this installation."""
    mailbox = mailbox_of(None)
    return f"mailto:{mailbox.address}" if mailbox else public_url()


def _answered(row: Push, status: int) -> None:
    device = row.device
    if status in _GONE:
        log.info("push subscription gone", device=device.pk, status=status)
        device.delete()
    elif status in _PASSING:
        _try_again(row, f"HTTP {status}")
    else:
        if status >= 300:
            log.warning("push refused", device=device.pk, status=status)
        else:
            Device.objects.filter(pk=device.pk).update(reached_at=timezone.now())
        row.delete()


def _try_again(row: Push, error: str) -> None:
    log.warning("push not delivered", device=row.device_id, attempts=row.attempts, error=error[:200])
    pause = timedelta(seconds=min(_LONGEST_PAUSE_SECONDS, 15 * 2 ** min(row.attempts, 10)))
    Push.objects.filter(pk=row.pk).update(error=error[:300], next_attempt_at=timezone.now() + pause)
