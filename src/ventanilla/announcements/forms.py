"""What an agent writes in an announcement."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ventanilla.announcements.actions import MOST_TEXT, Wording
from ventanilla.announcements.models import Announcement
from ventanilla.people.forms import LocalMoment, Ticks
from ventanilla.people.models import Department, Organization
from ventanilla.people.queries import known_organizations
from ventanilla.people.viewer import Viewer


class AnnouncementForm(forms.Form):
    """Text, from and to, who sees it. Everything but the line has a value that fits most of the time."""

    title = forms.CharField(
        max_length=250,
        label=_("What is happening"),
        help_text=_("One line in plain words, as everybody will read it."),
    )
    text = forms.CharField(
        required=False,
        max_length=MOST_TEXT,
        label=_("More about it"),
        help_text=_("What they can do meanwhile, and until when it may take."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    starts_at = LocalMoment(required=False, label=_("From"), help_text=_("Empty: from now on."))
    ends_at = LocalMoment(required=False, label=_("Until"), help_text=_("Empty: until you end it."))
    joinable = forms.BooleanField(
        required=False,
        label=_("People can say “It happens to me too”"),
        help_text=_("They join instead of opening tickets of their own; you have one ticket for all of them."),
    )
    audience = forms.ChoiceField(label=_("Who sees it"), widget=forms.RadioSelect)
    organizations = forms.ModelMultipleChoiceField(
        Organization.objects.none(), required=False, widget=Ticks, label=_("Organizations")
    )
    departments = forms.ModelMultipleChoiceField(
        Department.objects.none(),
        required=False,
        widget=Ticks,
        label=_("Departments"),
        help_text=_("The people who work in them."),
    )

    def __init__(self, *args: Any, who: Viewer, new: bool, ticket: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["organizations"].queryset = known_organizations(who).order_by("-own", "name")
        fields["departments"].queryset = Department.objects.filter(archived_at=None).exclude(pk__in=who.unknown)
        choices = [(Announcement.Audience.EVERYONE, _("Everybody"))]
        if fields["organizations"].queryset.exists():
            choices.append((Announcement.Audience.ORGANIZATIONS, _("Some organizations")))
        else:
            del fields["organizations"]
        if fields["departments"].queryset.count() > 1:
            choices.append((Announcement.Audience.DEPARTMENTS, _("Some departments")))
        else:
            del fields["departments"]
        if len(choices) == 1:
            del fields["audience"]
        else:
            fields["audience"].choices = choices
        if not new or ticket:
            del fields["joinable"]

    @staticmethod
    def initial_of(row: Announcement) -> dict[str, Any]:
        """The fields of an existing announcement."""
        return {
            "title": row.title,
            "text": row.text,
            "starts_at": timezone.localtime(row.starts_at),
            "ends_at": timezone.localtime(row.ends_at) if row.ends_at else None,
            "audience": row.audience,
            "organizations": list(row.organizations.all()),
            "departments": list(row.departments.all()),
        }

    @staticmethod
    def wording(values: dict[str, Any], before: Announcement | None = None, who: Viewer | None = None) -> Wording:
        """What was written, as the actions take it. Of whom it was meant for `before`, those whom the author may not
        know stay."""
        departments = list(values.get("departments") or ())
        organizations = list(values.get("organizations") or ())
        if before is not None and who is not None:
            departments += before.departments.filter(pk__in=who.unknown)
            if who.organizations:
                organizations += before.organizations.exclude(pk__in=who.organizations)
        return Wording(
            title=values["title"],
            text=values["text"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            audience=Announcement.Audience(values.get("audience") or Announcement.Audience.EVERYONE),
            departments=departments,
            organizations=organizations,
        )


class UpdateForm(forms.Form):
    """What is said to everybody affected."""

    text = forms.CharField(
        max_length=MOST_TEXT,
        label=_("Say something to all affected"),
        help_text=_("Each gets it by mail, alone; it also stands under the announcement."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a message.")},
    )
