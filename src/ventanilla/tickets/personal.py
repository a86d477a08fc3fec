"""What of tickets is a person's own."""

from django.utils.translation import gettext_lazy as _

from ventanilla.people.merging import Personal
from ventanilla.tickets.models import Access, Message, Task, Ticket, TimeEntry

PERSONAL = (
    Personal(Ticket, "requester", _("tickets asked for"), counter="version"),
    Personal(Ticket, "affected", _("tickets about them"), counter="version"),
    Personal(Access, "person", _("places in tickets")),
    Personal(Message, "author", _("messages")),
    Personal(Task, "owner", _("tasks")),
    Personal(Task, "done_by", _("tasks done")),
    Personal(TimeEntry, "person", _("entries of hours")),
)
