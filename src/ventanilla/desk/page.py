"""What the page of a ticket is drawn from: its own page, the pane beside the list, and the parts that re-read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ventanilla.automation.queries import macros_for
from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes
from ventanilla.desk.access import author_of, person_of
from ventanilla.desk.composer import composer, presence_context
from ventanilla.desk.conversation import Talk, entries, opening_message, undelivered
from ventanilla.desk.listing import list_query, part_query, trail_query, way_context
from ventanilla.desk.open_tickets import remember_open
from ventanilla.desk.panel import cards, facts_of
from ventanilla.desk.rows import waiting_words
from ventanilla.fields.models import FieldDefinition
from ventanilla.notify.actions import read_about
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.custom import missing
from ventanilla.tickets.history import ABOUT_TWO, Entry, history
from ventanilla.tickets.models import Access, Draft, Message, Presence, StatusCategory, Ticket
from ventanilla.tickets.presence import note_presence, note_restricted_reading
from ventanilla.tickets.queries import (
    conversation_of,
    drafts_of,
    last_seen,
    own_marks,
    present,
    taking_part,
    ticket_for,
)
from ventanilla.tickets.reading import mark_read
from ventanilla.tickets.splitting import split_event
from ventanilla.tickets.survivors import merged_in
from ventanilla.tickets.time_queries import entries_of, seconds_by_message
from ventanilla.tickets.vocabulary import Words, words_for


def page_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """The ticket's own page. Opening it marks it read, says that one is here, and keeps it among the open ones."""
    context = _opened(request, ticket, pane=False)
    context |= panel_context(request, ticket, context["words"], context["history"], context["parties"])
    query = list_query(request)
    context |= way_context(request, ticket)
    context |= {
        "back_url": f"{reverse('desk')}?{query}" if query else reverse("desk"),
        # A phone has no room for the bar: its buttons stand in the menu at the top.
        "phone_menu": [*context["actions"], *context["more"]],
    }
    return context


def pane_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """The pane beside the list."""
    context = _opened(request, ticket, pane=True)
    query = trail_query(request)
    context["full_url"] = f"{reverse('desk-ticket', args=[ticket.number])}?{query}"
    return context


def _opened(request: HttpRequest, ticket: Ticket, *, pane: bool) -> dict[str, Any]:
    person = person_of(request)
    since = last_seen(person, ticket)
    note_restricted_reading(by=author_of(request), ticket=ticket)
    here = present(ticket)
    note_presence(person=person, ticket=ticket, state=Presence.State.READING, here=here)
    remember_open(request, person, ticket)
    waiting = drafts_of(person, ticket)
    context = _talk(request, ticket, since=since, waiting=waiting, here=here, pane=pane)
    if since is None or since < ticket.updated_at:
        mark_read(person, ticket)
    read_about(person=person, ticket=ticket)
    newest = max((message.pk for message in context["messages_shown"]), default=0)
    context["composer"] = composer(
        ticket,
        person,
        context["parties"],
        seen=newest,
        query=part_query(request, pane=pane),
        waiting=waiting,
        linked=any(entry.kind in ABOUT_TWO for entry in context["history"]),
    )
    return context


def talk_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """The conversation with the bar and the head over it, as the reader's open page re-reads them."""
    person = person_of(request)
    since = _moment(request.GET.get("since", ""))
    waiting = drafts_of(person, ticket)
    pane = bool(request.GET.get("pane"))
    context = _talk(request, ticket, since=since, waiting=waiting, here=present(ticket), pane=pane)
    mark_read(person, ticket)
    read_about(person=person, ticket=ticket)
    context["oob"] = True
    if not context["pane"]:
        query = list_query(request)
        context |= way_context(request, ticket)
        context["back_url"] = f"{reverse('desk')}?{query}" if query else reverse("desk")
    else:
        context["full_url"] = f"{reverse('desk-ticket', args=[ticket.number])}?{trail_query(request)}"
    return context


def fresh_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any] | None:
    """The conversation, and on the ticket's own page the panel, after one has changed something; None for a ticket
    that one can no longer see."""
    try:
        fresh = ticket_for(person_of(request), ticket.number or "")
    except Http404:
        return None
    context = talk_context(request, fresh)
    if not context["pane"]:
        context |= panel_context(request, fresh, context["words"], context["history"], context["parties"])
    return context


def panel_context(
    request: HttpRequest,
    ticket: Ticket,
    known: Words,
    past: Sequence[Entry],
    parties: Mapping[str, Sequence[Person]],
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """The side panel. `errors` and `typed` are of a value that could not be saved."""
    facts = facts_of(ticket, person_of(request), known, parties, errors=errors, typed=typed)
    query = urlencode({"version": ticket.version})
    return {
        "cards": cards(facts, past),
        "panel_url": f"{reverse('desk-panel', args=[ticket.number])}?{query}",
        "panel_live": f"ticket:{ticket.pk}",
    }


def whole_page(
    request: HttpRequest, ticket: Ticket, kind: str, problems: Sequence[str], *, status: int = 422
) -> HttpResponse:
    """The ticket's page with what is wrong in the composer: for browsers without scripts."""
    context = page_context(request, ticket)
    newest = max((message.pk for message in context["messages_shown"]), default=0)
    context["composer"] = composer(
        ticket,
        person_of(request),
        context["parties"],
        seen=newest,
        query=trail_query(request),
        mode=kind,
        errors={kind: problems},
    )
    return render(request, "desk/ticket.html", context, status=status)


def _talk(
    request: HttpRequest,
    ticket: Ticket,
    *,
    since: datetime | None,
    waiting: Sequence[Draft],
    here: Sequence[Presence],
    pane: bool,
) -> dict[str, Any]:
    person, known, now = person_of(request), words_for(viewer(person_of(request))), timezone.now()
    who = viewer(person)
    messages, files = conversation_of(person, ticket)
    past = history(ticket, who)
    parties = taking_part(ticket)
    marks = own_marks(person, ticket)
    talk = Talk(
        ticket=ticket,
        reader=person,
        viewer=who,
        messages=messages,
        files=files,
        history=past,
        sending=[draft for draft in waiting if draft.send_at is not None],
        undelivered=undelivered(ticket),
        since=since,
        first_message=opening_message(past),
        openings=_openings(messages),
        seconds=seconds_by_message(entries_of(ticket)),
    )
    own: dict[str, str | int] = {"version": ticket.version}
    if since:
        own["since"] = since.isoformat()
    if pane:
        own["pane"] = 1
    query = trail_query(request)
    # Actions answer with the parts as this very page draws them, so their addresses say which page it is.
    suffix = f"?{part_query(request, pane=pane)}"
    actions = _actions(ticket, person, suffix)
    return {
        "now": now,
        "ticket": ticket,
        "oob": False,
        "words": known,
        "history": past,
        "parties": parties,
        "messages_shown": messages,
        "pane": pane,
        "heading": "h3" if pane else "h2",
        "head": _head(ticket, person, known, now, marks, suffix),
        "entries": entries(talk),
        "talk_url": f"{reverse('desk-talk', args=[ticket.number])}?{urlencode(own)}{'&' + query if query else ''}",
        "talk_live": f"ticket:{ticket.pk}",
        "actions": actions,
        # The pane's bar is narrow: with two buttons there is no room for the word.
        "type": "" if pane and len(actions) > 1 else str(ticket.type),
        "more": _more(request, ticket, person, parties, suffix, past, timed=marks[1] is not None),
        **presence_context(ticket, person, here),
    }


def _openings(messages: Sequence[Message]) -> frozenset[int]:
    first: dict[int, int] = {}
    for message in messages:
        first[message.origin_ticket_id] = min(message.pk, first.get(message.origin_ticket_id, message.pk))
    return frozenset(first.values())


def head_context(request: HttpRequest, ticket: Ticket) -> dict[str, Any]:
    """The head alone, drawn again."""
    person = person_of(request)
    pane = bool(request.GET.get("pane"))
    suffix = f"?{part_query(request, pane=pane)}"
    head = _head(ticket, person, words_for(viewer(person)), timezone.now(), own_marks(person, ticket), suffix)
    return {"head": head, "pane": pane}


def _head(
    ticket: Ticket,
    person: Person,
    known: Words,
    now: datetime,
    marks: tuple[datetime | None, datetime | None],
    suffix: str,
) -> dict[str, Any]:
    away_until, timing_since = marks
    lacking = missing(ticket)
    return {
        "subject": ticket.subject,
        "category": ticket.category_of_status.key,
        "status": str(ticket.status),
        "priority_key": ticket.priority.key,
        "priority": str(ticket.priority),
        "due": ticket.deadline,
        "waiting": waiting_words(known, ticket.status_category, ticket.pending_reason_id, ticket.pending_until, now),
        "done": ticket.resolved_at,
        "opened": ticket.created_at,
        "agent": ticket.assignee.display_name if ticket.assignee else "",
        "mine": ticket.assignee_id == person.pk,
        "team": str(ticket.team) if ticket.team else "",
        "restricted": ticket.restricted,
        "spam": ticket.stage == Ticket.Stage.SPAM,
        "spent": hours_and_minutes(ticket.spent_seconds) if ticket.spent_seconds else "",
        "away_until": away_until,
        "timing_since": timing_since,
        "timer_url": reverse("desk-timer", args=[ticket.number]) + suffix if timing_since else "",
        "missing": ", ".join(map(str, lacking)),
        "ask_url": reverse("desk-ask", args=[ticket.number]) if _may_ask(ticket, person, lacking) else "",
    }


def _may_ask(ticket: Ticket, person: Person, lacking: Sequence[FieldDefinition]) -> bool:
    """Whether the requester can be asked for what is missing, and this person may do so."""
    theirs = any(row.audience == row.Audience.REQUESTER for row in lacking)
    may = theirs and person.may(Right.REPLY) and person.may(Right.CHANGE)
    return may and bool(ticket.requester.email) and ticket.stage == Ticket.Stage.TICKET


_NO_ACTION = dict.fromkeys(("url", "dialog", "confirm", "shortcut", "main"), "")


def _actions(ticket: Ticket, person: Person, suffix: str) -> list[dict[str, Any]]:
    if not person.may(Right.CHANGE):
        return []
    found = []
    if ticket.stage == Ticket.Stage.SPAM:
        url = reverse("desk-spam", args=[ticket.number]) + suffix
        return [_NO_ACTION | {"label": _("Not spam"), "icon": "undo", "shortcut": "!", "post_url": url}]
    if ticket.assignee_id != person.pk:
        url = reverse("desk-take", args=[ticket.number]) + suffix
        found.append(_NO_ACTION | {"label": _("Take it"), "icon": "assign", "shortcut": "i", "post_url": url})
    if ticket.status_category < StatusCategory.RESOLVED:
        url = reverse("desk-resolve", args=[ticket.number]) + suffix
        found.append(_NO_ACTION | {"label": _("Resolve"), "icon": "check", "shortcut": "e", "post_url": url})
    else:
        url = reverse("desk-reopen", args=[ticket.number]) + suffix
        found.append(_NO_ACTION | {"label": _("Reopen"), "icon": "undo", "post_url": url})
    return found


def _more(
    request: HttpRequest,
    ticket: Ticket,
    person: Person,
    parties: Mapping[str, Sequence[Person]],
    suffix: str,
    past: Sequence[Entry],
    *,
    timed: bool,
) -> list[dict[str, Any]]:
    url = request.build_absolute_uri(reverse("desk-ticket", args=[ticket.number]))
    items: list[dict[str, Any]] = []
    if person.may(Right.CHANGE):
        watching = person in parties[Access.Why.WATCHER]
        items.append(
            {
                "label": _("Stop following") if watching else _("Follow"),
                "icon": "eye-off" if watching else "eye",
                "shortcut": "w",
                "post_url": reverse("desk-follow", args=[ticket.number]) + suffix,
            }
        )
        items.append(
            {
                "label": _("Snooze…"),
                "icon": "clock",
                "shortcut": "h",
                "load": f"{reverse('desk-snooze', args=[ticket.number])}{suffix}&shown=1",
            }
        )
        if ticket.stage != Ticket.Stage.SPAM:
            known = words_for(viewer(person))
            if len(known.usable(known.teams)) > 1:
                hand = reverse("desk-hand-over", args=[ticket.number])
                items.append({"label": _("Hand over…"), "icon": "arrow-right", "load": hand})
            items += _to_do(ticket, suffix) if sees_module(person, "tasks") else []
            items += _joining(ticket, past)
            items.append(
                {
                    "label": _("Mark as spam"),
                    "icon": "block",
                    "shortcut": "!",
                    "post_url": reverse("desk-spam", args=[ticket.number]) + suffix,
                }
            )
    if person.may(Right.NOTE) and sees_module(person, "time"):
        items += _timing(ticket, suffix, timed=timed)
    if macros_for(viewer(person), ticket.department_id):
        items.append(
            {
                "label": _("Macro…"),
                "icon": "sparkle",
                "shortcut": "ctrl+m",
                "load": f"{reverse('desk-macros', args=[ticket.number])}{suffix}",
            }
        )
    if person.may(Right.REPLY) and sees_module(person, "announcements"):
        announce = f"{reverse('announcement-new')}?{urlencode({'ticket': ticket.number or ''})}"
        items.append({"label": _("Post an announcement"), "icon": "alert", "url": announce})
    items += [
        {"label": _("Copy the number"), "icon": "copy", "copies": ticket.number, "shortcut": "ctrl+."},
        {"label": _("Copy the address"), "icon": "link", "copies": url, "shortcut": "ctrl+shift+."},
        {"label": _("History"), "icon": "history", "url": reverse("desk-history", args=[ticket.number])},
        {"label": _("Print"), "icon": "print", "print": True},
    ]
    return items


def _to_do(ticket: Ticket, suffix: str) -> list[dict[str, Any]]:
    task, checklist = (reverse(name, args=[ticket.number]) for name in ("desk-task-new", "desk-checklist-new"))
    return [
        {"label": _("Add a task…"), "icon": "check", "load": f"{task}{suffix}"},
        {"label": _("Add a checklist…"), "icon": "list-bullets", "load": f"{checklist}{suffix}"},
    ]


def _timing(ticket: Ticket, suffix: str, *, timed: bool) -> list[dict[str, Any]]:
    entry, timer = (reverse(name, args=[ticket.number]) for name in ("desk-time-new", "desk-timer"))
    running: dict[str, Any] = {"label": _("Stop the timer…"), "load": f"{timer}{suffix}"}
    if not timed:
        running = {"label": _("Start the timer"), "post_url": f"{timer}{suffix}&do=start"}
    return [
        {"label": _("Record time…"), "icon": "hourglass", "load": f"{entry}{suffix}"},
        running | {"icon": "pause" if timed else "play"},
    ]


# Of those merged last; the card beside the ticket has them all.
_MOST_UNDONE = 3


def _joining(ticket: Ticket, past: Sequence[Entry]) -> list[dict[str, Any]]:
    """Linking and merging, and undoing what the history tells of: a ticket without such a past asks for nothing."""
    number = ticket.number or ""
    merge = f"{reverse('desk-merge')}?{urlencode({'number': number, 'here': number})}"
    items: list[dict[str, Any]] = [
        {"label": _("Link…"), "icon": "link", "load": reverse("desk-link", args=[ticket.number])},
        {"label": _("Merge…"), "icon": "merge", "load": merge},
    ]
    kinds = {entry.kind for entry in past}
    merged = merged_in(ticket)[-_MOST_UNDONE:] if kinds & {"ticket.merged", "ticket.split_undone"} else ()
    for gone in merged:
        url = f"{reverse('desk-unmerge', args=[ticket.number])}?{urlencode({'gone': gone.number or ''})}"
        label = _("Undo the merge of %(number)s") % {"number": gone.number}
        items.append({"label": label, "icon": "undo", "post_url": url})
    if "ticket.split" in kinds and split_event(ticket) is not None:
        url = reverse("desk-split-undo", args=[ticket.number])
        items.append({"label": _("Undo the split"), "icon": "undo", "post_url": url})
    return items


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
