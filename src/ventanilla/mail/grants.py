"""The token that a mailbox signs in with: renewed before its end by a due row, once, whoever asks for it meanwhile."""

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from ventanilla.core.asking import run
from ventanilla.core.crypto import Unreadable, unseal
from ventanilla.mail import oauth
from ventanilla.mail.grant_actions import note_not_renewed, note_renewed
from ventanilla.mail.models import Grant, Mailbox
from ventanilla.mail.oauth import TokenError

log = structlog.get_logger("ventanilla.mail")

LEASE_SECONDS = 60
PAUSE_SECONDS = 60
# What is good for less than this may end on the way.
MARGIN_SECONDS = 30
PATIENCE_SECONDS: float = 20
_STEP_SECONDS = 0.1
_CLAIM = "UPDATE mail_grant SET next_renewal_at = %s WHERE id = %s AND next_renewal_at <= %s"


def grant_of(mailbox: Mailbox) -> Grant | None:
    """What a mailbox signs in with, as it stands in the database now; None: user name and password."""
    return Grant.objects.select_related("client", "mailbox").filter(mailbox=mailbox.pk).first()


def access_token(grant: Grant) -> str:
    """A token that is good now; renewed first when it is not. Takes seconds then; raises `TokenError`.

    Of many who ask at once, one renews and the others wait for it.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        now = timezone.now()
        if grant.expires_at > now + timedelta(seconds=MARGIN_SECONDS):
            return _opened(grant)
        if not _claim_and_renew(grant.pk, now):
            if grant.found:
                raise TokenError(grant.found, grant.error)
            if time.monotonic() > until:
                raise TokenError("provider_away")
            time.sleep(_STEP_SECONDS)
        # A row that is gone was disconnected meanwhile.
        current = Grant.objects.select_related("client", "mailbox").filter(pk=grant.pk).first()
        if current is None:
            raise TokenError("grant_refused")
        grant = current


def _opened(grant: Grant) -> str:
    try:
        return unseal(grant.access_token, settings.SEALING_KEYS)
    except Unreadable as error:
        raise TokenError("sealed_token") from error


def renew_due(now: datetime) -> int:
    """Renew the tokens that are due; returns how many were taken. Safe with any number of workers."""
    due = Grant.objects.filter(next_renewal_at__lte=now, mailbox__enabled=True).order_by("next_renewal_at")
    return sum(_claim_and_renew(pk, now) for pk in list(due.values_list("pk", flat=True)))


def _claim_and_renew(pk: int, now: datetime) -> int:
    """Renew one grant's tokens unless it is not due or somebody else does; after a kill the lease runs out."""
    if not run(_CLAIM, timezone.now() + timedelta(seconds=LEASE_SECONDS), pk, now):
        return 0
    grant = Grant.objects.select_related("client", "mailbox").get(pk=pk)
    try:
        token = unseal(grant.refresh_token, settings.SEALING_KEYS)
        tokens = oauth.refresh(grant.client, token, authorities=grant.mailbox.ca_certificate)
    except Unreadable:
        note_not_renewed(grant=grant, error=TokenError("sealed_token"), next_at=now)
    except TokenError as error:
        log.warning("the token was not renewed", mailbox=grant.mailbox_id, found=error.found, error=str(error)[:200])
        note_not_renewed(grant=grant, error=error, next_at=timezone.now() + timedelta(seconds=PAUSE_SECONDS))
    else:
        note_renewed(grant=grant, tokens=tokens)
    return 1
