"""The composer as it is drawn, and who else is here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ventanilla.core.addresses import reverse
from ventanilla.core.durations import hours_and_minutes
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.people.rights import Right
from ventanilla.tickets.linked import open_dependents
from ventanilla.tickets.models import Access, Draft, Message, Presence, Ticket
from ventanilla.tickets.queries import drafts_of
from ventanilla.tickets.work import any_time

AUDIENCES = {"reply": Message.Audience.REQUESTER, "note": Message.Audience.STAFF}
RIGHTS = {"reply": Right.REPLY, "note": Right.NOTE}


def composer(
    ticket: Ticket,
    person: Person,
    parties: Mapping[str, Sequence[Person]],
    *,
    seen: int,
    query: str = "",
    mode: str = "",
    errors: Mapping[str, Sequence[str]] | None = None,
    waiting: Sequence[Draft] | None = None,
    linked: bool = True,
) -> dict[str, Any] | None:
    """The context of `ui/components/composer.html`; None for whoever may not write. `seen`: the newest one shown.

    Spam is not answered: there one may only note something down. `linked`: others may depend on it.
    """
    may_reply = person.may(Right.REPLY) and ticket.stage != Ticket.Stage.SPAM
    if not (may_reply or person.may(Right.NOTE)):
        return None
    dependents = len(open_dependents(person, ticket)) if linked else 0
    rows = drafts_of(person, ticket) if waiting is None else waiting
    by_audience = {draft.audience: draft for draft in rows if draft.send_at is None}
    parts = {
        kind: _part(
            ticket, person, parties, kind, by_audience.get(audience), query, (errors or {}).get(kind, ()), dependents
        )
        if person.may(RIGHTS[kind]) and (kind == "note" or ticket.stage != Ticket.Stage.SPAM)
        else None
        for kind, audience in AUDIENCES.items()
    }
    only_note = Message.Audience.STAFF in by_audience and Message.Audience.REQUESTER not in by_audience
    return {
        "mode": mode or ("note" if parts["reply"] is None or only_note else "reply"),
        "canned_url": reverse("desk-canned", args=[ticket.number]),
        "mentions_url": reverse("desk-mentions", args=[ticket.number]),
        "typing_url": reverse("desk-typing", args=[ticket.number]),
        "upload_max": settings.UPLOAD_MAX_BYTES,
        "seen": seen,
        "version": ticket.version,
        **parts,
    }


def _part(
    ticket: Ticket,
    person: Person,
    parties: Mapping[str, Sequence[Person]],
    kind: str,
    draft: Draft | None,
    query: str,
    errors: Sequence[str],
    dependents: int,
) -> dict[str, Any]:
    problems = [*errors, *([draft.problem] if draft is not None and draft.problem and not errors else [])]
    part: dict[str, Any] = {
        "url": f"{reverse('desk-write', args=[ticket.number])}?{query}",
        "draft_url": reverse("desk-draft", args=[ticket.number]),
        "upload_url": f"{reverse('desk-files', args=[ticket.number])}?kind={kind}",
        "text": draft.html if draft else "",
        "format": "html" if draft and draft.html else "text",
        "errors": problems,
        "returned": draft.pk if draft is not None and draft.problem else None,
        "timed": any_time() and sees_module(person, "time"),
        "spent": hours_and_minutes(draft.spent_seconds) if draft is not None and draft.spent_seconds else "",
        "saved": _("Saved %(time)s") % {"time": f"{timezone.localtime(draft.updated_at):%H:%M}"} if draft else "",
        "attachments": [
            {"id": file.pk, "name": file.name, "size": file.blob.size, "type": file.blob.content_type}
            for file in (draft.attachments.all() if draft else ())
        ],
    }
    if kind == "reply":
        to, cc = (draft.to, draft.cc) if draft and (draft.to or draft.cc) else _usual(ticket, parties)
        names = {ticket.requester.email: ticket.requester.display_name}
        part |= {
            "to": [{"value": address, "label": names.get(address, address)} for address in to],
            "cc": [{"value": address, "label": address} for address in cc],
            "people_url": f"{reverse('desk-people')}?by=address",
            "then": [*(_changing(dependents) if person.may(Right.CHANGE) else ()), _next()],
        }
    return part


def _changing(dependents: int) -> list[dict[str, str]]:
    text = ngettext(
        "Send and resolve, with the %(count)d ticket that depends on it",
        "Send and resolve, with the %(count)d tickets that depend on it",
        dependents,
    )
    also = [{"value": "all", "label": text % {"count": dependents}, "category": "resolved"}] if dependents else []
    return [
        {"value": "resolve", "label": _("Send and resolve"), "category": "resolved"},
        *also,
        {"value": "wait", "label": _("Send and wait for the requester"), "category": "pending"},
    ]


def _next() -> dict[str, str]:
    return {"value": "next", "label": _("Send and go to the next"), "icon": "arrow-right"}


def _usual(ticket: Ticket, parties: Mapping[str, Sequence[Person]]) -> tuple[list[str], list[str]]:
    """To whom a reply goes unless one says otherwise."""
    return (
        [ticket.requester.email] if ticket.requester.email else [],
        [person.email for person in parties[Access.Why.PARTICIPANT] if person.email and person.is_active],
    )


def presence_context(ticket: Ticket, person: Person, here: Sequence[Presence]) -> dict[str, Any]:
    """The context of `ui/components/presence.html`: everybody `here` but the reader."""
    return {
        "presence": [
            {"name": row.person.display_name, "typing": row.state == Presence.State.TYPING}
            for row in here
            if row.person_id != person.pk
        ],
        "presence_url": reverse("desk-presence", args=[ticket.number]),
        "presence_live": f"presence:{ticket.pk} ticket:{ticket.pk}",
    }
