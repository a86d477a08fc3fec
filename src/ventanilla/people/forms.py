"""What people type about themselves and others: checked here, written by the actions."""

import zoneinfo
from functools import cache
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ventanilla.people.models import Person


class SignInForm(LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autofocus": True}
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}


class CodeRequestForm(RequestLoginCodeForm):
    """The address a sign-in code is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs = {"autocomplete": "username", "autofocus": True}


class CodeForm(ConfirmLoginCodeForm):
    """The code from the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].max_length = 40
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}


_NATIVE = {"es": "Español", "en": "English"}
_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@cache
def time_zones() -> list[tuple[str, str]]:
    """The time zones of cities, by name, as choices (IANA time zone database)."""
    names = sorted(name for name in zoneinfo.available_timezones() if name.startswith(_REGIONS))
    return [(name, name.replace("_", " ")) for name in [*names, "UTC"]]


class LocalMoment(forms.DateTimeField):
    """A day and time in the reader's own zone, as browsers send it (`datetime-local`)."""

    def __init__(self, **kwargs: Any) -> None:
        shape = "%Y-%m-%dT%H:%M"
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=shape)
        super().__init__(widget=widget, input_formats=[shape, "%Y-%m-%dT%H:%M:%S"], **kwargs)


class ProfileForm(forms.Form):
    """What everybody decides about themselves; the last three are an agent's."""

    name = forms.CharField(max_length=160, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        max_length=60, required=False, label=_("Phone"), widget=forms.TextInput(attrs={"autocomplete": "tel"})
    )
    language = forms.ChoiceField(required=False, label=_("Language"))
    time_zone = forms.ChoiceField(required=False, label=_("Time zone"))
    theme = forms.ChoiceField(label=_("Colors"))
    absent_until = LocalMoment(
        required=False,
        label=_("Away until"),
        help_text=_("Until then no ticket is assigned to you in turn. Empty: you are available."),
    )
    notices = forms.ChoiceField(label=_("Mail about tickets"))
    single_keys = forms.BooleanField(required=False, label=_("Shortcuts of a single key"))

    AGENTS_ONLY = ("absent_until", "notices", "single_keys")

    def __init__(self, *args: Any, agent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [(code, _NATIVE.get(code, code)) for code, _name in settings.LANGUAGES]
        self.fields["language"].choices = [("", _("As the browser says")), *languages]
        self.fields["time_zone"].choices = [("", _("As in the whole installation")), *time_zones()]
        self.fields["theme"].choices = [
            (Person.Theme.AUTO, _("As on the device")),
            (Person.Theme.LIGHT, _("Light")),
            (Person.Theme.DARK, _("Dark")),
        ]
        self.fields["notices"].choices = [
            (Person.Notices.NONE, _("None")),
            (Person.Notices.MINE, _("Of my tickets")),
            (Person.Notices.TEAM, _("Of my tickets and the new ones of my teams")),
        ]
        if not agent:
            for name in self.AGENTS_ONLY:
                del self.fields[name]

    def clean_absent_until(self) -> Any:
        """A moment in the future, or nothing."""
        moment = self.cleaned_data["absent_until"]
        if moment is not None and moment <= timezone.now() and "absent_until" in self.changed_data:
            raise forms.ValidationError(_("Choose a moment in the future."))
        return moment


class PasswordForm(forms.Form):
    """A new password; the present one is asked for unless there is none or a code by mail has just proved who it is."""

    current = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1024,
        help_text=_("At least ten characters. A few words that do not belong together are a good one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: Person, ask_current: bool, **kwargs: Any) -> None:
        super().__init__(*args, prefix="password", **kwargs)
        self.person = person
        if not ask_current:
            del self.fields["current"]

    def clean_new(self) -> str:
        """A password the rules accept."""
        new: str = self.cleaned_data["new"]
        validate_password(new, self.person)
        return new
