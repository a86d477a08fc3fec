"""What our mails say: rendered when sent, in the contact's language, from templates that never evaluate users' text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.core.addresses import reverse
from ventanilla.fields.definitions import definition_named
from ventanilla.files.queries import open_blob
from ventanilla.installation.modules import is_on
from ventanilla.installation.queries import installation
from ventanilla.mail.compose import Attachment, Automatic, Letter
from ventanilla.mail.headers import Address
from ventanilla.mail.keys import mark_keys, public_url
from ventanilla.mail.marks import reply_address, reply_token
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.people.models import Person
from ventanilla.people.modules import sees_module
from ventanilla.tickets.custom import ENTITY
from ventanilla.tickets.links import LINK_DAYS, ticket_link
from ventanilla.tickets.models import Message, Ticket

NOTICE_DAYS = 30
MOST_ATTACHED_BYTES = 10 * 1024 * 1024
MOST_REFERENCES = 10


class Untellable(ValueError):
    """What a mail was to tell is gone: erased, redacted or deleted."""


@dataclass(frozen=True)
class _Words:
    """Subject and the template that makes the body."""

    subject: str
    template: str
    automatic: Automatic
    context: Mapping[str, Any]


def language_of(outgoing: Outgoing) -> str:
    """The language a mail is written in: the person's, else the mailbox's, else the installation's."""
    person, mailbox = outgoing.person, outgoing.mailbox
    chosen = (person.language if person else "") or (mailbox.language if mailbox else "") or installation().language
    return chosen if chosen in dict(settings.LANGUAGES) else "es"


def letter_for(outgoing: Outgoing, *, doors: bool = True) -> Letter:
    """The letter of an outgoing mail. Raises `Untellable` for what is gone (redacted, deleted).

    Without `doors` it lets nobody in: no signed link, no reply token. So it may be shown to others than its reader.
    """
    language = language_of(outgoing)
    with override(language):
        if outgoing.kind == Outgoing.Kind.LIBRARY:
            return _library(outgoing, language)
        if outgoing.kind == Outgoing.Kind.INVITATION:
            return _invitation(outgoing, language)
        if outgoing.kind == Outgoing.Kind.ANNOUNCEMENT:
            return _announcement(outgoing, language, doors=doors)
        ticket = outgoing.ticket
        if ticket is None:
            raise Untellable("the ticket is gone")
        message = outgoing.message
        if message is not None and message.redacted_at is not None:
            raise Untellable("the message was redacted")
        words = _words(outgoing, ticket, message)
        context = {
            "ticket": ticket,
            "message": message,
            "organization": installation().name,
            "person": outgoing.person,
            "url": _url(outgoing, ticket) if doors else f"{public_url()}/…",
            "language": language,
            **words.context,
        }
        mailbox = outgoing.mailbox
        return Letter(
            from_=_from(mailbox, message if outgoing.kind == Outgoing.Kind.REPLY else None),
            to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
            reply_to=_reply_to(outgoing, mailbox) if doors else (),
            subject=words.subject,
            text=render_to_string(f"mail/{words.template}.txt", context).strip() + "\n",
            html=render_to_string(f"mail/{words.template}.html", context),
            message_id=outgoing.rfc_message_id,
            date=outgoing.created_at,
            in_reply_to=_parent(ticket, message),
            references=_references(ticket, outgoing),
            attachments=_attachments(message) if outgoing.kind == Outgoing.Kind.REPLY and message else (),
            automatic=words.automatic,
            installation=str(installation().identity),
            language=language,
        )


def _words(outgoing: Outgoing, ticket: Ticket, message: Message | None) -> _Words:
    mark = f"[{ticket.number}]"
    if outgoing.kind == Outgoing.Kind.REPLY:
        return _Words(f"{mark} {ticket.subject}", "reply", "", {})
    if outgoing.kind == Outgoing.Kind.ACKNOWLEDGEMENT:
        return _Words(f"{mark} {ticket.subject}", "acknowledgement", "auto-replied", {})
    if outgoing.kind == Outgoing.Kind.RESOLVED:
        return _Words(
            _("%(mark)s Resolved: %(subject)s") % {"mark": mark, "subject": ticket.subject},
            "resolved",
            "auto-generated",
            {"unanswered": bool(outgoing.context.get("unanswered")), "asks": _asks(outgoing.person)},
        )
    if outgoing.kind == Outgoing.Kind.REMINDER:
        subject = _("%(mark)s We are waiting for your answer: %(subject)s") % {"mark": mark, "subject": ticket.subject}
        resolves = parse_datetime(outgoing.context["resolves"])
        return _Words(subject, "reminder", "auto-generated", {"resolves": resolves})
    if outgoing.kind == Outgoing.Kind.QUESTION:
        subject = _("%(mark)s We need something from you: %(subject)s") % {"mark": mark, "subject": ticket.subject}
        made = (definition_named(ENTITY, name) for name in outgoing.context["fields"])
        fields = [row for row in made if row is not None and row.archived_at is None]
        return _Words(subject, "question", "auto-generated", {"fields": fields, "days": LINK_DAYS})
    if outgoing.kind == Outgoing.Kind.LINK:
        subject = _("%(mark)s Your fresh link: %(subject)s") % {"mark": mark, "subject": ticket.subject}
        return _Words(subject, "link", "auto-replied", {"days": LINK_DAYS})
    reason = outgoing.context.get("reason", "")
    return _Words(
        f"{mark} {ticket.subject}",
        "notice",
        "auto-generated",
        {
            "reason": notice_reason(reason),
            "internal": outgoing.context.get("internal", False),
            "can_answer": bool(outgoing.context.get("can_answer")),
        },
    )


def _asks(person: Person | None) -> bool:
    """Whether a resolved mail asks how content somebody is."""
    return sees_module(person, "surveys") if person is not None else is_on("surveys")


def notice_reason(reason: str) -> str:
    """Why an agent gets a notice, in the reader's language."""
    return {
        "assigned": _("This ticket was assigned to you."),
        "opened_mine": _("A new ticket is assigned to you."),
        "opened_team": _("There is a new ticket in one of your teams."),
        "opened_any": _("There is a new ticket. You chose to be told of everything."),
        "answered": _("The requester answered in a ticket of yours."),
        "answered_followed": _("The requester answered in a ticket that you follow."),
        "answered_team": _("The requester answered in a ticket of one of your teams."),
        "answered_any": _("The requester answered. You chose to be told of everything."),
        "noted": _("A colleague added an internal note to a ticket of yours."),
        "noted_followed": _("A colleague added an internal note to a ticket that you follow."),
        "mentioned": _("A colleague mentioned you in this ticket."),
        "mentioned_team": _("A colleague mentioned a team of yours in this ticket."),
        "woke": _("You had put this ticket off until now."),
        "woke_answered": _("There is an answer in a ticket that you had put off."),
    }.get(reason, "")


def _url(outgoing: Outgoing, ticket: Ticket) -> str:
    """Where the reader finds the ticket. An address of nobody we know gets no link: a link lets in as a person."""
    if outgoing.kind == Outgoing.Kind.NOTICE:
        return public_url() + reverse("desk-ticket", args=[ticket.number])
    if outgoing.person is None:
        return ""
    part = "data/" if outgoing.kind == Outgoing.Kind.QUESTION else ""
    return f"{public_url()}{ticket_link(ticket, outgoing.person)}{part}"


def _from(mailbox: Mailbox | None, message: Message | None) -> Address:
    address = mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL
    name = (mailbox.name if mailbox else "") or installation().name
    if message is not None and message.author_name:
        name = f"{message.author_name} · {name}"
    return Address(name, address)


def _reply_to(outgoing: Outgoing, mailbox: Mailbox | None) -> tuple[Address, ...]:
    if mailbox is None:
        return ()
    token = outgoing.context.get("token")
    return (Address("", reply_address(mailbox.address, token) if token else mailbox.address),)


def notice_token(*, ticket: Ticket, person: Person, internal: bool) -> str:
    """The token with which an agent may answer a notice by mail."""
    return reply_token(
        mark_keys()[0],
        ticket=ticket.pk,
        person=person.pk,
        audience="internal" if internal else "public",
        expires_at=timezone.now() + timedelta(days=NOTICE_DAYS),
    )


def _parent(ticket: Ticket, message: Message | None) -> str:
    """The Message-ID of what the requester wrote last before this message."""
    before = Message.objects.filter(ticket=ticket, audience=Message.Audience.REQUESTER).exclude(rfc_message_id="")
    if message is not None:
        before = before.filter(pk__lte=message.pk)
    return before.order_by("-pk").values_list("rfc_message_id", flat=True).first() or ""


def _references(ticket: Ticket, outgoing: Outgoing) -> tuple[str, ...]:
    """The mails of this conversation that the reader may have: those written to us, those we wrote to them."""
    public = Message.objects.filter(ticket=ticket, audience=Message.Audience.REQUESTER).exclude(rfc_message_id="")
    theirs = public.order_by("-sent_at").values_list("rfc_message_id", "sent_at")[:MOST_REFERENCES]
    ours = Outgoing.objects.filter(ticket=ticket, address=outgoing.address, pk__lt=outgoing.pk)
    sent = ours.order_by("-pk").values_list("rfc_message_id", "created_at")[:MOST_REFERENCES]
    both = sorted([*theirs, *sent], key=lambda pair: pair[1])
    return tuple(identifier for identifier, _moment in both[-MOST_REFERENCES:])


def _attachments(message: Message) -> tuple[Attachment, ...]:
    """The files of a reply, as long as they fit into a mail; the link leads to the rest."""
    files = []
    total = 0
    for attachment in message.attachments.select_related("blob").order_by("pk"):
        total += attachment.blob.size
        if total > MOST_ATTACHED_BYTES:
            break
        with open_blob(attachment.blob) as file:
            files.append(Attachment(attachment.name, attachment.content_type, file.read(), attachment.content_id))
    return tuple(files)


def _library(outgoing: Outgoing, language: str) -> Letter:
    """A mail some library wrote (sign-in codes): text only, through the same queue."""
    return Letter(
        from_=_from(outgoing.mailbox, None),
        to=(Address("", outgoing.address),),
        subject=outgoing.context.get("subject", ""),
        text=outgoing.context.get("text", ""),
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )


def _invitation(outgoing: Outgoing, language: str) -> Letter:
    """A colleague is asked to sign in: the link leads to the page that mails a code, and lets nobody in by itself."""
    who, _colon, pk = outgoing.context.get("by", "").partition(":")
    inviter = Person.objects.filter(pk=int(pk)).first() if who == "person" else None
    context = {
        "person": outgoing.person,
        "inviter": inviter.display_name if inviter else "",
        "organization": installation().name,
        "address": outgoing.address,
        "url": f"{public_url()}{reverse('sign-in-code')}?{urlencode({'email': outgoing.address})}",
        "language": language,
    }
    return Letter(
        from_=_from(outgoing.mailbox, None),
        to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
        reply_to=_reply_to(outgoing, outgoing.mailbox),
        subject=_("Your way into the help desk of %(organization)s") % context,
        text=render_to_string("mail/invitation.txt", context).strip() + "\n",
        html=render_to_string("mail/invitation.html", context),
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )


def _announcement(outgoing: Outgoing, language: str, *, doors: bool) -> Letter:
    """News of a matter that many share, or the question whether it works now; it names nobody and no ticket."""
    context = {
        **outgoing.context,
        "person": outgoing.person,
        "organization": installation().name,
        "url": public_url() + (outgoing.context.get("path", "") if doors else "/…"),
        "language": language,
    }
    ended = outgoing.context.get("what") == "ended"
    subject = _("Does it work now? %(title)s") if ended else _("News about: %(title)s")
    return Letter(
        from_=_from(outgoing.mailbox, None),
        to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
        reply_to=_reply_to(outgoing, outgoing.mailbox) if doors else (),
        subject=subject % {"title": outgoing.context.get("title", "")},
        text=render_to_string("mail/announcement.txt", context).strip() + "\n",
        html=render_to_string("mail/announcement.html", context),
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )
