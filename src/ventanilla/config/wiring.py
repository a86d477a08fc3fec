"""Who contributes what. One tuple per kind of contribution, read top to bottom, frozen at start.

This is the only file that knows every app. A higher app adds to what a lower one offers by standing in a tuple here.
"""

from ventanilla.events import jobs as event_jobs
from ventanilla.events import registry as events
from ventanilla.events import wake
from ventanilla.events.registry import Due, Reaction
from ventanilla.people import kinds as people_kinds
from ventanilla.tickets import drafts, reactions
from ventanilla.tickets import jobs as ticket_jobs
from ventanilla.tickets import kinds as ticket_kinds

KINDS = (*people_kinds.KINDS, *ticket_kinds.KINDS)

# Inside the transaction, in this order for each event: rules → clocks → search → mail to deliver.
BEFORE_COMMIT: tuple[Reaction, ...] = (
    Reaction("tickets.index", frozenset({"ticket.opened"}), reactions.index_opened),
    Reaction(
        "tickets.index_message",
        frozenset({"ticket.replied", "ticket.requester_replied", "ticket.noted"}),
        reactions.index_message,
    ),
    Reaction("tickets.reindex", frozenset({"ticket.changed"}), reactions.reindex_changed),
    Reaction("tickets.unindex", frozenset({"message.redacted"}), reactions.unindex_redacted),
)

# After the commit, in the background, once each, retried.
AFTER_COMMIT: tuple[Reaction, ...] = ()

# Tables with due times that the ticker looks after.
DUE: tuple[Due, ...] = (
    Due("drafts", drafts.send_due),
    Due("waits", ticket_jobs.wake_due),
    Due("presence", ticket_jobs.sweep_presence, every_seconds=30),
)


def install() -> None:
    """Hand every tuple to the layer that offers it. Called once by `ConfigApp.ready()`."""
    events.install(kinds=KINDS, before_commit=BEFORE_COMMIT, after_commit=AFTER_COMMIT, due=DUE)
    wake.install(event_jobs.enqueue)
