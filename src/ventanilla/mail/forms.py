"""The form of a mailbox."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ventanilla.brands.models import Brand
from ventanilla.core.authorities import authority_names, certificates_in
from ventanilla.mail.grants import grant_of
from ventanilla.mail.models import Mailbox
from ventanilla.mail.wording import AFTER_FETCH, CC, SECURITY
from ventanilla.people.forms import offered_brands
from ventanilla.people.models import Person, Team
from ventanilla.tickets.models import TicketType

# What counting the mails of a folder needs.
COUNTED = (
    "imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder", "fetch_from", "ca_file",
)  # fmt: skip
MOST_CA_BYTES = 256 * 1024
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
    brand = forms.ModelChoiceField(
        Brand.objects.none(), label=gettext_lazy("Brand"), required=False, empty_label=gettext_lazy("The general one"),
        help_text=gettext_lazy("Logo, signature and texts of its mails, where the reader's organization has none."),
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
    fetch_from = forms.DateField(
        label=gettext_lazy("Fetch mail since"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: from the connection on. Older mail becomes tickets, but is never answered."),
    )  # fmt: skip
    after_fetch = forms.ChoiceField(
        label=gettext_lazy("What to do there with fetched mail"),
        choices=[(choice.value, label) for choice, label in AFTER_FETCH.items()],
    )
    done_folder = forms.CharField(
        label=gettext_lazy("Folder for fetched mail"), max_length=120, required=False,
        help_text=gettext_lazy("Where it is moved to. The folder has to be there."),
    )  # fmt: skip

    smtp_host = forms.CharField(
        label=gettext_lazy("SMTP server"), max_length=253, required=False,
        help_text=gettext_lazy("Empty: nothing is sent, and the outbox says so."),
    )  # fmt: skip
    smtp_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=_SECURITY)
    smtp_user = forms.CharField(
        label=gettext_lazy("User name"), max_length=254, required=False,
        help_text=gettext_lazy("Empty: a relay in your network that takes mail without sign-in."),
    )  # fmt: skip
    smtp_password = forms.CharField(
        label=gettext_lazy("Password"), max_length=500, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    observing = forms.BooleanField(
        label=gettext_lazy("Observe only: tickets are made, nothing is sent"), required=False,
        help_text=gettext_lazy("Neither replies nor sign-in codes leave, until you activate sending."),
    )  # fmt: skip
    ca_file = forms.FileField(
        label=gettext_lazy("Own CA file"), required=False, max_length=200,
        help_text=gettext_lazy("In PEM form, for servers whose certificate only your organization vouches for."),
    )  # fmt: skip
    forget_ca = forms.BooleanField(label=gettext_lazy("Forget the stored CA"), required=False)

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

    GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (gettext_lazy("Mailbox"), ("address", "name", "language", "brand", "enabled", "catch_all")),
        (gettext_lazy("New tickets"), ("type", "team", "in_charge", "turn")),
        (
            gettext_lazy("Receiving"),
            ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder",
             "fetch_from", "after_fetch", "done_folder"),
        ),
        (
            gettext_lazy("Sending"),
            ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password", "observing"),
        ),
        (gettext_lazy("Certificates"), ("ca_file", "forget_ca")),
        (
            gettext_lazy("Rules"),
            (
                "acknowledge", "answers_per_hour", "per_sender_limit", "cc_policy", "proven_agents_only",
                "trusted_host",
            ),
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, mailbox: Mailbox | None = None) -> None:
        self.mailbox = mailbox
        shown = mailbox or Mailbox()
        names = [name for _label, names in self.GROUPS for name in names]
        initial = {name: getattr(shown, name, None) for name in names}
        super().__init__(data, files, initial=initial | {"fetch_from": _day(shown.fetch_from)})
        if shown.ca_certificate:
            self.fields["ca_file"].help_text = _("Stored: %(names)s. Another file takes its place.") % {
                "names": authority_names(shown.ca_certificate)
            }
        else:
            del self.fields["forget_ca"]
        self._choose("type", TicketType.objects.filter(archived_at=None))
        self._choose("team", Team.objects.filter(archived_at=None))
        self._choose("in_charge", Person.objects.agents().order_by("name"))
        self._choose("brand", offered_brands(shown.brand))
        if offered_brands(None).count() < 2:
            # With one brand there is nothing to choose.
            del self.fields["brand"]
        connected = mailbox is not None and grant_of(mailbox) is not None
        for name in ("imap_password", "smtp_password"):
            if connected:
                del self.fields[name]
            elif getattr(shown, name):
                self.fields[name].help_text = _("Stored. Empty: it stays as it is.")

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The fields by group, for the template."""
        for label, names in self.GROUPS:
            yield str(label), [self[name] for name in names if name in self.fields]

    def clean_address(self) -> str:
        """The address is ours alone."""
        address = str(self.cleaned_data["address"]).lower()
        found = Mailbox.objects.filter(address=address).first()
        if found is not None and found != self.mailbox:
            raise forms.ValidationError(_("There is already a mailbox with this address."))
        return address

    def clean_fetch_from(self) -> datetime | None:
        """The moment at which the day begins where its reader is; the stored one when the day is the same."""
        day = self.cleaned_data["fetch_from"]
        if day is None:
            return None
        if day > timezone.localdate():
            raise forms.ValidationError(_("That day is still to come."))
        stored = self.mailbox.fetch_from if self.mailbox else None
        if day == _day(stored):
            return stored
        return timezone.make_aware(datetime.combine(day, time()))

    def clean_ca_file(self) -> str:
        """The certificates of the file alone, in PEM form: whatever else stands there is not kept."""
        file = self.cleaned_data["ca_file"]
        if not file:
            return ""
        try:
            return certificates_in(file.read(MOST_CA_BYTES))
        except ValueError:
            raise forms.ValidationError(_("This file holds no certificate in PEM form.")) from None

    def clean(self) -> dict[str, Any]:
        """What depends on several fields."""
        values = super().clean() or {}
        for host in ("imap_host", "smtp_host", "trusted_host"):
            if any(character.isspace() or character in "/@" for character in values.get(host, "")):
                self.add_error(host, _("Write the name of the server alone, such as mail.example.org."))
        if values.get("imap_host") and not values.get("imap_user"):
            self.add_error("imap_user", _("Write the user name at this server."))
        if values.get("after_fetch") == Mailbox.AfterFetch.MOVE:
            if not values.get("done_folder"):
                self.add_error("done_folder", _("Write the folder to which fetched mail is moved."))
            elif values["done_folder"] == values.get("imap_folder"):
                self.add_error("done_folder", _("Choose another folder than the one mail is fetched from."))
        if values.get("proven_agents_only") and not values.get("trusted_host"):
            self.add_error("trusted_host", _("Without this name nobody is ever proven."))
        return values

    def values_of(self, names: Iterable[str]) -> dict[str, Any]:
        """What was typed into these fields alone, checked or not; the CA as `values` has it."""
        values = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if "ca_file" in values:
            values["ca_certificate"] = values.pop("ca_file") or (self.mailbox.ca_certificate if self.mailbox else "")
        return values

    def values(self) -> dict[str, Model | str | int | bool | None]:
        """What `save_mailbox` takes."""
        values = dict(self.cleaned_data)
        kept = self.mailbox.ca_certificate if self.mailbox and not values.pop("forget_ca", False) else ""
        values["ca_certificate"] = values.pop("ca_file") or kept
        return values


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None
