"""What every registration of ours at a provider of accounts is made of, whatever it is for (OAuth 2.0, RFC 6749 2)."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


class RegisteredForm(forms.Form):
    """What the provider showed when the program was registered there. The secret is written, never shown."""

    tenant = forms.CharField(
        label=gettext_lazy("Directory (tenant) ID"), max_length=120,
        help_text=gettext_lazy("Stands in the overview of the registration. Your domain will do too."),
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

    def __init__(self, *given: Any, stored_secret: str, **more: Any) -> None:
        super().__init__(*given, **more)
        if stored_secret:
            self.fields["client_secret"].help_text = _("Stored. Empty: it stays as it is.")

    def clean_tenant(self) -> str:
        """A number or a domain: it becomes a part of an address."""
        tenant = str(self.cleaned_data["tenant"])
        if not _TENANT.match(tenant):
            raise forms.ValidationError(_("Write the directory ID, or the domain, alone."))
        return tenant
