"""Changes around signing in at a provider: the registration, who let us in, and how the tokens are renewed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.core.crypto import seal
from ventanilla.events.record import record
from ventanilla.installation.actions import bump_config_version
from ventanilla.mail.models import Grant, Mailbox, OAuthClient
from ventanilla.mail.oauth import TokenError, Tokens
from ventanilla.mail.providers import PROVIDERS
from ventanilla.people.author import Author
from ventanilla.people.rights import Right

RENEW_BEFORE_SECONDS = 600
# A life that a renewal moves by more than this is prolonged; less is only the seconds between two answers.
_SAME_END = timedelta(minutes=1)
# Answers that another try does not change: only a person does.
FINAL = frozenset({"grant_refused", "client_refused", "provider_not_allowed", "sealed_token"})


@dataclass(frozen=True)
class Registration:
    """What an administrator types about a registration. An empty secret keeps the stored one."""

    provider: str
    tenant: str
    client_id: str
    client_secret: str
    secret_expires_on: date | None
    authorize_url: str
    token_url: str
    scope: str


@transaction.atomic
def save_client(*, by: Author, registration: Registration) -> OAuthClient:
    """Make or change the registration at this provider with this client id; its secret is sealed.

    Whoever was refused for want of a good secret is tried again at once. Records `mail_client.saved`.
    """
    by.require(Right.SETTINGS)
    known = PROVIDERS[registration.provider]
    token_url = known.token_url.format(tenant=registration.tenant) or registration.token_url
    found = OAuthClient.objects.select_for_update().filter(token_url=token_url, client_id=registration.client_id)
    row = found.first() or OAuthClient(token_url=token_url, client_id=registration.client_id)
    if not registration.client_secret and not row.client_secret and registration.provider != row.Provider.OTHER:
        raise ValidationError({"client_secret": _("Write the client secret.")})
    row.provider, row.tenant = registration.provider, registration.tenant
    row.authorize_url = known.authorize_url.format(tenant=registration.tenant) or registration.authorize_url
    row.scope = known.scope or registration.scope
    row.secret_expires_on = registration.secret_expires_on
    if registration.client_secret:
        row.client_secret = seal(registration.client_secret, settings.SEALING_KEYS)
    row.save()
    Grant.objects.filter(client=row, found="client_refused").update(next_renewal_at=timezone.now(), found="", error="")
    record("mail_client.saved", f"mail_client:{row.pk}", actor=by.actor, data={"provider": row.provider})
    return row


@transaction.atomic
def connect_account(*, by: Author, mailbox: Mailbox, client: OAuthClient, tokens: Tokens) -> Grant:
    """Sign in to a mailbox by these tokens from now on; stored passwords are forgotten.

    A mailbox that was elsewhere before is set to the provider's servers, where they are known, with its own address as
    the user name: so says Microsoft of shared mailboxes too. Records `mailbox.account_connected`.
    """
    by.require(Right.SETTINGS)
    now = timezone.now()
    servers = dict(PROVIDERS[client.provider].servers)
    row = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    if servers and row.imap_host != servers["imap_host"]:
        for name, value in servers.items():
            setattr(row, name, value)
        # Another account: its numbers mean nothing here, and fetching begins anew.
        row.imap_user = row.smtp_user = row.address
        row.uid_validity = row.last_uid = row.anew_below_uid = 0
        row.connected_at = None
    row.imap_password = row.smtp_password = ""
    row.fetch_error, row.fetch_found, row.next_fetch_at = "", "", now
    row.save()
    grant, _made = Grant.objects.update_or_create(
        mailbox=row,
        defaults={
            "client": client,
            "refresh_token": seal(tokens.refresh, settings.SEALING_KEYS),
            "access_token": seal(tokens.access, settings.SEALING_KEYS),
            "expires_at": tokens.until,
            "refresh_expires_at": tokens.refresh_until,
            "granted_at": now,
            "renewed_at": now,
            "next_renewal_at": _renewal(tokens.until, now),
            "found": "",
            "error": "",
        },
    )
    bump_config_version()
    record("mailbox.account_connected", f"mailbox:{row.pk}", actor=by.actor, data={"provider": client.provider})
    return grant


@transaction.atomic
def disconnect_account(*, by: Author, mailbox: Mailbox) -> None:
    """Forget the tokens: from now on the mailbox signs in by user name and password, which are to be typed.

    Records `mailbox.account_disconnected`; nothing happens when no account is connected.
    """
    by.require(Right.SETTINGS)
    gone, _each = Grant.objects.filter(mailbox=mailbox).delete()
    if gone:
        Mailbox.objects.filter(pk=mailbox.pk).update(fetch_error="", fetch_found="", next_fetch_at=timezone.now())
        bump_config_version()
        record("mailbox.account_disconnected", f"mailbox:{mailbox.pk}", actor=by.actor)


@transaction.atomic
def note_renewed(*, grant: Grant, tokens: Tokens) -> None:
    """Keep what a renewal brought. Bookkeeping and no event.

    What somebody granted meanwhile stays: it is newer.
    """
    now = timezone.now()
    prolonged = bool(
        grant.refresh_expires_at and tokens.refresh_until
        and tokens.refresh_until > grant.refresh_expires_at + _SAME_END
    )  # fmt: skip
    _same(grant).update(
        access_token=seal(tokens.access, settings.SEALING_KEYS),
        refresh_token=seal(tokens.refresh, settings.SEALING_KEYS) if tokens.refresh else grant.refresh_token,
        expires_at=tokens.until,
        refresh_expires_at=None if prolonged else grant.refresh_expires_at,
        renewed_at=now,
        next_renewal_at=_renewal(tokens.until, now),
        found="",
        error="",
    )


@transaction.atomic
def note_not_renewed(*, grant: Grant, error: TokenError, next_at: datetime) -> None:
    """Remember why tokens were not renewed, and try again at `next_at`, or never where a person has to act.

    Records `mailbox.account_refused` in that case.
    """
    final = error.found in FINAL
    changed = _same(grant).update(found=error.found, error=str(error)[:500], next_renewal_at=None if final else next_at)
    if changed and final:
        record(
            "mailbox.account_refused", f"mailbox:{grant.mailbox_id}", actor="system:mail", data={"found": error.found}
        )


def _same(grant: Grant) -> QuerySet[Grant]:
    return Grant.objects.filter(pk=grant.pk, granted_at=grant.granted_at)


def _renewal(until: datetime, now: datetime) -> datetime:
    """When to renew: ten minutes before the end, or at half of a life that is shorter than twice that."""
    return until - min(timedelta(seconds=RENEW_BEFORE_SECONDS), (until - now) / 2)
