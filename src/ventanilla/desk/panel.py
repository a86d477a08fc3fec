"""The side panel: what a ticket is, edited where it stands; who asks; their other tickets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ventanilla.announcements.queries import announced
from ventanilla.core.addresses import reverse
from ventanilla.desk.deadlines import clock_cards
from ventanilla.desk.todo import task_cards, time_card
from ventanilla.fields.definitions import PREFIX, definition_named
from ventanilla.fields.models import FieldDefinition
from ventanilla.fields.values import as_typed
from ventanilla.installation.modules import is_on
from ventanilla.installation.queries import by_config_version
from ventanilla.installation.terms import spoken
from ventanilla.people.actions import identify_for
from ventanilla.people.addresses import normal_email
from ventanilla.people.author import Author
from ventanilla.people.custom import ADDRESSES, ORGANIZATION, PERSON, said, told
from ventanilla.people.models import Organization, Person
from ventanilla.people.queries import (
    agent_by_id,
    known_organizations,
    known_to,
    organization_by_id,
    person_by_id,
    several_organizations,
)
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.surveys.queries import ratings
from ventanilla.tickets.custom import ENTITY, known_rows, shown_fields
from ventanilla.tickets.history import ABOUT_TWO, Entry
from ventanilla.tickets.linked import linked_with
from ventanilla.tickets.models import Access, StatusCategory, Ticket
from ventanilla.tickets.names import SATISFACTION, field_label
from ventanilla.tickets.queries import others_of_requester, tags_of
from ventanilla.tickets.spec import path_label
from ventanilla.tickets.survivors import merged_in
from ventanilla.tickets.vocabulary import ROWS, Words
from ventanilla.ui.custom_fields import typed_value
from ventanilla.ui.parts import Property

MOMENT_FORMAT = "%Y-%m-%dT%H:%M"
_OF_MODULES = {"impact": "matrix", "urgency": "matrix", "service": "services"}
# What a department may own: offered in its own tickets alone.
_OWNED = frozenset({"type", "service", "category"})
_TREES = frozenset({"service", "category"})
_OPTIONAL = frozenset({"pending_reason", "impact", "urgency", "team", "service", "category", "assignee", "affected"})
_MOMENTS = frozenset({"due_at", "pending_until"})
_PERSONS = frozenset({"requester", "affected", "assignee"})
_GROUPS = frozenset({"participants", "watchers"})
_SHORTCUTS = {"status": "s", "priority": "p", "type": "t", "team": "shift+t", "assignee": "a"}
EDITABLE = (
    frozenset(ROWS) | _MOMENTS | _PERSONS | _GROUPS | {"organization", "tags", "subject", "restricted"}
)  # every field that `tickets.actions.change` takes and the desk draws


@dataclass(frozen=True)
class Facts:
    """What the panel is drawn from. `errors` and `typed` belong to a field that could not be saved."""

    ticket: Ticket
    reader: Person
    known: Words
    tags: Sequence[str]
    participants: Sequence[Person]
    watchers: Sequence[Person]
    organization: Organization | None
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)


def facts_of(
    ticket: Ticket,
    reader: Person,
    known: Words,
    parties: Mapping[str, Sequence[Person]],
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Facts:
    """Read what the panel needs besides the ticket: tags, its organization and who takes part."""
    return Facts(
        ticket=ticket,
        reader=reader,
        known=known,
        tags=tags_of(ticket),
        participants=parties[Access.Why.PARTICIPANT],
        watchers=parties[Access.Why.WATCHER],
        organization=organization_by_id(ticket.organization_id),
        errors=errors or {},
        typed=typed or {},
    )


def cards(facts: Facts, past: Sequence[Entry]) -> list[dict[str, Any]]:
    """The cards of `ui/components/panel.html`, in order. `past` is the ticket's history."""
    ticket, now = facts.ticket, timezone.now()
    url = reverse("desk-set", args=[ticket.number])
    drawn: list[dict[str, Any]] = []
    clocks = clock_cards(ticket, facts.reader, facts.known, now)
    if ticket.due_at is not None:
        waiting = str(ticket.pending_reason or _("waiting")) if ticket.status_category == StatusCategory.PENDING else ""
        clock = {
            "label": field_label("due_at") if clocks else _("Resolution"),
            "due": ticket.due_at,
            "category": ticket.category_of_status.key,
            "waiting": waiting,
            "done": ticket.resolved_at,
            "opened": ticket.created_at,
        }
        whole = (ticket.due_at - ticket.created_at).total_seconds()
        if ticket.status_category < StatusCategory.PENDING and whole > 0:
            used = min(max((now - ticket.created_at).total_seconds(), 0), whole)
            tone = "late" if now >= ticket.due_at else "risk" if (ticket.due_at - now).total_seconds() < 7200 else ""
            clock |= {"used": int(used), "whole": int(whole), "tone": tone}
        clocks.insert(0, clock)
    if clocks:
        more = reverse("desk-clocks", args=[ticket.number]) if len(clocks) > (ticket.due_at is not None) else ""
        drawn.append(_card("due", _("Deadlines"), "card_due", clocks=clocks, more_url=more))
    given = ratings(ticket) if is_on("surveys") else ()
    if given:
        faces = [{"row": row, "key": row.key, "name": str(SATISFACTION[row.face])} for row in given]
        drawn.append(
            {
                "key": "satisfaction",
                "title": field_label("satisfaction"),
                "template": "surveys/card.html",
                "faces": faces,
                "open": True,
                "count": None,
            }
        )
    for row in announced(ticket) if is_on("announcements") else ():
        drawn.append(
            {
                "key": "announcement",
                "title": _("Announcement"),
                "template": "announcements/card.html",
                "announcement": row,
                "open": True,
                "count": None,
            }
        )
    drawn.append(_card("requester", field_label("requester"), "card_requester", person=_requester_card(facts)))
    drawn += task_cards(ticket, facts.reader, past)
    drawn += time_card(ticket, facts.reader)
    main = (
        *("status", "pending_reason", "pending_until", "priority", "department", "team", "assignee"),
        *("type", "category", "service", "tags"),
    )
    drawn.append(_card("properties", _("Details"), "card_properties", url=url, properties=_properties(facts, main)))
    # Six fields are enough to begin with; what a priority is made of, and a date by hand, are one fold away.
    planning = ("impact", "urgency", "due_at")
    properties = _properties(facts, planning)
    drawn.append(
        _card(
            "planning",
            _("Impact, urgency and date") if len(properties) > 1 else field_label("due_at"),
            "card_properties",
            url=url,
            properties=properties,
            open=not facts.errors.keys().isdisjoint(planning),
        )
    )
    shown = shown_fields(ticket.custom, facts.known.types[ticket.type_id].key, staff=True)
    own = known_rows(viewer(facts.reader), shown)
    if own:
        properties = [made for row in own if (made := custom_property(facts, row)) is not None]
        if properties:
            drawn.append(_card("custom", _("More details"), "card_properties", url=url, properties=properties))
    people = ("requester", "affected", "organization", "participants", "watchers", "subject", "restricted")
    named = (ticket.affected_id, *facts.participants, *facts.watchers)
    drawn.append(
        _card(
            "people",
            _("People and access"),
            "card_properties",
            url=url,
            properties=_properties(facts, people),
            open=any(named) or ticket.restricted or bool(facts.errors.keys() & set(people)),
        )
    )
    drawn += _links_card(facts, past)
    others = others_of_requester(facts.reader, ticket)
    if others:
        rows = [
            {
                "number": other.number,
                "subject": other.subject,
                "url": reverse("desk-ticket", args=[other.number]),
                "category": other.category_of_status.key,
                "status": str(other.status),
            }
            for other in others
        ]
        more = f"{reverse('desk-search')}?q=de:{ticket.requester.email}" if ticket.requester.email else ""
        title = _("Other tickets of the requester")
        drawn.append(_card("other", title, "card_tickets", tickets=rows, more_url=more, count=len(rows)))
    drawn.append(
        {
            "key": "history",
            "title": _("History"),
            "template": "desk/card_history.html",
            "url": reverse("desk-history", args=[ticket.number]),
            "changes": len(past),
            "open": True,
            "count": None,
        }
    )
    return drawn


def _links_card(facts: Facts, past: Sequence[Entry]) -> list[dict[str, Any]]:
    """The linked tickets that the reader may see, and what was merged into this one.

    Every link and merge is told in the history: without one nothing is asked.
    """
    ticket, may = facts.ticket, facts.reader.may(Right.CHANGE)
    told = any(entry.kind in ABOUT_TWO for entry in past)
    rows = [
        {
            "label": str(one.relation.label),
            "number": one.ticket.number,
            "subject": one.ticket.subject,
            "url": reverse("desk-ticket", args=[one.ticket.number]),
            "category": one.ticket.category_of_status.key,
            "status": str(one.ticket.status),
            "remove_url": reverse("desk-unlink", args=[ticket.number, one.pk]) if may and one.relation.by_hand else "",
        }
        for one in (linked_with(facts.reader, ticket) if told else ())
    ]
    merged = [
        {
            "number": gone.number,
            "subject": gone.subject,
            "undo_url": f"{reverse('desk-unmerge', args=[ticket.number])}?{urlencode({'gone': gone.number or ''})}",
        }
        for gone in (merged_in(ticket) if told and may else ())
    ]
    if not (rows or merged):
        return []
    return [
        {
            "key": "links",
            "merged": merged,
            "title": _("Linked tickets"),
            "template": "desk/card_links.html",
            "links": rows,
            "link_url": reverse("desk-link", args=[ticket.number]) if may else "",
            "open": True,
            "count": len(rows) + len(merged),
        }
    ]


def _card(key: str, title: str, template: str, **more: Any) -> dict[str, Any]:
    card = {"key": key, "title": title, "template": f"ui/components/{template}.html", "count": None, "open": True}
    return card | more


def _requester_card(facts: Facts) -> dict[str, Any]:
    person, theirs = facts.ticket.requester, facts.organization
    if person.organization_id != facts.ticket.organization_id:
        theirs = organization_by_id(person.organization_id)
    return {
        "name": person.display_name,
        "role": person.job_title,
        "email": person.email,
        "phone": person.phone,
        "organization": str(theirs or ""),
        "organization_url": reverse("desk-organization", args=[theirs.pk]) if theirs else "",
        "url": reverse("desk-person", args=[person.pk]),
        "place": person.location,
        "own": [*told(PERSON, person.custom), *(told(ORGANIZATION, theirs.custom) if theirs else ())],
    }


def _properties(facts: Facts, names: Iterable[str]) -> list[Property]:
    drawn = []
    for name in names:
        found = _property(facts, name)
        if found is not None:
            drawn.append(found)
    return drawn


def _property(facts: Facts, name: str) -> Property | None:
    """One value as it is drawn, or None where there is nothing to choose and nothing to say."""
    ticket = facts.ticket
    pending = ticket.status_category == StatusCategory.PENDING
    if name in ("pending_reason", "pending_until") and not (pending or name in facts.errors):
        return None
    if name == "restricted" and not facts.reader.may(Right.RESTRICT) and not ticket.restricted:
        return None
    made: dict[str, Any] | None
    if name in _OF_MODULES and not is_on(_OF_MODULES[name]):
        return None
    if name in ROWS:
        made = _reference(facts, name)
    elif name in _PERSONS:
        made = _one_person(facts, name)
    elif name in _GROUPS:
        members = facts.participants if name == "participants" else facts.watchers
        made = {
            "kind": "people",
            "options": _options((str(person.pk), person.display_name) for person in members),
            "text": ", ".join(person.display_name for person in members),
            "options_url": reverse("desk-people") if name == "participants" else reverse("desk-agents"),
            "create": "email" if name == "participants" else "",
        }
    elif name == "organization":
        made = _organization(facts)
    elif name in _MOMENTS:
        moment = getattr(ticket, name)
        value = timezone.localtime(moment).strftime(MOMENT_FORMAT) if moment else ""
        made = {"kind": "moment", "value": value, "text": value.replace("T", " ")}
    elif name == "tags":
        made = {
            "kind": "tags",
            "options": _options((tag, tag) for tag in facts.tags),
            "text": ", ".join(facts.tags),
            "options_url": reverse("desk-tags"),
        }
    elif name == "restricted":
        choices = (("", pgettext("access", "Open")), ("1", _("Restricted")))
        value, text = choices[int(ticket.restricted)]
        made = {"kind": "select", "value": value, "options": _options(choices, chosen=value), "text": text}
    else:
        made = {"kind": "text", "value": ticket.subject, "text": ticket.subject}
    if made is None:
        return None
    may = facts.reader.may(Right.CHANGE) and (name != "restricted" or facts.reader.may(Right.RESTRICT))
    if not may and not made.get("text"):
        return None
    if name in facts.typed and made["kind"] in ("text", "moment"):
        made["value"] = next(iter(facts.typed[name]), "")
    was = written(facts, name)
    return Property(
        name=name,
        label=field_label(name),
        editable=may,
        common=made["kind"] == "select" or not was,
        shortcut=_SHORTCUTS.get(name, ""),
        was=was,
        error=facts.errors.get(name, ""),
        **made,
    )


def _options(choices: Iterable[tuple[str, str]], chosen: str | None = None) -> SafeString:
    """The options of a select: all of them chosen, or the one with the value `chosen`."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if chosen is None or value == chosen else "", label)
            for value, label in choices
        ),
    )


def _reference(facts: Facts, name: str) -> dict[str, Any] | None:
    """A configurable row to choose. What is drawn follows from the configuration and few other things: remembered."""
    present = getattr(facts.ticket, f"{name}_id")
    department = facts.ticket.department_id if name in _OWNED else None
    key = ("desk.panel", name, present, department, spoken(), viewer(facts.reader).unknown)
    made = by_config_version(key, lambda: _drawn_reference(facts.known, name, present, department))
    return dict(made) if made else None


def _drawn_reference(known: Words, name: str, present: int | None, department: int | None) -> dict[str, Any] | None:
    rows = ROWS[name](known)
    offered = [row for row in rows.values() if row.archived_at is None or row.pk == present]
    if name in _OWNED:
        offered = [row for row in offered if row.department_id in (None, department) or row.pk == present]
    optional = name in _OPTIONAL
    if len(offered) + int(optional) < 2 or (len(offered) == 1 and present == offered[0].pk):
        return None
    tree = name in _TREES
    choices = [(row.key, path_label(rows, row) if tree else str(row)) for row in offered]
    if tree:
        choices.sort(key=lambda choice: choice[1])
    kind = "picker" if len(choices) > 12 else "select"
    empty = pgettext("choice", "None") if optional else ""
    chosen = rows.get(present or 0)
    value = chosen.key if chosen else ""
    return {
        "kind": kind,
        "value": value,
        "text": (path_label(rows, chosen) if tree else str(chosen)) if chosen else "",
        "options": _options([("", empty), *choices] if optional else choices, chosen=value),
        "empty": empty,
        "strong": name == "priority" and chosen is not None and chosen.key in ("high", "critical"),
    }


def _one_person(facts: Facts, name: str) -> dict[str, Any]:
    person: Person | None = getattr(facts.ticket, name)
    empty = {"assignee": _("Unassigned"), "affected": _("The requester")}.get(name, "")
    value, text = (str(person.pk), person.display_name) if person else ("", "")
    choices = [("", empty)] if empty else []
    return {
        "kind": "picker",
        "value": value,
        "text": text,
        "options": _options([*choices, (value, text)] if person else choices, chosen=value),
        "empty": empty,
        "options_url": reverse("desk-agents" if name == "assignee" else "desk-people"),
    }


def _organization(facts: Facts) -> dict[str, Any] | None:
    """The customer a ticket is for. Who looks after some customers alone is offered no other."""
    present = facts.organization
    if present is None and not several_organizations(viewer(facts.reader)):
        return None
    value, text = (str(present.pk), present.name) if present else ("", "")
    empty = pgettext("choice", "None")
    choices = [("", empty), (value, text)] if present else [("", empty)]
    return {
        "kind": "picker",
        "value": value,
        "text": text,
        "options": _options(choices, chosen=value),
        "empty": empty,
        "options_url": reverse("desk-organizations"),
    }


def custom_property(facts: Facts, row: FieldDefinition) -> Property | None:
    """A custom field as it is drawn, or None where it may not be changed and has nothing to say."""
    value = facts.ticket.custom.get(row.key)
    text, typed = said(row, value), as_typed(row, value)
    may = facts.reader.may(Right.CHANGE)
    if not may and not text:
        return None
    if row.name in facts.typed:
        typed = next(iter(facts.typed[row.name]), "")
    made: dict[str, Any] = {"kind": "text", "value": typed}
    empty = pgettext("choice", "None")
    match row.kind:
        case "number" | "money":
            made["kind"] = "number"
        case "date" | "moment":
            made["kind"] = row.kind
        case "yes_no":
            choices = [("", ""), ("1", _("yes")), ("0", _("no"))]
            made = {"kind": "select", "value": typed, "options": _options(choices, chosen=typed)}
        case "choice":
            labels = {key: label for key, label in row.option_labels.items() if key in row.offered or key == value}
            kind = "picker" if len(labels) > 12 else "select"
            made = {"kind": kind, "value": typed, "options": _options([("", ""), *labels.items()], chosen=typed)}
        case "choices":
            made = {"kind": "choices", "value": typed, "empty": empty, "options": _several(row, value or ())}
        case "person" | "reference":
            options = _options([("", empty), (typed, text)] if value else [("", empty)], chosen=typed)
            made = {"kind": "picker", "value": typed, "empty": empty, "options": options}
            made["options_url"] = reverse(ADDRESSES[row.kind])
    label = f"{row} ({row.unit})" if row.unit else str(row)
    was = written(facts, row.name)
    error = facts.errors.get(row.name, "")
    return Property(
        name=row.name, label=label, editable=may, common=not was and not error, was=was, text=text, error=error, **made
    )


def _several(row: FieldDefinition, chosen: Sequence[str]) -> SafeString:
    """The options of a field of several values, those chosen marked."""
    offered = row.offered
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (key, mark_safe(" selected") if key in chosen else "", label)
            for key, label in row.option_labels.items()
            if key in offered or key in chosen
        ),
    )


def written(facts: Facts, name: str) -> str:
    """The present value of a field as one text, so that an edit can tell whether somebody was faster."""
    ticket = facts.ticket
    made = definition_named(ENTITY, name)
    if made is not None:
        return as_typed(made, ticket.custom.get(made.key))
    if name in ROWS:
        row = ROWS[name](facts.known).get(getattr(ticket, f"{name}_id") or 0)
        return row.key if row else ""
    if name in _PERSONS or name == "organization":
        return str(getattr(ticket, f"{name}_id") or "")
    if name in _GROUPS:
        members = facts.participants if name == "participants" else facts.watchers
        return ",".join(str(pk) for pk in sorted(person.pk for person in members))
    if name in _MOMENTS:
        moment = getattr(ticket, name)
        return timezone.localtime(moment).strftime(MOMENT_FORMAT) if moment else ""
    if name == "tags":
        return ",".join(facts.tags)
    if name == "restricted":
        return "1" if ticket.restricted else ""
    return ticket.subject


def read_value(name: str, form: QueryDict, *, by: Author, known: Words) -> Any:
    """The value of a field as the form has it. Raises ValidationError, naming the field, for what it cannot be."""
    if name.startswith(PREFIX):
        return typed_value(ENTITY, name, form)
    text = form.get(name, "").strip()
    if name in ROWS:
        if not text and name in _OPTIONAL:
            return None
        row = known.by_key(ROWS[name](known), text)
        if row is None or row.archived_at is not None:
            raise ValidationError({name: _("Choose one of the list.")})
        return row
    if name == "organization":
        return _read_organization(text, by=by)
    if name in _MOMENTS:
        return read_moment(name, text)
    if name in _PERSONS:
        if not text and name in _OPTIONAL:
            return None
        return read_person(name, text, by=by)
    if name in _GROUPS:
        return [read_person(name, value, by=by) for value in dict.fromkeys(form.getlist(name)) if value.strip()]
    if name == "tags":
        return [tag for tag in form.getlist(name) if tag.strip()]
    if name == "stage":
        if text not in (Ticket.Stage.TICKET, Ticket.Stage.SPAM):
            raise ValidationError({name: _("Choose one of the list.")})
        return Ticket.Stage(text)
    return bool(text) if name == "restricted" else text


def _read_organization(text: str, *, by: Author) -> Organization | None:
    if not text:
        return None
    known = known_organizations(viewer(by.person)) if by.person else Organization.objects.filter(archived_at=None)
    found = known.filter(pk=int(text[:18])).first() if text.isascii() and text.isdecimal() else None
    if found is None:
        raise ValidationError({"organization": _("Choose one of the list.")})
    return found


def read_moment(name: str, text: str) -> datetime | None:
    """A moment of an `input type=datetime-local`, in the reader's zone."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError({name: _("Write a date and a time.")}) from None
    if not 2000 <= moment.year <= 9000:
        raise ValidationError({name: _("Write a date and a time.")})
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.get_current_timezone())


def known_person(by: Author, pk: int) -> Person | None:
    """The active person with this id, if the author may choose them."""
    return known_to(viewer(by.person)).filter(pk=pk).first() if by.person is not None else person_by_id(pk)


def read_person(name: str, text: str, *, by: Author) -> Person:
    """A person chosen by id, or for whoever is not an agent also by address: then they are made when nobody has it."""
    found: Person | None = None
    agent = name in ("assignee", "watchers")
    if text.isascii() and text.isdigit():
        found = agent_by_id(int(text[:18])) if agent else known_person(by, int(text[:18]))
    elif not agent and normal_email(text):
        by.require(Right.OPEN_FOR_OTHERS)
        try:
            found = identify_for(by, address=text)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
    if found is None:
        raise ValidationError({name: _("Nobody fits “%(text)s”. Choose somebody of the list.") % {"text": text[:80]}})
    return found
