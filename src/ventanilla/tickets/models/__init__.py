"""Nouns of tickets: the configurable vocabulary, the ticket, and what is said in it."""

from ventanilla.tickets.models.bulk import BulkItem, BulkRun
from ventanilla.tickets.models.canned import CannedReply
from ventanilla.tickets.models.conversation import Attachment, Draft, Message, Presence
from ventanilla.tickets.models.link import Link
from ventanilla.tickets.models.spent import Activity, LockedMonth, TimeEntry, Timer
from ventanilla.tickets.models.task import Checklist, ChecklistTemplate, Task
from ventanilla.tickets.models.ticket import Access, ReadMark, Satisfaction, Snooze, Ticket
from ventanilla.tickets.models.vocabulary import (
    Category,
    Impact,
    PendingReason,
    Priority,
    PriorityRule,
    Routing,
    Series,
    Status,
    StatusCategory,
    Tag,
    TicketType,
    Urgency,
)

__all__ = [
    "Access",
    "Activity",
    "Attachment",
    "BulkItem",
    "BulkRun",
    "CannedReply",
    "Category",
    "Checklist",
    "ChecklistTemplate",
    "Draft",
    "Impact",
    "Link",
    "LockedMonth",
    "Message",
    "PendingReason",
    "Presence",
    "Priority",
    "PriorityRule",
    "ReadMark",
    "Routing",
    "Satisfaction",
    "Series",
    "Snooze",
    "Status",
    "StatusCategory",
    "Tag",
    "Task",
    "Ticket",
    "TicketType",
    "TimeEntry",
    "Timer",
    "Urgency",
]
