"""The five questions of the first run, and the code before them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.fields.sectors import SECTORS
from ventanilla.mail.forms import MailboxForm
from ventanilla.mail.models import Mailbox
from ventanilla.mail.setup import STAND_IN
from ventanilla.people.addresses import normal_email
from ventanilla.people.forms import NATIVE, OrganizationForm, time_zones
from ventanilla.people.models import Person, Role
from ventanilla.welcome.pasted import Colleague, read_pasted

MOST_COLLEAGUES = 200
_SAID_AT_ONCE = 8


class CodeForm(forms.Form):
    """The code from the console."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )


class LanguageForm(forms.Form):
    """The language of the installation."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        widget=forms.RadioSelect,
        choices=[(code, NATIVE.get(code, code)) for code, _name in settings.LANGUAGES],
        help_text=gettext_lazy("Everybody may choose their own later."),
    )


class CompanyForm(OrganizationForm):
    """What the organization is called, which mail domains are its own, and where its clocks stand."""

    entity = ""  # nothing else is asked yet
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    sector = forms.ChoiceField(
        required=False,
        label=gettext_lazy("What you are most like"),
        help_text=gettext_lazy("Brings categories, services, fields and replies to begin with; all can be changed."),
        widget=forms.RadioSelect,
        choices=[("", gettext_lazy("Nothing of these")), *((one.key, one.title) for one in SECTORS)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        del fields["archived"], fields["brand"]
        fields["name"].label = _("Name of your organization")
        fields["name"].max_length = 120
        fields["name"].validators = []
        fields["name"].widget.attrs |= {"autocomplete": "organization", "maxlength": 120}
        fields["domains"].help_text = _(
            "For example: example.org. Whoever writes from one of them is a colleague, everybody else a customer."
        )
        fields["time_zone"].choices = time_zones()

    def clean_name(self) -> str:
        """A name of at most 120 characters, which fits both rows it is written to."""
        name: str = self.cleaned_data["name"]
        if len(name) > 120:
            raise forms.ValidationError(_("At most 120 characters, please."))
        return name


class AdministratorForm(forms.Form):
    """The first administrator."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254, help_text=gettext_lazy("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )  # fmt: skip
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=1024,
        help_text=gettext_lazy("At least ten characters. A few words that do not belong together are a good one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_email(self) -> str:
        """The address in its one normal form."""
        address = normal_email(self.cleaned_data["email"])
        if not address:
            raise forms.ValidationError(_("This is not an e-mail address."))
        return address

    def clean(self) -> dict[str, Any]:
        """A password the rules accept, which knows neither name nor address."""
        values = super().clean() or {}
        if values.get("password"):
            person = Person(name=values.get("name", ""), email=values.get("email"))
            try:
                validate_password(values["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return values


class FirstMailboxForm(MailboxForm):
    """What connecting a mailbox needs at least: one account for both roads. The rest stands in the settings."""

    GROUPS = (
        (gettext_lazy("Mailbox"), ("address", "imap_user", "imap_password")),
        (gettext_lazy("Receiving"), ("imap_host", "imap_port", "imap_security", "fetch_from")),
        (gettext_lazy("Sending"), ("smtp_host", "smtp_port", "smtp_security", "relay")),
    )

    relay = forms.BooleanField(
        label=gettext_lazy("It takes mail from our network without sign-in"), required=False,
        help_text=gettext_lazy("A relay. Otherwise it is given the user name and the password above."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, mailbox: Mailbox | None = None) -> None:
        super().__init__(data, mailbox=mailbox)
        self.initial["relay"] = bool(mailbox and mailbox.smtp_host and not mailbox.smtp_user)
        kept = {name for _label, names in self.GROUPS for name in names}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        if self.initial.get("address") == STAND_IN:
            self.initial["address"] = ""
        self.fields["address"].help_text = _("Where people write to, such as help@example.org.")
        self.fields["imap_user"].help_text = _("Empty: the address itself.")

    def clean_imap_user(self) -> str:
        """The user name at the servers: whoever writes none has their address for it."""
        return str(self.cleaned_data["imap_user"] or self.cleaned_data.get("address", ""))

    def values(self) -> dict[str, Any]:
        """What `save_mailbox` takes: the account serves for receiving and, but for a relay, for sending."""
        values = dict(self.cleaned_data)
        relay = values.pop("relay")
        if values["smtp_host"]:
            user, password = ("", "") if relay else (values["imap_user"], values["imap_password"])
            values |= {"smtp_user": user, "smtp_password": password}
        return values | {"catch_all": True}


class ColleaguesForm(forms.Form):
    """Colleagues by pasted addresses, and what they will be."""

    addresses = forms.CharField(
        label=gettext_lazy("Their addresses"),
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("Paste them as they are: one by line, or separated by commas or semicolons."),
    )
    role = forms.ModelChoiceField(Role.objects.none(), label=gettext_lazy("They will be"), empty_label=None)

    def __init__(self, data: Any = None, *, roles: list[Role]) -> None:
        super().__init__(data)
        field: Any = self.fields["role"]
        field.queryset = Role.objects.filter(pk__in=[role.pk for role in roles])
        field.initial = next((role for role in roles if role.key == "agent"), None)
        self.fields["addresses"].widget.attrs["placeholder"] = "Ana Pérez <ana@example.org>\nluis@example.org"

    def clean_addresses(self) -> list[Colleague]:
        """The colleagues; what is no address is named by its line."""
        found, unread = read_pasted(self.cleaned_data["addresses"])
        if unread:
            said = [
                _("Line %(line)d: “%(text)s” is no e-mail address.") % {"line": one.line, "text": one.text[:80]}
                for one in unread[:_SAID_AT_ONCE]
            ]
            raise forms.ValidationError([forms.ValidationError(sentence) for sentence in said])
        if not found:
            raise forms.ValidationError(_("Write at least one address, or go on without colleagues."))
        if len(found) > MOST_COLLEAGUES:
            text = _("At most %(most)d at once. A whole company comes by a file: People → Import.")
            raise forms.ValidationError(text % {"most": MOST_COLLEAGUES})
        return found
