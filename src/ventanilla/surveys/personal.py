"""What of satisfaction is a person's own."""

from django.utils.translation import gettext_lazy as _

from ventanilla.people.merging import Personal
from ventanilla.surveys.models import Rating

PERSONAL = (Personal(Rating, "person", _("ratings")),)
