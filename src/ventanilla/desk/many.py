"""One change to many tickets of a list, and taking it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from ventanilla.core.addresses import reverse
from ventanilla.desk.access import author_of, desk_page, person_of
from ventanilla.desk.bulk import begin
from ventanilla.desk.panel import read_value
from ventanilla.fields.definitions import PREFIX, definitions_of
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import change_each
from ventanilla.tickets.bulk import BATCH
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.drafts import UNDO_SECONDS
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import field_label
from ventanilla.tickets.queries import change_event, tags_of, ticket_for
from ventanilla.tickets.undoing import undo_change
from ventanilla.tickets.vocabulary import Words, words_for

# What the bar over a list offers, in its order; `tags` adds a tag to those a ticket has.
FIELDS = ("assignee", "status", "priority", "team", "tags", "stage")
MOST = 200
_NOTHING = gettext_lazy("Tick some tickets and choose what to change.")
_NAMED = 5


@dataclass
class _Outcome:
    """What became of each ticket: the events of those changed, and why others were left."""

    events: list[str] = field(default_factory=list)
    same: int = 0
    left: dict[str, str] = field(default_factory=dict)


@require_POST
@desk_page
def set_many(request: HttpRequest) -> HttpResponseBase:
    """Set the one field that was chosen on every ticket ticked, each by itself: what cannot be done to one is told.

    With `all` it is set on every ticket of the list that the address speaks of, in the background.
    422 when nothing is chosen, too much is, or the value does not exist; then nothing is written.
    """
    by = author_of(request)
    by.require(Right.CHANGE)
    name = next((name for name in FIELDS if request.POST.get(name)), "")
    try:
        if not name:
            raise ValidationError(_NOTHING)
        every, known = bool(request.POST.get("all")), words_for(viewer(person_of(request)))
        return set_each(request, by, name, None if every else read_value(name, request.POST, by=by, known=known))
    except ValidationError as error:
        return _answer(request, " ".join(error.messages), tone="error", status=422)


def set_each(request: HttpRequest, by: Author, name: str, value: Any) -> HttpResponseBase:
    """Set a field on each posted `number`, or, with `all`, on every ticket of the list in the background.

    Raises `ValidationError` where there is nothing to do or too much; then nothing is written.
    """
    person, numbers = person_of(request), list(dict.fromkeys(request.POST.getlist("number")))
    if request.POST.get("all"):
        return begin(request, by, name)
    if not numbers:
        raise ValidationError(_NOTHING)
    if len(numbers) > MOST:
        raise ValidationError(_("At most %(most)d tickets at once.") % {"most": MOST})
    outcome = _Outcome()
    for start in range(0, len(numbers), BATCH):
        _set_few(by, person, numbers[start : start + BATCH], name, value, outcome)
    undo = f"{reverse('desk-many-undo')}?changes={','.join(outcome.events)}" if outcome.events else ""
    return _answer(request, _said(outcome, name, value), tone="error" if outcome.left else "", undo=undo)


def _set_few(by: Author, person: Person, numbers: Sequence[str], name: str, value: Any, outcome: _Outcome) -> None:
    """Set it on some of them, which stand in one short transaction."""
    tickets = {number: found for number in numbers if (found := _visible(person, number)) is not None}
    pks = [ticket.pk for ticket in tickets.values()]
    became = change_each(by=by, tickets=pks, values=lambda ticket: _values(ticket, name, value))
    for number in numbers:
        ticket = tickets.get(number)
        if ticket is None:
            outcome.left[number] = _("It is no longer here, or you can no longer see it.")
            continue
        match became[ticket.pk]:
            case None:
                outcome.same += 1
            case ValidationError() as error:
                outcome.left[number] = " ".join(error.messages)
            case event:
                outcome.events.append(f"{ticket.number}:{event.pk}")


def _visible(person: Person, number: str) -> Ticket | None:
    try:
        return ticket_for(person, number)
    except Http404:
        return None


def _values(ticket: Ticket, name: str, value: Any) -> dict[str, Any]:
    if name.startswith(PREFIX):
        return {"custom": {name.removeprefix(PREFIX): value}}
    return {name: [*tags_of(ticket), *value] if name == "tags" else value}


def _said(outcome: _Outcome, name: str, value: Any) -> str:
    parts = []
    done = len(outcome.events)
    if done and name == "stage":
        text = (
            ngettext("%(count)d ticket marked as spam.", "%(count)d tickets marked as spam.", done)
            if value == Ticket.Stage.SPAM
            else ngettext("%(count)d ticket is no spam.", "%(count)d tickets are no spam.", done)
        )
        parts.append(text % {"count": done})
    elif done:
        text = ngettext("%(field)s set on %(count)d ticket.", "%(field)s set on %(count)d tickets.", done)
        parts.append(text % {"field": field_label(name), "count": done})
    if outcome.same:
        text = ngettext("%(count)d had it already.", "%(count)d had it already.", outcome.same)
        parts.append(text % {"count": outcome.same})
    parts += _left(outcome.left)
    return " ".join(parts)


def _left(left: Mapping[str, str]) -> Iterable[str]:
    for number, why in list(left.items())[:_NAMED]:
        yield _("%(number)s was left: %(why)s") % {"number": number, "why": why}
    rest = len(left) - _NAMED
    if rest > 0:
        yield ngettext("%(count)d more was left.", "%(count)d more were left.", rest) % {"count": rest}


@require_POST
@desk_page
def undo_many(request: HttpRequest) -> HttpResponseBase:
    """Take back what `set_many` did: on each ticket, only what nobody has changed since."""
    by, person = author_of(request), person_of(request)
    by.require(Right.CHANGE)
    restored, kept = 0, 0
    for pair in request.GET.get("changes", "").split(",")[:MOST]:
        number, _sep, event = pair.rpartition(":")
        undone = _undo_one(by, person, number, event)
        restored += bool(undone)
        kept += not undone
    parts = []
    if restored:
        text = ngettext("Undone on %(count)d ticket.", "Undone on %(count)d tickets.", restored)
        parts.append(text % {"count": restored})
    if kept:
        text = ngettext("%(count)d was left: changed since.", "%(count)d were left: changed since.", kept)
        parts.append(text % {"count": kept})
    return _answer(request, " ".join(parts), tone="error" if kept else "", status=200 if restored else 422)


def _undo_one(by: Author, person: Person, number: str, event: str) -> bool:
    if not (event.isascii() and event.isdigit() and len(event) < 19):
        return False
    try:
        ticket: Ticket = ticket_for(person, number)
        undone = undo_change(by=by, ticket=ticket, event=change_event(ticket, int(event)))
    except (Http404, PermissionDenied):
        return False
    return bool(undone.restored)


def _answer(request: HttpRequest, text: str, *, tone: str = "", undo: str = "", status: int = 200) -> HttpResponse:
    """A toast, and for the list the word to read itself again."""
    if request.headers.get("HX-Request") != "true" and status < 400:
        return HttpResponseRedirect(reverse("desk"))
    toast = {"text": text, "tone": tone, "undo_url": undo, "seconds": UNDO_SECONDS if undo else None}
    response = render(request, "desk/toast_in.html", {"toast": toast}, status=status)
    if status < 400:
        response["HX-Trigger"] = "list:again"
    return response


def bulk_choices(known: Words) -> dict[str, Any]:
    """What the bar offers for each field of a short list, and whether there are custom fields to set (`custom`)."""
    rows = {"status": known.statuses, "priority": known.priorities, "team": known.teams}
    short = {name: [{"value": row.key, "label": str(row)} for row in known.usable(rows[name])] for name in rows}
    return short | {"custom": any(row.archived_at is None for row in definitions_of(ENTITY).values())}
