"""Providers of mail accounts that want OAuth 2: their addresses, and their servers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provider:
    """What a provider's documentation says: where to ask, for what, and by which servers mail comes and goes.

    `authorize_url` and `token_url` hold `{tenant}` where the organization's own name or number belongs.
    """

    authorize_url: str
    token_url: str
    scope: str
    asking: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str | int] = field(default_factory=dict)


# https://learn.microsoft.com/exchange/client-developer/legacy-protocols/
#   how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
MICROSOFT = Provider(
    authorize_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 an address, no secret
    scope="https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    asking={"prompt": "select_account"},
    servers={
        "imap_host": "outlook.office365.com", "imap_port": 993, "imap_security": "tls",
        "smtp_host": "smtp.office365.com", "smtp_port": 587, "smtp_security": "starttls",
    },
)  # fmt: skip
# https://developers.google.com/gmail/imap/xoauth2-protocol and /identity/protocols/oauth2/web-server: without
# `access_type` and `prompt` there is no refresh token, or only the first time.
GOOGLE = Provider(
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",  # noqa: S106 an address, no secret
    scope="https://mail.google.com/",
    asking={"access_type": "offline", "prompt": "consent"},
    servers={
        "imap_host": "imap.gmail.com", "imap_port": 993, "imap_security": "tls",
        "smtp_host": "smtp.gmail.com", "smtp_port": 587, "smtp_security": "starttls",
    },
)  # fmt: skip
# Any other, such as Keycloak in front of one's own mail server: described by its addresses alone.
OTHER = Provider("", "", "")
PROVIDERS = {"microsoft": MICROSOFT, "google": GOOGLE, "other": OTHER}
