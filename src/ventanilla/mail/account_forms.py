"""The form of a registration at a provider of mail accounts."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.mail.grant_actions import Registration
from ventanilla.mail.models import OAuthClient

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_ADDRESSES = ("authorize_url", "token_url")
_ONLY = {
    OAuthClient.Provider.MICROSOFT: {"tenant"},
    OAuthClient.Provider.GOOGLE: set(),
    OAuthClient.Provider.OTHER: {*_ADDRESSES, "scope"},
}


class RegistrationForm(forms.Form):
    """What the provider showed when the program was registered there. The secret is written, never shown."""

    tenant = forms.CharField(
        label=gettext_lazy("Directory (tenant) ID"), max_length=120,
        help_text=gettext_lazy("Stands in the overview of the registration. Your domain will do too."),
    )  # fmt: skip
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
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=250)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"), max_length=500, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    secret_expires_on = forms.DateField(
        label=gettext_lazy("The secret ends on"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("We warn 14 days ahead. Empty: it does not end."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, provider: OAuthClient.Provider, client: OAuthClient | None) -> None:
        self.provider = provider
        names = ("tenant", *_ADDRESSES, "scope", "client_id", "secret_expires_on")
        super().__init__(data, initial={name: getattr(client, name) for name in names} if client else None)
        for name in {"tenant", *_ADDRESSES, "scope"} - _ONLY[provider]:
            del self.fields[name]
        self.fields["client_secret"].required = provider != OAuthClient.Provider.OTHER and client is None
        if client and client.client_secret:
            self.fields["client_secret"].help_text = _("Stored. Empty: it stays as it is.")

    def clean_tenant(self) -> str:
        """A number or a domain: it becomes a part of an address."""
        tenant = str(self.cleaned_data["tenant"])
        if not _TENANT.match(tenant):
            raise forms.ValidationError(_("Write the directory ID, or the domain, alone."))
        return tenant

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
