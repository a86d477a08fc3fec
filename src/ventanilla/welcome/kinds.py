"""The kinds of event about setting up."""

from django.utils.translation import gettext_lazy as _

from ventanilla.events.registry import Kind

KINDS = (
    Kind("welcome.code_made", audience="admin"),
    Kind("welcome.opened", audience="admin", audit="settings", sentence=_("First run opened with the console's code")),
    Kind("welcome.finished", audience="admin"),
)
