"""The form of a mailbox."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.mail.models import Mailbox
from ventanilla.mail.wording import CC, SECURITY
from ventanilla.people.models import Person, Team
from ventanilla.tickets.models import TicketType

_SECURITY = [(security.value, label) for security, label in SECURITY.items()]


class MailboxForm(forms.Form):
    """Everything about a mailbox, in groups. Passwords are written, never shown."""

    address = forms.EmailField(label=gettext_lazy("Address"), max_length=254)
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, required=False,
        help_text=gettext_lazy("What recipients see as the sender. Empty: the name of the organization."),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False,
        choices=[("", gettext_lazy("As the organization")), *settings.LANGUAGES],
        help_text=gettext_lazy("For writers whose language we do not know."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=gettext_lazy("In use"), required=False)
    catch_all = forms.BooleanField(label=gettext_lazy("Takes every mail that no other mailbox claims"), required=False)

    type = forms.ModelChoiceField(
        TicketType.objects.none(), label=gettext_lazy("Type"), required=False, empty_label=gettext_lazy("Automatic")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("Automatic")
    )
    in_charge = forms.ModelChoiceField(
        Person.objects.none(), label=gettext_lazy("Agent in charge"), required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=gettext_lazy("Gets every new ticket while present."),
    )  # fmt: skip
    turn = forms.BooleanField(
        label=gettext_lazy("In turn among the members of the team who are present, fewest open tickets first"),
        required=False,
    )

    imap_host = forms.CharField(
        label=gettext_lazy("IMAP server"), max_length=253, required=False,
        help_text=gettext_lazy("Empty: mail comes by the mail server's pipe (ventanilla mail deliver)."),
    )  # fmt: skip
    imap_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=_SECURITY)
    imap_user = forms.CharField(label=gettext_lazy("User name"), max_length=254, required=False)
    imap_password = forms.CharField(
        label=gettext_lazy("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    imap_folder = forms.CharField(label=gettext_lazy("Folder"), max_length=120)

    smtp_host = forms.CharField(
        label=gettext_lazy("SMTP server"), max_length=253, required=False,
        help_text=gettext_lazy("Empty: nothing is sent, and the outbox says so."),
    )  # fmt: skip
    smtp_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=_SECURITY)
    smtp_user = forms.CharField(label=gettext_lazy("User name"), max_length=254, required=False)
    smtp_password = forms.CharField(
        label=gettext_lazy("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    acknowledge = forms.BooleanField(
        label=gettext_lazy("Tell the sender of a new mail the number of their ticket"), required=False
    )
    answers_per_hour = forms.IntegerField(
        label=gettext_lazy("Automatic answers per sender and hour, at most"), min_value=0, max_value=1000
    )
    per_sender_limit = forms.IntegerField(
        label=gettext_lazy("Mails per sender and hour; more are held"), min_value=1, max_value=100_000
    )
    cc_policy = forms.ChoiceField(
        label=gettext_lazy("Who is copied in a mail"), choices=[(policy.value, label) for policy, label in CC.items()]
    )
    proven_agents_only = forms.BooleanField(
        label=gettext_lazy("Agents may answer by mail only when SPF, DKIM or DMARC proves their address"),
        required=False,
    )
    trusted_host = forms.CharField(
        label=gettext_lazy("Mail server that does the proving"), max_length=253, required=False,
        help_text=gettext_lazy("The name it writes into Authentication-Results, for example mx.example.org."),
    )  # fmt: skip

    GROUPS = (
        (gettext_lazy("Mailbox"), ("address", "name", "language", "enabled", "catch_all")),
        (gettext_lazy("New tickets"), ("type", "team", "in_charge", "turn")),
        (
            gettext_lazy("Receiving"),
            ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder"),
        ),
        (gettext_lazy("Sending"), ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password")),
        (
            gettext_lazy("Rules"),
            (
                "acknowledge", "answers_per_hour", "per_sender_limit", "cc_policy", "proven_agents_only",
                "trusted_host",
            ),
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, mailbox: Mailbox | None = None) -> None:
        self.mailbox = mailbox
        shown = mailbox or Mailbox()
        names = [name for _label, names in self.GROUPS for name in names]
        super().__init__(data, initial={name: getattr(shown, name) for name in names})
        self._choose("type", TicketType.objects.filter(archived_at=None))
        self._choose("team", Team.objects.filter(archived_at=None))
        self._choose("in_charge", Person.objects.agents().order_by("name"))
        for name in ("imap_password", "smtp_password"):
            if getattr(shown, name):
                self.fields[name].help_text = _("Stored. Empty: it stays as it is.")

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields by group, for the template."""
        for label, names in self.GROUPS:
            yield str(label), [self[name] for name in names]

    def clean_address(self) -> str:
        """The address is ours alone."""
        address = str(self.cleaned_data["address"]).lower()
        found = Mailbox.objects.filter(address=address).first()
        if found is not None and found != self.mailbox:
            raise forms.ValidationError(_("There is already a mailbox with this address."))
        return address

    def clean(self) -> dict[str, Any]:
        """What depends on several fields."""
        values = super().clean() or {}
        for host in ("imap_host", "smtp_host", "trusted_host"):
            if any(character.isspace() or character in "/@" for character in values.get(host, "")):
                self.add_error(host, _("Write the name of the server alone, such as mail.example.org."))
        if values.get("imap_host") and not values.get("imap_user"):
            self.add_error("imap_user", _("Write the user name at this server."))
        if values.get("proven_agents_only") and not values.get("trusted_host"):
            self.add_error("trusted_host", _("Without this name nobody is ever proven."))
        return values

    def values(self) -> dict[str, Model | str | int | bool | None]:
        """What `save_mailbox` takes."""
        return dict(self.cleaned_data)
