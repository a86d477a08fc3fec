"""A ticket's state in a requester's words: what is happening, and whose turn it is. Nothing internal is told."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ventanilla.core.labels import text_in
from ventanilla.people.models import Person
from ventanilla.tickets.models import StatusCategory, Ticket
from ventanilla.tickets.vocabulary import Words
from ventanilla.ui.templatetags.ui import full_moment


@dataclass(frozen=True)
class State:
    """`category` draws the glyph; `plain` is the short word, `title` and `text` the sentence; `yours`: their turn."""

    category: str
    plain: str
    title: str
    text: str
    yours: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a ticket's progress."""

    label: str
    done: bool = False
    current: bool = False


def state_of(ticket: Ticket, known: Words) -> State:
    """The ticket's state; `ticket.assignee` is read."""
    category = StatusCategory(ticket.status_category)
    if category is StatusCategory.NEW:
        plain = _("Received")
        return State("new", plain, plain, _("Somebody will look at it soon. You need do nothing."))
    if category is StatusCategory.OPEN:
        if ticket.assignee is None:
            return State("open", _("In progress"), _("In progress"), _("We are on it. We will write to you."))
        text = _("%(name)s is on it.") % {"name": name_of(ticket.assignee)}
        return State("open", _("With a technician"), _("With a technician"), text)
    if category is StatusCategory.PENDING:
        return _waiting(ticket, known)
    if category is StatusCategory.RESOLVED:
        plain = _("Resolved: can you confirm?")
        return State("resolved", plain, plain, _("Tell us whether it works. If it does not, we open it again."))
    return State("closed", _("Closed"), _("Closed"), _("If it happens again, write below and we open it again."))


def with_promise(state: State, until: datetime | None) -> State:
    """The state with the moment by which an answer was promised, unless it is the requester's turn."""
    if until is None or state.yours:
        return state
    told = _("We will answer before %(moment)s.") % {"moment": full_moment(localtime(until))}
    return replace(state, text=f"{state.text} {told}")


def _waiting(ticket: Ticket, known: Words) -> State:
    reason = known.reasons.get(ticket.pending_reason_id or 0)
    told = text_in(reason.told, get_language() or "es") if reason else ""
    plain = told or _("On hold")
    if reason is not None and reason.waits_for_requester:
        return State("pending", plain, plain, _("Write it below: with your answer we go on."), yours=True)
    text = _("You need do nothing: we will write to you.")
    if ticket.pending_until:
        text = _("Until %(moment)s.") % {"moment": full_moment(ticket.pending_until)} + " " + text
    return State("pending", plain, plain, text)


def steps_of(ticket: Ticket, state: State) -> list[Step]:
    """Received → with a technician → (waiting) → resolved, with what is behind and where it is now."""
    category = StatusCategory(ticket.status_category)
    steps = [
        Step(_("Received"), category > StatusCategory.NEW, category is StatusCategory.NEW),
        Step(_("With a technician"), category > StatusCategory.OPEN, category is StatusCategory.OPEN),
    ]
    if category is StatusCategory.PENDING:
        steps.append(Step(state.plain, current=True))
    done = category is StatusCategory.CLOSED
    steps.append(Step(_("Resolved"), done, category is StatusCategory.RESOLVED))
    return steps


def holder_of(ticket: Ticket) -> str:
    """Who has it in hand, as half a sentence."""
    closed = ticket.status_category >= StatusCategory.RESOLVED
    if ticket.assignee is None:
        return "" if closed else _("nobody has it yet")
    name = name_of(ticket.assignee)
    return _("%(name)s had it") % {"name": name} if closed else _("%(name)s has it") % {"name": name}


def name_of(person: Person | None, given: str = "") -> str:
    """A person's name for other requesters: never their address."""
    name = (person.name if person else "") or given
    return name if name and "@" not in name else _("Somebody without a name")


def greeting(person: Person, now: datetime) -> str:
    """Good morning, afternoon or evening by the reader's clock; the day parts are those of their language."""
    hour = localtime(now).hour
    spanish = (get_language() or "es").startswith("es")
    first = next((word for word in person.name.split() if not word.endswith(".") and "@" not in word), "")
    noon, dusk = (14, 21) if spanish else (12, 18)
    if 6 <= hour < noon:
        plain, named = _("Good morning. What do you need?"), _("Good morning, %(name)s. What do you need?")
    elif noon <= hour < dusk:
        plain, named = _("Good afternoon. What do you need?"), _("Good afternoon, %(name)s. What do you need?")
    else:
        plain, named = _("Good evening. What do you need?"), _("Good evening, %(name)s. What do you need?")
    return named % {"name": first} if first else plain
