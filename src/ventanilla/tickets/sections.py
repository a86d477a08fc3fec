"""The words of tickets that administrators keep: each section declared once (`fields/sections.py`)."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ventanilla.fields.sections import Attribute, Section
from ventanilla.tickets.canned import checked_texts, listed_variables
from ventanilla.tickets.models import (
    CannedReply,
    Category,
    Impact,
    PendingReason,
    Priority,
    Status,
    StatusCategory,
    TicketType,
    Urgency,
)

_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,7}")


def _check_prefix(row: TicketType) -> None:
    row.prefix = row.prefix.strip().upper()
    if not _PREFIX.fullmatch(row.prefix):
        raise ValidationError({"prefix": _("Two to eight letters or digits without accents, a letter first.")})


def _check_routing(row: Any) -> None:
    if row.in_charge is not None and row.turn:
        raise ValidationError({"turn": _("Choose either an agent in charge or the turn, not both.")})
    if row.turn and row.team is None:
        raise ValidationError({"team": _("A turn needs the team whose members take it.")})


def _check_clock(row: Status) -> None:
    ended = row.category in (StatusCategory.RESOLVED, StatusCategory.CLOSED)
    if ended and row.clock == Status.Clock.RUN:
        raise ValidationError({"clock": _("Nobody works on what is resolved: its time must not run.")})


def _check_texts(row: CannedReply) -> None:
    row.folder = " ".join(row.folder.split())
    row.html = checked_texts(row.html)
    if not row.html:
        raise ValidationError({"html_es": _("Write the text in at least one language.")})


TYPES = Section(
    key="types",
    noun="type",
    model=TicketType,
    title=gettext_lazy("Types of ticket"),
    one=gettext_lazy("Type of ticket"),
    new=gettext_lazy("New type"),
    text=gettext_lazy("What comes in: a fault, a request… Each type has its numbers and, where you want, its fields."),
    icon="ticket",
    attributes=(
        Attribute(
            "prefix",
            "text",
            gettext_lazy("Beginning of the number"),
            help=gettext_lazy("As in INC-12. Tickets that have a number keep it."),
            required=True,
            most=8,
        ),
        Attribute(
            "department",
            "row",
            gettext_lazy("Department"),
            none=gettext_lazy("All"),
            section="departments",
        ),
        Attribute("portal", "yes_no", gettext_lazy("Offered in the portal")),
        Attribute(
            "restricted",
            "yes_no",
            gettext_lazy("Restricted: only the requester, the participants and the team see its tickets"),
            column=False,
        ),
    ),
    check=_check_prefix,
    needed=gettext_lazy("This is the last type: new tickets need one."),
)

STATUSES = Section(
    key="statuses",
    noun="status",
    model=Status,
    title=gettext_lazy("Statuses"),
    one=gettext_lazy("Status"),
    new=gettext_lazy("New status"),
    text=gettext_lazy(
        "Call them as you like. Each belongs to one of five categories, by which Ventanilla knows what it means."
    ),
    icon="status-open",
    attributes=(
        Attribute(
            "category",
            "choice",
            gettext_lazy("Category"),
            help=gettext_lazy("It cannot be changed later: lists, clocks and reports count by it."),
            required=True,
            choices=(
                (StatusCategory.NEW, pgettext_lazy("status", "New")),
                (StatusCategory.OPEN, pgettext_lazy("status", "In progress")),
                (StatusCategory.PENDING, pgettext_lazy("status", "Pending")),
                (StatusCategory.RESOLVED, pgettext_lazy("status", "Resolved")),
                (StatusCategory.CLOSED, pgettext_lazy("status", "Closed")),
            ),
            once=True,
        ),
        Attribute(
            "clock",
            "choice",
            gettext_lazy("Time meanwhile"),
            required=True,
            choices=(
                (Status.Clock.RUN, gettext_lazy("It runs")),
                (Status.Clock.PAUSE, gettext_lazy("It pauses")),
                (Status.Clock.STOP, gettext_lazy("It is over")),
            ),
        ),
    ),
    check=_check_clock,
    needed=gettext_lazy("This is the last status of its category: tickets need one of each."),
    alike=("category",),
)

REASONS = Section(
    key="pending-reasons",
    noun="pending_reason",
    model=PendingReason,
    title=gettext_lazy("Reasons to wait"),
    one=gettext_lazy("Reason to wait"),
    new=gettext_lazy("New reason"),
    text=gettext_lazy("For whom or what a pending ticket waits, in your words and in those that the requester reads."),
    icon="pause",
    attributes=(
        Attribute("told", "words", gettext_lazy("The requester reads"), required=True),
        Attribute(
            "waits_for_requester",
            "yes_no",
            gettext_lazy("It is the requester's turn"),
            help=gettext_lazy("They are reminded, and the ticket is resolved when they do not answer."),
        ),
    ),
)

PRIORITIES = Section(
    key="priorities",
    noun="priority",
    model=Priority,
    title=gettext_lazy("Priorities"),
    one=gettext_lazy("Priority"),
    new=gettext_lazy("New priority"),
    text=gettext_lazy("From the most to the least pressing, in this order."),
    icon="arrow-up",
    needed=gettext_lazy("This is the last priority: tickets need one."),
    place="rank",
)

IMPACTS = Section(
    key="impacts",
    noun="impact",
    model=Impact,
    title=gettext_lazy("Impacts"),
    one=gettext_lazy("Impact"),
    new=gettext_lazy("New impact"),
    text=gettext_lazy("How many are affected: one side of the matrix of priorities."),
    module="matrix",
    icon="people",
)

URGENCIES = Section(
    key="urgencies",
    noun="urgency",
    model=Urgency,
    title=gettext_lazy("Urgencies"),
    one=gettext_lazy("Urgency"),
    new=gettext_lazy("New urgency"),
    text=gettext_lazy("How long it can wait: the other side of the matrix of priorities."),
    module="matrix",
    icon="clock",
)

CATEGORIES = Section(
    key="categories",
    noun="category",
    model=Category,
    title=gettext_lazy("Categories"),
    one=gettext_lazy("Category"),
    new=gettext_lazy("New category"),
    text=gettext_lazy("What a matter is about. A category may send its tickets to a team and an agent."),
    icon="tag",
    attributes=(
        Attribute(
            "parent",
            "row",
            gettext_lazy("Below"),
            none=gettext_lazy("Nothing: at the top"),
            section="categories",
            column=False,
        ),
        Attribute(
            "department",
            "row",
            gettext_lazy("Department"),
            none=gettext_lazy("All"),
            section="departments",
            column=False,
        ),
        Attribute(
            "team",
            "row",
            gettext_lazy("New tickets go to"),
            none=gettext_lazy("Where they would go anyway"),
            section="teams",
        ),
        Attribute("in_charge", "agent", gettext_lazy("Agent in charge"), none=gettext_lazy("Nobody")),
        Attribute(
            "turn",
            "yes_no",
            gettext_lazy("In turn among the members who are present"),
            help=gettext_lazy("Whoever has the fewest open tickets gets the next one. Not with an agent in charge."),
            column=False,
        ),
        Attribute(
            "restricted",
            "yes_no",
            gettext_lazy("Restricted: only the requester, the participants and the team see its tickets"),
            column=False,
        ),
    ),
    check=_check_routing,
)

CANNED_REPLIES = Section(
    key="canned-replies",
    noun="canned_reply",
    model=CannedReply,
    title=gettext_lazy("Canned replies"),
    one=gettext_lazy("Canned reply"),
    new=gettext_lazy("New canned reply"),
    text=gettext_lazy("What your team writes again and again. In a ticket, type / where you write."),
    icon="reply",
    attributes=(
        Attribute(
            "folder",
            "text",
            gettext_lazy("Folder"),
            help=gettext_lazy("Replies of one folder stand together where one chooses."),
            most=60,
        ),
        Attribute("html", "rich", gettext_lazy("Text"), required=True),
        Attribute("department", "row", gettext_lazy("Department"), none=gettext_lazy("All"), section="departments"),
        Attribute("team", "row", gettext_lazy("For"), none=gettext_lazy("All teams"), section="teams"),
    ),
    check=_check_texts,
    hint=listed_variables,
    beside="macros",
)

SECTIONS = (TYPES, STATUSES, REASONS, PRIORITIES, IMPACTS, URGENCIES, CATEGORIES, CANNED_REPLIES)
