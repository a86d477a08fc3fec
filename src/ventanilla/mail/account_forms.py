"""The form of a registration at a provider of mail accounts."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.mail.grant_actions import Registration
from ventanilla.mail.models import OAuthClient
from ventanilla.people.registered_form import RegisteredForm

_ADDRESSES = ("authorize_url", "token_url")
_ONLY = {
    OAuthClient.Provider.MICROSOFT: {"tenant"},
    OAuthClient.Provider.GOOGLE: set(),
    OAuthClient.Provider.OTHER: {*_ADDRESSES, "scope"},
}


class RegistrationForm(RegisteredForm):
    """A registration at a provider of mail accounts."""

    authorize_url = forms.CharField(
        label=gettext_lazy("Address where people sign in"), max_length=500,
        help_text=gettext_lazy("The provider calls it authorization endpoint."),
    )  # fmt: skip
    token_url = forms.CharField(
        label=gettext_lazy("Address that gives tokens"), max_length=500,
        help_text=gettext_lazy("The provider calls it token endpoint."),
    )  # fmt: skip
    scope = forms.CharField(
        label=gettext_lazy("Scope"), max_length=500,
        help_text=gettext_lazy("What is asked for, separated by spaces. Lasting access often needs offline_access."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, provider: OAuthClient.Provider, client: OAuthClient | None) -> None:
        self.provider = provider
        names = ("tenant", *_ADDRESSES, "scope", "client_id", "secret_expires_on")
        initial = {name: getattr(client, name) for name in names} if client else None
        super().__init__(data, initial=initial, stored_secret=client.client_secret if client else "")
        self.order_fields(["tenant", *_ADDRESSES, "scope"])
        for name in {"tenant", *_ADDRESSES, "scope"} - _ONLY[provider]:
            del self.fields[name]
        self.fields["client_secret"].required = provider != OAuthClient.Provider.OTHER and client is None

    def clean(self) -> dict[str, Any]:
        """Addresses over TLS: a token is as good as a password."""
        values = super().clean() or {}
        for name in _ADDRESSES:
            given = values.get(name)
            if given and not _is_https(given):
                self.add_error(name, _("Write a whole address that begins with https://."))
        return values

    def registration(self) -> Registration:
        """What `save_client` takes."""
        values = self.cleaned_data
        return Registration(
            provider=self.provider,
            tenant=values.get("tenant", ""),
            client_id=values["client_id"],
            client_secret=values["client_secret"],
            secret_expires_on=values["secret_expires_on"],
            authorize_url=values.get("authorize_url", ""),
            token_url=values.get("token_url", ""),
            scope=values.get("scope", ""),
        )


def _is_https(given: str) -> bool:
    try:
        parts = urlsplit(given)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
