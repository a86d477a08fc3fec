"""What clocks add to the ticket's Spec: when the first of the agreed times ends."""

from django.utils.translation import gettext_lazy as _

from ventanilla.fields.kinds import MOMENT
from ventanilla.fields.spec import Field, Spec
from ventanilla.sla.book import MODULE


def with_clocks(tickets: Spec) -> Spec:
    """The ticket's Spec with the first agreed end, to filter by; lists show it in the column of deadlines."""
    return tickets.extended(
        [Field(key="agreed", kind=MOMENT, label=_("Agreed time"), path="agreed_due_at", module=MODULE)]
    )
