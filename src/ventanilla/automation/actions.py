"""Making macros, applying them, and taking back what one did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ventanilla.automation.models import Macro
from ventanilla.core.keys import free_key
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.fields.effects import Effect, parse, stored
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Team
from ventanilla.people.rights import Right
from ventanilla.tickets import drafts
from ventanilla.tickets.actions import change
from ventanilla.tickets.canned import checked_texts, filled
from ventanilla.tickets.effects import as_told, plan_of
from ventanilla.tickets.models import Draft, Message, Ticket
from ventanilla.tickets.queries import draft_of, newest_change
from ventanilla.tickets.vocabulary import words

MOST_FOLDER_CHARACTERS = 60


@dataclass(frozen=True)
class Applied:
    """What a macro did: the message that is on its way, and the event of the change; None for what it did not do."""

    draft: Draft | None = None
    change: Event | None = None


@transaction.atomic
def save_macro(
    *,
    by: Author,
    macro: Macro | None,
    label: dict[str, str],
    html: dict[str, str],
    public: bool,
    effects: Sequence[Effect],
    team: Team | None,
    department: Department | None = None,
    folder: str = "",
    archived: bool = False,
    key: str = "",
) -> Macro:
    """Make a macro (`macro` None), or set everything about one, archive it or take it back. A new one's key follows
    its label unless one is given.

    Records `macro.created` or `macro.changed`. Raises `ValidationError`, naming the field, for a macro that neither
    says nor changes anything, and for texts and effects that cannot be.
    """
    by.require(Right.SETTINGS)
    texts = checked_texts(html)
    if not texts and not effects:
        raise ValidationError(_("Write a text or choose what is to change."))
    plan_of(effects, words(), me=by.person)
    values: dict[str, Any] = {
        "label": label,
        "html": texts,
        "public": public,
        "effects": stored(tuple(effects)),
        "team": team,
        "department": department,
        "folder": " ".join(folder.split())[:MOST_FOLDER_CHARACTERS],
    }
    told, personal = as_told(effects)
    if macro is None:
        key = key or free_key(Macro.objects.all(), label, fallback="macro")
        row = Macro.objects.create(key=key, position=Macro.objects.count(), **values)
        data: dict[str, Any] = {"key": key, "effects": told}
        record("macro.created", f"macro:{row.pk}", actor=by.actor, data=data, personal=personal)
    else:
        row = Macro.objects.select_for_update().get(pk=macro.pk)
        for name, value in values.items():
            setattr(row, name, value)
        row.archived_at = (row.archived_at or timezone.now()) if archived else None
        row.save()
        data = {"key": row.key, "effects": told, "team": row.team_id, "archived": archived}
        record("macro.changed", f"macro:{row.pk}", actor=by.actor, data=data, personal=personal)
    bump_config_version()
    return row


@transaction.atomic
def apply_macro(*, by: Author, macro: Macro, ticket: Ticket) -> Applied:
    """Say what the macro says and change what it changes, all of it or nothing.

    A text is on its way for as long as any message, in which it can be taken back. Records `macro.applied` and, caused
    by it, `ticket.changed`. Raises `PermissionDenied` for whoever may not do by hand what it does, `ValidationError`
    when it cannot be done, and while the author is writing to the same people: a text of theirs is never overwritten.
    """
    if by.person is None:
        raise PermissionDenied(Right.CHANGE)
    by.require(Right.DESK)
    event = record("macro.applied", ticket.topic, actor=by.actor, data={"macro": macro.key})
    draft = _say(by, macro, ticket) if macro.html else None
    changed = None
    if macro.effects:
        begun = timezone.now()
        plan = plan_of(parse(macro.effects), words(), me=by.person)
        change(by=by, ticket=ticket, reason="macro", cause=Cause(event), **plan.for_ticket(ticket))
        changed = newest_change(ticket, by, begun)
    return Applied(draft, changed)


def _say(by: Author, macro: Macro, ticket: Ticket) -> Draft:
    by.require(Right.REPLY if macro.public else Right.NOTE)
    if macro.public and ticket.stage == Ticket.Stage.SPAM:
        raise ValidationError(_("This ticket is marked as spam, so nobody is answered. Take it out first."))
    assert by.person is not None
    audience = Message.Audience.REQUESTER if macro.public else Message.Audience.STAFF
    waiting = draft_of(by.person, ticket, audience)
    if waiting is not None and (waiting.html or waiting.send_at is not None or waiting.attachments.all()):
        raise ValidationError(_("You are writing here already. Send that first, or throw it away."))
    text = filled(macro.html, ticket=ticket, agent=by.person)
    draft = drafts.save_draft(by=by, ticket=ticket, audience=audience, html=text, to=[], cc=[])
    return drafts.send(by=by, draft=draft, then=Draft.Then.STAY)
