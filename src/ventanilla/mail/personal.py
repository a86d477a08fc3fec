"""What of mail is a person's own."""

from django.utils.translation import gettext_lazy as _

from ventanilla.mail.models import Outgoing
from ventanilla.people.merging import Personal

PERSONAL = (Personal(Outgoing, "person", _("mails to them")),)
