"""A ticket as plain values, as events tell it: ids for rows and persons, ISO for moments."""

from typing import Any

from ventanilla.tickets.custom import custom_values, is_personal
from ventanilla.tickets.models import Ticket

REFERENCES = (
    "type",
    "requester",
    "affected",
    "organization",
    "department",
    "service",
    "category",
    "impact",
    "urgency",
    "priority",
    "status",
    "pending_reason",
    "team",
    "assignee",
)
PLAIN = ("number", "channel", "restricted", "priority_by_hand", "mailbox")
MOMENTS = ("pending_until", "due_at")


def state(ticket: Ticket) -> dict[str, Any]:
    """The whole state that changes may alter later; subject and free texts are personal and stand in the payload."""
    values: dict[str, Any] = {name: getattr(ticket, f"{name}_id") for name in REFERENCES}
    values |= {name: getattr(ticket, name) for name in PLAIN}
    values |= {name: moment.isoformat() if (moment := getattr(ticket, name)) else None for name in MOMENTS}
    if ticket.custom:
        values |= {name: value for name, value in custom_values(ticket).items() if not is_personal(name)}
    return values


def context(ticket: Ticket) -> dict[str, Any]:
    """What conditions and open screens need to know of a ticket at the time of an event (a closed list)."""
    return {
        "number": ticket.number,
        "department": ticket.department_id,
        "team": ticket.team_id,
        "assignee": ticket.assignee_id,
        "requester": ticket.requester_id,
        "organization": ticket.organization_id,
        "restricted": ticket.restricted,
    }
