"""What people type about themselves and others: checked here, written by the actions."""

import zoneinfo
from functools import cache
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.models import Brand
from ventanilla.core.addresses import reverse
from ventanilla.core.hours import WorkingHours
from ventanilla.fields.definitions import PREFIX, usable
from ventanilla.people.addresses import normal_email
from ventanilla.people.custom import ADDRESSES, ORGANIZATION, PERSON, named_value
from ventanilla.people.models import Calendar, Department, Organization, Person, Role, Team
from ventanilla.people.second import ADMINISTRATORS, AGENTS
from ventanilla.ui.custom_fields import CustomFieldsForm


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
        fields: Any = self.fields
        fields["code"].label = _("Code")
        fields["code"].max_length = 40
        fields["code"].widget.attrs = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}


class SecondStepForm(forms.Form):
    """The code an app shows, or a recovery code."""

    code = forms.CharField(
        max_length=40,
        label=_("Code"),
        help_text=_("The six digits your app shows now, or one of your recovery codes."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


class AppForm(forms.Form):
    """The code an app shows for a secret it has just been given."""

    code = forms.CharField(
        max_length=12,
        label=_("Code the app shows"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyForm(forms.Form):
    """The name of a new passkey, and what the browser made of it."""

    name = forms.CharField(
        max_length=80,
        label=_("Name"),
        help_text=_("So you know later which device or key it is."),
    )
    credential = forms.CharField(
        max_length=20_000,
        widget=forms.HiddenInput,
        error_messages={"required": _("The browser has not made a passkey. Try again.")},
    )


class SafetyForm(forms.Form):
    """Who must have a second step."""

    second_step = forms.ChoiceField(
        label=_("Who must have a second step"),
        choices=[
            (ADMINISTRATORS, _("Whoever manages people or settings")),
            (AGENTS, _("Every agent")),
        ],
        widget=forms.RadioSelect,
        help_text=_("They are asked for it at their next sign-in, before anything else. Everybody else may add one."),
    )


NATIVE = {"es": "Español", "en": "English"}
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


class Ticks(forms.CheckboxSelectMultiple):
    """Several of a few."""


DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


class HoursFields(forms.Form):
    """The fields of working hours, for forms that have them among others; `working_hours` is what they give."""

    HOURS = ("work_days", "work_from", "work_until")

    work_days = forms.MultipleChoiceField(
        choices=list(enumerate(DAYS)), required=False, widget=Ticks, label=_("Working days")
    )
    work_from = forms.TimeField(
        required=False, label=_("Work begins"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    work_until = forms.TimeField(
        required=False, label=_("Work ends"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    @staticmethod
    def initial_hours(hours: WorkingHours | None) -> dict[str, Any]:
        """What the fields show for these hours."""
        if hours is None:
            return {}
        return {"work_days": sorted(map(str, hours.days)), "work_from": hours.begins, "work_until": hours.until}

    def clean_hours(self, cleaned: dict[str, Any]) -> None:
        """Put `working_hours` (as stored, or None when nothing was chosen) in the place of the three fields."""
        days, begins, until = (cleaned.pop(name, None) for name in self.HOURS)
        chosen = (bool(days), begins is not None, until is not None)
        if any(chosen) and not all(chosen) and not self.errors:
            self.add_error("work_days", _("Choose the days and both times, or nothing at all."))
        hours = WorkingHours(frozenset(map(int, days)), begins, until).stored() if days and all(chosen) else None
        cleaned["working_hours"] = hours


class ProfileForm(HoursFields):
    """What everybody decides about themselves; the last ones are an agent's."""

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
    notices = forms.ChoiceField(label=_("What you are told of"), help_text=_("Mentions reach you in any case."))
    notices_by_mail = forms.BooleanField(required=False, label=_("Also by mail"))
    notices_by_push = forms.BooleanField(required=False, label=_("Also on the devices that you allowed to notify you"))
    single_keys = forms.BooleanField(required=False, label=_("Shortcuts of a single key"))

    AGENTS_ONLY = (
        *("absent_until", "notices", "notices_by_mail", "notices_by_push", "single_keys"),
        *HoursFields.HOURS,
    )

    def __init__(self, *args: Any, agent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        languages = [(code, NATIVE.get(code, code)) for code, _name in settings.LANGUAGES]
        fields["language"].choices = [("", _("As the browser says")), *languages]
        fields["time_zone"].choices = [("", _("As in the whole installation")), *time_zones()]
        fields["theme"].choices = [
            (Person.Theme.AUTO, _("As on the device")),
            (Person.Theme.LIGHT, _("Light")),
            (Person.Theme.DARK, _("Dark")),
        ]
        fields["notices"].choices = [
            (Person.Notices.MINE, _("What is mine")),
            (Person.Notices.TEAM, _("What is mine and of my teams")),
            (Person.Notices.ALL, _("Everything I may see")),
            (Person.Notices.NONE, _("Nothing")),
        ]
        self.agent = agent
        if not agent:
            for name in self.AGENTS_ONLY:
                del fields[name]

    @classmethod
    def initial_of(cls, person: Person) -> dict[str, Any]:
        """What the fields show for a person."""
        own = [name for name in cls.base_fields if name not in cls.HOURS]
        hours = WorkingHours.of(person.working_hours) if person.working_hours else None
        return {name: getattr(person, name) for name in own} | cls.initial_hours(hours)

    def clean(self) -> dict[str, Any]:
        """An agent's hours become `working_hours`."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.agent:
            self.clean_hours(cleaned)
        return cleaned

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

    prefix = "password"

    def __init__(self, *args: Any, person: Person, ask_current: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if not ask_current:
            del self.fields["current"]

    def clean_new(self) -> str:
        """A password the rules accept."""
        new: str = self.cleaned_data["new"]
        validate_password(new, self.person)
        return new


class LabelForm(forms.Form):
    """The name of a configurable row in both languages; one of them is enough."""

    label_es = forms.CharField(required=False, max_length=120, label=_("Name in Spanish"))
    label_en = forms.CharField(required=False, max_length=120, label=_("Name in English"))

    def clean(self) -> dict[str, Any]:
        """At least one name, as `label`."""
        cleaned: dict[str, Any] = super().clean() or {}
        texts = {"es": cleaned.get("label_es", ""), "en": cleaned.get("label_en", "")}
        cleaned["label"] = {code: " ".join(text.split()) for code, text in texts.items() if text.strip()}
        if not cleaned["label"] and not self.errors:
            self.add_error("label_es", _("Write the name in at least one language."))
        return cleaned

    @staticmethod
    def initial_of(label: dict[str, str]) -> dict[str, str]:
        """The fields of an existing label."""
        return {"label_es": label.get("es", ""), "label_en": label.get("en", "")}


class TeamForm(LabelForm):
    """A team; its department is chosen once, when it is made."""

    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"))
    level = forms.TypedChoiceField(
        coerce=int, choices=[(n, f"N{n}") for n in (1, 2, 3, 4)], label=_("Support level"), initial=1
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), required=False, label=_("Hours of the team"), empty_label=_("The usual ones")
    )
    members = forms.ModelMultipleChoiceField(Person.objects.none(), required=False, widget=Ticks, label=_("Members"))
    archived = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["members"].queryset = Person.objects.agents().order_by("name", "pk")
        present = self.initial.get("calendar")
        offered = Q(archived_at=None) | Q(pk=present.pk if present is not None else None)
        fields["calendar"].queryset = Calendar.objects.filter(offered)
        if new:
            fields["department"].queryset = Department.objects.filter(archived_at=None)
        else:
            del fields["department"]


class InstallationForm(HoursFields):
    """What holds for everybody who has not chosen otherwise."""

    name = forms.CharField(max_length=120, label=_("Name of your organization"))
    language = forms.ChoiceField(label=_("Language"), help_text=_("For mails and pages of people who chose none."))
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["language"].choices = [(code, NATIVE.get(code, code)) for code, _name in settings.LANGUAGES]
        fields["time_zone"].choices = time_zones()
        fields["work_days"].help_text = _("Outside working hours nobody is told of tickets by mail or push.")
        self.order_fields(["name", "language", "time_zone", *self.HOURS])

    def clean(self) -> dict[str, Any]:
        """The hours become `working_hours`."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.clean_hours(cleaned)
        return cleaned


def mail_domains(text: str) -> list[str]:
    """The domains that were typed, in lower case with IDNA (RFC 5891). Raises `ValidationError` for what is none."""
    found = []
    for word in text.replace(",", " ").replace(";", " ").split():
        domain = normal_email(f"x@{word.lstrip('@')}").rpartition("@")[2]
        if "." not in domain:
            raise forms.ValidationError(_("“%(domain)s” is not a mail domain.") % {"domain": word[:80]})
        found.append(domain)
    return found


class WithOwnFields(CustomFieldsForm):
    """A form of an entity that has custom fields; what was typed into them becomes `custom`."""

    entity = ""

    def add_own(self) -> None:
        """Put the custom fields in, last: what stands in the form decides which are visible."""
        if self.entity:
            rows = usable(self.entity, "", staff=True)
            again_url = reverse("own-fields", args=[self.entity])
            self.add_custom(rows, addresses=ADDRESSES, named=named_value, again_url=again_url)

    def clean(self) -> dict[str, Any]:
        """The values of custom fields by key, None for an empty one; nothing of them by name."""
        cleaned = super().clean()
        if self.custom_rows:
            custom = self.custom_changes()
            cleaned = {name: value for name, value in cleaned.items() if not name.startswith(PREFIX)}
            cleaned["custom"] = custom
        return cleaned


class OwnFieldsForm(WithOwnFields):
    """The custom fields of an entity alone, drawn anew when a value brings others."""

    def __init__(self, *args: Any, entity: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entity = entity
        self.add_own()


class OrganizationForm(WithOwnFields):
    """The company itself or a customer."""

    entity = ORGANIZATION

    name = forms.CharField(max_length=160, label=_("Name"))
    domains = forms.CharField(
        required=False,
        max_length=2000,
        label=_("Mail domains"),
        help_text=_("Separated by spaces. Whoever writes from one of them belongs to this organization."),
    )
    brand = forms.ModelChoiceField(
        Brand.objects.none(),
        required=False,
        label=_("Brand"),
        help_text=_("How the portal and the mails look for its people."),
        empty_label=_("The one of the organization above, or the general one"),
    )
    archived = forms.BooleanField(required=False, label=_("Archived: no longer offered"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["brand"].queryset = offered_brands(self.initial.get("brand"))
        self.add_own()

    def clean_domains(self) -> list[str]:
        """The domains, in lower case with IDNA (RFC 5891)."""
        return mail_domains(self.cleaned_data["domains"])


def offered_brands(now: Brand | None) -> QuerySet[Brand]:
    """The brands that may be chosen: those in use, and the one that is chosen now."""
    return Brand.objects.filter(Q(archived_at=None) | Q(pk=now.pk if now else None))


class PersonForm(WithOwnFields):
    """A person, for those who manage people."""

    entity = PERSON

    name = forms.CharField(max_length=160, label=_("Name"))
    email = forms.CharField(max_length=254, required=False, label=_("E-mail address"))
    phone = forms.CharField(max_length=60, required=False, label=_("Phone"))
    job_title = forms.CharField(max_length=160, required=False, label=_("Job title"))
    location = forms.CharField(max_length=200, required=False, label=_("Location"))
    language = forms.ChoiceField(required=False, label=_("Language"))
    role = forms.ModelChoiceField(Role.objects.none(), label=_("Role"), empty_label=None)
    organization = forms.ModelChoiceField(
        Organization.objects.none(),
        required=False,
        label=_("Organization"),
        empty_label=_("The one of the mail domain, or none"),
    )
    teams = forms.ModelMultipleChoiceField(Team.objects.none(), required=False, widget=Ticks, label=_("Teams"))
    limited_to = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        required=False,
        widget=Ticks,
        label=_("Only these customers"),
        help_text=_("An agent with a tick here sees the tickets of these organizations and no others."),
    )
    is_active = forms.BooleanField(required=False, label=_("May sign in and write"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        used = Organization.objects.filter(archived_at=None).order_by("-own", "name")
        languages = [(code, NATIVE.get(code, code)) for code, _name in settings.LANGUAGES]
        fields["language"].choices = [("", _("Not chosen")), *languages]
        fields["role"].queryset = Role.objects.filter(archived_at=None)
        fields["organization"].queryset = used
        fields["teams"].queryset = Team.objects.filter(archived_at=None)
        fields["limited_to"].queryset = used.filter(own=False)
        for name in ("teams", "limited_to"):
            if not fields[name].queryset.exists():
                del fields[name]
        if new:
            del fields["is_active"]
            fields.pop("limited_to", None)
        self.add_own()
