"""Drafts: kept on the server, sent when due, taken back while they wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ventanilla.events.record import record
from ventanilla.people.actions import identify
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import add_message, add_participants, change
from ventanilla.tickets.content import Content, File
from ventanilla.tickets.dependents import resolve_dependents
from ventanilla.tickets.models import Attachment, Draft, Message, PendingReason, StatusCategory, Ticket
from ventanilla.tickets.reading import mark_read
from ventanilla.tickets.spending import add_time
from ventanilla.tickets.survivors import survivor_of
from ventanilla.tickets.time_queries import offered_activities
from ventanilla.tickets.vocabulary import words

UNDO_SECONDS = 10
BATCH = 50


@transaction.atomic
def save_draft(
    *,
    by: Author,
    ticket: Ticket,
    audience: Message.Audience,
    html: str,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    then: str = Draft.Then.STAY,
    spent_seconds: int | None = None,
    returned: bool = False,
) -> Draft:
    """Keep what somebody is writing, and how long it takes them.

    A draft is nobody else's business: no event. Nothing changes while it is sent.

    A draft that came back unsent is only replaced by who has it before them (`returned`), else `ValidationError`:
    what they write meanwhile must not be the end of it.
    """
    by.require(Right.REPLY if audience == Message.Audience.REQUESTER else Right.NOTE)
    person = _person(by)
    draft, made = Draft.objects.select_for_update().get_or_create(ticket=ticket, person=person, audience=audience)
    if not made and draft.send_at is not None:
        raise ValidationError("sending")
    if draft.problem and not returned:
        raise ValidationError("returned")
    draft.html, draft.to, draft.cc, draft.then, draft.problem = html, list(to), list(cc), then, ""
    draft.spent_seconds = spent_seconds
    draft.updated_at = timezone.now()
    draft.save()
    return draft


@transaction.atomic
def ensure_draft(*, by: Author, ticket: Ticket, audience: Message.Audience) -> Draft:
    """One's own draft in a ticket, begun empty when there is none: a file may come before the first word."""
    by.require(Right.REPLY if audience == Message.Audience.REQUESTER else Right.NOTE)
    draft, _made = Draft.objects.get_or_create(ticket=ticket, person=_person(by), audience=audience)
    return draft


@transaction.atomic
def attach(*, by: Author, draft: Draft, file: File) -> Attachment:
    """Put a stored file on one's own draft."""
    _own(by, draft)
    return Attachment.objects.create(
        draft=draft,
        blob=file.blob,
        name=file.name[:200],
        content_type=file.content_type[:120],
        content_id=file.content_id[:200],
    )


@transaction.atomic
def detach(*, by: Author, draft: Draft, attachment_ids: Sequence[int]) -> None:
    """Take files off one's own draft; ids of other files do nothing."""
    _own(by, draft)
    draft.attachments.filter(pk__in=attachment_ids).delete()


@transaction.atomic
def discard(*, by: Author, draft: Draft) -> None:
    """Throw one's own draft away, with its files."""
    _own(by, draft)
    draft.attachments.all().delete()
    draft.delete()


@transaction.atomic
def send(*, by: Author, draft: Draft, then: str, now: datetime | None = None) -> Draft:
    """Put a draft on its way: it leaves after `UNDO_SECONDS`, and nothing else sees it before."""
    _own(by, draft)
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    row.then = Draft.Then(then)
    row.send_at = (now or timezone.now()) + timedelta(seconds=UNDO_SECONDS)
    row.problem = ""
    row.save(update_fields=["then", "send_at", "problem"])
    return row


@transaction.atomic
def undo_send(*, by: Author, draft: Draft) -> bool:
    """Take a draft back while it waits. False when it has left already."""
    if by.person is None or draft.person_id != by.person.pk:
        raise PermissionDenied
    return bool(Draft.objects.filter(pk=draft.pk, send_at__gt=timezone.now()).update(send_at=None))


def send_now(*, by: Author, draft: Draft) -> None:
    """Send a draft that is on its way without waiting out its seconds: its author has something more to say."""
    _own(by, draft)
    if draft.send_at is not None:
        _send_one(draft.pk, draft.send_at)


def send_due(now: datetime) -> int:
    """Send the drafts whose time has come; returns how many were taken. Each is claimed by its own transaction."""
    due = Draft.objects.filter(send_at__lte=now).order_by("send_at").values_list("pk", flat=True)[:BATCH]
    return sum(_send_one(pk, now) for pk in list(due))


def _send_one(pk: int, now: datetime) -> int:
    draft = Draft.objects.select_related("ticket", "person__role").filter(pk=pk, send_at__lte=now).first()
    if draft is None:
        return 0
    # Whatever is said to the author is said in their language: nobody asks for a page here.
    with translation.override(draft.person.language or settings.LANGUAGE_CODE):
        return _try(draft, now)


def _try(draft: Draft, now: datetime) -> int:
    pk = draft.pk
    files = [File(a.blob, a.name, a.content_type, a.content_id) for a in draft.attachments.select_related("blob")]
    content = Content.of_rich_text(draft.html, files)
    try:
        with transaction.atomic():
            # Deleting the draft is the claim: of two tickers one deletes a row, and its message commits with that.
            Attachment.objects.filter(draft=draft).delete()
            claimed, _rows = Draft.objects.filter(pk=pk, send_at__lte=now).delete()
            if not claimed:
                return 0
            _deliver(draft, content)
    except PermissionDenied:
        _give_back(draft, _("You may no longer do that."))
    except ValidationError as error:
        _give_back(draft, " ".join(error.messages))
    return 1


@transaction.atomic
def _give_back(draft: Draft, problem: str) -> None:
    """Return a draft that could not be sent to its author. Records `draft.returned` about them: their screens ring."""
    Draft.objects.filter(pk=draft.pk).update(send_at=None, problem=problem[:250], updated_at=timezone.now())
    record(
        "draft.returned",
        f"person:{draft.person_id}",
        actor="system:ticker",
        data={"ticket": draft.ticket_id, "audience": draft.audience},
    )


def _deliver(draft: Draft, content: Content) -> None:
    by = Author.of(draft.person)
    public = draft.audience == Message.Audience.REQUESTER
    message = add_message(
        by=by,
        ticket=draft.ticket,
        content=content,
        audience=Message.Audience(draft.audience),
        channel=Ticket.Channel.DESK,
        to=draft.to if public else (),
        cc=draft.cc if public else (),
    )
    if draft.spent_seconds:
        activity = next(iter(offered_activities()), None)
        add_time(by=by, ticket=draft.ticket, seconds=draft.spent_seconds, activity=activity, message=message)
    if public and draft.cc:
        # Who gets a copy may answer, so they take part from now on.
        trusted = Author(by.actor, draft.person, trusted=True)
        persons = [identify(by=trusted, address=address, name="") for address in draft.cc]
        add_participants(by=trusted, ticket=draft.ticket, persons=persons)
    known = words()
    if draft.then in (Draft.Then.RESOLVE, Draft.Then.RESOLVE_ALL):
        resolved = known.status_for(StatusCategory.RESOLVED)
        if draft.then == Draft.Then.RESOLVE_ALL and public:
            resolve_dependents(by=by, principal=survivor_of(draft.ticket), content=content)
        change(by=by, ticket=survivor_of(draft.ticket), status=resolved, reason="sent_with_reply")
    elif draft.then == Draft.Then.WAIT:
        reason: PendingReason | None = next((r for r in known.usable(known.reasons) if r.waits_for_requester), None)
        pending = known.status_for(StatusCategory.PENDING)
        change(by=by, ticket=survivor_of(draft.ticket), status=pending, pending_reason=reason, reason="sent_with_reply")
    mark_read(draft.person, survivor_of(draft.ticket))


def _person(by: Author) -> Person:
    if by.person is None:
        raise PermissionDenied
    return by.person


def _own(by: Author, draft: Draft) -> None:
    if draft.person_id != _person(by).pk:
        raise PermissionDenied
