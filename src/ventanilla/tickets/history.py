"""A ticket's history as sentences, rendered when read, in the reader's language. Nothing here is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ventanilla.events.models import Event
from ventanilla.events.queries import whole_history
from ventanilla.fields.definitions import definition_named
from ventanilla.fields.values import in_words
from ventanilla.people.models import Organization, Person
from ventanilla.people.queries import persons_by_id
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.changing import GIVEN
from ventanilla.tickets.custom import is_public, known_rows
from ventanilla.tickets.models import Ticket
from ventanilla.tickets.names import SATISFACTION, field_label, place_of
from ventanilla.tickets.queries import people_of
from ventanilla.tickets.relations import relation_of
from ventanilla.tickets.vocabulary import ROWS, VEILED, Words, words_for
from ventanilla.tickets.work_history import ABOUT_TASKS, ABOUT_TIME, task_sentences, time_sentences
from ventanilla.ui.templatetags.ui import full_moment

# What requesters may read of a change. Everything else is the desk's business.
PUBLIC_FIELDS = frozenset({"status", "type", "subject", "requester", "affected", "participants", "pending_reason"})
ABOUT_TWO = frozenset(
    {"ticket.linked", "ticket.unlinked", "ticket.merged", "ticket.unmerged", "ticket.split", "ticket.split_undone"}
)
_PERSON_FIELDS = frozenset({"requester", "affected", "assignee", "owner"})

# What apps above this one say to the desk of their events on a ticket: the event, its personal text, the vocabulary.
Teller = Callable[[Event, Mapping[str, Any], Words], Iterable[str]]
_tellers: dict[str, Teller] = {}


def set_tellers(tellers: Mapping[str, Teller]) -> None:
    """Declare who tells of which kinds of event. Once, at start."""
    _tellers.update(tellers)


@dataclass(frozen=True)
class Entry:
    """One event as read: who (or what), when, the sentences, and why it happened."""

    event: int
    kind: str
    at: datetime
    who: str
    automatic: bool
    sentences: tuple[str, ...]
    why: str = ""
    message: int | None = None


@dataclass
class _Names:
    """The names that the events of one ticket mention, read in two queries."""

    known: Words
    persons: dict[int, str] = field(default_factory=dict)
    organizations: dict[int, str] = field(default_factory=dict)
    tickets: dict[int, str] = field(default_factory=dict)

    def of(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return _("nothing")
        if name in _PERSON_FIELDS:
            return self.persons.get(value, "?")
        if name == "organization":
            return self.organizations.get(value, "?")
        made = definition_named("ticket", name)
        if made is not None:
            called = self.persons if made.kind == made.Kind.PERSON else self.organizations
            return in_words(made, value, lambda ids: called)
        if name in ("due_at", "pending_until"):
            moment = parse_datetime(str(value))
            return full_moment(moment) if moment else "?"
        rows = ROWS.get(name)
        return str(rows(self.known).get(value, "?")) if rows is not None else str(value)


def history(ticket: Ticket, reader: Viewer) -> list[Entry]:
    """The events of a ticket that the reader may know of, oldest first. Four queries at most, whatever the length."""
    events = whole_history(ticket.topic)
    names = _names(events, people_of(ticket), reader)
    entries = (_entry(event, names, reader) for event in events)
    return [entry for entry in entries if entry is not None]


def _names(events: Sequence[Event], known: Sequence[Person], reader: Viewer) -> _Names:
    persons: set[int] = set()
    organizations: set[int] = set()
    linked = {event.data["ticket"] for event in events if event.kind in ABOUT_TWO}
    for event in events:
        kind, _sep, number = event.actor.partition(":")
        if kind == "person" and number.isdigit():
            persons.add(int(number))
        if event.data.get("author"):
            persons.add(event.data["author"])
        if event.data.get("person"):
            persons.add(event.data["person"])
        if event.kind == "task.added" and event.data["state"]["owner"]:
            persons.add(event.data["state"]["owner"])
        for name, change in (event.data.get("changes") or {}).items():
            if name in _PERSON_FIELDS:
                persons.update(pk for pk in change if pk)
            elif name in ("participants", "watchers"):
                persons.update(change["added"], change["removed"])
            elif name == "organization":
                organizations.update(pk for pk in change if pk)
            elif made := definition_named("ticket", name):
                ids = {"person": persons, "reference": organizations}.get(made.kind)
                if ids is not None:
                    ids.update(int(pk) for pk in change if pk)
    return _Names(
        words_for(reader),
        {pk: person.display_name for pk, person in persons_by_id(persons, known).items()},
        dict(Organization.objects.filter(pk__in=organizations).values_list("pk", "name")) if organizations else {},
        # Another ticket is named to whoever may see it.
        _numbers(linked, reader) if linked else {},
    )


def _numbers(tickets: set[int], reader: Viewer) -> dict[int, str]:
    """The numbers of those the reader may see; of what was merged, when they see where it went."""
    rows = {row.pk: row for row in Ticket.objects.filter(pk__in=tickets).only("number", "survivor_id")}
    asked = {row.survivor_id or pk for pk, row in rows.items()}
    seen = set(Ticket.objects.seen_by(reader).filter(pk__in=asked).values_list("pk", flat=True))
    return {pk: str(row.number) for pk, row in rows.items() if (row.survivor_id or pk) in seen}


def _entry(event: Event, names: _Names, reader: Viewer) -> Entry | None:
    if event.kind == "ticket.noted" and not _reads(event, reader):
        return None
    personal = event.payload.data if hasattr(event, "payload") else {}
    sentences = tuple(_sentences(event, personal, names, reader))
    if not sentences:
        return None
    who, automatic = _who(event, names)
    return Entry(
        event=event.pk,
        kind=event.kind,
        at=event.at,
        who=who,
        automatic=automatic,
        sentences=sentences,
        why=why(event.data.get("reason", "")),
        message=event.data.get("message"),
    )


def _reads(event: Event, reader: Viewer) -> bool:
    """Whether somebody may know of a note: not of those that a department hidden from them wrote."""
    if reader.through is not None and not _reads(event, reader.through):
        return False
    own = event.data.get("author") == reader.person
    return reader.staff and (own or event.data["context"]["department"] not in reader.hidden)


def known_to(reader: Viewer, events: QuerySet[Event]) -> QuerySet[Event]:
    """Of a ticket's events those that somebody at the desk may know of: the same rule as `history`, for other doors."""
    if not reader.unknown:
        return events
    there = Q(data__context__department__in=sorted(reader.unknown))
    return events.exclude(Q(kind="ticket.noted") & there & ~Q(data__author=reader.person))


def veiled_changes(changes: Mapping[str, Any], reader: Viewer) -> dict[str, Any]:
    """Changes as data, without the ids of what belongs to a private department that the reader may not know."""
    known, told = words_for(reader), dict(changes)
    for name in ROWS.keys() & changes.keys() if reader.unknown else ():
        rows = ROWS[name](known)
        told[name] = [pk if pk is None or not rows[pk].key.startswith(VEILED) else None for pk in changes[name]]
    return told


def _who(event: Event, names: _Names) -> tuple[str, bool]:
    kind, _sep, rest = event.actor.partition(":")
    if kind == "person":
        return names.persons.get(int(rest), "?") if rest.isdigit() else "?", False
    author = event.data.get("author")
    if author and author in names.persons:
        return names.persons[author], False
    if kind == "mail":
        return _("An e-mail"), True
    return "Ventanilla", True


def why(reason: str) -> str:
    """The reason of an automatic change in the reader's language; empty for a change somebody just made."""
    if not reason:
        return ""
    return {
        "requester_replied": _("because the requester answered"),
        "agent_replied": _("because an agent answered"),
        "date_reached": _("because the date it waited for has come"),
        "asked": _("because the requester was asked for what is missing"),
        GIVEN: _("because they were asked for what was missing"),
        "no_answer": _("because nobody answered"),
        "time_passed": _("because nobody wrote after it was resolved"),
        "requester_confirmed": _("because the requester confirmed that it works"),
        "resolved_in_call": _("because it was solved during the call"),
        "macro": _("with a macro"),
        "sent_with_reply": _("chosen when sending the reply"),
        "resolved_with_principal": _("because the ticket it depends on was resolved"),
    }.get(reason, "")


def _sentences(event: Event, personal: dict[str, Any], names: _Names, reader: Viewer) -> Iterable[str]:
    if event.kind in ("ticket.changed", "ticket.change_undone"):
        told = change_sentence if event.kind == "ticket.changed" else undo_sentence
        changes = event.data.get("changes") or {}
        for name in sorted(changes, key=place_of):  # an engine may store keys in an order of its own
            if _tells(name, reader):
                yield told(name, changes[name], names.of)
        for name in event.data.get("texts") or ():
            if not _tells(name, reader):
                continue
            old, new = personal.get(name, ["…", "…"])
            yield told(name, [old, new], lambda _name, value: str(value))
        return
    if event.kind == "ticket.opened":
        yield {
            "mail": _("opened the ticket by e-mail"),
            "portal": _("opened the ticket in the portal"),
            "phone": _("opened the ticket from a phone call"),
        }.get(event.data.get("channel", ""), _("opened the ticket"))
    elif event.kind == "ticket.replied":
        yield _("replied")
    elif event.kind == "ticket.requester_replied":
        yield _("sent an automatic answer") if event.data.get("automatic") else _("answered")
    elif event.kind == "ticket.noted":
        phone = event.data.get("channel") == Ticket.Channel.PHONE
        yield _("noted down a phone call") if phone else _("added an internal note")
    elif event.kind == "ticket.notes_shared" and reader.staff:
        shared = len(event.data["messages"])
        yield ngettext("showed the desk an internal note", "showed the desk %(count)d internal notes", shared) % {
            "count": shared
        }
    elif event.kind in ("mail.bounced", "mail.failed"):
        yield _("could not deliver the mail to %(address)s") % {"address": personal.get("address") or "…"}
    elif event.kind == "mail.link_sent":
        yield _("sent a fresh link to the ticket to %(address)s") % {"address": personal.get("address") or "…"}
    elif event.kind == "ticket.reminded":
        yield _("reminded the requester that we wait for their answer")
    elif event.kind == "ticket.asked":
        fields = ", ".join(field_label(name) for name in event.data["fields"])
        yield _("asked the requester for what is missing: %(fields)s") % {"fields": fields}
    elif event.kind in ABOUT_TWO:
        yield from _sentences_of_two(event, names.tickets.get(event.data["ticket"]), reader)
    elif event.kind in ABOUT_TASKS and reader.staff:
        yield from task_sentences(event, personal, names.of)
    elif event.kind in ABOUT_TIME and reader.staff:
        yield from time_sentences(event, personal, names.of)
    elif event.kind == "ticket.rated" and reader.staff:
        face, comment = str(SATISFACTION[event.data["face"]]), personal.get("comment")
        values = {"face": face, "comment": comment}
        yield (
            _("said how content they are: %(face)s. %(comment)s") % values
            if comment
            else _("said how content they are: %(face)s") % values
        )
    elif event.kind.startswith("announcement.") and reader.staff:
        yield from _announcement_sentences(event, personal)
    elif event.kind in _tellers and reader.staff:
        yield from _tellers[event.kind](event, personal, names.known)
    elif event.kind == "message.redacted":
        yield _("emptied a message: %(why)s") % {"why": personal.get("why") or "…"}


def _tells(name: str, reader: Viewer) -> bool:
    """Whether somebody may know that a field changed."""
    if not reader.staff:
        return name in PUBLIC_FIELDS or is_public(name)
    made = definition_named("ticket", name) if reader.unknown else None
    return made is None or bool(known_rows(reader, [made]))


def _sentences_of_two(event: Event, number: str | None, reader: Viewer) -> Iterable[str]:
    """What happened between this ticket and another one, told to whoever may see that one too."""
    if number is None:
        return
    outward = event.data["direction"] == "to"
    if event.kind == "ticket.merged":
        said = _("merged this ticket into %(number)s") if outward else _("merged %(number)s into this ticket")
        yield said % {"number": number}
    elif event.kind == "ticket.unmerged":
        said = _("undid the merge into %(number)s") if outward else _("undid the merge of %(number)s into this ticket")
        yield said % {"number": number}
    elif event.kind == "ticket.split":
        said = _("split this ticket from %(number)s") if outward else _("split a part into %(number)s")
        yield said % {"number": number}
    elif event.kind == "ticket.split_undone":
        yield _("undid the split into %(number)s") % {"number": number}
    else:
        yield from _link_sentences(event, number, reader)


def _link_sentences(event: Event, number: str, reader: Viewer) -> Iterable[str]:
    kind, outward = event.data["kind"], event.data["direction"] == "to"
    if kind == "announced" and outward:
        yield _("opened this ticket because what was announced in %(number)s goes on for them") % {"number": number}
    elif kind == "announced":
        yield _("it goes on for one of those affected: %(number)s") % {"number": number}
    elif kind == "follow_up" and outward:
        yield _("this ticket continues %(number)s, which was closed") % {"number": number}
    elif kind == "follow_up":
        yield _("the matter continues in %(number)s") % {"number": number}
    elif reader.staff:
        values = {"relation": str(relation_of(kind, outward=outward).label), "number": number}
        linked = event.kind == "ticket.linked"
        said = _("linked the ticket: %(relation)s %(number)s") if linked else _("removed: %(relation)s %(number)s")
        yield said % values


def _announcement_sentences(event: Event, personal: dict[str, Any]) -> Iterable[str]:
    if event.kind == "announcement.posted":
        yield _("posted the announcement “%(title)s”") % {"title": personal.get("title") or "…"}
    elif event.kind == "announcement.changed":
        yield _("changed the announcement “%(title)s”") % {"title": personal.get("title") or "…"}
    elif event.kind == "announcement.updated":
        told = event.data["told"]
        said = ngettext("told the one affected person: %(text)s", "told all %(count)d affected: %(text)s", told)
        yield said % {"count": told, "text": personal.get("text") or "…"}
    elif event.kind == "announcement.ended":
        asked = event.data["asked"]
        said = ngettext(
            "ended the announcement and asked the one affected person whether it works",
            "ended the announcement and asked all %(count)d affected whether it works",
            asked,
        )
        yield said % {"count": asked} if asked else _("ended the announcement")


def undo_sentence(name: str, change: Any, show: Callable[[str, Any], str]) -> str:
    """One field whose change was undone, without its subject («deshizo el cambio de «Estado»: vuelve…»)."""
    label = field_label(name)
    if isinstance(change, dict):
        added, removed = _members(name, change, show)
        if added and removed:
            values = {"field": label, "added": added, "removed": removed}
            return _("undid the change of “%(field)s”: again with %(added)s, without %(removed)s") % values
        if added:
            return _("undid the change of “%(field)s”: again with %(added)s") % {"field": label, "added": added}
        return _("undid the change of “%(field)s”: again without %(removed)s") % {"field": label, "removed": removed}
    value = change[1]
    if name == "stage":
        return _("undid taking it out of spam") if value == Ticket.Stage.SPAM else _("undid marking it as spam")
    if name == "restricted":
        return _("undid the lifting of the restriction") if value else _("undid the restriction")
    if value in (None, ""):
        return _("undid the change of “%(field)s”: it is empty again") % {"field": label}
    values = {"field": label, "value": show(name, value)}
    return _("undid the change of “%(field)s”: it is “%(value)s” again") % values


def _members(name: str, change: dict[str, Any], show: Callable[[str, Any], str]) -> tuple[str, str]:
    kind = "assignee" if name != "tags" else name
    added, removed = (", ".join(show(kind, item) for item in change[side]) for side in ("added", "removed"))
    return added, removed


def change_sentence(name: str, change: Any, show: Callable[[str, Any], str]) -> str:
    """One changed field as a sentence without its subject («cambió el estado de «Nuevo» a «En curso»»)."""
    label = field_label(name)
    if isinstance(change, dict):
        added, removed = _members(name, change, show)
        if added and removed:
            values = {"field": label, "added": added, "removed": removed}
            return _("changed “%(field)s”: added %(added)s, removed %(removed)s") % values
        if added:
            return _("added to “%(field)s”: %(added)s") % {"field": label, "added": added}
        return _("removed from “%(field)s”: %(removed)s") % {"field": label, "removed": removed}
    old, new = change
    if name == "stage":
        return _("marked the ticket as spam") if new == Ticket.Stage.SPAM else _("took the ticket out of spam")
    if name == "restricted":
        return _("restricted the ticket to those who take part") if new else _("lifted the restriction")
    if name == "assignee":
        if not new:
            return _("left the ticket unassigned")
        return _("assigned the ticket to %(name)s") % {"name": show(name, new)}
    if old in (None, ""):
        return _("set “%(field)s” to “%(new)s”") % {"field": label, "new": show(name, new)}
    if new in (None, ""):
        return _("emptied “%(field)s” (it was “%(old)s”)") % {"field": label, "old": show(name, old)}
    values = {"field": label, "old": show(name, old), "new": show(name, new)}
    return _("changed “%(field)s” from “%(old)s” to “%(new)s”") % values
