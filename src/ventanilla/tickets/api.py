"""Tickets in the REST API: the same visibility and the same actions as the pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from ventanilla.core.addresses import reverse
from ventanilla.events.queries import history as events_of
from ventanilla.fields.compile_q import compile_q
from ventanilla.fields.conditions import EVERYTHING, ConditionError
from ventanilla.fields.definitions import PREFIX
from ventanilla.fields.definitions import known as known_fields
from ventanilla.fields.kinds import Reading
from ventanilla.fields.problems import explain
from ventanilla.fields.spec import Spec
from ventanilla.fields.urls import from_query
from ventanilla.fields.values import as_data
from ventanilla.files.queries import take_upload
from ventanilla.files.views import serve
from ventanilla.installation.queries import one_configuration
from ventanilla.people.actions import identify_for
from ventanilla.people.addresses import normal_email
from ventanilla.people.api_base import Input
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import viewer
from ventanilla.tickets.actions import add_message, change, open_ticket
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.custom import ENTITY, known_rows, missing
from ventanilla.tickets.default_views import tickets_in
from ventanilla.tickets.history import known_to as events_known_to
from ventanilla.tickets.history import veiled_changes
from ventanilla.tickets.known_views import sound_condition, view_with
from ventanilla.tickets.life_cycle_actions import answer
from ventanilla.tickets.models import Message, StatusCategory, Ticket
from ventanilla.tickets.paging import BadCursor, Page, decode, encode
from ventanilla.tickets.presence import note_restricted_reading
from ventanilla.tickets.queries import as_it_stands, attachment_for, messages_for, ticket_for
from ventanilla.tickets.searching import search_tickets
from ventanilla.tickets.spec import spec_for
from ventanilla.tickets.vocabulary import VEILED, Words, words_for
from ventanilla.ui import lists
from ventanilla.ui.lists import Asked

router = Router(tags=["tickets"])

Text = Annotated[str, StringConstraints(max_length=200_000)]
Short = Annotated[str, StringConstraints(max_length=250)]
MOST_ATTACHMENTS = 20
# Said instead of the key of a type that belongs to a private department, to whoever may not know that.
PRIVATE = "private"


def _address(value: str) -> str:
    found = normal_email(value)
    if not found:
        raise ValueError(_("This is not an e-mail address."))
    return found


Address = Annotated[
    str,
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]


# Values of custom fields: texts, numbers, yes and no, lists of keys; each field says what it takes.
CustomValue = str | bool | int | float | list[Short] | None
Custom = Annotated[dict[Annotated[str, StringConstraints(max_length=60)], CustomValue], Field(max_length=100)]


class PersonIn(Input):
    """A person by address; made when nobody has it."""

    email: Address
    name: Short = ""


class PersonOut(Schema):
    """A person as others see them."""

    email: str | None
    name: str


class TicketIn(Input):
    """A new ticket. `type`, `department`, `team` and `priority` are keys; `custom` has values of `GET /fields` by key.

    Fields that a form would demand may be missing here: the desk sees what a ticket lacks.
    """

    subject: Short
    text: Text | None = None
    html: Text | None = None
    type: Short | None = None
    requester: PersonIn | None = None
    department: Short | None = None
    team: Short | None = None
    priority: Short | None = None
    custom: Custom = {}
    attachments: Annotated[list[Short], Field(max_length=MOST_ATTACHMENTS)] = []


class TicketPatch(Input):
    """New values of some fields. `assignee` is an address; `null` leaves the ticket unassigned.

    `custom`: only the fields named there change; `null` empties one.

    `spam`: true puts the ticket out of the lists and blocks its sender, false takes that back.
    """

    status: Short | None = None
    team: Short | None = None
    assignee: Address | None = None
    priority: Short | None = None
    subject: Short | None = None
    tags: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=50)] | None = None
    spam: bool | None = None
    custom: Custom | None = None


class TicketOut(Schema):
    """A ticket. `version` goes into `If-Match` of a PATCH; `spam` is out of every list; `missing` are the keys of the
    custom fields that an open ticket must have and lacks, of those you may know."""

    number: str
    subject: str
    type: str
    status: str
    status_category: Literal["new", "open", "pending", "resolved", "closed"]
    priority: str
    requester: PersonOut
    team: str | None
    assignee: PersonOut | None
    tags: list[str]
    spam: bool
    custom: dict[str, Any]
    missing: list[str]
    created_at: datetime
    updated_at: datetime
    version: int


class AuthorOut(Schema):
    """Who wrote a message."""

    name: str
    address: str


class AttachmentOut(Schema):
    """A file of a message; `url` needs the same token."""

    name: str
    type: str
    size: int
    sha256: str
    url: str


class MessageIn(Input):
    """A new message: public by default, `public: false` for an internal note."""

    text: Text | None = None
    html: Text | None = None
    public: bool = True
    attachments: Annotated[list[Short], Field(max_length=MOST_ATTACHMENTS)] = []


class MessageOut(Schema):
    """Something said in a ticket."""

    id: int
    channel: str
    public: bool
    author: AuthorOut
    subject: str
    text: str
    html: str
    attachments: list[AttachmentOut]
    sent_at: datetime


class EventOut(Schema):
    """Something that happened, as data: ids and closed values, no personal text."""

    id: int
    kind: str
    actor: str
    at: datetime
    cause: int | None
    changes: dict[str, Any]
    data: dict[str, Any]


class TicketList(Schema):
    """A page of tickets."""

    items: list[TicketOut]
    next: str | None


class MessageList(Schema):
    """A page of messages."""

    items: list[MessageOut]
    next: str | None


class EventList(Schema):
    """A page of events."""

    items: list[EventOut]
    next: str | None


class Paging(Schema):
    """Where a page begins and how long it may be."""

    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class TicketFilter(Paging):
    """Which tickets: keys of configurable rows, a category of status, an assignee's address, the key of a view.

    `sort`: an order that lists have (`updated`, `created`, at the desk also `due`, `priority` and custom fields such as
    `custom.site`), with `-` before it the other way round. A cursor belongs to the order of its page.
    """

    # The value of a custom field may stand in it.
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    sort: Annotated[str, StringConstraints(max_length=100)] | None = None
    status: Short | None = None
    status_category: Literal["new", "open", "pending", "resolved", "closed"] | None = None
    open: bool | None = None
    type: Short | None = None
    team: Short | None = None
    priority: Short | None = None
    assignee: Short | None = None
    requester: Short | None = None
    view: Short | None = None


def nothing_else(request: HttpRequest, understood: Schema, *, also: tuple[str, ...] = ()) -> None:
    """Refuse a parameter that means nothing here, or is given twice: a misspelt filter would quietly list everything,
    and of two values one would quietly be dropped.

    `also`: what the names of further ones may begin with, which somebody else understands.
    """
    given = {name for name in request.GET if not name.startswith(also)}
    if repeated := {name for name in given if len(request.GET.getlist(name)) > 1}:
        raise ValidationError({"query": _("“%(name)s” is given more than once.") % {"name": min(repeated)[:60]}})
    unknown = given - set(type(understood).model_fields)
    if unknown:
        raise ValidationError({"query": _("There is no parameter “%(name)s”.") % {"name": min(unknown)[:60]}})


def caller(request: HttpRequest) -> Person:
    """The person of the token."""
    person: Person = request.auth  # type: ignore[attr-defined]
    return person


def _row(rows: Any, field: str, key: str | None) -> Any:
    """The vocabulary's row with this key, `None` for no key, an error naming the field for an unknown one."""
    if key is None:
        return None
    found = Words.by_key(rows, key)
    if found is None or found.archived_at is not None:
        raise ValidationError({field: _("There is no “%(key)s”.") % {"key": key}})
    return found


def _files(person: Person, tokens: list[str]) -> list[File]:
    files = []
    for token in dict.fromkeys(tokens):
        upload = take_upload(token, person.pk)
        if upload is None:
            raise ValidationError({"attachments": _("There is no upload “%(id)s”.") % {"id": token}})
        files.append(File(upload.blob, upload.name, upload.blob.content_type))
    return files


def _content(text: str | None, html: str | None, files: list[File]) -> Content:
    if text is not None and html is not None:
        raise ValidationError({"html": _("Send text or html, not both.")})
    if html is not None:
        return Content.of_foreign_html(html, files)
    return Content.of_text(text or "", files)


def _with_all_shown(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Tickets with everything that `_out` says of them, in two queries."""
    shown = ("type", "status", "priority", "requester", "team", "assignee")
    return tickets.select_related(*shown).prefetch_related("tags")


def ticket_out(ticket: Ticket, reader: Person, tags: Sequence[str] | None = None) -> dict[str, Any]:
    """A ticket as `TicketOut` for this reader; `tags` where the caller knows them, else they are asked for."""
    known = words_for(viewer(reader))
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "type": key_of(known.types[ticket.type_id]) or PRIVATE,
        "status": ticket.status.key,
        "status_category": ticket.category_of_status.key,
        "priority": ticket.priority.key,
        "requester": person_out(ticket.requester),
        "team": key_of(known.teams[ticket.team_id]) if ticket.team_id else None,
        "assignee": person_out(ticket.assignee) if ticket.assignee else None,
        "tags": [tag.name for tag in ticket.tags.all()] if tags is None else tags,
        "spam": ticket.stage == Ticket.Stage.SPAM,
        "custom": _custom_out(ticket, reader) if ticket.custom else {},
        "missing": _missing_out(ticket, reader),
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "version": ticket.version,
    }


def key_of(row: Any) -> str | None:
    """The key of a row, unless it belongs to a private department that the reader may not know."""
    return None if row.key.startswith(VEILED) else row.key


def _custom_out(ticket: Ticket, reader: Person) -> dict[str, Any]:
    who = viewer(reader)
    rows = known_fields(ENTITY, ticket.custom, staff=who.staff)
    rows = known_rows(who, rows) if who.staff else rows
    return {row.key: as_data(row, ticket.custom[row.key]) for row in rows}


def _missing_out(ticket: Ticket, reader: Person) -> list[str]:
    rows = missing(ticket)
    staff = bool(rows) and viewer(reader).staff
    return [row.key for row in rows if staff or row.audience == row.Audience.REQUESTER]


def person_out(person: Person) -> dict[str, Any]:
    """A person as `PersonOut`."""
    return {"email": person.email, "name": person.display_name}


def _message_out(message: Message, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": message.pk,
        "channel": message.channel,
        "public": message.public,
        "author": {"name": message.author_name, "address": message.author_address},
        "subject": ticket.subject,
        "text": message.text + message.folded_text,
        "html": message.html + message.folded_html,
        "attachments": [
            {
                "name": attachment.name,
                "type": attachment.content_type,
                "size": attachment.blob.size,
                "sha256": attachment.blob.sha256,
                "url": reverse("api:attachment", args=[attachment.pk]),
            }
            for attachment in message.attachments.all()
        ],
        "sent_at": message.sent_at,
    }


# What the names of custom fields begin with: the ticket's own, and those of whom it names.
_CUSTOM = (PREFIX, f"requester.{PREFIX}", f"organization.{PREFIX}")
_RECENT = Page(fields=("updated_at", "pk"), descending=True)
_BY_ID = Page(fields=("pk",), descending=False)
_BY_MOMENT = Page(fields=("sent_at", "pk"), descending=False)


@router.get("/tickets", response=TicketList, summary="Tickets, last changed first unless sorted")
def list_tickets(request: HttpRequest, filters: Query[TicketFilter]) -> dict[str, Any]:
    """The tickets you may see. Custom fields filter as in the addresses of the desk: `custom.site=lima,madrid`, at the
    desk also those of the requester and of the organization: `requester.custom.floor=3`."""
    nothing_else(request, filters, also=_CUSTOM)
    person = caller(request)
    tickets = _in_view(person, filters.view) if filters.view else Ticket.objects.visible_to(person)
    tickets = tickets.filter(_by_custom_fields(request, person))
    for name in ("status", "type", "team", "priority"):
        if value := getattr(filters, name):
            tickets = tickets.filter(**{f"{name}__key": value})
    if filters.status_category:
        tickets = tickets.filter(status_category=StatusCategory[filters.status_category.upper()])
    if filters.open is not None:
        tickets = tickets.filter(is_open=int(filters.open))
    for name in ("assignee", "requester"):
        if value := getattr(filters, name):
            tickets = tickets.filter(**{f"{name}__email": value.lower()})
    if filters.sort:
        rows, following = _in_order(tickets, filters, person)
    else:
        rows, place = _RECENT.cut(_with_all_shown(tickets), decode(filters.cursor, _RECENT), filters.limit)
        following = encode(place)
    return {"items": [ticket_out(ticket, person) for ticket in rows], "next": following}


def _in_order(tickets: QuerySet[Ticket], filters: TicketFilter, person: Person) -> tuple[list[Ticket], str | None]:
    """A page of the tickets in an order of the list engine, and the cursor of the next one."""
    spec, sort = _known_spec(person), filters.sort or ""
    if sort.removeprefix("-") not in {field.sort for field in spec.fields if field.sort}:
        raise ValidationError({"sort": _("This list has no such order.")})
    asked = Asked(condition=EVERYTHING, sort=sort, columns=(), size=filters.limit, cursor=filters.cursor or "")
    try:
        page = lists.page(tickets, spec, asked, _reading(person))
    except lists.BadAddress as error:
        raise BadCursor from error
    found = _with_all_shown(tickets).in_bulk([row.pk for row in page.rows])
    return [found[row.pk] for row in page.rows if row.pk in found], page.next_cursor or None


def _known_spec(person: Person) -> Spec:
    who = viewer(person)
    return spec_for(who).known_to("staff" if who.staff else "requester")


def _reading(person: Person) -> Reading:
    zone = timezone.get_current_timezone()
    return Reading(person_id=person.pk, now=timezone.now(), zone=zone, viewer=viewer(person))


def _by_custom_fields(request: HttpRequest, person: Person) -> Q:
    """The filters of the address over custom fields that the person may know."""
    asked = request.GET.copy()
    for name in request.GET:
        if not name.startswith(_CUSTOM):
            del asked[name]
    if not asked:
        return Q()
    spec, reading = _known_spec(person), _reading(person)
    try:
        return compile_q(from_query(asked, spec, reading), spec, reading)
    except ConditionError as error:
        raise ValidationError({"query": explain(error)}) from None


def _in_view(person: Person, key: str) -> QuerySet[Ticket]:
    """The tickets of a view, in no order of its own. Raises `Http404` for one the person does not have."""
    if not viewer(person).staff:
        raise Http404  # views ask for what only the desk may know
    view, spec, reading = view_with(person, key), spec_for(viewer(person)), _reading(person)
    return tickets_in(view, person).filter(compile_q(sound_condition(view, spec, reading), spec, reading))


@router.post("/tickets", response={201: TicketOut}, summary="Open a ticket")
@one_configuration()
def create_ticket(request: HttpRequest, payload: TicketIn, response: HttpResponse) -> tuple[int, dict[str, Any]]:
    """Open a ticket for yourself or, if you work at the desk, for somebody else."""
    person = caller(request)
    known = words_for(viewer(person))
    by = Author.of(person)
    type_ = _row(known.types, "type", payload.type)
    if type_ is not None and viewer(person).staff and type_.department_id not in {None, *viewer(person).departments}:
        raise ValidationError({"type": _("There is no “%(key)s”.") % {"key": payload.type}})
    department = _row(known.departments, "department", payload.department)
    team = _row(known.teams, "team", payload.team)
    priority = _row(known.priorities, "priority", payload.priority)
    if team is not None and department is not None and team.department_id != department.pk:
        raise ValidationError({"team": _("This team belongs to another department.")})
    if (team or department or priority) and not by.may(Right.CHANGE):
        raise PermissionDenied(Right.CHANGE)
    content = _content(payload.text, payload.html, _files(person, payload.attachments))
    requester = person
    if payload.requester is not None and payload.requester.email.lower() != (person.email or ""):
        by.require(Right.OPEN_FOR_OTHERS)
        requester = identify_for(by, address=payload.requester.email, name=payload.requester.name)
    ticket = open_ticket(
        by=by,
        requester=requester,
        subject=payload.subject,
        content=content,
        channel=Ticket.Channel.API,
        type=type_,
        department=department,
        team=team,
        priority=priority,
        custom=payload.custom,
    )
    response["Location"] = reverse("api:read_ticket", args=[ticket.number])
    return 201, ticket_out(ticket, person, tags=[])


@router.get("/tickets/{number}", response=TicketOut, url_name="read_ticket", summary="One ticket")
def read_ticket(request: HttpRequest, number: str, response: HttpResponse) -> dict[str, Any]:
    """One ticket; its version is also the `ETag`."""
    person = caller(request)
    ticket = ticket_for(person, number)
    note_restricted_reading(by=Author.of(person), ticket=ticket)
    response["ETag"] = f'"{ticket.version}"'
    return ticket_out(ticket, person)


@router.patch("/tickets/{number}", response=TicketOut, summary="Change a ticket")
def patch_ticket(
    request: HttpRequest,
    number: str,
    payload: TicketPatch,
    if_match: Annotated[str | None, Header(alias="If-Match")] = None,
) -> dict[str, Any]:
    """Change fields. With `If-Match: <version>` the answer is 412 when somebody was faster."""
    person = caller(request)
    known = words_for(viewer(person))
    ticket = ticket_for(person, number)
    given = payload.model_dump(exclude_unset=True)
    values: dict[str, Any] = {name: given[name] for name in ("subject", "tags") if name in given}
    if given.get("custom"):
        values["custom"] = given["custom"]
    if given.get("spam") is not None:
        values["stage"] = Ticket.Stage.SPAM if given["spam"] else Ticket.Stage.TICKET
    for name, rows in (("status", known.statuses), ("team", known.teams), ("priority", known.priorities)):
        if name in given:
            values[name] = _row(rows, name, given[name])
    if "assignee" in given:
        values["assignee"] = agent_with(given["assignee"], "assignee") if given["assignee"] else None
    if values.get("tags", ()) is None:
        values["tags"] = []
    change(by=Author.of(person), ticket=ticket, expected_version=version_in(if_match), **values)
    return ticket_out(as_it_stands(ticket), person)


def version_in(if_match: str | None) -> int | None:
    """The version that an `If-Match` names, None for any. Raises `HttpError` (400) for what is no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    plain = if_match.strip().removeprefix("W/").strip('"')
    if not plain.isascii() or not plain.isdigit():
        raise HttpError(400, _("If-Match must be a version number."))
    return min(int(plain[:12]), 2_147_483_647)


def agent_with(address: str, field: str) -> Person:
    """The agent with this address. Raises `ValidationError`, naming the field."""
    found = Person.objects.agents().filter(email=address.lower()).first()
    if found is None:
        raise ValidationError({field: _("There is no agent with the address %(address)s.") % {"address": address}})
    return found


@router.get("/tickets/{number}/messages", response=MessageList, summary="What was said, oldest first")
def list_messages(request: HttpRequest, number: str, paging: Query[Paging]) -> dict[str, Any]:
    """The messages you may read: internal notes for the desk only."""
    nothing_else(request, paging)
    person = caller(request)
    ticket = ticket_for(person, number)
    note_restricted_reading(by=Author.of(person), ticket=ticket)
    messages = messages_for(person, ticket)
    rows, following = _BY_MOMENT.cut(messages, decode(paging.cursor, _BY_MOMENT), paging.limit)
    return {"items": [_message_out(message, ticket) for message in rows], "next": encode(following)}


@router.post("/tickets/{number}/messages", response={201: MessageOut}, summary="Reply or add an internal note")
def create_message(request: HttpRequest, number: str, payload: MessageIn) -> tuple[int, dict[str, Any]]:
    """A public message goes to the requester; an internal note stays at the desk.

    What a requester says to a ticket that was closed too long ago opens a new one: `ticket` says which.
    """
    person = caller(request)
    ticket = ticket_for(person, number)
    by, content = Author.of(person), _content(payload.text, payload.html, _files(person, payload.attachments))
    if payload.public:
        message = answer(by=by, ticket=ticket, content=content, channel=Ticket.Channel.API)
    else:
        staff = Message.Audience.STAFF
        message = add_message(by=by, ticket=ticket, content=content, audience=staff, channel=Ticket.Channel.API)
    return 201, _message_out(messages_for(person, message.ticket).get(pk=message.pk), message.ticket)


@router.get("/tickets/{number}/events", response=EventList, summary="What happened, oldest first")
def list_events(request: HttpRequest, number: str, paging: Query[Paging]) -> dict[str, Any]:
    """The log of one ticket. Events are never changed."""
    nothing_else(request, paging)
    person = caller(request)
    ticket = ticket_for(person, number)
    if not viewer(person).staff:
        raise PermissionDenied
    note_restricted_reading(by=Author.of(person), ticket=ticket)
    who = viewer(person)
    told = events_known_to(who, events_of(ticket.topic))
    rows, following = _BY_ID.cut(told, decode(paging.cursor, _BY_ID), paging.limit)
    items = [
        {
            "id": event.pk,
            "kind": event.kind,
            "actor": event.actor,
            "at": event.at,
            "cause": event.cause,
            "changes": veiled_changes(event.data.get("changes") or {}, who),
            "data": {name: value for name, value in event.data.items() if name != "changes"},
        }
        for event in rows
    ]
    return {"items": items, "next": encode(following)}


class SearchQuery(Schema):
    """Words, phrases in quotes, `-without`, and filters such as `status:open` or `estado:abierto`."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class SearchList(Schema):
    """The newest tickets found; `capped` when more were found than asked for: narrow the words, or raise `limit`."""

    items: list[TicketOut]
    capped: bool


@router.get("/search", response=SearchList, summary="Full-text search over everything you may read")
def search(request: HttpRequest, query: Query[SearchQuery]) -> dict[str, Any]:
    """Tickets whose subject, messages or file names have the words, newest first."""
    nothing_else(request, query)
    person = caller(request)
    found = [ticket.pk for ticket in search_tickets(person, query.q, limit=query.limit + 1)]
    shown = found[: query.limit]
    rows = {ticket.pk: ticket for ticket in _with_all_shown(Ticket.objects.visible_to(person).filter(pk__in=shown))}
    return {"items": [ticket_out(rows[pk], person) for pk in shown if pk in rows], "capped": len(found) > query.limit}


@router.get("/attachments/{attachment}", url_name="attachment", summary="A file", include_in_schema=False)
def read_attachment(request: HttpRequest, attachment: int) -> HttpResponseBase:
    """The bytes of a file of a message you may read, always as a download."""
    found = attachment_for(caller(request), attachment)
    return serve(request, blob=found.blob, name=found.name)
