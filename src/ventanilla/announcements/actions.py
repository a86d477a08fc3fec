"""Everything that can happen to an announcement. One that is about a ticket is told in the ticket's history."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.announcements.links import join_link
from ventanilla.announcements.models import Announcement, Join, Update
from ventanilla.events import wake
from ventanilla.events.models import Event
from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.installation.queries import installation
from ventanilla.mail.keys import domain_of
from ventanilla.mail.models import Outgoing
from ventanilla.mail.queries import mailbox_of, own_addresses
from ventanilla.notify.push import push_to
from ventanilla.people.author import Author
from ventanilla.people.models import Department, Organization, Person
from ventanilla.people.rights import Right
from ventanilla.tickets.actions import change, open_ticket
from ventanilla.tickets.content import Content
from ventanilla.tickets.life_cycle_actions import answer as answer_ticket
from ventanilla.tickets.linking import link
from ventanilla.tickets.models import Link, StatusCategory, Ticket
from ventanilla.tickets.vocabulary import words

MOST_TEXT = 4000


@dataclass(frozen=True)
class Wording:
    """What an announcement says, when, and to whom. `departments` means the people who work there."""

    title: str
    text: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    audience: Announcement.Audience = Announcement.Audience.EVERYONE
    departments: Sequence[Department] = ()
    organizations: Sequence[Organization] = ()


@transaction.atomic
def post(*, by: Author, wording: Wording, ticket: Ticket | None = None, joinable: bool = True) -> Announcement:
    """A new announcement. Records `announcement.posted`.

    With `joinable` others may say that it happens to them too; without a ticket one is opened for that, so that however
    many join there is one piece of work. Raises `PermissionDenied` for whoever may not answer requesters, and
    `ValidationError` naming the field.
    """
    by.require(Right.REPLY)
    values = _checked(wording, new=True)
    if ticket is None and joinable and by.person is not None:
        ticket = open_ticket(
            by=by,
            requester=by.person,
            subject=values["title"],
            content=Content.of_text(values["text"] or values["title"]),
            channel=Ticket.Channel.DESK,
            assignee=by.person,
        )
    row = Announcement.objects.create(**values, ticket=ticket, author=by.person)
    _address(row, wording)
    bump_config_version()
    data = {"announcement": row.pk, "audience": row.audience}
    record("announcement.posted", _topic(row), actor=by.actor, data=data, personal={"title": row.title})
    return row


@transaction.atomic
def revise(*, by: Author, announcement: Announcement, wording: Wording) -> Announcement:
    """Say it otherwise, at another time or to others. Records `announcement.changed`. What is over stays as it is."""
    by.require(Right.REPLY)
    row = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if row.ended_at is not None:
        raise ValidationError(_("This announcement is over."))
    for name, value in _checked(wording, new=False).items():
        setattr(row, name, value)
    row.save()
    _address(row, wording)
    bump_config_version()
    data = {"announcement": row.pk, "audience": row.audience}
    record("announcement.changed", _topic(row), actor=by.actor, data=data, personal={"title": row.title})
    return row


def _checked(wording: Wording, *, new: bool) -> dict[str, Any]:
    title = " ".join(wording.title.replace("\x00", "").split())[:250]
    text = wording.text.replace("\x00", "").strip()
    starts_at, now = wording.starts_at or timezone.now(), timezone.now()
    if not title:
        raise ValidationError({"title": _("Say in one line what it is about.")})
    if len(text) > MOST_TEXT:
        raise ValidationError({"text": _("That is longer than allowed.")})
    if wording.ends_at is not None and (wording.ends_at <= starts_at or wording.ends_at <= now):
        raise ValidationError({"ends_at": _("It must end after it begins, and in the future.")})
    audience = Announcement.Audience(wording.audience)
    if audience is Announcement.Audience.DEPARTMENTS and not wording.departments:
        raise ValidationError({"departments": _("Choose at least one department.")})
    if audience is Announcement.Audience.ORGANIZATIONS and not wording.organizations:
        raise ValidationError({"organizations": _("Choose at least one organization.")})
    return {"title": title, "text": text, "audience": audience, "starts_at": starts_at, "ends_at": wording.ends_at}


def _address(row: Announcement, wording: Wording) -> None:
    wanted = row.audience
    row.departments.set(wording.departments if wanted == Announcement.Audience.DEPARTMENTS else ())
    row.organizations.set(wording.organizations if wanted == Announcement.Audience.ORGANIZATIONS else ())


def _topic(row: Announcement) -> str:
    return f"ticket:{row.ticket_id}" if row.ticket_id else row.topic


@transaction.atomic
def join(*, by: Author, announcement: Announcement) -> Join:
    """It happens to this person too: they are told how it goes, and no ticket is opened. Once is enough.

    Records `announcement.joined`. Raises `PermissionDenied` for an announcement that is not meant for them, and
    `ValidationError` when it is over or cannot be joined.
    """
    person = by.person
    if person is None or not Announcement.objects.visible_to(person).filter(pk=announcement.pk).exists():
        raise PermissionDenied
    row = Announcement.objects.select_for_update().get(pk=announcement.pk)
    now = timezone.now()
    over = row.ended_at is not None or row.starts_at > now or (row.ends_at is not None and row.ends_at <= now)
    if over or row.ticket_id is None:
        raise ValidationError(_("This announcement is over. If something does not work, tell us about it."))
    found, made = Join.objects.get_or_create(announcement=row, person=person)
    if made:
        record("announcement.joined", row.topic, actor=by.actor, data={"announcement": row.pk, "join": found.pk})
    return found


@transaction.atomic
def tell_all(*, by: Author, announcement: Announcement, text: str) -> Update:
    """Say something to everybody who joined, and on the portal. Records `announcement.updated`."""
    by.require(Right.REPLY)
    row = Announcement.objects.select_for_update().get(pk=announcement.pk)
    said = text.replace("\x00", "").strip()
    if not said or len(said) > MOST_TEXT:
        raise ValidationError({"text": _("Write a message.") if not said else _("That is longer than allowed.")})
    update = Update.objects.create(announcement=row, text=said, author=by.person)
    joins = list(Join.objects.filter(announcement=row).select_related("person"))
    data = {"announcement": row.pk, "update": update.pk, "told": len(joins)}
    event = record("announcement.updated", _topic(row), actor=by.actor, data=data, personal={"text": said})
    _tell(row, joins, event, "update", said)
    return update


@transaction.atomic
def end(*, by: Author, announcement: Announcement, reason: str = "", cause: Cause | None = None) -> bool:
    """It is over: it leaves the portal, and whoever joined is asked whether it works. Records `announcement.ended`.

    `reason` is `resolved` (its ticket was), `date_reached`, or empty by hand. Returns whether it was still on.
    """
    by.require(Right.REPLY)
    row = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if row.ended_at is not None:
        return False
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    Join.objects.filter(announcement=row).update(asked_at=row.ended_at)
    bump_config_version()
    joins = list(Join.objects.filter(announcement=row).select_related("person"))
    data = {"announcement": row.pk, "asked": len(joins), "reason": reason}
    event = record("announcement.ended", _topic(row), actor=by.actor, data=data, cause=cause)
    _tell(row, joins, event, "ended", "")
    return True


def end_due(now: datetime) -> int:
    """End what was to end by now; returns how many. Two tickers end each once."""
    due = Announcement.objects.filter(ended_at=None, ends_at__lte=now)
    return sum(end(by=Author.system("ticker"), announcement=row, reason="date_reached") for row in due)


@transaction.atomic
def answer(*, by: Author, join: Join, works: bool, text: str = "", channel: Ticket.Channel) -> Join:
    """Whether it works now for one of those who joined. Records `announcement.answered`.

    A "no" opens a ticket that is theirs alone, linked to that of the announcement, or opens again the one they have by
    an earlier "no". Saying the same once more changes nothing. Raises `ValidationError` before anybody was asked.
    """
    Join.objects.select_for_update().get(pk=join.pk)  # alone: PostgreSQL locks no row that may be missing
    row = Join.objects.select_related("announcement__ticket", "person__role", "ticket").get(pk=join.pk)
    person = row.person
    if not by.trusted and (by.person is None or by.person.pk != person.pk):
        raise PermissionDenied
    if row.asked_at is None:
        raise ValidationError(_("We are still on it."))
    said = Join.Answer.YES if works else Join.Answer.NO
    content = Content.of_text(text)
    if row.answer == said and (works or content.empty):
        return row
    if not works:
        _open_own(by, row, content, channel)
    elif row.ticket is not None and row.ticket.is_open:
        trusted = Author(by.actor, by.person, trusted=True)
        change(by=trusted, ticket=row.ticket, status=words().status_for(StatusCategory.RESOLVED))
    row.answer, row.answered_at = said, timezone.now()
    row.save(update_fields=["answer", "answered_at", "ticket"])
    data = {"announcement": row.announcement_id, "join": row.pk, "answer": said}
    record("announcement.answered", row.announcement.topic, actor=by.actor, data=data)
    return row


def _open_own(by: Author, row: Join, content: Content, channel: Ticket.Channel) -> None:
    announcement, person = row.announcement, row.person
    common, theirs = announcement.ticket, Author(by.actor, row.person, trusted=True)
    if content.empty:
        with override(person.language or installation().language):
            content = Content.of_text(_("It still does not work for me."))
    if row.ticket is not None:
        row.ticket = answer_ticket(by=theirs, ticket=row.ticket, content=content, channel=channel).ticket
        return
    row.ticket = open_ticket(
        by=theirs,
        requester=person,
        subject=announcement.title,
        content=content,
        channel=channel,
        type=common.type if common else None,
        service=common.service if common else None,
        category=common.category if common else None,
        team=common.team if common else None,
    )
    if common is not None:
        link(by=theirs, ticket=row.ticket, to=common, kind=Link.Kind.ANNOUNCED)


def _tell(row: Announcement, joins: Iterable[Join], event: Event, what: str, text: str) -> None:
    """A mail and, where they asked for it, a push to each of those who joined; each alone, none names another."""
    mailbox, own, host = mailbox_of(row.ticket), own_addresses(), domain_of(mailbox_of(row.ticket))
    language, mails = installation().language, []
    for one in joins:
        person = one.person
        if not person.is_active:
            continue
        with override(person.language or language):
            _push(row, person, what)
        if person.email and person.email not in own:
            mails.append(
                Outgoing(
                    kind=Outgoing.Kind.ANNOUNCEMENT,
                    event=event.pk,
                    person=person,
                    address=person.email,
                    mailbox=mailbox,
                    # None of a ticket's: what is answered becomes a ticket of whoever answers.
                    rfc_message_id=f"<n.{secrets.token_hex(12)}@{host}>",
                    automatic=True,
                    context={"what": what, "title": row.title, "text": text, "path": join_link(one.pk)},
                )
            )
    if mails:
        Outgoing.objects.bulk_create(mails)
        wake.wake_on_commit("outgoing")


def _push(row: Announcement, person: Person, what: str) -> None:
    push_to(
        person,
        title=row.title,
        body=_("Does it work for you now?") if what == "ended" else _("There is news."),
        address=f"/portal/announcements/{row.pk}/",
        tag=row.topic,
    )
