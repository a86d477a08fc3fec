"""The form of a provider of sign-ins: what each sort of provider is asked for, and what follows from it."""

from typing import Any

from django import forms
from django.core.validators import slug_re
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.core.authorities import authority_names, certificates_in
from ventanilla.people.forms import LabelForm, mail_domains
from ventanilla.people.models import SignInProvider
from ventanilla.people.provider_actions import Connection
from ventanilla.people.provider_wording import KINDS
from ventanilla.people.registered_form import RegisteredForm

_Kind = SignInProvider.Kind
# Tenants that stand for everybody: their tokens come in the name of any organization whatever.
_EVERYBODY = {"common", "organizations", "consumers"}
_WELL_KNOWN = "/.well-known/openid-configuration"
GOOGLE = "https://accounts.google.com"
# By what each sort of provider says who its issuer is.
_ASKED = {_Kind.MICROSOFT: "tenant", _Kind.GOOGLE: "", _Kind.KEYCLOAK: "realm", _Kind.OTHER: "issuer"}
_OWN_SERVERS = {_Kind.KEYCLOAK, _Kind.OTHER}


class ProviderForm(RegisteredForm, LabelForm):
    """A provider of sign-ins; where it is does not change later."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput, required=False)
    realm = forms.CharField(
        label=gettext_lazy("Address of the realm"), max_length=400,
        help_text=gettext_lazy("Such as https://keycloak.example.org/realms/company."),
    )  # fmt: skip
    issuer = forms.CharField(
        label=gettext_lazy("Address of the provider (issuer)"), max_length=400,
        help_text=gettext_lazy("Exactly as the provider writes it, with or without a slash at its end."),
    )  # fmt: skip
    ca_certificate = forms.CharField(
        label=gettext_lazy("Own CA"), max_length=60_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("In PEM form, for servers whose certificate only your organization vouches for."),
    )  # fmt: skip
    active = forms.BooleanField(label=gettext_lazy("Offer it on the sign-in page"), required=False)
    makes_requesters = forms.BooleanField(
        label=gettext_lazy("Let in people whom nobody here knows yet, as requesters"), required=False
    )
    domains = forms.CharField(
        label=gettext_lazy("Only from these mail domains"), max_length=2000, required=False,
        help_text=gettext_lazy("Separated by spaces. Empty: from any. Only for people whom nobody here knows yet."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, kind: str, provider: SignInProvider | None, key: str = "") -> None:
        self.kind, self.provider = _Kind(kind), provider
        self._key_shown = not data or slug_re.match(data.get("key", "")) is not None
        if not self._key_shown:
            data = data.copy()
            data["key"] = key
        name = KINDS.get(kind, "").replace("Microsoft Entra ID", "Microsoft")
        initial: dict[str, Any] = {"key": key, "active": True, "label_es": name, "label_en": name}
        if provider is not None:
            same = ("client_id", "secret_expires_on", "active", "makes_requesters")
            initial = {name: getattr(provider, name) for name in same}
            initial |= {**self.initial_of(provider.label), "domains": " ".join(provider.domains)}
            initial["ca_certificate"] = provider.ca_certificate
        super().__init__(data, initial=initial, stored_secret=provider.client_secret if provider else "")
        # What was just typed is kept while something else is put right.
        self.fields["client_secret"].widget.render_value = True
        for asked in {"tenant", "realm", "issuer"} - ({_ASKED[self.kind]} if provider is None else set()):
            del self.fields[asked]
        if provider is not None:
            del self.fields["key"]
        if self.kind not in _OWN_SERVERS:
            del self.fields["ca_certificate"]
            self.fields["client_secret"].required = provider is None
        elif provider is not None and provider.ca_certificate:
            self.fields["ca_certificate"].help_text = authority_names(provider.ca_certificate)
        self.order_fields([_ASKED[self.kind], "client_id", "client_secret", "secret_expires_on"])

    def clean(self) -> dict[str, Any]:
        """The redirect address that was shown is the one that will be used."""
        if not self._key_shown:
            self.add_error(None, _("Look at the redirect address again, and save once more."))
        return super().clean()

    def clean_tenant(self) -> str:
        """One tenant, and none that stands for all."""
        tenant = super().clean_tenant()
        if tenant.lower() in _EVERYBODY:
            raise forms.ValidationError(_("This stands for every organization there is. Write the ID of yours."))
        return tenant

    def clean_realm(self) -> str:
        """The address without what Keycloak's own pages append."""
        return _address(self.cleaned_data["realm"]).rstrip("/")

    def clean_issuer(self) -> str:
        """The address that begins with https://."""
        return _address(self.cleaned_data["issuer"])

    def clean_ca_certificate(self) -> str:
        """The certificates alone, in PEM form."""
        text = self.cleaned_data["ca_certificate"].strip()
        if not text:
            return ""
        try:
            return certificates_in(text.encode())
        except ValueError:
            raise forms.ValidationError(_("This holds no certificate in PEM form.")) from None

    def clean_domains(self) -> list[str]:
        """The domains, in lower case with IDNA (RFC 5891)."""
        return mail_domains(self.cleaned_data["domains"])

    @property
    def asked_issuer(self) -> str:
        """The issuer that was typed, or that the provider has."""
        if self.provider is not None:
            return self.provider.issuer
        if self.kind == _Kind.MICROSOFT:
            return f"https://login.microsoftonline.com/{self.cleaned_data['tenant']}/v2.0"
        if self.kind == _Kind.GOOGLE:
            return GOOGLE
        return str(self.cleaned_data[_ASKED[self.kind]])

    @property
    def asked_field(self) -> str | None:
        """The field in which the issuer was typed, if there is one."""
        name = _ASKED[self.kind]
        return name if name in self.fields else None

    def connection(self) -> Connection:
        """What `save_provider` takes."""
        names = (
            "label", "client_id", "client_secret", "secret_expires_on", "active", "makes_requesters", "domains"
        )  # fmt: skip
        given = {name: self.cleaned_data[name] for name in names}
        return Connection(kind=self.kind.value, ca_certificate=self.cleaned_data.get("ca_certificate", ""), **given)


def _address(typed: str) -> str:
    address = typed.strip().removesuffix(_WELL_KNOWN)
    if not address.startswith("https://") or "?" in address or "#" in address or len(address) < len("https://x"):
        raise forms.ValidationError(_("Write a whole address that begins with https://."))
    return address
