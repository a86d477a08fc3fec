"""What of announcements is a person's own."""

from django.utils.translation import gettext_lazy as _

from ventanilla.announcements.models import Join
from ventanilla.people.merging import Personal

PERSONAL = (Personal(Join, "person", _("announcements joined")),)
