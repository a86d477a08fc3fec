"""What of this app is a person's own."""

from django.utils.translation import gettext_lazy as _

from ventanilla.people.merging import Personal
from ventanilla.people.models import Identity

PERSONAL = (Personal(Identity, "person", _("addresses and accounts")),)
