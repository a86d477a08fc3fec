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
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from ventanilla.brands.models import Brand
from ventanilla.core.addresses import reverse
from ventanilla.fields.definitions import definition_named
from ventanilla.files.queries import open_blob
from ventanilla.installation.modules import is_on
from ventanilla.installation.queries import installation
from ventanilla.mail.compose import Attachment, Automatic, Letter
from ventanilla.mail.faces import Face, face_of
from ventanilla.mail.filling import GivenText, values_of
from ventanilla.mail.headers import Address
from ventanilla.mail.keys import mark_keys, public_url
from ventanilla.mail.marks import reply_address, reply_token
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.mail.queries import text_for
from ventanilla.mail.texts import KINDS, filled, subject_for
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
    """Subject and the template that makes the body; `kind` (`texts.KINDS`) where others may be written instead."""

    subject: str
    template: str
    automatic: Automatic
    context: Mapping[str, Any]
    kind: str = ""


def language_of(outgoing: Outgoing) -> str:
    """The language a mail is written in: the person's, else the mailbox's, else the installation's."""
    person, mailbox = outgoing.person, outgoing.mailbox
    chosen = (person.language if person else "") or (mailbox.language if mailbox else "") or installation().language
    return chosen if chosen in dict(settings.LANGUAGES) else "es"


def letter_for(
    outgoing: Outgoing,
    *,
    doors: bool = True,
    text: GivenText | None = None,
    language: str = "",
    brand: Brand | None = None,
) -> Letter:
    """The letter of an outgoing mail. Raises `Untellable` for what is gone (redacted, deleted).

    Without `doors` it lets nobody in: no signed link, no reply token. So it may be shown to others than its reader. To
    look at a text beforehand it is given as `text`, with the language and the brand in which the reader would get it.
    """
    shown = _Tried(text, brand)
    language = language or language_of(outgoing)
    with override(language):
        if outgoing.kind == Outgoing.Kind.LIBRARY:
            return _library(outgoing, language)
        if outgoing.kind == Outgoing.Kind.INVITATION:
            return _invitation(outgoing, language, doors=doors, shown=shown)
        if outgoing.kind == Outgoing.Kind.ANNOUNCEMENT:
            return _announcement(outgoing, language, doors=doors, shown=shown)
        ticket = outgoing.ticket
        if ticket is None:
            raise Untellable("the ticket is gone")
        message = outgoing.message
        if message is not None and message.redacted_at is not None:
            raise Untellable("the message was redacted")
        words = _words(outgoing, ticket, message)
        # Notices are for agents: they look as the product does.
        face = face_of(outgoing, language, shown.brand) if words.kind else Face((), outgoing.mailbox, language)
        said = _said(
            words,
            face,
            shown.text,
            {
                "ticket": ticket,
                "message": message,
                "person": outgoing.person,
                "url": _url(outgoing, ticket) if doors else f"{public_url()}/…",
                **words.context,
            },
        )
        mailbox = outgoing.mailbox
        files = _attachments(message) if outgoing.kind == Outgoing.Kind.REPLY and message else ()
        return Letter(
            from_=_from(face, message if outgoing.kind == Outgoing.Kind.REPLY else None),
            to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
            reply_to=_reply_to(outgoing, mailbox) if doors else (),
            subject=said.subject,
            text=said.text,
            html=said.html,
            message_id=outgoing.rfc_message_id,
            date=outgoing.created_at,
            in_reply_to=_parent(ticket, message),
            references=_references(ticket, outgoing),
            attachments=(*files, *said.pictures),
            automatic=words.automatic,
            installation=str(installation().identity),
            language=language,
        )


@dataclass(frozen=True)
class _Tried:
    """A text that is looked at before anybody gets it, and for whose readers it is."""

    text: GivenText | None
    brand: Brand | None


@dataclass(frozen=True)
class _Said:
    """Subject and body of a letter, and the pictures that its body shows."""

    subject: str
    text: str
    html: str
    pictures: tuple[Attachment, ...] = ()


def _said(words: _Words, face: Face, given: GivenText | None, context: dict[str, Any]) -> _Said:
    """A letter in the product's words, or in those that administrators wrote for its reader."""
    logo = face.logo
    picture = logo.attachment() if logo is not None else None
    context = context | {
        "organization": face.company,
        "language": face.language,
        "signature": mark_safe(face.signature),  # noqa: S308 - cleaned when it was stored
        "signature_text": face.signature_text,
        "logo": logo if picture is not None else None,
    }
    row = given
    if row is None and words.kind:
        row = text_for(words.kind, [brand.pk for brand in face.brands], face.language)
    html = row.html.get(face.language, "") if row is not None else ""
    subject, template = words.subject, words.template
    if row is not None and html:
        own = filled(row.subject.get(face.language, ""), html, values_of(context))
        subject = _marked(own.subject, context.get("ticket")) if own.subject else subject
        template = "own"
        context |= {"body": mark_safe(own.html), "body_text": own.text}  # noqa: S308 - cleaned, its values escaped
    return _Said(
        subject,
        render_to_string(f"mail/{template}.txt", context).strip() + "\n",
        render_to_string(f"mail/{template}.html", context),
        (picture,) if picture is not None else (),
    )


def _marked(subject: str, ticket: Ticket | None) -> str:
    """A subject with the ticket's number in it: answers are told by it where nothing else is left."""
    mark = f"[{ticket.number}]" if ticket is not None else ""
    return subject if not mark or mark in subject else f"{mark} {subject}"


def _words(outgoing: Outgoing, ticket: Ticket, message: Message | None) -> _Words:
    def words(kind: str, automatic: Automatic, **context: Any) -> _Words:
        subject = subject_for(kind, number=ticket.number or "", subject=ticket.subject)
        return _Words(subject, KINDS[kind].template, automatic, context, kind)

    match outgoing.kind:
        case Outgoing.Kind.REPLY:
            return words("reply", "")
        case Outgoing.Kind.ACKNOWLEDGEMENT:
            return words("received", "auto-replied")
        case Outgoing.Kind.RESOLVED:
            unanswered = bool(outgoing.context.get("unanswered"))
            kind = "unanswered" if unanswered else "resolved"
            return words(kind, "auto-generated", unanswered=unanswered, asks=_asks(outgoing.person))
        case Outgoing.Kind.REMINDER:
            return words("reminder", "auto-generated", resolves=parse_datetime(outgoing.context["resolves"]))
        case Outgoing.Kind.QUESTION:
            made = (definition_named(ENTITY, name) for name in outgoing.context["fields"])
            fields = [row for row in made if row is not None and row.archived_at is None]
            return words("question", "auto-generated", fields=fields, days=LINK_DAYS)
        case Outgoing.Kind.LINK:
            return words("link", "auto-replied", days=LINK_DAYS)
    reason = outgoing.context.get("reason", "")
    return _Words(
        f"[{ticket.number}] {ticket.subject}",
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


def _from(face: Face, message: Message | None) -> Address:
    address = face.mailbox.address if face.mailbox else settings.DEFAULT_FROM_EMAIL
    name = face.sender
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
    ours = Outgoing.objects.filter(ticket=ticket, address=outgoing.address)
    if outgoing.pk is not None:
        ours = ours.filter(pk__lt=outgoing.pk)
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
        from_=_from(face_of(outgoing, language), None),
        to=(Address("", outgoing.address),),
        subject=outgoing.context.get("subject", ""),
        text=outgoing.context.get("text", ""),
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )


def _invitation(outgoing: Outgoing, language: str, *, doors: bool, shown: _Tried) -> Letter:
    """A colleague is asked to sign in: the link leads to the page that mails a code, and lets nobody in by itself."""
    who, _colon, pk = outgoing.context.get("by", "").partition(":")
    inviter = Person.objects.filter(pk=int(pk)).first() if who == "person" else None
    face = face_of(outgoing, language, shown.brand)
    words = _Words(subject_for("invitation", company=face.company), "invitation", "auto-generated", {}, "invitation")
    said = _said(
        words,
        face,
        shown.text,
        {
            "person": outgoing.person,
            "inviter": inviter.display_name if inviter else "",
            "address": outgoing.address,
            "url": f"{public_url()}{reverse('sign-in-code')}?{urlencode({'email': outgoing.address})}",
        },
    )
    return Letter(
        from_=_from(face, None),
        to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
        reply_to=_reply_to(outgoing, outgoing.mailbox) if doors else (),
        subject=said.subject,
        text=said.text,
        html=said.html,
        attachments=said.pictures,
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )


def _announcement(outgoing: Outgoing, language: str, *, doors: bool, shown: _Tried) -> Letter:
    """News of a matter that many share, or the question whether it works now; it names nobody and no ticket."""
    face = face_of(outgoing, language, shown.brand)
    kind = "ended" if outgoing.context.get("what") == "ended" else "news"
    subject = subject_for(kind, title=outgoing.context.get("title", ""))
    said = _said(
        _Words(subject, "announcement", "auto-generated", {}, kind),
        face,
        shown.text,
        {
            **outgoing.context,
            "person": outgoing.person,
            "url": public_url() + (outgoing.context.get("path", "") if doors else "/…"),
        },
    )
    return Letter(
        from_=_from(face, None),
        to=(Address(outgoing.person.name if outgoing.person else "", outgoing.address),),
        reply_to=_reply_to(outgoing, outgoing.mailbox) if doors else (),
        subject=said.subject,
        text=said.text,
        html=said.html,
        attachments=said.pictures,
        message_id=outgoing.rfc_message_id,
        date=outgoing.created_at,
        automatic="auto-generated",
        installation=str(installation().identity),
        language=language,
    )
