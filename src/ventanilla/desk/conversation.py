"""The conversation of a ticket as it is drawn: letters, folded changes between them, and what is new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ventanilla.core.addresses import reverse
from ventanilla.core.htmlclean import clean_rich_text, has_remote_images, place_inline_images, text_to_html
from ventanilla.core.prepared import Given, Prepared
from ventanilla.files.names import INLINE_TYPES
from ventanilla.mail.models import Outgoing
from ventanilla.people.models import Person
from ventanilla.people.rights import Right
from ventanilla.people.viewer import Viewer
from ventanilla.tickets.history import Entry
from ventanilla.tickets.models import Attachment, Draft, Message, Ticket

# Their messages stand in the conversation themselves.
_SPOKEN = frozenset({"ticket.opened", "ticket.replied", "ticket.requester_replied", "ticket.noted"})
_LARGEST_PREVIEW_BYTES = 4_000_000


@dataclass(frozen=True)
class Talk:
    """What a conversation is drawn from. `since` is when the reader last looked, None at the first visit.

    `openings` are the messages with which it, and what was merged into it, began. `seconds`: how long messages took,
    where somebody said so.
    """

    ticket: Ticket
    reader: Person
    viewer: Viewer
    messages: Sequence[Message]
    files: Mapping[int, Sequence[Attachment]]
    history: Sequence[Entry]
    sending: Sequence[Draft]
    undelivered: Mapping[int, str]
    since: datetime | None
    first_message: int = 0
    openings: frozenset[int] = frozenset()
    seconds: Mapping[int, int] = field(default_factory=dict)


_UNDELIVERED = Prepared(
    lambda: (
        Outgoing.objects.filter(
            Q(state=Outgoing.State.FAILED)
            | Q(
                state=Outgoing.State.HELD,
                kind=Outgoing.Kind.REPLY,
                held__in=[Outgoing.Held.OBSERVING, Outgoing.Held.NO_SERVER],
            ),
            message__ticket_id=Given("ticket"),
        )
        .exclude(error="redacted")
        .order_by("id")
        .values_list("message_id", "address", "held")
    )
)
_UNDELIVERED_WORDS = {
    "": gettext_lazy("Could not be delivered to %(addresses)s"),
    Outgoing.Held.OBSERVING.value: gettext_lazy("Not sent to %(addresses)s: the mailbox only observed"),
    Outgoing.Held.NO_SERVER.value: gettext_lazy("Not sent to %(addresses)s: the mailbox has no SMTP server"),
}


def undelivered(ticket: Ticket) -> dict[int, str]:
    """The replies of a ticket that did not leave for somebody, or did not arrive: message → to whom and why.

    That a demo sends nothing is said above every page, and not here.
    """
    found: dict[int, dict[str, list[str]]] = {}
    for message, address, held in _UNDELIVERED.rows(ticket=ticket.pk):
        found.setdefault(message, {}).setdefault(held, []).append(address)
    return {
        message: ". ".join(_UNDELIVERED_WORDS[why] % {"addresses": ", ".join(to)} for why, to in reasons.items())
        for message, reasons in found.items()
    }


def opening_message(past: Sequence[Entry]) -> int:
    """The message the ticket was opened with: an agent may have written it down for somebody."""
    return next((entry.message for entry in past if entry.kind == "ticket.opened" and entry.message), 0)


def entries(talk: Talk) -> list[dict[str, Any]]:
    """The entries of `ui/components/conversation.html`, oldest first."""
    things: list[tuple[datetime, int, int, Any]] = [(m.sent_at, 0, m.pk, m) for m in talk.messages]
    things += [(e.at, 1, e.event, e) for e in talk.history if e.kind not in _SPOKEN]
    things.sort(key=lambda thing: thing[:3])
    drawn: list[dict[str, Any]] = []
    folded: list[Entry] = []
    marked = talk.since is None
    for _at, _kind, _id, thing in things:
        if isinstance(thing, Entry):
            folded.append(thing)
            continue
        if folded:
            drawn.append(_events(folded))
            folded = []
        new = talk.since is not None and thing.sent_at > talk.since and thing.author_id != talk.reader.pk
        if new and not marked:
            if drawn:
                drawn.append({"kind": "since"})
            marked = True
        drawn.append({"kind": "message", "message": message_of(thing, talk)})
    if folded:
        drawn.append(_events(folded))
    drawn += [{"kind": "message", "message": _sending(draft, talk.reader)} for draft in talk.sending]
    return drawn


# What most messages are without: a template asks faster for what is empty than for what is missing.
_NOTHING_MORE: dict[str, Any] = dict.fromkeys(
    (
        "redacted",
        "due",
        "cc",
        "frame_url",
        "images_url",
        "body_html",
        "body_text",
        "quote_html",
        "signature_html",
        "delivery",
        "delivery_text",
        "attachments",
        "menu",
        "version",
    ),
    "",
)


def sentence_of(entry: Entry) -> str:
    """«Ana changed “Status” from “New” to “Open”; set …»."""
    return f"{entry.who} {'; '.join(entry.sentences)}"


def _events(entries_: Sequence[Entry]) -> dict[str, Any]:
    rows = [{"at": entry.at, "sentence": sentence_of(entry), "why": entry.why} for entry in entries_]
    return {
        "kind": "events",
        "id": f"events-{entries_[0].event}",
        "version": f"{len(rows)}-{entries_[-1].event}",
        "events": rows,
        "summary": rows[-1]["sentence"],
    }


def message_of(message: Message, talk: Talk, *, images: bool = False) -> dict[str, Any]:
    """The context of `ui/components/message.html`. `images`: the reader asked for the remote ones.

    A sent message is never edited: its version says whether it was emptied or could not be delivered, and how long it
    took, nothing else.
    """
    files = talk.files.get(message.pk, ())
    seconds = talk.seconds.get(message.pk, 0)
    noted_down = message.from_staff and (message.pk == talk.first_message or message.pk in talk.openings)
    kind = "note" if not message.public else "public" if message.from_staff and not noted_down else "requester"
    drawn: dict[str, Any] = _NOTHING_MORE | {
        "id": message.pk,
        "kind": kind,
        "author": message.author_name or message.author_address or _("Unknown sender"),
        "mine": message.author_id == talk.reader.pk and not noted_down,
        "how": " · ".join(_how(message, kind, seconds, noted_down=noted_down)),
        "how_icon": _HOW_ICONS.get(kind) or _HOW_ICONS.get(message.channel, ""),
        "sent_at": message.sent_at,
        "cc": ", ".join(message.cc),
        "attachments": [_file(file) for file in files if not _stands_in_text(file, message)],
        "menu": _menu(message, talk),
        "version": str(seconds or ""),
    }
    if message.redacted_at is not None:
        drawn["redacted"] = _("This message was emptied. The history says by whom and why.")
        drawn["menu"] = []
        drawn["version"] = "redacted"
        return drawn
    if message.html and message.foreign:
        name = "message-images" if images else "message-body"
        drawn["frame_url"] = reverse(name, args=[message.pk])
        if not images and has_remote_images(message.html + message.folded_html):
            drawn["images_url"] = f"{reverse('desk-message', args=[message.pk])}?images=1"
    elif message.html:
        drawn["body_html"] = _own_html(message.html, files)
    else:
        drawn["body_text"] = message.text
    if message.folded_text and not (message.html and message.foreign):
        drawn["quote_html"] = mark_safe(text_to_html(message.folded_text))  # noqa: S308 - escaped by text_to_html
    if message.pk in talk.undelivered:
        drawn["delivery"] = "failed"
        drawn["delivery_text"] = drawn["version"] = talk.undelivered[message.pk]
    return drawn


_HOW_ICONS = {"note": "lock", "public": "reply", "mail": "mail", "portal": "door", "phone": "phone", "api": "code"}


# The kind of a message, or else the channel of a requester's, in words.
_WAYS = {
    "note": gettext_lazy("Internal: the requester does not see it"),
    "public": gettext_lazy("Public reply"),
    "mail": gettext_lazy("by mail"),
    "portal": gettext_lazy("in the portal"),
    "phone": gettext_lazy("by phone"),
    "api": gettext_lazy("through the API"),
}


def minutes_in_words(seconds: int) -> str:
    """How long something took, in whole minutes."""
    minutes = round(seconds / 60)
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _how(message: Message, kind: str, seconds: int, *, noted_down: bool) -> Iterable[str]:
    """How a message came, how long it took, and through whom."""
    way = _WAYS.get(kind) or _WAYS.get(message.channel)
    if way:
        yield str(way)
    if kind == "note" and message.channel == Ticket.Channel.PHONE:
        yield _("phone call")
    if seconds:
        yield minutes_in_words(seconds)
    if noted_down and message.author:
        yield _("noted down by %(name)s") % {"name": message.author.display_name}
    if message.automatic:
        yield _("automatic")


def _own_html(html: str, files: Sequence[Attachment]) -> str:
    addresses = {file.content_id: reverse("attachment", args=[file.pk]) for file in files if file.content_id}
    return mark_safe(place_inline_images(html, addresses))  # noqa: S308 - cleaned when stored


def _stands_in_text(file: Attachment, message: Message) -> bool:
    return bool(file.content_id) and f"cid:{file.content_id}" in message.html + message.folded_html


def _file(file: Attachment) -> dict[str, Any]:
    url = reverse("attachment", args=[file.pk])
    image = file.blob.content_type in INLINE_TYPES and file.blob.content_type.startswith("image/")
    return {
        "name": file.name,
        "size": file.blob.size,
        "type": file.blob.content_type,
        "url": url,
        "opens": file.blob.content_type in INLINE_TYPES,
        "thumb_url": url if image and file.blob.size <= _LARGEST_PREVIEW_BYTES else "",
        "picture": image and file.blob.size <= _LARGEST_PREVIEW_BYTES,
    }


def _menu(message: Message, talk: Talk) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if message.raw:
        items.append({"label": _("See the source"), "icon": "code", "url": reverse("raw-source", args=[message.raw])})
    if talk.viewer.may(Right.CHANGE) and message.pk not in talk.openings and talk.ticket.stage == Ticket.Stage.TICKET:
        url = f"{reverse('desk-split', args=[talk.ticket.number])}?message={message.pk}"
        items.append({"label": _("Split into a new ticket…"), "icon": "forward", "load": url})
    if talk.viewer.may(Right.REDACT):
        url = reverse("desk-redact", args=[message.pk])
        items.append({"label": _("Empty for good…"), "icon": "trash", "load": url, "danger": True})
    return items


def _sending(draft: Draft, reader: Person) -> dict[str, Any]:
    """A message that waits out its seconds: only its author sees it."""
    kind = "public" if draft.audience == Message.Audience.REQUESTER else "note"
    return _NOTHING_MORE | {
        "id": f"draft-{draft.pk}",
        "kind": kind,
        "how": str(_WAYS[kind]),
        "how_icon": _HOW_ICONS[kind],
        "author": reader.display_name,
        "mine": True,
        "version": draft.send_at.isoformat() if draft.send_at else "",
        "due": draft.send_at,
        "sent_at": draft.send_at,
        "cc": ", ".join(draft.cc) if draft.audience == Message.Audience.REQUESTER else "",
        "body_html": mark_safe(clean_rich_text(draft.html)),  # noqa: S308 - cleaned
        "attachments": [_file(file) for file in draft.attachments.all()],
    }


def history_events(history: Sequence[Entry]) -> list[dict[str, Any]]:
    """The events of `ui/components/history.html`, newest first."""
    return [{"at": entry.at, "sentence": sentence_of(entry), "why": entry.why} for entry in reversed(history)]
